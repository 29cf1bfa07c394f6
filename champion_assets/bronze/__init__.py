"""Stage `bronze`: every row of a source file, typed, nothing filtered."""

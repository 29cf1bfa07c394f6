"""Stage `warehouse`: the tables in databases that people query."""

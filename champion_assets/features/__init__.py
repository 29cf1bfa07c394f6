"""Stage `features`: what models read, each day from what was known at its close."""

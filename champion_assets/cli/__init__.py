"""The `champion` command."""

"""What Dagster is given from outside: its own event storage tuned for SQLite, and the instance's configuration."""

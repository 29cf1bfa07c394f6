"""Stage `silver`: identity resolved, one row an instrument and day, validated."""

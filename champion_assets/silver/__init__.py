"""Stage `silver`: identity resolved, one row per instrument and day, validated."""

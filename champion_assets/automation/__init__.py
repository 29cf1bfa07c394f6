"""Jobs and schedules: what runs by itself."""

"""Everything that imports Dagster, besides `definitions.py`: assets, checks, jobs, sensors, schedules, resources, storages."""

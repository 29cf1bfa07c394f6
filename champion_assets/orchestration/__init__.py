"""Everything that imports Dagster, besides `definitions.py`.

Assets, checks, jobs, sensors, schedules, resources, storages.
"""

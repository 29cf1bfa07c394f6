"""Small things that every package may use: clock, dates, logs, processes, S3 options.

They know nothing of markets or of Dagster.
"""

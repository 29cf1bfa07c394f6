"""Pure numerics on arrays: risk models, optimiser, simulator, metrics.

What belongs here: functions of numbers. What does not: storage, Dagster, the exchange's files; nothing here imports
them.
"""

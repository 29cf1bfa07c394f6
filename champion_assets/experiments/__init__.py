"""Trials of strategies beside the daily portfolio.

Planned from a file, run on an overlay of the lake, compared, kept in MLflow.

What belongs here: what a trial is, where it runs, how trials are compared. What does not: deciding, simulating, figures
(`portfolio/`, `backtest/`), which trials share with the daily portfolio to the last line.
"""

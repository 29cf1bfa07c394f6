"""The exchange: sessions, file names and formats, sources of files, transaction costs, and the synthetic exchange.

What belongs here: what NSE itself defines. What does not: Dagster, storage, numerics. Nothing in this package imports
them.
"""

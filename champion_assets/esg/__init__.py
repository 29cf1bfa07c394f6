"""ESG ratings of any provider, without Dagster.

What a file's columns mean (`mapping.py`), its rows as records (`records.py`).
"""

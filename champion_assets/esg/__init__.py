"""ESG ratings of any provider, without Dagster: what a file's columns mean (`mapping.py`), its rows as records (`records.py`)."""

"""`bronze/shares_outstanding`: shares issued and market capitalisation.

By the PR bundle of the day (its `MCAP` member), every row.

The lines of totals are checks, no rows: a file whose rows do not sum to them is refused. The declaration of the file
stands in `nse/market_files.py`.
"""

from __future__ import annotations

from champion_assets.bronze.daily_file import bronze_table
from champion_assets.nse.market_files import SHARES

TABLE = bronze_table(SHARES)
NAME = TABLE.name

"""`bronze/earnings`: price to earnings of each company, by the PR bundle of the day (its `PE` member), every row.

The declaration of the file stands in `nse/market_files.py`.
"""

from __future__ import annotations

from champion_assets.bronze.daily_file import bronze_table
from champion_assets.nse.market_files import EARNINGS

TABLE = bronze_table(EARNINGS)
NAME = TABLE.name

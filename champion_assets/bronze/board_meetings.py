"""`bronze/board_meetings`.

Board meetings that companies announced, by the PR bundle of the day (its `Bm` member), every record.

The declaration of the file stands in `nse/market_files.py`. `source_row` counts records.
"""

from __future__ import annotations

from champion_assets.bronze.daily_file import bronze_table
from champion_assets.nse.market_files import MEETINGS

TABLE = bronze_table(MEETINGS)
NAME = TABLE.name

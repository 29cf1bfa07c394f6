"""`bronze/series_changes`: securities that change their series, such as from EQ to trade-to-trade, every line.

The declaration stands in `nse/market_lists.py`. A day without a change has no rows.
"""

from __future__ import annotations

from champion_assets.bronze.daily_file import bronze_table
from champion_assets.nse.market_lists import SERIES_CHANGES

TABLE = bronze_table(SERIES_CHANGES)
NAME = TABLE.name

"""`bronze/published_volatility`: NSE's own volatility of each security (`CMVOLT`), every line.

A witness from outside of our returns (`checks/index_replication`). The declaration stands in `nse/market_lists.py`.
"""

from __future__ import annotations

from champion_assets.bronze.daily_file import bronze_table
from champion_assets.nse.market_lists import VOLATILITY

TABLE = bronze_table(VOLATILITY)
NAME = TABLE.name

"""`bronze/adjusted_extremes`: highs and lows of 52 weeks as the exchange adjusts them, every line.

A witness from outside of every split and bonus of the last 52 weeks: prices up to the session before, adjusted for
the day. The declaration stands in `nse/market_lists.py`.
"""

from __future__ import annotations

from champion_assets.bronze.daily_file import bronze_table
from champion_assets.nse.market_lists import EXTREMES

TABLE = bronze_table(EXTREMES)
NAME = TABLE.name

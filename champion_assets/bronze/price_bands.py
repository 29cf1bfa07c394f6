"""`bronze/price_bands`: the price band of each security on the day, every line of `sec_list`.

The declaration stands in `nse/market_lists.py`; what it means for an instrument in `silver/price_bands`.
"""

from __future__ import annotations

from champion_assets.bronze.daily_file import bronze_table
from champion_assets.nse.market_lists import BANDS_OF_DAY

TABLE = bronze_table(BANDS_OF_DAY)
NAME = TABLE.name

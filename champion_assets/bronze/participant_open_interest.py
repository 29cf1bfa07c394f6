"""`bronze/participant_open_interest`: open contracts in equity derivatives by kind of participant, every line.

The line of totals is a check: a file whose rows do not sum to it is refused. The declaration stands in
`nse/market_lists.py`.
"""

from __future__ import annotations

from champion_assets.bronze.daily_file import bronze_table
from champion_assets.nse.market_lists import PARTICIPANTS

TABLE = bronze_table(PARTICIPANTS)
NAME = TABLE.name

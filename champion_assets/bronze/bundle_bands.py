"""`bronze/bundle_bands`.

The securities that hit their price band, by the PR bundle of the day (its `bh` member), every line.

The declaration of the file stands in `nse/market_files.py`. A day without a bundle or loose member, or with a `bh` that
is not readable, has no rows; what was refused is in the quarantine, and a list with a refused line is incomplete.
"""

from __future__ import annotations

from champion_assets.bronze.daily_file import bronze_table
from champion_assets.nse.market_files import BANDS

TABLE = bronze_table(BANDS, peak_megabytes=246)
NAME = TABLE.name

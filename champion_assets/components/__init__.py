"""Components of Dagster: daily files of the exchange that a project adds by a `defs.yaml`.

What belongs here: from attributes to a declaration and its assets. What does not: declarations and tables, which stand
in `nse/daily_file.py` and `silver/daily_file.py`. `definitions.py` does not import this package.
"""

from champion_assets.components.nse_daily_file import NseDailyFile

__all__ = ["NseDailyFile"]

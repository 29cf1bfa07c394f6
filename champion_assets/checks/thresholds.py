"""Every limit of a check in one place, with what was measured beside it.

What belongs here: numbers. Base rates are of the genuine files of 2016-2020 (1,238 sessions, 2,088,701 rows of silver/equity_eod), if
nothing else is said.
"""

from __future__ import annotations

VWAP_SLACK = 0.01
"""S4, rupees: 0 rows outside; 1 in 3.1 million rows of 2019-2026."""
VWAP_WRONG = 0.01
"""S5, share of the price by which turnover / volume lies outside the day's range: 0 rows; a misprinted quantity is far beyond."""
SAME_PRICE = 0.006
"""X1, rupees within which two published prices are the same: 31 of 2,086,537 rows differ, at most 6 a day."""
CHAIN_BROKEN = 0.01
"""X1, share of a day's rows: the worst genuine day has 0.35 %, a missing day breaks 92 % to 99 %."""
UNSEEN = 10
"""X1, names of a day whose previous close is not that of the last session on which the lake has them, although they did not trade
in the session before: at most 4 (2019-03-18; 15 in five years, all with a new base price). A file without its last 46 of about
1,900 lines leaves 43 on the next day."""
ROWS_FEWER, ROWS_FEWEST = -0.025, -0.10
"""X2, EQ, BE and BZ together against the session before: least -2.26 % (2016-10-30)."""
ROWS_MORE, ROWS_MOST = 0.03, 0.15
"""X2: most +2.86 % (2019-10-29)."""
TURNOVER_MEDIAN_SESSIONS, TURNOVER_KNOWN_SESSIONS = 20, 5
"""X3: the median is that of the sessions before; fewer than five say nothing."""
TURNOVER_LOW = 0.4
"""X3, regular sessions: least 0.60, but for 2017-07-10 (0.27), which a line of the overrides lets through."""
BAND = 0.205
"""X5 and X6: the widest price band, 20 %, with rounding; X5 169 rows, X6 167 rows."""
STEP = 0.10
"""Rupees: two ticks of 0.05; a move this small is a penny stock's step."""
OUTLIER_DEVIATIONS, OUTLIER_RETURN = 20.0, 0.10
"""X8, robust deviations (1.4826 MAD) from the day's median log return, and least size of it: 72 rows."""
STALE_SESSIONS = 5
"""X12, sessions traded with the very same open, high, low and close although high is above low: 124 rows."""
INDEX_AWAY = 0.02
"""X10: the median return of the 100 most traded shares against the Nifty 50. On the one genuine day with both files (2023-01-09) they are
0.002 apart; the files of 2016-2020 have no index levels."""
INDEX_SHARE_LOW, INDEX_SHARE_HIGH = 0.5, 1.01
"""X11: turnover of the Nifty 500's members by the index file over that of all shares by the bhavcopy: 0.874 on that
day."""
FACTOR_LOW, FACTOR_HIGH = 0.005, 200.0
"""X13: no genuine factor lies outside."""
DELIVERY_LISTED = 0.95
"""X16, share of the day's rows that the delivery file lists; else it is not joined. Worst: 180 rows absent on 2020-04-13.
The other way round (`bhavcopy_complete`) there is no limit: in the 612,742 rows of the 313 delivery files from 2019-10-01 to
2020-12-31, and in those of 2024-07-05 and 2026-01-07, no name of any series is absent from the bhavcopy. Whole MTO files are not
at hand; the same rule judges them."""
TICK_GRID = 0.05
"""S7, rupees, before 2024-06-10: 35,719 closes lie off it, all of fund units."""

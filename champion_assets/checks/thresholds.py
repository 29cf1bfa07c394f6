"""Every limit of a check in one place, with what was measured beside it.

What belongs here: numbers. Base rates are of the genuine files of 2016-2020 (1,238 sessions, 2,088,701 rows of
silver/equity_eod), if nothing else is said.
"""

from __future__ import annotations

VWAP_SLACK = 0.01
"""S4, rupees: 0 rows outside; 1 in 3.1 million rows of 2019-2026."""
VWAP_WRONG = 0.01
"""S5, share of the price by which turnover / volume lies outside the day's range: 0 rows; a misprinted quantity is far
beyond."""
SAME_PRICE = 0.006
"""X1, rupees within which two published prices are the same: 31 of 2,086,537 rows differ, at most 6 a day."""
CHAIN_BROKEN = 0.01
"""X1, share of a day's rows: the worst genuine day has 0.35 %, a missing day breaks 92 % to 99 %."""
UNSEEN, UNSEEN_MOST = 4, 30
"""X1, names of a day whose previous close is not that of the last session on which the lake has them, although they did
not trade in the session before: in bhavcopies at most 4 (2019-03-18; 15 in five years, all with a new base price).
Where sec_bhavdata_full is the only source, which lacks 2 to 36 names a day, at most 25 (2020-07-13), and 131 and 141
after the two days without BE and BZ. A file without its last 46 of about 1,900 lines leaves 43 on the next day."""
ROW_NEIGHBOURS = 6
"""X2, sessions before that a day's rows are judged against: one week and a day. Names under surveillance trade in the
first session of a week or of a month only (BZ 2016: 8.0 on Mondays, 3.5 else; ALPSINDUS, ICSA in 2019), and from 2023
on about a hundred do."""
ROWS_FEWER, ROWS_FEWEST = -0.025, -0.10
"""X2, EQ, BE and BZ together against the least of those sessions: -2.09 % (2019-10-27, Muhurat)."""
ROWS_MORE, ROWS_MOST = 0.03, 0.15
"""X2, against the most of them: +1.45 % (2017-09-04)."""
CLASS_ROWS, CLASS_KEPT = 20, 0.5
"""X2, by class: least 0.72 of the least of those sessions for SME shares, 0.90 for fund units. Special Saturdays of
2024 (20 January, 18 May) have 0.86 of the SME shares of the next genuine day at hand."""
TURNOVER_MEDIAN_SESSIONS, TURNOVER_KNOWN_SESSIONS = 20, 5
"""X3: the median is that of the sessions before; fewer than five say nothing."""
TURNOVER_LOW = 0.4
"""X3, regular sessions: least 0.60, but for 2017-07-10 (0.27), which a line of the overrides lets through."""
BAND = 0.205
"""X5 and X6: the widest price band, 20 %, with rounding."""
BAND_OF_CLASS = {"rights": 0.405, "fund": 0.30}
"""X5 and X6, classes with another band. Rights entitlements: 40 %; of 113 moves in 2020 none lies beyond, 16 lie beyond
20 %. Fund units: 20 % around their net asset value, which the files do not tell; the widest move without a gap is 27 %
(SETF10GILT 2016-09-08)."""
UNBANDED_TURNOVER = 5e7
"""X5, rupees a day, median of the 20 sessions before: names with derivatives have no band, and the daily files do not
say which those are. 140 of the 141 moves of shares beyond 20 % without a gap are of names that traded 8.57 crore and
more; X8 watches them."""
PAUSE_DAYS = 10
"""X5, calendar days without a trade after which no band holds (LICNETFN50 2016-04-27)."""
FUND_SPLIT = 0.6
"""X6, fund units, absolute log of open and of close against the last close: thin books open anywhere and come back. The
twelve unit splits of 2016 to 2020 (1:10 and 1:100) lie beyond, and no other of 74 gaps does; the next is EBANK
2020-03-27 (0.53)."""
STEP = 0.10
"""X5, X6 and X12, rupees: two ticks of 0.05; a move this small is a penny stock's step."""
OUTLIER_DEVIATIONS = 20.0
"""X8, robust deviations (1.4826 MAD) from the day's median log return; on a calm day a move within the band may be that
far out, so it must be beyond the widest band, too: 72 rows, of which 64 are gaps that X6 tells; 7 others, all of names
with derivatives (YESBANK 2020-03-06, INFIBEAM 2018-09-28), and one entitlement, which is not judged."""
STALE_SESSIONS, STALE_SPREAD = 5, 0.001
"""X12, sessions traded with the very same open, high, low and close although high is above low by more than a penny
stock's step and more than 0.1 %: 1 row (MBAPL). 123 more are penny stocks that trade at two prices, and LIQUIDBEES."""
INDEX_AWAY = 0.03
"""X10: the median return of the 100 most traded shares against the Nifty 50. On the one genuine day with both files
(2023-01-09) they are 0.002 apart. The files of 2016-2020 have no index levels; against the 40 most traded shares,
weighted by turnover, 11 days lie beyond 0.02 and one beyond 0.03 (2020-03-06, YESBANK)."""
INDEX_SHARE_LOW, INDEX_SHARE_HIGH = 0.5, 1.01
"""X11: turnover of the Nifty 500's members by the index file over that of all shares by the bhavcopy: 0.874 on that
day."""
FACTOR_LOW, FACTOR_HIGH = 0.005, 200.0
"""X13: no genuine factor lies outside."""
DELIVERY_LISTED = 0.95
"""X16, share of the day's rows that the delivery file lists; else it is not joined. Worst: 180 rows absent on
2020-04-13. The other way round (`bhavcopy_complete`) there is no limit: in the 612,742 rows of the 313 delivery files
from 2019-10-01 to 2020-12-31, and in those of 2024-07-05 and 2026-01-07, no name of any series is absent from the
bhavcopy. Whole MTO files are not at hand; the same rule judges them. Nor is one of the 2,051 securities of the PR
bundle of 2020-12-01."""
BUNDLE_AGREES = 0.9
"""X16, share of the securities that a PR bundle and the bhavcopy both have whose volumes are the same; below it the
bundle, which holds no date, is of another day. 2,051 of 2,051 on 2020-12-01; 3,063 of 3,063 and 3,073 of 3,073 against
the delivery files of 2025-12-16 and -17."""
TICK_GRID = 0.05
"""S7, rupees, before 2024-06-10: 35,719 closes lie off it, all of fund units."""

"""Every limit of a check in one place, with what was measured beside it.

What belongs here: numbers. Base rates are of the genuine files of 2016-2020 (1,238 sessions, 2,088,701 rows of
silver/equity_eod), if nothing else is said.
"""

from __future__ import annotations

VWAP_SLACK = 0.01
"""S4, rupees of tolerance: no row lies outside; 1 row in 3.1 million of 2019-2026."""
VWAP_WRONG = 0.01
"""S5, distance of turnover / volume from the day's range as a fraction of the price: no row; a misprinted quantity
gives far more."""
SAME_PRICE = 0.006
"""X1, rupees: two published prices this close are equal. 31 of 2,086,537 rows differ, at most 6 per day."""
CHAIN_BROKEN = 0.01
"""X1, fraction of a day's rows: at most 0.35 % on a genuine day; 92 % to 99 % after a missing day."""
UNSEEN, UNSEEN_MOST = 4, 30
"""X1, names per day that are missing from the previous session: their previous close differs from their last close in
the lake, so they traded in between. Bhavcopies have at most 4 (2019-03-18; 15 in five years, all with a new base
price). Days whose only source is sec_bhavdata_full, which lacks 2 to 36 names per day, have at most 25 (2020-07-13),
and 131 and 141 after the two days without BE and BZ. If a file lacks its last 46 of about 1,900 lines, the next day has
43."""
ROW_NEIGHBOURS = 6
"""X2, number of earlier sessions that a day is compared with: one week and one day. Names under surveillance trade only
in the first session of a week or month (BZ 2016: 8.0 on Mondays, 3.5 otherwise; ALPSINDUS, ICSA in 2019); from 2023 on
about a hundred do."""
ROWS_FEWER, ROWS_FEWEST = -0.025, -0.10
"""X2, rows of EQ, BE and BZ against the minimum of those sessions: lowest -2.09 % (2019-10-27, Muhurat)."""
ROWS_MORE, ROWS_MOST = 0.03, 0.15
"""X2, rows of EQ, BE and BZ against the maximum of those sessions: highest +1.45 % (2017-09-04)."""
CLASS_ROWS, CLASS_KEPT = 20, 0.5
"""X2, rows per class against the minimum of those sessions: lowest 0.72 for SME shares, 0.90 for fund units. The
special Saturdays of 2024 (20 January, 18 May) have 0.86 of the SME shares of the next available genuine day."""
TURNOVER_MEDIAN_SESSIONS, TURNOVER_KNOWN_SESSIONS = 20, 5
"""X3: the median is over the earlier sessions; with fewer than five the check passes."""
TURNOVER_LOW = 0.4
"""X3, regular sessions: lowest 0.60, except 2017-07-10 (0.27), which an override accepts."""
BAND = 0.205
"""X5 and X6: the widest price band, 20 %, with rounding."""
BAND_OF_CLASS = {"rights": 0.405, "fund": 0.30}
"""X5 and X6, classes with another band. Rights entitlements: 40 %; of 113 moves in 2020 none is beyond it, 16 are
beyond 20 %. Fund units: 20 % around their net asset value, which the files do not contain; the widest move without a
gap is 27 % (SETF10GILT 2016-09-08)."""
UNBANDED_TURNOVER = 5e7
"""X5, rupees per day, median of the 20 earlier sessions: shares with derivatives have no band, and the daily files do
not name them. 140 of the 141 moves beyond 20 % without a gap are of shares that traded 8.57 crore or more; X8 covers
them."""
PAUSE_DAYS = 10
"""X5, calendar days without a trade after which the band does not apply (LICNETFN50 2016-04-27)."""
FUND_SPLIT = 0.6
"""X6, fund units, absolute log change from the last close to the open and to the close. With thin order books opens are
erratic and revert. The twelve unit splits of 2016 to 2020 (1:10 and 1:100) are beyond the limit; none of the other 74
gaps is, the largest is EBANK 2020-03-27 (0.53)."""
STEP = 0.10
"""X5, X6 and X12, rupees: two ticks of 0.05. Smaller moves are ordinary price steps of penny stocks."""
OUTLIER_DEVIATIONS = 20.0
"""X8, robust deviations (1.4826 MAD) from the day's median log return. On a calm day a move within the band can exceed
this, so the move must also be beyond the widest band. 72 rows: 64 are gaps that X6 reports, 7 are of shares with
derivatives (YESBANK 2020-03-06, INFIBEAM 2018-09-28), one is an entitlement, which is not judged."""
STALE_SESSIONS, STALE_SPREAD = 5, 0.001
"""X12, sessions with identical open, high, low and close, where high exceeds low by more than a penny stock's price
step and more than 0.1 %: 1 row (MBAPL). 123 more are penny stocks that trade at two prices, and LIQUIDBEES."""
INDEX_AWAY = 0.03
"""X10: the median return of the 100 most traded shares against the Nifty 50. On the one genuine day with both files
(2023-01-09) they are 0.002 apart. The files of 2016-2020 have no index levels; against the 40 most traded shares,
weighted by turnover, 11 days are beyond 0.02 and one is beyond 0.03 (2020-03-06, YESBANK)."""
INDEX_SHARE_LOW, INDEX_SHARE_HIGH = 0.5, 1.01
"""X11: turnover of the Nifty 500's members by the index file, divided by the turnover of all shares by the bhavcopy:
0.874 on 2023-01-09."""
FACTOR_LOW, FACTOR_HIGH = 0.005, 200.0
"""X13: no genuine factor is outside."""
DELIVERY_LISTED = 0.95
"""X16, fraction of the day's rows that the delivery file lists; below it the file is not used. Worst: 180 rows absent
on 2020-04-13. The opposite check (`bhavcopy_complete`) has no limit: in the 612,742 rows of the 313 delivery files from
2019-10-01 to 2020-12-31, and in those of 2024-07-05 and 2026-01-07, every security of every series is in the bhavcopy.
So are all 2,051 securities of the PR bundle of 2020-12-01. The same rule judges MTO files, of which no complete genuine
one was available."""
BUNDLE_AGREES = 0.9
"""X16, fraction of the securities in both the PR bundle and the bhavcopy whose volumes are equal; below it the bundle,
whose price list contains no date, is of another day. 2,051 of 2,051 on 2020-12-01; 3,063 of 3,063 and 3,073 of 3,073
against the delivery files of 2025-12-16 and -17."""
TICK_GRID = 0.05
"""S7, rupees, before 2024-06-10: 35,719 closes are off the grid, all of fund units."""

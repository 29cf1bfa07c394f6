"""The declarations of NSE's daily files that are read by one (`daily_file.py`).

What belongs here: one declaration for each file, with the facts of its format. What does not: what the values mean for
a portfolio.

Facts: all cells are padded with blanks. A security that touched both bands has two lines in `bh`, whose header ends
with `INDEX FLAG` in some years; every listed security of the series of equities stands in `Pd`, too (2020-12-01,
2025-01-16, 2025-12-16 and -17: 873 lines). In `MCAP` the market capitalisation is the issue size times the close of the
bhavcopy, to a rupee (three days, 7,774 rows); the printed close is another one in a quarter of the rows. In `PE` the
price is the close of the session before (its Readme says so). `HL` names securities only by their names; with the price
each is one row of `Pd` (four days, 315 lines). `etf` and `sme` have no row that `Pd` has not, with equal prices and
volumes (four days, 908 and 1,293 rows).
"""

from __future__ import annotations

import datetime as dt

from champion_assets.nse.board_meetings import meetings_csv
from champion_assets.nse.daily_file import Column, DailyFile, Member, Summary

SIDES = {"H": "upper", "L": "lower"}

BANDS = DailyFile(
    name="bundle_bands",
    description="Securities that touched their price band during the day, from the PR bundle.",
    place=Member("bh"),
    columns=(
        Column("SYMBOL", "symbol", "text", "Ticker on that date", is_needed=True),
        Column("SERIES", "series", "text", "Series", is_needed=True),
        Column("SECURITY", "security", "text", "Name of the security"),
        Column(
            "HIGH/LOW",
            "side",
            "text",
            "Price band touched during the day, upper or lower",
            values=SIDES,
            is_needed=True,
        ),
    ),
    ignored=("INDEX FLAG",),
    may_be_empty=True,
)

SHARES = DailyFile(
    name="shares_outstanding",
    description="Shares issued and market capitalisation of each "
    "listed security, by the PR bundle of the day (`MCAP`).",
    place=Member("MCAP"),
    first=dt.date(2024, 2, 1),
    columns=(
        Column("Trade Date", "file_date", "date", "Date in the file's rows", is_needed=True),
        Column("Symbol", "symbol", "text", "Ticker on that date", is_needed=True),
        Column("Series", "series", "text", "Series", is_needed=True),
        Column("Security Name", "security", "text", "Name of the security"),
        Column(
            "Category",
            "category",
            "text",
            "Listed, or permitted to trade without a listing",
            is_needed=True,
            values={"Listed": "listed", "Permitted": "permitted"},
        ),
        Column(
            "Last Trade Date",
            "last_trade_date",
            "date",
            "Last day on which it traded; null if never",
            blanks=("-", "Not Traded"),
        ),
        Column("Face Value(Rs.)", "face_value", "number", "Face value, rupees per share", low=0),
        Column("Issue Size", "shares", "count", "Shares issued", is_needed=True, low=1),
        Column(
            "Close Price/Paid up value(Rs.)",
            "printed_close",
            "number",
            "Price as printed, rupees; not always the close",
            low=0,
        ),
        Column(
            "Market Cap(Rs.)",
            "market_cap",
            "number",
            "Market capitalisation, rupees; at the last close",
            is_needed=True,
            low=0,
        ),
    ),
    date="file_date",
    date_format="%d %b %Y",
    summary=Summary("category", "symbol", "market_cap", {"Listed": "listed", "Permitted": "permitted", "Total": None}),
)

EARNINGS = DailyFile(
    name="earnings",
    description="Price to earnings of each company by the PR bundle "
    "of the day (`PE`), at the close of the session before.",
    place=Member("PE", separator="_"),
    columns=(
        Column("SYMBOL", "symbol", "text", "Ticker on that date", is_needed=True),
        Column(
            "SYMBOL P/E",
            "pe",
            "number",
            "Previous close divided by earnings per share of four quarters; null if there are none",
        ),
        Column("ADJUSTED P/E", "adjusted_pe", "number", "As the column before, without exceptional items"),
    ),
    key=("symbol",),
    joins=0.5,
)

HIGHS = DailyFile(
    name="bundle_highs",
    description="Securities with a new 52-week high or low, from the PR bundle of the day (`HL`).",
    place=Member("HL"),
    columns=(
        Column("SECURITY", "security", "text", "Name of the security", is_needed=True),
        Column("NEW", "new", "number", "The new high or low, rupees", is_needed=True, low=0),
        Column("PREVIOUS", "previous", "number", "Previous 52-week high or low, rupees", low=0),
        Column(
            "NEW_STATUS",
            "status",
            "text",
            "Whether it is a high or a low",
            is_needed=True,
            values={"H": "high", "L": "low"},
        ),
    ),
    key=("security",),
    may_be_empty=True,
)

FUNDS = DailyFile(
    name="bundle_funds",
    description="Exchange-traded funds that traded, with their underlying, from the PR bundle of the day (`etf`).",
    place=Member("etf"),
    columns=(
        Column("SERIES", "series", "text", "Series", is_needed=True),
        Column("SYMBOL", "symbol", "text", "Ticker on that date", is_needed=True),
        Column("SECURITY", "security", "text", "Name of the security"),
        Column("CLOSE PRICE", "close", "number", "Closing price, rupees", low=0),
        Column("NET TRADED QTY", "volume", "count", "Units traded"),
        Column("UNDERLYING", "underlying", "text", "What the fund follows, in the exchange's words"),
    ),
    ignored=(
        "MARKET",
        "PREVIOUS CLOSE PRICE",
        "OPEN PRICE",
        "HIGH PRICE",
        "LOW PRICE",
        "NET TRADED VALUE",
        "TRADES",
        "52 WEEK HIGH",
        "52 WEEK LOW",
    ),
)

SMALL = DailyFile(
    name="bundle_sme",
    description="Shares of small companies that traded, from the PR bundle of the day (`sme`).",
    place=Member("sme"),
    columns=(
        Column("SERIES", "series", "text", "Series", is_needed=True),
        Column("SYMBOL", "symbol", "text", "Ticker on that date", is_needed=True),
        Column("SECURITY", "security", "text", "Name of the security"),
        Column("CLOSE_PRICE", "close", "number", "Closing price, rupees", low=0),
        Column("NET_TRDQTY", "volume", "count", "Shares traded"),
    ),
    ignored=(
        "MARKET",
        "PREV_CL_PR",
        "OPEN_PRICE",
        "HIGH_PRICE",
        "LOW_PRICE",
        "NET_TRDVAL",
        "CORP_IND",
        "HI_52_WK",
        "LO_52_WK",
    ),
)

MEETINGS = DailyFile(
    name="board_meetings",
    description="Board meetings announced by companies, from the PR bundle of the day (`Bm`).",
    place=Member("Bm", suffix=".txt"),
    columns=(
        Column("COMPANY NAME", "company", "text", "Name of the company", is_needed=True),
        Column("SYMBOL", "symbol", "text", "Ticker on that date", is_needed=True),
        Column("BM DATE", "meeting_date", "date", "Day of the meeting, which may be past", is_needed=True),
        Column(
            "SUBJECT",
            "subject",
            "text",
            "Subject as published; `unknown` if it is not one of the registered subjects",
            is_needed=True,
        ),
        Column("BM PURPOSE", "purpose", "text", "Full text, lines joined"),
    ),
    key=("symbol",),
    grain=("meeting_date", "subject"),
    classes=("share", "unclassified", "sme"),
    prepare=meetings_csv,
    may_be_empty=True,
    joins=0.5,
)

BUNDLE_FILES = (BANDS, SHARES, EARNINGS, HIGHS, FUNDS, SMALL, MEETINGS)
"""Those that are members of the PR bundle."""

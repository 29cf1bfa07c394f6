"""The declarations of NSE's daily files on who trades, how much and under which supervision.

What belongs here: one declaration for each file, with the facts of its format. What does not: members of the PR bundle
(`market_files.py`).

Facts: the file of short selling of a day holds the session before. In `REG1_IND` 100 means that a measure does not
apply and any other number is its stage, 0 included; 2,490 securities on 2025-01-16, of which 46 are under GSM, 89 under
the long-term and 12 under the short-term ASM, 371 under ESM, 30 in insolvency. The participants' long contracts sum to
their line of totals but for one contract in 19,617,668 on 2025-12-16. The file of adjusted highs and lows of a
day knows the prices up to the session before (on 2025-12-16 and -17 no high or low is of the day itself), adjusted by
the exchange for splits, bonuses and rights. The list of bands says 2, 5, 10 or 20 percent, or `No Band` for stocks
with derivatives; several series of a symbol may have different bands. A day without a change of series has the one line
`NIL`. The volatility of a day is the root of 0.995 times the square of that of the session before and 0.005 times that
of the day's log return, of the closes of both exchanges together: on 2025-12-16 and -17 its close is the bhavcopy's in
63 % of 2,514 names, and our own return gives the printed volatility, to its four decimals, in all but 9 and 12.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re

from champion_assets.nse.daily_file import Column, DailyFile, Loose, Summary

_NOT = ("", "-", "100")


def _stage(header: str, name: str, meaning: str) -> Column:
    return Column(header, name, "count", f"{meaning}: stage, 0 included; null where it does not apply", blanks=_NOT)


def participants_csv(text: str) -> str:
    """Open interest of participants as CSV: without the line of the title, with its day and the kind of each row."""
    title, _, rest = text.partition("\n")
    day = _day(title, r"as on\s+(\w{3} \d{1,2}, ?\d{4})", "%b %d, %Y")
    rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(rest))]
    rows = [row for row in rows if any(row)]
    return (
        _text(
            [["Date", "Kind", *rows[0]], *([day, "" if row[0] == "TOTAL" else "participant", *row] for row in rows[1:])]
        )
        if rows
        else text
    )


def extremes_csv(text: str) -> str:
    """Adjusted highs and lows as CSV: without the two lines before the header, with their day in each row."""
    notice, _, rest = text.partition("\n")
    title, _, rest = rest.partition("\n")
    if "Disclaimer" not in notice:
        return text
    day = _day(title, r"Effective for (\d{2}-\w{3}-\d{4})", "%d-%b-%Y")
    rows = [row for row in csv.reader(io.StringIO(rest)) if any(cell.strip() for cell in row)]
    return _text([["Date", *rows[0]], *([day, *row] for row in rows[1:])]) if rows else text


def series_changes_csv(text: str) -> str:
    """Changes of series as CSV: without the line that says that there are none."""
    return "".join(line for line in text.splitlines(keepends=True) if line.split(",")[0].strip() != "NIL")


def _day(title: str, pattern: str, form: str) -> str:
    found = re.search(pattern, title)
    text = found[1].replace(",", ", ").replace("  ", " ") if found else ""
    return f"{dt.datetime.strptime(text, form).replace(tzinfo=dt.UTC):%d-%b-%Y}" if text else ""


def _text(rows: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


_DEAL_COLUMNS = (
    Column("Date", "file_date", "date", "Day of the deal", is_needed=True),
    Column("Symbol", "symbol", "text", "Ticker on that date", is_needed=True),
    Column("Client", "client", "text", "A legal person (entity) or not; names are not kept", is_needed=True,
           values={"entity": "entity", "person": "person"}),
    Column("Buy/Sell", "side", "text", "Side of the client", is_needed=True, values={"BUY": "bought", "SELL": "sold"}),
    Column("Quantity", "quantity", "count", "Shares", is_needed=True, low=1),
    Column("Price", "price", "number", "Average price, rupees", is_needed=True, low=0),
)  # fmt: skip
_CLASSES = ("share", "unclassified", "sme", "fund", "trust")

BULK = DailyFile(
    name="bulk_deals",
    description="Bulk deals of the day: clients who traded more than 0.5 % of the shares.",
    place=Loose("bulk", "bulk_%d%m%Y.csv"),
    columns=_DEAL_COLUMNS,
    date="file_date",
    key=("symbol",),
    classes=_CLASSES,
    may_be_empty=True,
    joins=0.5,
)
BLOCK = DailyFile(
    name="block_deals",
    description="Block deals of the day, made in windows of their own.",
    place=Loose("block", "block_%d%m%Y.csv"),
    columns=_DEAL_COLUMNS,
    date="file_date",
    key=("symbol",),
    classes=_CLASSES,
    may_be_empty=True,
    joins=0.5,
)
SHORT = DailyFile(
    name="short_selling",
    description="Shares sold short, from the file published on the next session.",
    place=Loose("shortselling", "shortselling_%d%m%Y.csv"),
    columns=(
        Column("Security Name", "security", "text", "Name of the security"),
        Column("Symbol Name", "symbol", "text", "Ticker on that date", is_needed=True),
        Column("Trade Date", "file_date", "date", "Session of the sales", is_needed=True),
        Column("Quantity", "quantity", "count", "Shares sold short", is_needed=True),
    ),
    date="file_date", lag=1, key=("symbol",), classes=_CLASSES, may_be_empty=True, joins=0.5,
)  # fmt: skip
SURVEILLANCE = DailyFile(
    name="surveillance",
    description="Measures of surveillance by security (`REG1_IND`).",
    place=Loose("REG1_IND", "REG1_IND%d%m%y.csv"),
    first=dt.date(2024, 12, 1),
    columns=(
        Column("Symbol", "symbol", "text", "Ticker on that date", is_needed=True),
        Column("Series", "series", "text", "Series", is_needed=True),
        _stage("GSM", "gsm", "Graded surveillance measure"),
        _stage(
            "Long_Term_Additional_Surveillance_Measure (Long Term ASM)",
            "long_term_asm",
            "Long-term additional surveillance",
        ),
        _stage(
            "Short_Term_Additional_Surveillance_Measure (Short Term ASM)",
            "short_term_asm",
            "Short-term additional surveillance",
        ),
        _stage("ESM", "esm", "Enhanced surveillance measure"),
        _stage("Insolvency_Resolution_Process(IRP)", "insolvency", "Insolvency resolution process"),
        _stage("Pledge", "pledge", "Pledged shares of promoters"),
        _stage("Loss making", "loss_making", "Losses"),
        _stage(
            "Derivative contracts in the scrip to be moved out of F and O",
            "leaves_derivatives",
            "Derivatives to be withdrawn",
        ),
    ),
    has_more=True,
)
PARTICIPANTS = DailyFile(
    name="participant_open_interest",
    description="Open contracts in equity derivatives by kind of participant.",
    place=Loose("fao_participant_oi", "fao_participant_oi_%d%m%Y.csv"),
    columns=(
        Column("Date", "file_date", "date", "Date in the file's title", is_needed=True),
        Column("Kind", "kind", "text", "`participant` in every row; the line of totals is left out", is_needed=True),
        Column("Client Type", "participant", "text", "Client, DII, FII or Pro", is_needed=True),
        *(
            Column(header, header.lower().replace(" ", "_"), "count", f"{header}, contracts", is_needed=True)
            for header in (
                "Future Index Long",
                "Future Index Short",
                "Future Stock Long",
                "Future Stock Short",
                "Option Index Call Long",
                "Option Index Put Long",
                "Option Index Call Short",
                "Option Index Put Short",
                "Option Stock Call Long",
                "Option Stock Put Long",
                "Option Stock Call Short",
                "Option Stock Put Short",
                "Total Long Contracts",
                "Total Short Contracts",
            )
        ),
    ),
    date="file_date",
    summary=Summary("kind", "participant", "total_long_contracts", {"TOTAL": None}, tolerance=1e-6),
    key=("participant",),
    prepare=participants_csv,
)
EXTREMES = DailyFile(
    name="adjusted_extremes",
    description="Highest and lowest prices of 52 weeks up to the "
    "session before, as the exchange adjusts them for actions.",
    place=Loose("CM_52_wk_High_low", "CM_52_wk_High_low_%d%m%Y.csv"),
    first=dt.date(2019, 10, 17),
    columns=(
        Column("Date", "file_date", "date", "Date in the file's second line", is_needed=True),
        Column("SYMBOL", "symbol", "text", "Ticker on that date", is_needed=True),
        Column("SERIES", "series", "text", "Series", is_needed=True),
        Column("Adjusted_52_Week_High", "high", "number", "Highest price, rupees, adjusted by the exchange", low=0),
        Column("52_Week_High_Date", "high_date", "date", "Date of that price"),
        Column("Adjusted_52_Week_Low", "low", "number", "Lowest price, rupees, adjusted by the exchange", low=0),
        Column("52_Week_Low_DT", "low_date", "date", "Date of that price"),
    ),
    date="file_date",
    prepare=extremes_csv,
)
BANDS_OF_DAY = DailyFile(
    name="price_bands",
    description="The price band of each security on the day (`sec_list`).",
    place=Loose("sec_list", "sec_list_%d%m%Y.csv"),
    columns=(
        Column("Symbol", "symbol", "text", "Ticker on that date", is_needed=True),
        Column("Series", "series", "text", "Series", is_needed=True),
        Column("Security Name", "security", "text", "Name of the security"),
        Column("Band", "band", "text", "Band in percent of the previous close, or none", is_needed=True,
               values={"2": "2", "5": "5", "10": "10", "20": "20", "No Band": "none"}),
        Column("Remarks", "remarks", "text", "Remarks, for instance the stage of a surveillance measure"),
    ),
    joins=0.5,  # a symbol may stand there in a series in which it does not trade
)  # fmt: skip
SERIES_CHANGES = DailyFile(
    name="series_changes",
    description="Securities that change their series.",
    place=Loose("series_change", "series_change_%d%m%Y.csv"),
    columns=(
        Column("Symbol", "symbol", "text", "Ticker on that date", is_needed=True),
        Column("Security", "security", "text", "Name of the security"),
        Column("From Series", "from_series", "text", "Series before the change", is_needed=True),
        Column("To Series", "to_series", "text", "Series after the change", is_needed=True),
        Column("Change Date", "change_date", "date", "First day in the new series", is_needed=True),
        Column("Remarks", "remarks", "text", "Remarks, for instance the stage of a surveillance measure"),
    ),
    key=("symbol",), grain=("to_series",), prepare=series_changes_csv, may_be_empty=True,
)  # fmt: skip
VOLATILITY = DailyFile(
    name="published_volatility",
    description="NSE's daily and annual volatility of each security, an exponential mean with a weight of 0.995.",
    place=Loose("CMVOLT", "CMVOLT_%d%m%Y.CSV"),
    first=dt.date(2011, 4, 1),
    columns=(
        Column("Date", "file_date", "date", "Day of the rows", is_needed=True),
        Column("Symbol", "symbol", "text", "Ticker on that date; a number of the other exchange", is_needed=True),
        Column("Underlying Close Price (A)", "close", "number", "Close of both exchanges together, rupees", low=0),
        Column("Underlying Previous Day Close Price (B)", "previous_close", "number", "Close of the day before, rupees",
               low=0),
        Column("Underlying Log Returns (C) = LN(A/B)", "log_return", "number", "Log return of the day"),
        Column("Previous Day Underlying Volatility (D)", "previous_volatility", "number",
               "Daily volatility of the day before, a fraction",
               low=0),
        Column("Current Day Underlying Daily Volatility (E) = Sqrt(0.995*D*D + 0.005*C*C)", "volatility", "number",
               "Daily volatility, a fraction", low=0),
        Column("Underlying Annualised Volatility (F) = E*Sqrt(365)", "annual_volatility", "number",
               "Annual volatility, a fraction", low=0),
    ),
    date="file_date", key=("symbol",), joins=0.4,
)  # fmt: skip
FILES = (
    BULK, BLOCK, SHORT, SURVEILLANCE, PARTICIPANTS, EXTREMES, BANDS_OF_DAY, SERIES_CHANGES, VOLATILITY,
)  # fmt: skip

"""What was delivered of a day's trading: `sec_bhavdata_full` and the older `MTO` files, read into one table.

What belongs here: both formats. `-` in a `sec_bhavdata_full` means unknown (series BE and BZ, and EQ volumes above 10^9
in 2019), so it becomes null, never zero. Facts of the MTO eras: 4 fields in 2002, 7 fields under 6 names since, a title
and a date line since 2003.
"""

from __future__ import annotations

import datetime as dt
import re

import polars as pl

from champion_assets.nse.container import csv_text
from champion_assets.nse.dates import parse_date
from champion_assets.nse.errors import BadValue, EmptyPayload, RaggedRows, UnknownHeader, WrongDate
from champion_assets.nse.formats import read_bhavcopy

DELIVERY: dict[str, pl.DataType] = {
    "trade_date": pl.Date(),
    "symbol": pl.String(),
    "series": pl.String(),
    "open": pl.Float64(),
    "high": pl.Float64(),
    "low": pl.Float64(),
    "close": pl.Float64(),
    "volume": pl.Int64(),
    "delivery_qty": pl.Int64(),
    "delivery_pct": pl.Float64(),
    "source_row": pl.Int32(),
}
"""Prices in rupees, quantities in shares, `delivery_pct` in percent of the volume as published; null is unknown, or not
in the format."""
MAX_QUANTITY = 10**15
"""Shares; a thousand times what all of NSE trades in a day."""
_MTO_FIELDS = ("symbol", "series", "volume", "delivery_qty", "delivery_pct", "source_row")
_MTO_DATE = re.compile(r"10,MTO,(\d{8}),")
_MTO_TITLE = re.compile(r"r?ade Date <(\d{1,2}-[A-Za-z]{3}-\d{4})>")


def read_delivery(body: bytes, name: str) -> tuple[str, pl.DataFrame]:
    """Format and rows of a delivery file.

    Raises:
        BadPayload: one of its subclasses; a workbook, a page, another kind of file, or rows that cannot be.
    """
    text = csv_text(body, name)
    if b"MTO" in text[:400] or b"Delivery Position" in text[:400]:
        return "mto", _mto(text.decode("utf-8", errors="replace"), name)
    parsed = read_bhavcopy(body, name)
    if parsed.format != "sec_bhavdata_full":
        raise UnknownHeader(f"{name}: a bhavcopy ({parsed.format}), no delivery file")
    return parsed.format, parsed.frame.select(list(DELIVERY))


def _mto(text: str, name: str) -> pl.DataFrame:
    dates: set[dt.date] = set()
    rows: list[tuple[object, ...]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if match := _MTO_DATE.match(line):
            dates.add(_mto_date(match[1], name, number))
        elif match := _MTO_TITLE.search(line):
            dates.add(parse_date(match[1], name))
        elif line.startswith("20,"):
            fields = [field.strip() for field in line.split(",")]
            if len(fields) not in (4, 7):
                raise RaggedRows(f"{name}, line {number}: {len(fields)} fields, expected 4 (2002) or 7")
            try:
                numbers = (
                    (None, int(fields[3]), None)
                    if len(fields) == 4
                    else (int(fields[4]), int(fields[5]), float(fields[6]))
                )
            except ValueError as error:
                raise BadValue(f"{name}, line {number}: {line[:100]!r} holds no quantities") from error
            if any(each is not None and not abs(each) <= MAX_QUANTITY for each in numbers):
                raise BadValue(f"{name}, line {number}: {line[:100]!r} holds a quantity that no security trades")
            symbol, series = (fields[1], fields[2]) if len(fields) == 4 else (fields[2], fields[3])
            rows.append((symbol, series, *numbers, number))
    if not rows:
        raise EmptyPayload(f"{name}: no record of type 20")
    if len(dates) != 1:
        raise WrongDate(f"{name}: dates {', '.join(map(str, sorted(dates))) or 'none'} where one is expected")
    frame = pl.DataFrame(rows, schema={name: DELIVERY[name] for name in _MTO_FIELDS}, orient="row")
    prices = {name: pl.lit(None, kind) for name, kind in DELIVERY.items() if name not in _MTO_FIELDS}
    return frame.with_columns(**prices | {"trade_date": pl.lit(dates.pop())}).select(list(DELIVERY))


def _mto_date(text: str, name: str, number: int) -> dt.date:
    try:
        return dt.date(int(text[4:]), int(text[2:4]), int(text[:2]))
    except ValueError as error:
        raise BadValue(f"{name}, line {number}: {text!r} is no date DDMMYYYY") from error

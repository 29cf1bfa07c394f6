"""The `Pd` member of NSE's PR bundle: what traded that day, by security, with the indices.

What belongs here: the member's header and values. What does not: finding it (`bundle_member.py`), or the bundle's other
members (`market_files.py`; `actions/feed.py` reads `Bc`).

Facts: cells are padded with spaces; an index row has market `Y` and neither series nor symbol; the member holds no
date, so only the bundle's name and its agreement with the bhavcopy say which day it is of. On 2020-12-01 its 2,051
securities, series and volumes are exactly the bhavcopy's; on 2025-12-16 and -17 it has every row of the delivery file.
"""

from __future__ import annotations

import polars as pl

from champion_assets.nse.bundle_member import bundle_member
from champion_assets.nse.container import csv_rows
from champion_assets.nse.daily_file import Member
from champion_assets.nse.errors import UnknownHeader

PRICES: dict[str, pl.DataType] = {
    "market": pl.String(),
    "series": pl.String(),
    "symbol": pl.String(),
    "security": pl.String(),
    "prev_close": pl.Float64(),
    "open": pl.Float64(),
    "high": pl.Float64(),
    "low": pl.Float64(),
    "close": pl.Float64(),
    "turnover": pl.Float64(),
    "volume": pl.Int64(),
    "is_nifty_50": pl.Boolean(),
    "corporate_flag": pl.String(),
    "trades": pl.Int64(),
    "high_52_weeks": pl.Float64(),
    "low_52_weeks": pl.Float64(),
    "source_row": pl.Int32(),
}
"""Canonical columns: prices and turnover in rupees, quantities in shares; `source_row` counts from 1 after the
header."""
PD = Member("Pd")
_HEADER = [
    "MKT",
    "SERIES",
    "SYMBOL",
    "SECURITY",
    "PREV_CL_PR",
    "OPEN_PRICE",
    "HIGH_PRICE",
    "LOW_PRICE",
    "CLOSE_PRICE",
    "NET_TRDVAL",
    "NET_TRDQTY",
    "IND_SEC",
    "CORP_IND",
    "TRADES",
    "HI_52_WK",
    "LO_52_WK",
]
_REFUSED: dict[str, pl.DataType] = {"source_row": pl.Int32(), "reason": pl.String(), "text": pl.String()}
_NUMBERS = {4, 5, 6, 7, 8, 9, 14, 15}
_COUNTS = {10, 13}


def read_bundle_prices(body: bytes, name: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows of the bundle's `Pd` member, and the rows that cannot be read: source_row, reason, text.

    Args:
        body: the bundle, or another file of the day's corporate actions, which has no such member and gives no rows.
        name: how to call it in errors.

    Raises:
        BadPayload: not a readable archive, or its `Pd` has another header.
    """
    text = bundle_member(body, name, PD)
    return (pl.DataFrame(schema=PRICES), pl.DataFrame(schema=_REFUSED)) if text is None else read_price_rows(text, name)


def read_price_rows(text: str, name: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows of the text of a `Pd`, and the rows that cannot be read: source_row, reason, text.

    Raises:
        BadPayload: another header.
    """
    rows, refused = [], []
    lines = csv_rows(text, name)
    if not lines or [column.strip() for column in lines[0]] != _HEADER:
        raise UnknownHeader(f"{name}: its Pd member begins with {','.join(lines[0] if lines else [])[:120]!r}")
    for number, fields in enumerate(lines[1:], start=1):
        cells = [field.strip() for field in fields]
        if not any(cells):
            continue
        try:
            rows.append(_values(cells, number))
        except ValueError as error:
            refused.append((number, str(error), ",".join(cells)[:200]))
    return pl.DataFrame(rows, schema=PRICES, orient="row"), pl.DataFrame(refused, schema=_REFUSED, orient="row")


def _values(cells: list[str], number: int) -> tuple[object, ...]:
    if len(cells) != len(_HEADER):
        raise ValueError(f"{len(cells)} fields where the header has {len(_HEADER)}")
    values: list[object] = []
    for place, cell in enumerate(cells):
        if place in _NUMBERS:
            values.append(float(cell) if cell else None)
        elif place in _COUNTS:
            values.append(_count(cell) if cell else None)
        elif _HEADER[place] == "IND_SEC":
            values.append(cell == "Y" and cells[0] == "N")
        else:
            values.append(cell or None)
    return (*values, number)


def _count(cell: str) -> int:
    count = int(cell)
    if not 0 <= count < 2**63:
        raise ValueError(f"{cell} is no quantity")
    return count

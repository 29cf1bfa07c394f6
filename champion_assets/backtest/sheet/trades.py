"""Orders and fills: a table, and all of them as a file inside the page.

What belongs here: showing rows of `backtest/executions`.
"""

from __future__ import annotations

import base64
import gzip

import polars as pl

from champion_assets.backtest.sheet.words import REASON_WORDS
from champion_assets.pages.blocks import Cell, Column, Download, Table
from champion_assets.pages.units import percent

SHOWN = 400
"""Orders in the table; the file has all."""
PLAIN_BYTES = 200_000
"""Above it the file is compressed."""
MOST_BYTES = 900_000
"""Above it, packed, the file has the later half only, and so on."""


def trades_table(executions: pl.DataFrame) -> Table:
    """The latest orders first."""
    rows = executions.sort("trade_date", "symbol", descending=[True, False]).head(SHOWN)
    columns = [
        Column("Session", is_number=False),
        Column("Name", is_number=False),
        Column("", is_number=False),
        Column("Ordered", "shares"),
        Column("Filled", "shares"),
        Column("Price", "rupees"),
        Column("Value", "rupees"),
        Column("Charges", "rupees"),
        Column("Worse than the previous close", "of the value"),
        Column("Why not all", is_number=False),
    ]
    lines = []
    for each in rows.iter_rows(named=True):
        worse = each["shortfall"] / each["value"] if each["value"] and each["shortfall"] is not None else None
        lines.append(
            [
                Cell(str(each["trade_date"])),
                Cell(each["symbol"]),
                Cell("buy" if each["wanted"] > 0 else "sell"),
                Cell(f"{abs(each['wanted']):,.0f}", abs(each["wanted"])),
                Cell(f"{abs(each['filled']):,.0f}", abs(each["filled"])),
                Cell("–" if each["price"] is None else f"{each['price']:,.2f}", each["price"]),
                Cell(f"{each['value']:,.0f}", each["value"]),
                Cell(f"{each['charges']:,.2f}", each["charges"]),
                Cell(percent(worse, 2), worse),
                Cell(REASON_WORDS[each["reason"]] if each["reason"] else ""),
            ]
        )
    which = (
        f"All {len(lines):,} orders"
        if len(lines) == executions.height
        else f"The last {len(lines):,} of {executions.height:,} orders"
    )
    return Table("trades-table", columns, lines, which, is_long=len(lines) > 20)


def trades_file(executions: pl.DataFrame) -> Download:
    """All orders as CSV.

    Packed if they are many, and only the later ones if they are very many, which the label says.
    """
    rows = executions.sort("trade_date", "symbol")
    text = _csv(rows)
    if len(text) <= PLAIN_BYTES:
        return Download(f"All {rows.height:,} orders as CSV", "trades.csv", _address(text, "text/csv"))
    packed = gzip.compress(text, mtime=0)
    while len(packed) > MOST_BYTES:
        rows = rows.tail(rows.height // 2)
        packed = gzip.compress(_csv(rows), mtime=0)
    which = (
        f"All {rows.height:,}"
        if rows.height == executions.height
        else f"The last {rows.height:,} of {executions.height:,}"
    )
    return Download(f"{which} orders as CSV, packed", "trades.csv.gz", _address(packed, "application/gzip"))


def _csv(rows: pl.DataFrame) -> bytes:
    return rows.write_csv().encode()


def _address(content: bytes, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"

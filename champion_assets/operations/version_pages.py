"""The page of files that the exchange published again, beside those that they replaced.

What belongs here: what the page says, in labels with units. What does not: the other pages (`state_pages.py`).
"""

from __future__ import annotations

from typing import Any

import polars as pl

from champion_assets.lake.workspace import Workspace
from champion_assets.operations.file_versions import differences
from champion_assets.operations.page_parts import MOST, caption_of, day_cell, one_section, shortened
from champion_assets.pages.blocks import Card, Cards, Cell, Column, Page, Table, Text
from champion_assets.raw.bhavcopy import NAME as BHAVCOPY

_VERSION = ["trade_date", "name", "fetched_at", "rows", "bytes", "is_current", "sha256"]


def versions(workspace: Workspace) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Files that were replaced and what replaced them, by day and table.

    And what changed in bhavcopies, value by value.
    """
    kinds: dict[str, Any] = {
        "trade_date": pl.Date,
        "table": pl.String,
        "name": pl.String,
        "fetched_at": pl.Datetime("us", "UTC"),
        "rows": pl.Int64,
        "bytes": pl.Int64,
        "is_current": pl.Boolean,
        "sha256": pl.String,
    }
    schema = pl.Schema(kinds)
    frames = [pl.DataFrame(schema=schema)]
    for name in (each for each in workspace.tables if each.startswith("raw/")):
        if dates := workspace.lake.dates(name):
            rows = workspace.lake.read(name, dates, _VERSION)
            replaced = rows.filter((~pl.col("is_current")).any().over("trade_date"))
            frames.append(replaced.select(pl.lit(name).alias("table"), *_VERSION).select(list(schema)).cast(schema))
    found = pl.concat(frames).sort("trade_date", "table", "fetched_at", descending=[True, False, False])
    days = found.filter(pl.col("table") == BHAVCOPY)["trade_date"].unique(maintain_order=True)
    changes = [differences(workspace, day)[1].select(pl.lit(day).alias("trade_date"), pl.all()) for day in days[:20]]
    none: dict[str, Any] = {"trade_date": pl.Date} | dict.fromkeys(
        ("version", "symbol", "series", "column", "before", "after"), pl.String
    )
    return found, pl.concat(changes) if changes else pl.DataFrame(schema=none)


def versions_page(files: pl.DataFrame, changes: pl.DataFrame) -> Page:
    """The page of files that the exchange published again; arguments as `versions` gives them."""
    replaced = files.filter(~pl.col("is_current"))
    cards = Cards([
        Card("Replaced", f"{replaced.height:,}", "files"),
        Card("Days", f"{replaced['trade_date'].n_unique():,}", "with a replaced file"),
        Card("Values", f"{changes.height:,}", "that changed in bhavcopies"),
    ])  # fmt: skip
    columns = [
        Column("Day", is_number=False),
        Column("Table", is_number=False),
        Column("File", is_number=False),
        Column("Received", "UTC", is_number=False),
        Column("Rows"),
        Column("Size", "bytes"),
        Column("In force", is_number=False),
        Column("SHA-256", "first 12 characters", is_number=False),
    ]
    cells = [
        [
            day_cell(row["trade_date"]),
            Cell(row["table"]),
            Cell(row["name"]),
            Cell(f"{row['fetched_at']:%Y-%m-%d %H:%M}", f"{row['fetched_at']:%Y-%m-%d %H:%M:%S.%f}"),
            Cell(f"{row['rows']:,}", row["rows"]),
            Cell(f"{row['bytes']:,}", row["bytes"]),
            Cell("yes" if row["is_current"] else "replaced", tone="" if row["is_current"] else "quiet"),
            Cell(shortened(row["sha256"]), hint=row["sha256"]),
        ]
        for row in files.head(MOST).iter_rows(named=True)
    ]
    sides = [
        Column(label, is_number=False) for label in ("Day", "Symbol", "Series", "Value", "Before", "After", "Version")
    ]
    values = [
        [
            day_cell(row["trade_date"]),
            *(Cell(row[name] or "–") for name in ("symbol", "series", "column", "before", "after", "version")),
        ]
        for row in changes.head(MOST).iter_rows(named=True)
    ]
    blocks: list[Cards | Text | Table] = [cards]
    if not cells:
        blocks.append(Text("No file of the lake was published again."))
    else:
        blocks.append(
            Table("versions-table", columns, cells, caption_of("files", len(cells), files.height), is_long=True)
        )
    if values:
        caption = caption_of("values that changed in bhavcopies", len(values), changes.height)
        blocks.append(Table("changes-table", sides, values, caption, is_long=True))
    return one_section(
        "File versions", "Files that NSE published again, beside the versions that they replaced.", blocks
    )

"""`champion doctor --html FOLDER`: the pages beside the doctor's own: quarantine, suspects, file versions.

What belongs here: what the pages say, in labels with units. What does not: the layout (`pages/`), decisions
(`cli/operations.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from champion_assets.lake.quarantine import decisions, held, listed
from champion_assets.lake.workspace import Workspace
from champion_assets.operations.doctor import Report
from champion_assets.operations.doctor_page import page as doctor_page
from champion_assets.operations.file_versions import differences
from champion_assets.pages.blocks import Card, Cards, Cell, Column, Page, Section, Table, Text
from champion_assets.pages.render import render
from champion_assets.raw.bhavcopy import NAME as BHAVCOPY
from champion_assets.silver.suspects import NAME as SUSPECTS

LINKS = (
    ("index.html", "State"),
    ("quarantine.html", "Quarantine"),
    ("suspects.html", "Suspects"),
    ("file_versions.html", "File versions"),
)
MOST = 1000
"""Rows of a table on a page; the newest are shown, and the page says how many there are."""
_SUSPICION = {
    "unexplained_gap": "Gap without an action",
    "doubtful_action": "Action without a move",
    "value_handed_out": "Value handed out, no number",
    "chain_break": "Previous close differs",
}
_VERSION = ["trade_date", "name", "fetched_at", "rows", "bytes", "is_current", "sha256"]


def write_pages(folder: Path, workspace: Workspace, report: Report) -> list[Path]:
    """Write all pages into a folder, each with links to the others.

    Args:
        folder: made if absent; pages of an earlier call are replaced.
        workspace: the lake.
        report: of the doctor.

    Returns:
        The files, `index.html` first.
    """
    pages = [
        doctor_page(report),
        quarantine_page(*quarantined(workspace)),
        suspects_page(suspects(workspace)),
        versions_page(*versions(workspace)),
    ]
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / name for name, _ in LINKS]
    for file, each in zip(files, pages, strict=True):
        file.write_text(render(replace(each, links=LINKS)), "utf-8")
    return files


def quarantined(workspace: Workspace) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What was taken out.

    Returns:
        The days (see `listed`), and the newest rows: trade_date, table, file, line, who, rule, reason, decision.
    """
    lake = workspace.lake
    days = listed(lake)
    decided = {
        (each.table, each.trade_date, each.source_sha256, each.source_row): each.decision for each in decisions(lake)
    }
    lines: list[tuple[object, ...]] = []
    for table, date in days.sort("trade_date", descending=True).select("table", "trade_date").iter_rows():
        if len(lines) >= MOST:
            break
        for file, line, who, rule, reason in (
            held(lake, table, date).select("file", "line", "who", "rule", "reason").iter_rows()
        ):
            lines.append(
                (date, table, file, line, who, rule, reason, decided.get((table, date.isoformat(), file, line), ""))
            )
    schema = {
        "trade_date": pl.Date,
        "table": pl.String,
        "file": pl.String,
        "line": pl.Int64,
        "who": pl.String,
        "rule": pl.String,
        "reason": pl.String,
        "decision": pl.String,
    }
    return days, pl.DataFrame(lines[:MOST], schema=schema, orient="row")


def quarantine_page(days: pl.DataFrame, rows: pl.DataFrame) -> Page:
    """The page of what was taken out; arguments as `quarantined` gives them."""
    cards = Cards(
        [
            Card(
                "Waiting",
                f"{days['open'].sum():,}",
                "rows and files without a decision",
                tone="bad" if days["open"].sum() else "",
            ),
            Card("Taken out", f"{days['rows'].sum():,}", "rows and files"),
            Card("Days", f"{days['trade_date'].n_unique():,}", "with something taken out"),
        ]
    )
    columns = [
        Column("Day", is_number=False),
        Column("Table", is_number=False),
        Column("Who", is_number=False, hint="Symbol of the row, or name of the file"),
        Column("Rule", is_number=False, hint="See the page of checks"),
        Column("Line", "of the file"),
        Column("Reason", is_number=False, wraps=True),
        Column("Decision", is_number=False),
        Column("File", is_number=False, hint="SHA-256 of its bytes, the first 12 characters, or its name"),
    ]
    cells = [
        [
            _day(row["trade_date"]),
            Cell(row["table"]),
            Cell(row["who"] or "–"),
            Cell(row["rule"]),
            Cell(f"{row['line']:,}" if row["line"] else "whole file", row["line"]),
            Cell(row["reason"]),
            Cell(row["decision"] or "waiting", tone="" if row["decision"] else "warning"),
            Cell(_short(row["file"]), hint=row["file"]),
        ]
        for row in rows.iter_rows(named=True)
    ]
    words = (
        "Nothing was taken out."
        if not cells
        else (
            "Decide with champion quarantine release TABLE DAY --line LINE --why REASON, or drop; then "
            "build the day again. "
            "What nobody decides stays out."
        )
    )
    caption = _caption("rows and files", len(cells), int(days["rows"].sum()))
    table = [Table("quarantine-table", columns, cells, caption, is_long=True)]
    return _page(
        "Quarantine",
        "Rows and files that were taken out, with the rule and the reason.",
        [cards, Text(words), *(table if cells else ())],
    )


def suspects(workspace: Workspace) -> pl.DataFrame:
    """All rows of silver/suspects, the newest first."""
    dates = workspace.lake.dates(SUSPECTS)
    if not dates:
        return pl.DataFrame(schema={"trade_date": pl.Date, "suspicion": pl.String})
    return workspace.lake.read(SUSPECTS, dates).sort("trade_date", "symbol", descending=[True, False])


def suspects_page(rows: pl.DataFrame) -> Page:
    """The page of what a person should look at; the argument as `suspects` gives it."""
    counts = dict(rows.group_by("suspicion").len().iter_rows())
    cards = Cards([Card(label, f"{counts.get(name, 0):,}", "rows") for name, label in _SUSPICION.items()])
    columns = [
        Column("Day", is_number=False),
        Column("Symbol", is_number=False),
        Column("Series", is_number=False),
        Column("What", is_number=False),
        Column("Open over last close", "ratio"),
        Column("Known factor", "ratio", hint="What the known actions say it should be"),
        Column("Nearest", is_number=False, hint="Simple ratio nearest to the move that is not explained"),
        Column("Last traded", "days before"),
        Column("What it may be", is_number=False, wraps=True),
    ]
    cells = [
        [
            _day(row["trade_date"]),
            Cell(row["symbol"]),
            Cell(row["series"]),
            Cell(_SUSPICION[row["suspicion"]]),
            Cell(f"{row['witness']:.4g}", row["witness"]),
            Cell(f"{row['factor']:.4g}", row["factor"]),
            Cell(row["nearest"]),
            Cell(
                "–" if row["days_since_traded"] is None else f"{row['days_since_traded']:,}",
                row["days_since_traded"] or 0,
            ),
            Cell(": ".join(filter(None, (row["reading"], row["subject"])))),
        ]
        for row in rows.head(MOST).iter_rows(named=True)
    ]
    words = (
        "Nothing is suspect."
        if not cells
        else (
            "Look at each. If an action is missing or wrong, write a line into the file in "
            "CHAMPION_CORPORATE_ACTIONS; if the gap is genuine, "
            "confirm it there. champion audit START END --propose "
            "prints lines for gaps that look like a split or a bonus."
        )
    )
    table = (
        [Table("suspects-table", columns, cells, _caption("rows", len(cells), rows.height), is_long=True)]
        if cells
        else []
    )
    return _page(
        "Suspects", "Prices that moved without an action, and actions without a move.", [cards, Text(words), *table]
    )


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
            _day(row["trade_date"]),
            Cell(row["table"]),
            Cell(row["name"]),
            Cell(f"{row['fetched_at']:%Y-%m-%d %H:%M}", f"{row['fetched_at']:%Y-%m-%d %H:%M:%S.%f}"),
            Cell(f"{row['rows']:,}", row["rows"]),
            Cell(f"{row['bytes']:,}", row["bytes"]),
            Cell("yes" if row["is_current"] else "replaced", tone="" if row["is_current"] else "quiet"),
            Cell(_short(row["sha256"]), hint=row["sha256"]),
        ]
        for row in files.head(MOST).iter_rows(named=True)
    ]
    sides = [
        Column(label, is_number=False) for label in ("Day", "Symbol", "Series", "Value", "Before", "After", "Version")
    ]
    values = [
        [
            _day(row["trade_date"]),
            *(Cell(row[name] or "–") for name in ("symbol", "series", "column", "before", "after", "version")),
        ]
        for row in changes.head(MOST).iter_rows(named=True)
    ]
    blocks: list[Cards | Text | Table] = [cards]
    if not cells:
        blocks.append(Text("No file of the lake was published again."))
    else:
        blocks.append(
            Table("versions-table", columns, cells, _caption("files", len(cells), files.height), is_long=True)
        )
    if values:
        caption = _caption("values that changed in bhavcopies", len(values), changes.height)
        blocks.append(Table("changes-table", sides, values, caption, is_long=True))
    return _page("File versions", "Files that the exchange published again, beside those that they replaced.", blocks)


def _page(title: str, subtitle: str, blocks: Sequence[Cards | Text | Table]) -> Page:
    return Page(title, [subtitle], [Section("content", "", blocks)], has_contents=False)


def _caption(what: str, shown: int, total: int) -> str:
    return f"{total:,} {what}" if shown == total else f"The newest {shown:,} of {total:,} {what}"


def _day(date: dt.date) -> Cell:
    return Cell(date.isoformat())


def _short(name: str) -> str:
    return name[:12] if len(name) == 64 else name

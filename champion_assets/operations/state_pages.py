"""`champion doctor --html FOLDER`: the pages beside the doctor's own: quarantine, suspects, file versions.

What belongs here: what the pages say, in labels with units. What does not: the layout (`pages/`), decisions
(`cli/operations.py`).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl

from champion_assets.lake.quarantine import decisions, held, listed
from champion_assets.lake.workspace import Workspace
from champion_assets.operations.doctor import Report
from champion_assets.operations.doctor_page import page as doctor_page
from champion_assets.operations.page_parts import MOST, caption_of, day_cell, one_section, shortened
from champion_assets.operations.version_pages import versions, versions_page
from champion_assets.pages.blocks import Card, Cards, Cell, Column, Page, Table, Text
from champion_assets.pages.render import render
from champion_assets.silver.suspects import NAME as SUSPECTS

LINKS = (
    ("index.html", "State"),
    ("quarantine.html", "Quarantine"),
    ("suspects.html", "Suspects"),
    ("file_versions.html", "File versions"),
)
_SUSPICION = {
    "unexplained_gap": "Gap without an action",
    "doubtful_action": "Action without a move",
    "value_handed_out": "Value handed out, no number",
    "chain_break": "Previous close differs",
}


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
            Card("In quarantine", f"{days['rows'].sum():,}", "rows and files"),
            Card("Days", f"{days['trade_date'].n_unique():,}", "with quarantined rows or files"),
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
            day_cell(row["trade_date"]),
            Cell(row["table"]),
            Cell(row["who"] or "–"),
            Cell(row["rule"]),
            Cell(f"{row['line']:,}" if row["line"] else "whole file", row["line"]),
            Cell(row["reason"]),
            Cell(row["decision"] or "waiting", tone="" if row["decision"] else "warning"),
            Cell(shortened(row["file"]), hint=row["file"]),
        ]
        for row in rows.iter_rows(named=True)
    ]
    words = (
        "The quarantine is empty."
        if not cells
        else (
            "Decide with champion quarantine release TABLE DAY --line LINE --why REASON, or drop; then "
            "build the day again. "
            "Rows without a decision stay in quarantine."
        )
    )
    caption = caption_of("rows and files", len(cells), int(days["rows"].sum()))
    table = [Table("quarantine-table", columns, cells, caption, is_long=True)]
    return one_section(
        "Quarantine",
        "Rows and files in quarantine, with the rule and the reason.",
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
        Column("Known factor", "ratio", hint="Price factor of the known corporate actions"),
        Column("Nearest", is_number=False, hint="Simple ratio nearest to the unexplained part of the move"),
        Column("Last traded", "days before"),
        Column("What it may be", is_number=False, wraps=True),
    ]
    cells = [
        [
            day_cell(row["trade_date"]),
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
            "Check each row. If an action is missing or wrong, add a line to the file in "
            "CHAMPION_CORPORATE_ACTIONS; if the gap is genuine, "
            "confirm it there. champion audit START END --propose "
            "prints lines for gaps that look like a split or a bonus."
        )
    )
    table = (
        [Table("suspects-table", columns, cells, caption_of("rows", len(cells), rows.height), is_long=True)]
        if cells
        else []
    )
    return one_section(
        "Suspects",
        "Prices that moved without a corporate action, and actions without a move.",
        [cards, Text(words), *table],
    )

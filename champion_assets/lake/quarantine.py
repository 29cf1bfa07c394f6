"""The quarantine: rows and files that were taken out, with file, line, rule and reason.

And what a person decided of them.

What belongs here: listing, and decisions. Rows lie in the table `quarantine/<table>`, written by the build that took
them out; decisions in `quarantine/decisions.json`. A released row of silver/equity_eod flows on when its day is built
again: its ISIN is not believed, its symbol is, and of two rows of an instrument the released one counts. A dropped row
stays out and is no longer listed.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from typing import Literal

import polars as pl

from champion_assets.common.errors import ChampionError
from champion_assets.lake.store import Lake
from champion_assets.lake.workspace import Workspace

FOLDER, DECISIONS = "quarantine", "quarantine/decisions.json"


class QuarantineError(ChampionError, ValueError):
    """A decision on the quarantine is invalid."""


@dataclass(frozen=True)
class Decision:
    """What a person decided of a row: file hash and line name it."""

    table: str
    trade_date: str
    source_sha256: str
    source_row: int
    decision: Literal["release", "drop"]
    why: str
    decided_on: str


def decisions(lake: Lake) -> list[Decision]:
    """All decisions, in the order in which they were made."""
    text = lake.get(DECISIONS)
    return [] if text is None else [Decision(**each) for each in json.loads(text)]


def decisions_by_day(lake: Lake, table: str) -> dict[dt.date, list[str]]:
    """The decisions on a table's rows, as text, for fingerprints."""
    found: dict[dt.date, list[str]] = {}
    for each in decisions(lake):
        if each.table == table:
            text = f"{each.source_sha256}:{each.source_row}:{each.decision}"
            found.setdefault(dt.date.fromisoformat(each.trade_date), []).append(text)
    return found


def released_rows(decided: Iterable[str]) -> set[tuple[str, int]]:
    """(file hash, line) of the rows that a person lets through, of `decisions_by_day`.

    Of several decisions on a row the last counts.
    """
    last = {row: decision for row, _, decision in (each.rpartition(":") for each in decided)}
    marks = (row.rpartition(":") for row, decision in last.items() if decision == "release")
    return {(sha256, int(line)) for sha256, _, line in marks}


def is_released(released: Collection[tuple[str, int]]) -> pl.Expr:
    """True for rows of a file that are released."""
    marks = [f"{sha}:{row}" for sha, row in sorted(released)]
    return pl.format("{}:{}", "source_sha256", "source_row").is_in(marks)


def without_isin(rows: pl.DataFrame, released: Collection[tuple[str, int]]) -> pl.DataFrame:
    """`rows` with the ISINs of released ones blank."""
    if not released:
        return rows
    return rows.with_columns(isin=pl.when(~is_released(released)).then("isin"))


def listed(lake: Lake) -> pl.DataFrame:
    """One row per table and day: trade_date, table, rows, open (not decided), rules."""
    lines = []
    known = decisions(lake)
    for table, day in _days(lake):
        rows = held(lake, table, day)
        mine = {
            (each.source_sha256, each.source_row)
            for each in known
            if (each.table, each.trade_date) == (table, day.isoformat())
        }
        waiting = sum((sha, line) not in mine for sha, line in rows.select("file", "line").iter_rows())
        lines.append((day, table, rows.height, waiting, ", ".join(sorted(set(rows["rule"])))))
    schema = {"trade_date": pl.Date, "table": pl.String, "rows": pl.Int64, "open": pl.Int64, "rules": pl.String}
    return pl.DataFrame(lines, schema=schema, orient="row").sort("trade_date", "table")


def _days(lake: Lake) -> list[tuple[str, dt.date]]:
    """Tables and days of which the quarantine holds something."""
    tables = [table for table in lake.tables() if table.startswith(f"{FOLDER}/")]
    return [(table.removeprefix(f"{FOLDER}/"), date) for table in tables for date in lake.dates(table)]


def held(lake: Lake, table: str, date: dt.date) -> pl.DataFrame:
    """What the quarantine holds of a table's day: file (hash or name), line, who, rule, reason.

    Raises:
        QuarantineError: nothing.
    """
    if not lake.has(f"{FOLDER}/{table}", date):
        raise QuarantineError(
            f"the quarantine has nothing of {table} on {date}; `champion quarantine list` shows what it has"
        )
    rows = lake.read(f"{FOLDER}/{table}", [date])
    columns = rows.columns
    return rows.select(
        file=pl.col(
            "source_sha256" if "source_sha256" in columns else "sha256" if "sha256" in columns else "name"
        ).cast(pl.String),
        line=pl.col("source_row" if "source_row" in columns else "trade_date").cast(
            pl.Int64 if "source_row" in columns else pl.Date
        )
        if "source_row" in columns
        else pl.lit(0, pl.Int64),
        who=pl.col("symbol" if "symbol" in columns else "name").cast(pl.String),
        rule=pl.col("rule") if "rule" in columns else pl.lit(""),
        reason=pl.col("reason").cast(pl.String),
    )


def refused_files(lake: Lake) -> pl.DataFrame:
    """Refused files, and refused rows of the files of raw tables, that nobody has decided on.

    Returns:
        One row per table, file, line and reason: table, name, line (0: the whole file), rule, reason, first, last,
            days.
    """
    known = {(each.table, each.trade_date, each.source_sha256, each.source_row) for each in decisions(lake)}
    schema = {
        "table": pl.String,
        "name": pl.String,
        "line": pl.Int64,
        "rule": pl.String,
        "reason": pl.String,
        "day": pl.Date,
    }
    lines = [
        (table, row["who"], row["line"], row["rule"], row["reason"], day)
        for table, day in _days(lake)
        if table.startswith("raw/")
        for row in held(lake, table, day).iter_rows(named=True)
        if (table, day.isoformat(), row["file"], row["line"]) not in known
    ]
    rows = pl.DataFrame(lines, schema=schema, orient="row")
    keys = [column for column in schema if column != "day"]
    return rows.group_by(keys).agg(first=pl.col("day").min(), last=pl.col("day").max(), days=pl.len()).sort(keys)


def decide(
    workspace: Workspace,
    table: str,
    date: dt.date,
    verdict: Literal["release", "drop"],
    why: str,
    line: int | None,
    today: dt.date,
) -> list[Decision]:
    """Note a decision on a row (its line), or on all rows of the day.

    Raises:
        QuarantineError: no such row, no reason, or a table whose rows cannot simply be let through.
    """
    if not why.strip():
        raise QuarantineError("give a reason with --why")
    lake = workspace.lake
    if table not in workspace.tables:
        raise QuarantineError(f"there is no table {table!r}")
    declared = workspace.tables[table]
    if verdict == "release" and not declared.is_releasable:
        raise QuarantineError(f"{table} cannot be released: {declared.not_released_because}")
    rows = held(lake, table, date)
    chosen = rows if line is None else rows.filter(pl.col("line") == line)
    if chosen.is_empty():
        raise QuarantineError(
            f"{table} {date} has no line {line} in the quarantine; it has {', '.join(map(str, rows['line']))}"
        )
    made = [
        Decision(table, date.isoformat(), sha, row, verdict, why, today.isoformat())
        for sha, row in chosen.select("file", "line").iter_rows()
    ]
    lake.update(DECISIONS, lambda body: json.dumps([*json.loads(body or b"[]"), *map(asdict, made)], indent=1).encode())
    return made

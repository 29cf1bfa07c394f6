"""What a day of a table was at each of its versions, and row by row what changed between them.

What belongs here: any table of the lake. What does not: the versions of the exchange's files (`file_versions.py`).
"""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import Any

import polars as pl

from champion_assets.common.errors import ChampionError
from champion_assets.lake.delta_log import applied
from champion_assets.lake.manifest import TableState
from champion_assets.lake.workspace import Workspace


class NothingStored(ChampionError):
    """The lake has never had this day."""


def day_versions(workspace: Workspace, table: str, date: dt.date) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(versions: version, written_at, operation, rows, fingerprint, content, oldest first; `changes` between them,
    with `version`).

    A version that only says that the same rows were made of other inputs has no changes.

    Raises:
        NothingStored: no version that is left has the day.
    """
    lake, states = workspace.lake, []
    state: TableState | None = None
    lines = []
    for version, commit in lake.commits(table):
        before = state
        state = lake.state_at(table, version) if before is None else applied(before, commit.actions, version)
        info = state.info(date)
        if info is not None and info != (before and before.info(date)):
            lines.append((version, commit.instant, commit.operation, info.rows, info.fingerprint, info.content))
            states.append(state)
    if not lines:
        raise NothingStored(f"{table}: no version that is left has {date}; build it: champion backfill {date} {date}")
    schema: dict[str, Any] = {
        "version": pl.Int64,
        "written_at": pl.Datetime("us", "UTC"),
        "operation": pl.String,
        "rows": pl.Int64,
        "fingerprint": pl.String,
        "content": pl.String,
    }
    key = [name for name in _key(workspace, table) if name != "trade_date"]
    found = []
    for one, two in pairwise(states):
        old, new = (lake.read(table, [date], state=each) for each in (one, two))
        found.append(changes(old, new, key).with_columns(version=pl.lit(two.version)))
    return pl.DataFrame(lines, schema=schema, orient="row"), pl.concat(
        found, how="diagonal"
    ) if found else pl.DataFrame()


def changes(old: pl.DataFrame, new: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """One row per value that differs: the key, column, before, after; a row that came or went has the column `row`.

    Args:
        old: rows of a day.
        new: rows of the same day.
        key: what names a row; without one, rows that differ anywhere came and went.
    """
    columns = [name for name in new.columns if name in old.columns and name not in key]
    by = key or columns
    texts = [pl.col(name).cast(pl.String) if not isinstance(new.schema[name], (pl.List, pl.Struct)) else
             pl.col(name).map_elements(str, return_dtype=pl.String) for name in columns]  # fmt: skip
    none, there = pl.lit(None, pl.String), pl.lit("there")
    gone = old.join(new, on=by, how="anti", nulls_equal=True).select(
        *by, column=pl.lit("row"), before=there, after=none
    )
    came = new.join(old, on=by, how="anti", nulls_equal=True).select(
        *by, column=pl.lit("row"), before=none, after=there
    )
    if not key:
        return pl.concat([gone, came])
    before, after = (frame.select(*key, *texts).unpivot(index=key, variable_name="column") for frame in (old, new))
    joined = before.rename({"value": "before"}).join(
        after.rename({"value": "after"}), on=[*key, "column"], nulls_equal=True
    )
    changed = joined.filter(pl.col("before").ne_missing(pl.col("after"))).select(*key, "column", "before", "after")
    return pl.concat([changed, gone, came]).sort(*key, "column")


def _key(workspace: Workspace, table: str) -> list[str]:
    """The columns by which a row of the table is known, as its model says."""
    declared = workspace.tables.get(table.removeprefix("quarantine/"))
    unique = None if declared is None or table.startswith("quarantine/") else declared.model.to_schema().unique
    return list(unique or [])

"""What changed in a republished bhavcopy, row by row.

What belongs here: comparing the versions of a day that the lake keeps. What does not: noticing one
(`orchestration/sensors.py`).
"""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import polars as pl

from champion_assets.common.errors import NothingStored
from champion_assets.lake.originals import Originals
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.formats import read_bhavcopy
from champion_assets.raw.bhavcopy import NAME

_KEY = ["symbol", "series"]
_IGNORED = {"trade_date", "source_row", "source_sha256", *_KEY}


def differences(workspace: Workspace, date: dt.date) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(versions: sha256, name, uri, rows, fetched_at, is_current, oldest first; changes: version, symbol, series,
    column, before, after).

    Raises:
        NothingStored: the lake has no such day.
    """
    if not workspace.lake.has(NAME, date):
        raise NothingStored(f"the lake has no bhavcopy of {date}; build the day first: champion backfill {date} {date}")
    kept = (
        workspace.lake.read(NAME, [date])
        .sort("fetched_at")
        .select("sha256", "name", "uri", "rows", "fetched_at", "is_current")
    )
    frames = [
        (
            row["sha256"],
            read_bhavcopy(Originals(workspace.lake, NAME).read(row["sha256"], row["name"]), row["name"]).frame,
        )
        for row in kept.iter_rows(named=True)
    ]
    changes = [compare(old, new).with_columns(version=pl.lit(sha[:12])) for (_, old), (sha, new) in pairwise(frames)]
    schema = {
        "version": pl.String,
        "symbol": pl.String,
        "series": pl.String,
        "column": pl.String,
        "before": pl.String,
        "after": pl.String,
    }
    return kept, pl.concat(changes).select(list(schema)) if changes else pl.DataFrame(schema=schema)


def compare(old: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    """Differences between two versions of a file.

    Args:
        old: rows of the earlier version.
        new: rows of the later version.

    Returns:
        symbol, series, column, before, after: one row per differing value; an added or removed row has column `row`.
    """
    columns = [name for name in new.columns if name in old.columns and name not in _IGNORED]
    text = [pl.col(name).cast(pl.String) for name in columns]
    before, after = (frame.select(*_KEY, *text).unpivot(index=_KEY, variable_name="column") for frame in (old, new))
    joined = before.rename({"value": "before"}).join(after.rename({"value": "after"}), on=[*_KEY, "column"])
    changed = joined.filter(pl.col("before").ne_missing(pl.col("after"))).select(*_KEY, "column", "before", "after")
    gone = old.join(new, on=_KEY, how="anti").select(
        *_KEY, column=pl.lit("row"), before=pl.lit("there"), after=pl.lit(None, pl.String)
    )
    came = new.join(old, on=_KEY, how="anti").select(
        *_KEY, column=pl.lit("row"), before=pl.lit(None, pl.String), after=pl.lit("there")
    )
    return pl.concat([changed, gone, came]).sort(*_KEY, "column")

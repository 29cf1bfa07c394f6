"""Received files: kept byte for byte under their SHA-256, a row of provenance each, verified when they are read again.

What belongs here: what `raw/bhavcopy`, `raw/delivery`, `raw/index_close`, `raw/security_master` and
`raw/corporate_actions` share. What does not: which files a table wants and what it accepts.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pandera.polars as pa
import polars as pl

from champion_assets.common.s3 import s3_options, s3_store
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.schema import TableModel, empty_frame
from champion_assets.lake.table import Computed
from champion_assets.nse.boundary import read_outside
from champion_assets.nse.errors import BadPayload, NotYetPublished, NseError, WrongDate
from champion_assets.nse.source.base import Candidates, Fetched, Source
from champion_assets.nse.source.open import open_source
from champion_assets.settings import Settings


class RawFile(TableModel):
    """A received version of a file."""

    trade_date: pl.Date = pa.Field(description="Day the file belongs to")
    sha256: str = pa.Field(str_matches="^[0-9a-f]{64}$", description="SHA-256 of the file, also its name in the lake")
    name: str = pa.Field(description="File name at NSE")
    uri: str = pa.Field(description="Address that the file was read from, with its archive member")
    format: str = pa.Field(description="Format recognised from the content")
    rows: pl.Int64 = pa.Field(ge=0, description="Data rows of this day in the file")
    bytes: pl.Int64 = pa.Field(gt=0, description="Size as received")
    fetched_at: pl.Datetime("us", "UTC") = pa.Field(description="Time of receipt, UTC")  # type: ignore[valid-type]
    is_current: bool = pa.Field(description="True for the current version")


T = TypeVar("T")
_EMPTY = empty_frame(RawFile)
Accept = Callable[[Fetched], tuple[dt.date, str, int]]
"""From a body to the date in its rows, its format and its number of rows; raises BadPayload."""


def current_versions(rows: pl.DataFrame, dates: Sequence[dt.date]) -> dict[dt.date, list[dict[str, Any]]]:
    """Of rows of a raw table the versions in force of each date, none for a day without a file."""
    found: dict[dt.date, list[dict[str, Any]]] = {date: [] for date in dates}
    for row in rows.filter("is_current").iter_rows(named=True):
        found[row["trade_date"]].append(row)
    return found


def source_of(settings: Settings) -> Source:
    """The source that the settings name."""
    return open_source(
        settings.source,
        cache=settings.data_dir / "cache",
        interval=settings.http_interval_seconds,
        s3=lambda url: s3_store(url, s3_options(settings)),
        connections=settings.http_connections,
        patience=settings.retry_delay_scale,
    )


def is_server(settings: Settings) -> bool:
    """True if the source is an archive server, which is not asked without need."""
    return settings.source.startswith(("http://", "https://"))


def block_size(settings: Settings) -> int:
    """A folder's archives are read once a block, so blocks are long.

    Over a network a block is what an interruption loses.
    """
    return 16 if is_server(settings) or settings.source.startswith("s3://") else 366


def fetch_days(
    inputs: Inputs, dates: Sequence[dt.date], candidates: Candidates, accept: Accept, *, optional: bool
) -> Computed:
    """Fetch and accept one file per day.

    Args:
        inputs: of the raw table.
        dates: sessions.
        candidates: NSE's names of a day's file.
        accept: parses a body completely.
        optional: a day without a file, or with one that is refused, becomes a day without rows whose facts say why (a
            refused file is listed in the quarantine); otherwise such a day fails, and is listed there too.
    """
    frames, facts, rejects, failed = [], {}, [], {}
    source: Source = inputs.outside
    with ThreadPoolExecutor(max_workers=inputs.requests) as pool:  # the next file is read while this one is parsed
        tasks = [(date, fetched, pool.submit(_accept, inputs, date, fetched, accept))
                 for date, fetched in source.fetch(dates, candidates)]  # fmt: skip
        for date, fetched, future in tasks:
            try:
                rows, facts[date] = future.result()
                frames.append(rows)
            except NseError as error:
                body = fetched.body if isinstance(fetched, Fetched) else b""
                if isinstance(error, BadPayload):
                    file = fetched if isinstance(fetched, Fetched) else candidates(date)[0].name
                    rejects.append(refusal(date, file, error))
                if not optional or not isinstance(error, NotYetPublished | BadPayload):
                    failed[date] = _located(error, fetched)
                else:
                    facts[date] = absent(str(error), body if isinstance(error, BadPayload) else None)
    frame = pl.concat([_EMPTY, *frames]).sort("trade_date", maintain_order=True)
    return Computed(frame, refusals(rejects), facts, failed)


def _located(error: NseError, fetched: Fetched | Exception) -> NseError:
    """The error of a file in a folder with its place there, for its name may be another than the one it goes by."""
    if not isinstance(error, BadPayload) or not isinstance(fetched, Fetched) or fetched.uri in str(error):
        return error
    return type(error)(f"{error} ({fetched.uri})") if fetched.uri.startswith("file://") else error


def refusal(date: dt.date, file: Fetched | str, error: BadPayload, row: int = 0) -> dict[str, Any]:
    """A line of the quarantine of a raw table: the file, or one row of it, and why it is refused.

    Args:
        date: session under which it is listed.
        file: the file; of one that could not be had (its archive is broken) its name.
        error: why.
        row: row of the file, the first after the header is 1; 0 for the whole file.
    """
    fetched = file if isinstance(file, Fetched) else Fetched(file, "", b"")
    sha256 = hashlib.sha256(fetched.body).hexdigest() if fetched.body else ""
    return {"trade_date": date, "name": fetched.name, "uri": fetched.uri, "source_row": row, "rule": error.rule,
            "reason": str(error), "sha256": sha256, "bytes": len(fetched.body)}  # fmt: skip


def refusals(lines: Sequence[dict[str, Any]]) -> pl.DataFrame | None:
    """The quarantine's rows of these lines, None if there are none."""
    return pl.DataFrame(lines) if lines else None


def readable(
    files: Sequence[Fetched], read: Callable[[bytes, str], T], date: dt.date, rejects: list[dict[str, Any]]
) -> list[tuple[Fetched, T]]:
    """Those of `files` that `read` accepts, with what it makes of them; the others are added to `rejects` under `date`.

    A register or list belongs to no single day, so a refused one costs no day: it is listed, and not used.
    """
    found = []
    for each in files:
        try:
            if each.problem is not None:
                raise each.problem
            found.append((each, read_outside(read, each.body, each.name)))
        except BadPayload as error:
            rejects.append(refusal(date, each, error))
    return found


def absent(why: str, refused: bytes | None = None) -> dict[str, Any]:
    """The facts of a day without a file, or with one that is refused."""
    mark = hashlib.sha256(b"no file" if refused is None else b"refused" + refused).hexdigest()
    return {"sha256": mark, "uri": "", "rows": 0, "absent": why}


def _accept(
    inputs: Inputs, date: dt.date, fetched: Fetched | Exception, accept: Accept
) -> tuple[pl.DataFrame, dict[str, Any]]:
    if isinstance(fetched, Exception):
        raise fetched
    found, form, rows = accept(fetched)
    if found != date:
        raise WrongDate(f"{fetched.name} from {fetched.uri} was asked for {date} but its rows are of {found}; refused")
    sha256 = fetched.sha256
    stored = inputs.own_rows(date)
    history = _EMPTY if stored is None else stored
    known = history.filter("is_current")
    unchanged = known.height == 1 and known["sha256"][0] == sha256 and inputs.own.has(sha256)
    facts = {
        "sha256": sha256,
        "uri": fetched.uri,
        "rows": rows,
        "file_bytes": len(fetched.body),
        "format": form,
        "unchanged": unchanged,
        "versions": max(1, history.height + (sha256 not in history["sha256"].to_list())),
    }
    if unchanged:
        return history, facts
    inputs.own.put(fetched.body)
    older = history.filter(pl.col("sha256") != sha256).with_columns(is_current=pl.lit(False))
    return pl.concat([older, version_frame([version_row(date, fetched, form, rows)])]), facts


def version_row(date: dt.date, fetched: Fetched, form: str, rows: int) -> dict[str, Any]:
    """One row of provenance, in force, received now."""
    return {
        "trade_date": date,
        "sha256": fetched.sha256,
        "name": fetched.name,
        "uri": fetched.uri,
        "format": form,
        "rows": rows,
        "bytes": len(fetched.body),
        "fetched_at": dt.datetime.now(dt.UTC),
        "is_current": True,
    }


def version_frame(rows: Sequence[dict[str, Any]]) -> pl.DataFrame:
    """Rows of provenance as a frame in the columns of a raw table."""
    return pl.DataFrame(rows, schema=_EMPTY.schema)

"""`raw/bhavcopy`: the bhavcopy of a day as published, byte for byte, with its provenance.

The bytes lie under `raw/bhavcopy/files/`, named by their SHA-256. The day's object lists every version ever received, the current
one marked. A body is accepted only after it parsed completely and its rows carry the wanted date; otherwise nothing is written.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pandera.polars as pa
import polars as pl

from champion_assets.lake.schema import TableModel, empty_frame
from champion_assets.lake.store import Lake, partition_key
from champion_assets.lake.table import Computed, DailyTable, Workspace
from champion_assets.nse.errors import BadPayload, NseError, UnexpectedSession, WrongDate
from champion_assets.nse.formats import read_bhavcopy
from champion_assets.nse.names import bhavcopy_files
from champion_assets.nse.source.base import Fetched, Source
from champion_assets.nse.source.open import open_source
from champion_assets.s3 import s3_options, s3_store
from champion_assets.settings import Settings
from champion_assets.stage import daily_asset

NAME = "raw/bhavcopy"


class RawBhavcopy(TableModel):
    """A received version of the day's file."""

    trade_date: pl.Date = pa.Field(description="Date in the file's rows")
    sha256: str = pa.Field(str_matches="^[0-9a-f]{64}$", description="SHA-256 of the bytes, and their name in the lake")
    name: str = pa.Field(description="NSE's name of the file")
    uri: str = pa.Field(description="Where the bytes were read, archive member included")
    format: str = pa.Field(description="Format recognised from the header")
    rows: pl.Int64 = pa.Field(gt=0, description="Data rows in the file")
    bytes: pl.Int64 = pa.Field(gt=0, description="Size as received")
    fetched_at: pl.Datetime("us", "UTC") = pa.Field(description="Instant of receipt, UTC")  # type: ignore[valid-type]
    is_current: bool = pa.Field(description="True for the version in force: the last one received")


def file_key(sha256: str) -> str:
    """The lake key of the bytes with this hash."""
    return f"{NAME}/files/{sha256[:2]}/{sha256}"


def current_versions(lake: Lake, dates: Sequence[dt.date]) -> dict[dt.date, dict[str, Any]]:
    """The version in force of each date: the row of its object."""
    table = lake.read(NAME, dates).filter("is_current")
    return {row["trade_date"]: row for row in table.iter_rows(named=True)}


def original_bytes(lake: Lake, sha256: str, name: str) -> bytes:
    """The bytes with this hash, verified.

    Raises:
        BadPayload: the lake has lost or damaged them.
    """
    body = lake.get(file_key(sha256))
    if body is None or hashlib.sha256(body).hexdigest() != sha256:
        state = "is gone" if body is None else "is damaged"
        raise BadPayload(f"{name}: its copy {file_key(sha256)} in the lake {state}; delete it and materialize {NAME} again")
    return body


def compute(workspace: Workspace, dates: Sequence[dt.date]) -> Computed:
    """Fetch and accept the files of `dates`; what was refused is in `failed`."""
    source = _source(workspace.settings)
    frames, facts, failed = [], {}, {}
    with ThreadPoolExecutor(max_workers=2) as pool:  # the next file is read while this one is parsed
        accepted = [(date, pool.submit(_accept, workspace.lake, date, fetched))
                    for date, fetched in source.fetch(dates, bhavcopy_files)]  # fmt: skip
        for date, future in accepted:
            try:
                rows, facts[date] = future.result()
                frames.append(rows)
            except NseError as error:
                failed[date] = error
    frame = pl.concat([empty_frame(RawBhavcopy), *frames]).sort("trade_date", maintain_order=True)
    return Computed(frame, facts=facts, failed=failed)


def contradict(workspace: Workspace, closed: Sequence[dt.date]) -> dict[dt.date, Exception]:
    """Closed days for which the source holds a valid file of that very day.

    A folder or a bucket is looked into, since that costs nothing; an archive server is not asked for closed days. A file with rows
    of another day (the holiday echo) proves nothing and is left alone.
    """
    if _is_server(workspace.settings):
        return {}
    found: dict[dt.date, Exception] = {}
    for date, fetched in _source(workspace.settings).fetch(closed, bhavcopy_files):
        if isinstance(fetched, Exception):
            continue
        try:
            rows = read_bhavcopy(fetched.body, fetched.name).frame
        except BadPayload:
            continue
        if rows["trade_date"][0] == date:
            found[date] = UnexpectedSession(
                f"{date} is closed by the calendar ({workspace.calendar.why_closed(date)}), but {fetched.uri} holds {rows.height} rows of "
                f"that day. If it was a session, put the line `{date},special,<what it was>,,,{fetched.name}` into the file in "
                "CHAMPION_CALENDAR; if not, remove the file"
            )
    return found


def _is_server(settings: Settings) -> bool:
    return settings.source.startswith(("http://", "https://"))


def _source(settings: Settings) -> Source:
    return open_source(
        settings.source, cache=settings.data_dir / "cache", interval=settings.http_interval_seconds,
        s3=lambda url: s3_store(url, s3_options(settings)),
    )  # fmt: skip


def _accept(lake: Lake, date: dt.date, fetched: Fetched | Exception) -> tuple[pl.DataFrame, dict[str, Any]]:
    if isinstance(fetched, Exception):
        raise fetched
    parsed = read_bhavcopy(fetched.body, fetched.name)
    if (found := parsed.frame["trade_date"][0]) != date:
        raise WrongDate(f"{fetched.name} from {fetched.uri} was asked for {date} but its rows are of {found}; refused")
    sha256 = hashlib.sha256(fetched.body).hexdigest()
    history = lake.read(NAME, [date]) if lake.exists(partition_key(NAME, date)) else empty_frame(RawBhavcopy)
    known = history.filter("is_current")
    unchanged = known.height == 1 and known["sha256"][0] == sha256 and lake.exists(file_key(sha256))
    facts = {"sha256": sha256, "uri": fetched.uri, "rows": parsed.frame.height, "file_bytes": len(fetched.body),
             "format": parsed.format, "unchanged": unchanged,
             "versions": max(1, history.height + (sha256 not in history["sha256"].to_list()))}  # fmt: skip
    if unchanged:
        return history, facts
    lake.put(file_key(sha256), fetched.body)
    version = pl.DataFrame(
        {"trade_date": [date], "sha256": [sha256], "name": [fetched.name], "uri": [fetched.uri], "format": [parsed.format],
         "rows": [parsed.frame.height], "bytes": [len(fetched.body)], "fetched_at": [dt.datetime.now(dt.UTC)],
         "is_current": [True]}, schema=empty_frame(RawBhavcopy).schema,
    )  # fmt: skip
    older = history.filter(pl.col("sha256") != sha256).with_columns(is_current=pl.lit(False))
    return pl.concat([older, version]), facts


def _block(settings: Settings) -> int:
    """A folder's archives are read once a block, so blocks are long; over a network a block is what an interruption loses."""
    return 16 if _is_server(settings) or settings.source.startswith("s3://") else 366


TABLE = DailyTable(
    name=NAME,
    description="NSE's bhavcopy of the day exactly as published, kept for ever by SHA-256, with every version received.",
    model=RawBhavcopy,
    code_version="1",
    compute=compute,
    contradict=contradict,
    block=_block,
)

bhavcopy = daily_asset(TABLE, kinds={"file"})

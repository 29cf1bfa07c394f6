"""Copies of closed months sorted by instrument.

The history of one instrument is a few small files instead of a row group of every day.

What belongs here: making and reading the copies, on this machine, beside the lake. What does not: which instruments a
symbol means (`research/symbols.py`). A copy holds the months of a year that no later day can join, in `BUCKETS` files
by instrument. It is made when it is first wanted, out of files whose checksums were compared, and its folder is named
after them; so a day that was written again leads to another copy. Each file's checksum stands in the copy's list, which
has one, too, and is compared at every read: what is damaged is made again. The folder may be deleted at any time.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import os
import shutil
import uuid
import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from champion_assets.lake.errors import CacheUnusable
from champion_assets.lake.manifest import DataFile
from champion_assets.lake.store import Lake

BUCKETS = 64
WORTH_IT = 40
"""Days of a year from which on a copy is made; fewer are read where they lie."""
LIST = "list.json"
_ORDER = ["trade_date", "instrument_id"]


def bucket_of(instrument_id: str) -> int:
    """The file that has an instrument."""
    return zlib.crc32(instrument_id.encode()) % BUCKETS


@dataclass(frozen=True)
class SortedCopies:
    """Copies of the tables of `lake` under `folder`."""

    lake: Lake
    folder: Path

    def rows(self, table: str, dates: Sequence[dt.date], instruments: Collection[str]) -> pl.DataFrame:
        """The rows of `instruments` on `dates`, sorted by day and instrument.

        Args:
            table: name of a table that has one row per instrument and day, sorted so.
            dates: at least one; the lake has them all.
            instruments: ids.

        Raises:
            CorruptObject, FileNotFoundError: see `Lake.read`.
            CacheUnusable: the disk refuses a copy; the message names the setting.
        """
        state, wanted = self.lake.state(table), sorted(set(dates))
        is_mine = pl.col("instrument_id").is_in(sorted(instruments))
        newest = max(state.file_of, default=wanted[-1]).replace(day=1)
        by_year: dict[int, list[DataFile]] = {}
        for file in state.files.values():
            if (first := min(file.days)) < newest:
                by_year.setdefault(first.year, []).append(file)
        pieces, rest = [], []
        for year in sorted({date.year for date in wanted}):
            files = by_year.get(year, [])
            held = {date for file in files for date in file.days}
            mine = [date for date in wanted if date.year == year]
            inside = [date for date in mine if date in held]
            copy = self.folder / table / f"{year}-{_key(files)}"
            if len(inside) < WORTH_IT and not copy.is_dir():
                inside = []
            else:
                pieces.append(
                    self._from_copy(copy, table, sorted(held), sorted(instruments)).filter(
                        pl.col("trade_date").is_in(inside)
                    )
                )
            rest += [date for date in mine if date not in set(inside)]
        if rest:
            pieces.append(self.lake.read(table, rest, where=is_mine))
        if len({tuple(piece.schema.items()) for piece in pieces}) != 1:  # it says which days other code made
            return self.lake.read(table, wanted, where=is_mine)
        return pl.concat(pieces).sort(_ORDER)

    def _from_copy(self, copy: Path, table: str, days: Sequence[dt.date], instruments: Sequence[str]) -> pl.DataFrame:
        listed = _list_of(copy)
        names = sorted({bucket_of(each) for each in instruments})
        bodies = [_body(copy, listed, name) for name in names] if listed is not None else [None]
        if listed is None or None in bodies:
            shutil.rmtree(copy, ignore_errors=True)
            listed = self._make(copy, table, days)
            bodies = [_body(copy, listed, name) for name in names]
        frames = [pl.read_parquet(io.BytesIO(body)) for body in bodies if body]
        if not frames:
            return self.lake.read(table, days[:1]).clear()
        return pl.concat(frames).filter(pl.col("instrument_id").is_in(instruments))

    def _make(self, copy: Path, table: str, days: Sequence[dt.date]) -> dict[int, tuple[int, int]]:
        """Write a copy in one step, and take earlier ones of the year away.

        A bucket is named with its bytes and checksum.
        """
        rows = self.lake.read(table, days)
        if not rows.select(_ORDER).equals(rows.select(_ORDER).sort(_ORDER).unique(maintain_order=True)):
            raise ValueError(
                f"{table} is not sorted by day and instrument with one row of each; it has no copy by instrument"
            )
        ids = rows["instrument_id"].unique()
        buckets = pl.DataFrame(
            {"instrument_id": ids, "_bucket": pl.Series([bucket_of(each) for each in ids], dtype=pl.UInt8)}
        )
        ordered = rows.join(buckets, on="instrument_id", how="left").sort("_bucket", "instrument_id", "trade_date")
        listed: dict[int, tuple[int, int]] = {}
        bodies: dict[str, bytes] = {}
        for (number,), mine in ordered.partition_by("_bucket", as_dict=True, include_key=False).items():
            out = io.BytesIO()
            mine.write_parquet(out, compression="zstd", compression_level=1)
            body = bodies[f"{number}.parquet"] = out.getvalue()
            listed[int(number)] = len(body), zlib.crc32(body)
        text = json.dumps(listed, sort_keys=True).encode()
        bodies[LIST] = f"{zlib.crc32(text):08x}".encode() + text
        try:
            _put(copy, bodies)
        except OSError as error:
            hint = (
                f"the copy sorted by instrument cannot be kept "
                f"({error.strerror}): make room, or set CHAMPION_LAKE_CACHE_GB=0"
            )
            raise CacheUnusable(error.errno, hint, str(copy)) from error
        return listed


def _put(copy: Path, bodies: Mapping[str, bytes]) -> None:
    """Write the files of a copy beside it, put it in place in one step, and take earlier ones of its year away."""
    beside = copy.with_name(f"{copy.name}.{os.getpid()}-{uuid.uuid4().hex}.part")
    beside.mkdir(parents=True)
    try:
        for name, body in bodies.items():
            (beside / name).write_bytes(body)
        for old in copy.parent.glob(f"{copy.name[:4]}-*"):
            if old != copy and not old.name.endswith(".part"):
                shutil.rmtree(old, ignore_errors=True)
        if not copy.exists():
            beside.rename(copy)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _key(files: Sequence[DataFile]) -> str:
    """What names a copy: the files that it is made of."""
    text = " ".join(sorted(f"{file.path} {file.crc32:08x}" for file in files))
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _list_of(copy: Path) -> dict[int, tuple[int, int]] | None:
    """Size and checksum of each bucket; None if there is no copy, or its list is damaged."""
    try:
        body = (copy / LIST).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if f"{zlib.crc32(body[8:]):08x}".encode() != body[:8]:
        return None
    return {int(number): (size, crc) for number, (size, crc) in json.loads(body[8:]).items()}


def _body(copy: Path, listed: dict[int, tuple[int, int]], bucket: int) -> bytes | None:
    """The bytes of a bucket, compared with the list; empty if it has no rows, None if they are damaged or gone."""
    if bucket not in listed:
        return b""
    try:
        body = (copy / f"{bucket}.parquet").read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return body if (len(body), zlib.crc32(body)) == listed[bucket] else None

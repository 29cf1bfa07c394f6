"""What a table's manifest says: which file holds which days, and of each day its rows, fingerprint and content.

What belongs here: these facts, and how days lie in files. What does not: how they are stored (`delta_log.py`). A day
lies in the file of its month. In the newest month the days that were written together lie together; once a later month
has a day, a month is one file, or one for each schema if the table's columns changed. A file has one row group per day
with rows, in the order of the days.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any


@dataclass(frozen=True)
class Stamp:
    """What a day was made of and by: see `fingerprints.py`."""

    fingerprint: str
    code_version: str
    recipe: str = ""


@dataclass(frozen=True)
class DayInfo(Stamp):
    """A day as the manifest has it.

    Attributes:
        content: the hash of its rows, and of what was refused, without columns that only say where a row came from.
        exact: the hash of all columns.
        stored_rows: rows in the file.
        of_file: rows that the original file has, where that is another number.
    """

    content: str = ""
    exact: str = ""
    stored_rows: int = 0
    of_file: int | None = None

    @property
    def rows(self) -> int:
        """Rows as a person counts them: of a raw table those of the original file."""
        return self.stored_rows if self.of_file is None else self.of_file

    def to_json(self) -> dict[str, Any]:
        """Without what is not said."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True)
class DataFile:
    """An immutable Parquet file: `path` relative to the table, named by its content.

    `schema` names its columns and types.
    """

    path: str
    size: int
    crc32: int
    schema: str
    days: Mapping[dt.date, DayInfo]

    def restamped(self, days: Mapping[dt.date, DayInfo]) -> DataFile:
        """The same file with another say on some of its days."""
        return replace(self, days={date: days.get(date, info) for date, info in self.days.items()})


@dataclass(frozen=True)
class TableState:
    """A table at one version; -1 is the table before its first commit."""

    version: int = -1
    files: Mapping[str, DataFile] = field(default_factory=dict)
    schema: str = ""

    @cached_property
    def file_of(self) -> dict[dt.date, DataFile]:
        """The file of each day, in the order of the days."""
        found = {date: file for file in self.files.values() for date in file.days}
        return dict(sorted(found.items()))

    def info(self, date: dt.date) -> DayInfo | None:
        """What the manifest says of a day; None if the table does not have it."""
        file = self.file_of.get(date)
        return None if file is None else file.days[date]

    def size(self, date: dt.date) -> int:
        """Bytes of the day: its share of the file by rows, since row groups are no objects of their own."""
        file = self.file_of[date]
        rows = sum(info.stored_rows for info in file.days.values())
        return file.size // len(file.days) if rows == 0 else file.size * file.days[date].stored_rows // rows


@dataclass(frozen=True)
class Rewriting:
    """Files that go, and days that are to lie together in a new one."""

    gone: list[DataFile]
    groups: list[list[dt.date]]


def rewriting(state: TableState, schemas: Mapping[dt.date, str], dropped: Collection[dt.date]) -> Rewriting:
    """Which files have to be written so that days with new rows (their schema in `schemas`) are in, and `dropped`
    are out.
    """
    kept = state.file_of.keys() - set(dropped)
    months = {_month(date) for date in (*schemas, *dropped)}
    newest = max(map(_month, kept | schemas.keys()), default=(0, 0))
    gone: list[DataFile] = []
    groups: list[list[dt.date]] = []
    for month, files in _by_month(state, months):
        changed = {date for date in schemas if _month(date) == month}
        out = {date for date in dropped if _month(date) == month}
        if month == newest:
            touched = [file for file in files if not file.days.keys().isdisjoint(changed | out)]
        elif month in months or len({file.schema for file in files}) < len(files):
            touched = files
        else:
            continue
        days = sorted((changed | {date for file in touched for date in file.days}) - out)
        by_schema: dict[str, list[dt.date]] = {}
        for date in days:
            schema = schemas[date] if date in schemas else state.file_of[date].schema
            by_schema.setdefault(schema, []).append(date)
        gone += touched
        groups += by_schema.values()
    return Rewriting(gone, groups)


def _month(date: dt.date) -> tuple[int, int]:
    return date.year, date.month


def _by_month(state: TableState, more: Collection[tuple[int, int]]) -> Iterator[tuple[tuple[int, int], list[DataFile]]]:
    months: dict[tuple[int, int], list[DataFile]] = {month: [] for month in more}
    for file in state.files.values():
        months.setdefault(_month(min(file.days)), []).append(file)
    yield from sorted(months.items(), key=lambda each: each[0])

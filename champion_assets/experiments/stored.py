"""The files of a trial: one for each of its tables, and a list of them, which is written last.

What belongs here: writing and reading them. What does not: what they hold (`trial.py`), the lake around them
(`trial_lake.py`). Under `experiments/<name>/<trial>/` a trial that was killed lies without a list, and is no trial.
Earlier releases kept a folder for each table instead; these trials can be read until they are run again.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from champion_assets.lake.day_files import encode
from champion_assets.lake.errors import CorruptObject
from champion_assets.lake.manifest import DayInfo
from champion_assets.lake.objects import ObjectStore
from champion_assets.lake.store import Lake

LIST = "tables.json"


@dataclass
class Stored:
    """What lies in a trial's folder.

    Attributes:
        place: the folder.
        mark: a hash of everything that the tables rest on; empty if there are none.
        days: of every table.
        tables: by name the code version, recipe and checksum.
    """

    place: ObjectStore
    mark: str = ""
    days: Sequence[dt.date] = ()
    tables: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    _frames: dict[str, pl.DataFrame] = field(default_factory=dict)

    @classmethod
    def opened(cls, place: ObjectStore) -> Stored:
        """What the list says; nothing if there is no list."""
        body = ObjectStore.get(place, LIST)
        if body is None:
            return cls(place)
        try:
            said = json.loads(body)
            return cls(place, said["mark"], [dt.date.fromisoformat(each) for each in said["days"]], said["tables"])
        except (ValueError, KeyError, TypeError) as error:
            raise CorruptObject(f"{place.root}/{LIST}: not a list of tables; delete it and repeat the trial") from error

    def infos(self, table: str) -> dict[dt.date, DayInfo]:
        """What is known of the days of a table; they are current or stale together."""
        said = self.tables.get(table)
        if said is None:
            return {}
        return dict.fromkeys(self.days, info_of(self.mark, said["code_version"], said["recipe"]))

    def rows(self, table: str) -> pl.DataFrame:
        """All rows of a table.

        Raises:
            FileNotFoundError: there is no such table.
            CorruptObject: the file is not what the list says.
        """
        if table not in self._frames:
            key = f"{table}.parquet"
            body = ObjectStore.get(self.place, key)
            if table not in self.tables or body is None:
                raise FileNotFoundError(f"{self.place.root}/{key} is absent; delete {LIST} beside it and repeat")
            if zlib.crc32(body) != self.tables[table]["crc32"]:
                raise CorruptObject(f"{self.place.root}/{key} is damaged; delete {LIST} beside it and repeat the trial")
            self._frames[table] = pl.read_parquet(io.BytesIO(body))
        return self._frames[table]


def info_of(mark: str, code_version: str, recipe: str) -> DayInfo:
    """What is known of a day of a trial's table."""
    return DayInfo(mark, code_version, recipe, mark, mark)


def remove(place: ObjectStore, tables: Sequence[str]) -> None:
    """Take away a trial's list, and what earlier releases kept of its tables."""
    place.delete(LIST)
    for group in sorted({table.split("/", 1)[0] for table in tables}):
        for key in place.keys(group):
            if any(key.startswith(f"{table}/") for table in tables):
                place.delete(key)


def write(
    place: ObjectStore, mark: str, days: Sequence[dt.date], tables: Mapping[str, tuple[pl.DataFrame, str, str]]
) -> None:
    """Put the tables of a trial, each with its code version and recipe, and then the list in force."""
    said = {}
    for name, (rows, code_version, recipe) in tables.items():
        body = encode([rows])
        place.put(f"{name}.parquet", body)
        said[name] = {"code_version": code_version, "recipe": recipe, "crc32": zlib.crc32(body)}
    text = {"mark": mark, "days": [date.isoformat() for date in days], "tables": said}
    place.put(LIST, json.dumps(text, sort_keys=True).encode())


def stored_days(lake: Lake, folder: str, table: str, columns: Sequence[str]) -> pl.DataFrame | None:
    """A trial's rows of a table for whoever compares trials; None if it is no longer there."""
    place = Lake(lake.uri(folder), lake.storage_options)
    stored = Stored.opened(place)
    if stored.mark:
        return stored.rows(table).select(columns)
    dates = place.dates(table)
    return place.read(table, dates, columns) if dates else None

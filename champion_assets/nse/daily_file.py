"""One daily file of the exchange as a declaration.

Where it lies, what its columns hold, and which of its lines are no rows.

What belongs here: the words of a declaration. What does not: reading by one (`daily_file_reader.py`), the declarations
of NSE's own files (`market_files.py`), or the tables made from one (`raw/daily_file.py`, `bronze/daily_file.py`,
`silver/daily_file.py`).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

import polars as pl

from champion_assets.nse.names import NamedFile

ColumnKind = Literal["text", "count", "number", "date"]
TYPES: dict[ColumnKind, pl.DataType] = {
    "text": pl.String(),
    "count": pl.Int64(),
    "number": pl.Float64(),
    "date": pl.Date(),
}
_TABLE = re.compile(r"[a-z][a-z0-9_]*")
_LATER = ("grain", "classes", "prepare", "has_more")
"""Attributes that came when days of the first tables were stored: at their defaults they are no part of a
fingerprint."""
_ALWAYS = object()


@dataclass(frozen=True)
class Column:
    """A column of a file.

    Attributes:
        header: how the file calls it, without the blanks around it; of other years or spellings in `also`.
        name: how the tables call it.
        kind: text, count (a whole number, not negative), number, or date.
        meaning: for the data dictionary, with the unit.
        also: other headers of the same column.
        is_needed: a row without it is refused.
        is_optional: files of some years lack the column; it is null there.
        values: what the file writes, and what it stands for; anything else is refused.
        blanks: what the file writes for nothing, beside nothing itself.
        low: the least value.
    """

    header: str
    name: str
    kind: ColumnKind
    meaning: str
    also: tuple[str, ...] = ()
    is_needed: bool = False
    is_optional: bool = False
    values: Mapping[str, str] | None = None
    blanks: tuple[str, ...] = ("-",)
    low: float | None = None


@dataclass(frozen=True)
class Member:
    """A member of the PR bundle, or the same file kept loose.

    `kind` and the day in six or eight digits, in any case of letters.

    `separator` stands between them: `PE_160125.csv`.
    """

    kind: str
    separator: str = ""
    suffix: str = ".csv"

    @property
    def pattern(self) -> re.Pattern[str]:
        """Its names."""
        return re.compile(
            rf"{re.escape(self.kind + self.separator)}\d{{6}}(\d\d)?{re.escape(self.suffix)}", re.IGNORECASE
        )

    def names(self, date: dt.date) -> tuple[NamedFile, ...]:
        """Its names of a day outside a bundle. The archive serves no loose members."""
        stem = self.kind + self.separator
        names = (f"{stem}{date:%d%m%Y}{self.suffix}", f"{stem}{date:%d%m%y}{self.suffix}")
        return tuple(NamedFile(name, name, is_served=False) for name in names)


@dataclass(frozen=True)
class Served:
    """A file of its own.

    `name` and `path` below the archive's root with the day in `strftime`'s codes, such as `x_%d%m%Y.csv`.
    """

    name: str
    path: str

    def names(self, date: dt.date) -> tuple[NamedFile, ...]:
        """Its name of a day."""
        return (NamedFile(format(date, self.name), format(date, self.path)),)


@dataclass(frozen=True)
class Loose:
    """A file that a folder or a bucket may have; the archive is asked for it by a setting only (`archive_lists.py`).

    `name` with the day in `strftime`'s codes.

    `raw/market_lists` keeps it under its `kind`.
    """

    kind: str
    name: str

    def names(self, date: dt.date) -> tuple[NamedFile, ...]:
        """Its name of a day."""
        name = format(date, self.name)
        return (NamedFile(name, name, is_served=False),)


@dataclass(frozen=True)
class Summary:
    """Lines of totals, which are checks and no rows: those whose `blank` column holds nothing.

    Attributes:
        blank: a column that every row has and no line of totals.
        label: the column that says what a line of totals is of.
        total: the column that is summed.
        of: by label the value of `blank` in the rows that are summed; None sums all of them.
        tolerance: how far the sum may be from the line, as a share of it.
    """

    blank: str
    label: str
    total: str
    of: Mapping[str, str | None] = field(default_factory=dict)
    tolerance: float = 1e-9


@dataclass(frozen=True)
class DailyFile:
    """A daily file of the exchange.

    Attributes:
        name: of its tables, `bronze/NAME` and `silver/NAME`.
        description: what it says, for people.
        place: where it lies.
        columns: those that are read.
        first: the first day of which there is one; None if nobody knows.
        ignored: headers that may be there and are not read.
        has_more: any other header may be there, too.
        date: the column that holds the day of the rows, which must be that of the file; None if the rows have none.
        date_format: how dates are spelt, in `strftime`'s codes.
        lag: the rows are of so many sessions before the file's day.
        summary: its lines of totals.
        key: columns that name a security: symbol and series, or the symbol alone.
        grain: further columns that tell rows of one security and day apart; none means one row per instrument and day.
        classes: kinds of instruments among which a symbol alone is looked up (`instrument_class.py`).
        prepare: from the text of the file to a CSV text, for files that are none; raise `code_version` when it changes.
        may_be_empty: a header alone is a whole file; else it is refused.
        joins: share of the rows of a day that must name a known instrument; a day with less gives no rows in silver.
        licence: who may do what with it.
    """

    name: str
    description: str
    place: Member | Served | Loose
    columns: tuple[Column, ...]
    first: dt.date | None = None
    ignored: tuple[str, ...] = ()
    date: str | None = None
    date_format: str = "%d-%b-%Y"
    lag: int = 0
    summary: Summary | None = None
    key: tuple[str, ...] = ("symbol", "series")
    grain: tuple[str, ...] = ()
    classes: tuple[str, ...] = ("share", "unclassified")
    prepare: Callable[[str], str] | None = None
    has_more: bool = False
    may_be_empty: bool = False
    joins: float = 0.9
    licence: str = "NSE's data: for your own use; not to be passed on without a licence."

    def __post_init__(self) -> None:
        """Refuse what contradicts itself.

        Raises:
            ValueError: says what.
        """
        names = [each.name for each in self.columns]
        wanted = [*self.key, *self.grain, *([self.date] if self.date else [])]
        wanted += [self.summary.blank, self.summary.label, self.summary.total] if self.summary else []
        if wrong := [name for name in (self.name, *names) if not _TABLE.fullmatch(name)]:
            raise ValueError(
                f"{self.name}: {wrong[0]!r} is not a valid name of a table or column; use lower case, digits and _"
            )
        if len(set(names)) < len(names) or {"trade_date", "source_row", "source_sha256"} & set(names):
            raise ValueError(f"{self.name}: two columns of one name, or one called as those that every table has")
        if lacking := [name for name in wanted if name not in names]:
            raise ValueError(f"{self.name}: {lacking[0]!r} is named but is not one of its columns")

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """Columns of the rows, `source_row` last, which counts lines from 1 after the header."""
        return {each.name: TYPES[each.kind] for each in self.columns} | {"source_row": pl.Int32()}

    @property
    def candidates(self) -> Callable[[dt.date], tuple[NamedFile, ...]]:
        """From a day to the names of its file."""
        return self.place.names

    def declared(self) -> dict[str, Any]:
        """Everything that the rows depend on, in plain values.

        Of the attributes in `_LATER` those that are not at their defaults. Words for a person (descriptions, meanings)
        are left out: other words make no other rows.
        """
        texts = {"description", "licence"}
        defaults = {each.name: each.default for each in fields(self) if each.name in _LATER}
        said = {
            name: value
            for name, value in asdict(self).items()
            if name not in texts and value != defaults.get(name, _ALWAYS)
        }
        said["columns"] = [{key: kept for key, kept in each.items() if key != "meaning"} for each in said["columns"]]
        if self.prepare is not None:
            said["prepare"] = f"{self.prepare.__module__}.{self.prepare.__qualname__}"
        return said

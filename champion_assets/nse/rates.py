"""What money cost overnight in India, year by year, and the user's own rates.

What belongs here: the packaged table (`data/overnight_rates.csv`) and the user's file. What does not: the rate of a day
from NSE's own index, which is `silver/rates`.

The packaged table has the Reserve Bank's average of the call money rate for each financial year from 1994-95, each line
with its source; `confirmed` says whether the line was read in that source or only agrees with it by hearsay. A year's
average is assumed for each of its days. After the last line its rate goes on.

A user's file has the columns `first,last,percent,why`: from `first` to `last`, both included, the rate a year is
`percent`, whatever else says otherwise. Of lines that overlap the later one in the file counts.
"""

from __future__ import annotations

import csv
import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path

from champion_assets.common.errors import ChampionError

DAY_COUNT = 365
"""Rates are simple, by actual days over a year of so many, as India's money market counts."""
USER_COLUMNS = ("first", "last", "percent", "why")
_PLAUSIBLE = 100.0


class RateError(ChampionError, ValueError):
    """A line of the file is invalid; the message names file, line and what is wrong."""


@dataclass(frozen=True)
class RateLine:
    """The rate a year, as a share, of the days from `first` to `last`."""

    first: dt.date
    last: dt.date
    rate: float

    def holds(self, date: dt.date) -> bool:
        """True for the days of the line."""
        return self.first <= date <= self.last


def yearly_rate(date: dt.date) -> float:
    """The packaged rate of a day, a share a year.

    Raises:
        RateError: the day lies before the table.
    """
    lines = _packaged()
    if date < lines[0].first:
        raise RateError(
            f"{date} lies before the packaged overnight rates, which begin on {lines[0].first}; name a file "
            f"in CHAMPION_RATES"
        )
    return next((line.rate for line in lines if line.holds(date)), lines[-1].rate)


def read_rates(path: Path | None) -> tuple[RateLine, ...]:
    """The lines of a user's file, in its order; none without a file.

    It is read at every call, so that an edit is seen at the next one.

    Raises:
        RateError: see there.
    """
    return () if path is None else _parsed(path.expanduser().read_text("utf-8-sig"), str(path), USER_COLUMNS)


def rate_of(lines: Sequence[RateLine], date: dt.date) -> float | None:
    """The rate of a day by a user's lines, the last that holds; None where none does."""
    return next((line.rate for line in reversed(lines) if line.holds(date)), None)


@lru_cache(maxsize=1)
def _packaged() -> tuple[RateLine, ...]:
    text = resources.files("champion_assets.nse").joinpath("data/overnight_rates.csv").read_text("utf-8")
    return _parsed(text, "the packaged overnight rates", ("first", "last", "percent", "what", "source", "confirmed"))


@lru_cache(maxsize=4)
def _parsed(text: str, name: str, columns: tuple[str, ...]) -> tuple[RateLine, ...]:
    reader = csv.DictReader(text.splitlines(), restkey="more")
    if tuple(reader.fieldnames or ()) != columns:
        raise RateError(f"{name}: the columns must be {','.join(columns)}; found {','.join(reader.fieldnames or [])}")
    return tuple(_line(row, f"{name}, line {number}") for number, row in enumerate(reader, start=2))


def _line(row: dict[str, str], where: str) -> RateLine:
    if "more" in row or any(not (value or "").strip() for value in row.values()):
        raise RateError(f"{where}: every column must be given once; a text with a comma stands in quotes")
    try:
        first, last, percent = (
            dt.date.fromisoformat(row["first"]),
            dt.date.fromisoformat(row["last"]),
            float(row["percent"]),
        )
    except ValueError as error:
        raise RateError(f"{where}: {error}") from error
    if last < first:
        raise RateError(f"{where}: last={last} lies before first={first}")
    if not (math.isfinite(percent) and 0 <= percent < _PLAUSIBLE):
        raise RateError(f"{where}: percent={row['percent']} is not a rate in percent per year, 0 to {_PLAUSIBLE:.0f}")
    return RateLine(first, last, percent / 100)

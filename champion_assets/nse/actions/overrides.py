"""The user's own corporate actions: what the feeds lack or have wrong, each line with its reason and its evidence.

What belongs here: the file. It is applied after everything else, and what it changed says so.

Columns: `symbol,ex_date,action,f,q,cash,known_on,why,evidence`. `action` is one of: `factor` (price factor `f`, share factor `q`, at the
level capital), `dividend` (`cash` rupees a share), `special_dividend`, `cancel` (nothing took effect that day, whatever the feed
says), `confirm` (the day's price gap is genuine, no action is missing). `f` of a demerger by the child's first close is
1 - n V / P, by cost of acquisition the share that the company published; name the method in `why`. `known_on` is optional: the day at
whose end this was known, by default the day before the ex-date.
"""

from __future__ import annotations

import csv
import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

COLUMNS = ["symbol", "ex_date", "action", "f", "q", "cash", "known_on", "why", "evidence"]
ACTIONS = ("factor", "dividend", "special_dividend", "cancel", "confirm")


@dataclass(frozen=True)
class Override:
    """One line; amounts in rupees, None where the column is blank."""

    symbol: str
    ex_date: dt.date
    action: str
    f: float | None
    q: float | None
    cash: float | None
    known_on: dt.date | None
    why: str
    evidence: str


class OverrideError(ValueError):
    """A line that cannot be meant so; the message names file, line and what is wrong."""


@lru_cache(maxsize=4)
def read_overrides(path: Path | None) -> tuple[Override, ...]:
    """The lines of the file, in its order; none without a file.

    Raises:
        OverrideError: see there.
    """
    if path is None:
        return ()
    reader = csv.DictReader(path.read_text("utf-8-sig").splitlines())
    if reader.fieldnames != COLUMNS:
        raise OverrideError(f"{path}: the columns must be {','.join(COLUMNS)}, found {reader.fieldnames}")
    return tuple(_line(row, f"{path}, line {number}") for number, row in enumerate(reader, start=2))


def _line(row: dict[str, str], where: str) -> Override:
    if row["action"] not in ACTIONS:
        raise OverrideError(f"{where}: action {row['action']!r} is none of {', '.join(ACTIONS)}")
    if not row["symbol"] or not row["why"]:
        raise OverrideError(f"{where}: symbol and why must be given")
    try:
        numbers = {name: float(row[name]) if row[name] else None for name in ("f", "q", "cash")}
        ex_date = dt.date.fromisoformat(row["ex_date"])
        known = dt.date.fromisoformat(row["known_on"]) if row["known_on"] else None
    except ValueError as error:
        raise OverrideError(f"{where}: {error}") from error
    needed = {"factor": ("f", "q"), "dividend": ("cash",), "special_dividend": ("cash",)}.get(row["action"], ())
    if any((value := numbers[name]) is None or value <= 0 for name in needed):
        raise OverrideError(f"{where}: {row['action']} needs {' and '.join(needed)}, above 0")
    return Override(row["symbol"], ex_date, row["action"], numbers["f"], numbers["q"], numbers["cash"], known, row["why"], row["evidence"])

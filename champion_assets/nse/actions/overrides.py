"""The user's own corporate actions: what the feeds lack or have wrong, each line with its reason and its evidence.

What belongs here: the file. It is applied after everything else, and what it changed says so.

A CSV with the columns `symbol,ex_date,action,why` and, where the action needs them,
`f,q,cash,child,ratio,known_on,evidence`. Actions:

- `factor`: price factor `f` and share factor `q` of the day, in the place of all that the feeds say of it but payments;
- `cost_of_acquisition`: of a demerger, `f` is the share of the cost that the company says stays with the parent;
- `demerger_by_child`: of a demerger, valued by the child's first close: `ratio` shares of `child` for one of the
  parent, `known_on` the day on which the child first traded; until then the exchange's special pre-open price stands;
- `merger`: holders of `symbol` get `ratio` shares of `child`, which is the acquirer, for each of theirs;
- `capital_reduction`: shares are cancelled pro rata without cash and `ratio` of them is kept (0.4: 40 of 100);
- `dividend`, `special_dividend`: `cash` rupees a share more;
- `cancel`: nothing took effect that day, whatever the feeds say;
- `confirm`: what the feeds say of the day is right, however far the market opened from it: an event that is held back
  (`held`) is applied, and a gap on a day without an event is genuine, no action is missing.

`known_on` is the day at whose end the line's content was known, by default the day before the ex-date; a line known
later takes effect then, and prices as of an earlier day do not know it.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from champion_assets.common.errors import ChampionError

NUMBERS = ("f", "q", "cash", "ratio")
COLUMNS = ("symbol", "ex_date", "action", *NUMBERS[:3], "child", "ratio", "known_on", "why", "evidence")
REQUIRED = ("symbol", "ex_date", "action", "why")
NEEDED: Mapping[str, tuple[str, ...]] = {
    "factor": ("f", "q"), "cost_of_acquisition": ("f",), "demerger_by_child": ("child", "ratio", "known_on"),
    "merger": ("child", "ratio"), "capital_reduction": ("ratio",), "dividend": ("cash",),
    "special_dividend": ("cash",), "cancel": (), "confirm": (),
}  # fmt: skip
"""The columns that each action needs."""


@dataclass(frozen=True)
class Override:
    """One line; amounts in rupees, None where the column is blank."""

    symbol: str
    ex_date: dt.date
    action: str
    why: str
    f: float | None = None
    q: float | None = None
    cash: float | None = None
    child: str = ""
    ratio: float | None = None
    known_on: dt.date | None = None
    evidence: str = ""

    @property
    def effective_on(self) -> dt.date:
        """The first day that can know the line: its ex-date, or the day on which it became known if that is later."""
        return self.ex_date if self.known_on is None else max(self.ex_date, self.known_on)


class OverrideError(ChampionError, ValueError):
    """A line of the file is invalid; the message names file, line and what is wrong."""


def read_overrides(path: Path | None) -> tuple[Override, ...]:
    """The lines of the file, in its order; none without a file.

    It is read at every call, so that an edit is seen at the next one.

    Raises:
        OverrideError: see there.
    """
    if path is None:
        return ()
    return _parsed(path.read_text("utf-8-sig"), str(path))


@lru_cache(maxsize=4)
def _parsed(text: str, path: str) -> tuple[Override, ...]:
    reader = csv.DictReader(text.splitlines())
    found = reader.fieldnames or []
    if not set(REQUIRED) <= set(found) <= set(COLUMNS):
        raise OverrideError(
            f"{path}: the columns must be {','.join(REQUIRED)} and may be {','.join(COLUMNS)}; found {','.join(found)}"
        )
    return tuple(_line(row, f"{path}, line {number}") for number, row in enumerate(reader, start=2))


def _line(row: dict[str, str], where: str) -> Override:
    row = {name: (value or "").strip() for name, value in row.items() if name is not None}
    if row["action"] not in NEEDED:
        raise OverrideError(f"{where}: action {row['action']!r} is not one of {', '.join(NEEDED)}")
    if not row["symbol"] or not row["why"]:
        raise OverrideError(f"{where}: symbol and why must be given")
    try:
        numbers = {name: float(row[name]) if row.get(name) else None for name in NUMBERS}
        ex_date = dt.date.fromisoformat(row["ex_date"])
        known = dt.date.fromisoformat(row["known_on"]) if row.get("known_on") else None
    except ValueError as error:
        raise OverrideError(f"{where}: {error}") from error
    needed = NEEDED[row["action"]]
    if not all(row.get(name) for name in needed) or any(value is not None and value <= 0 for value in numbers.values()):
        raise OverrideError(f"{where}: {row['action']} needs {' and '.join(needed) or 'no numbers'}, numbers above 0")
    return Override(
        row["symbol"],
        ex_date,
        row["action"],
        row["why"],
        **numbers,
        child=row.get("child", ""),
        known_on=known,
        evidence=row.get("evidence", ""),
    )

"""How listings ended: what the holders of a share that is no longer traded got for it.

What belongs here: the packaged lines (`data/endings.csv`), the user's, and what a line must be. What does not: which
instrument of a lake a line means, and since when it counts (`silver/endings`).

A line names the ended share by its ISIN and its last session, and what a holder got: `new` shares of the child for
`old` shares, and `cash` rupees per share; a cash of 0 is a document's word that holders got nothing. Several lines of
one share are several children: they tell of one end, and no two of them of one child. `confidence` says what it rests
on; `unknown` is a value, and then nothing is paid: the last price stands, marked. `known_on` is the day at whose end it
was public, as what a court decided long after the last session. The user's lines on a share replace the packaged ones
on it.
"""

from __future__ import annotations

import csv
import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path

from champion_assets.common.errors import ConfigurationError
from champion_assets.nse.isin import is_valid_isin, security_key

COLUMNS = (
    "isin",
    "symbol",
    "last_session",
    "kind",
    "child_isin",
    "child_symbol",
    "new",
    "old",
    "cash",
    "confidence",
    "known_on",
    "evidence",
)
KINDS = ("merged", "scheme", "delisted_voluntary", "delisted_compulsory", "failed", "unknown")
CONFIDENCES = ("document", "swap_arithmetic", "assumed", "unknown")


@dataclass(frozen=True)
class Ending:
    """A line.

    Attributes:
        isin, symbol: of the share that ended.
        last_session: on which it traded.
        kind: how it ended.
        child_isin, child_symbol: of what its holders got; blank for none.
        ratio: shares of the child for one share held; None where unknown or without a child.
        cash: rupees per share held; 0 where the confidence is not unknown and there is no child: holders got nothing.
        confidence: what it rests on.
        known_on: the day since which it was public.
        evidence: in words, or an address.
    """

    isin: str
    symbol: str
    last_session: dt.date
    kind: str
    child_isin: str
    child_symbol: str
    ratio: float | None
    cash: float
    confidence: str
    known_on: dt.date
    evidence: str

    @property
    def key(self) -> str:
        """What names the share for good, whatever its face value."""
        return security_key(self.isin, self.symbol)


def endings_of(path: Path | None = None) -> tuple[Ending, ...]:
    """The packaged lines and the user's, in order of the last session.

    The file is read at every call, so that an edit is seen.

    Args:
        path: the user's file, with the columns of `COLUMNS`; lines that begin with # are remarks.

    Raises:
        ConfigurationError: names the file, the line and what is wrong.
    """
    own = () if path is None else _parsed(path.expanduser().read_text("utf-8-sig"), str(path))
    replaced = {line.key for line in own}
    lines = [*(line for line in _packaged() if line.key not in replaced), *own]
    return tuple(sorted(lines, key=lambda line: (line.last_session, line.isin, line.child_isin)))


@lru_cache(maxsize=1)
def _packaged() -> tuple[Ending, ...]:
    text = resources.files("champion_assets.nse").joinpath("data/endings.csv").read_text("utf-8")
    return _parsed(text, "the packaged endings")


@lru_cache(maxsize=4)
def _parsed(text: str, where: str) -> tuple[Ending, ...]:
    lines = [
        (number, line)
        for number, line in enumerate(text.splitlines(), start=1)
        if line.strip() and not line.startswith("#")
    ]
    header, *rows = [next(csv.reader([line])) for _, line in lines] or [[]]
    if tuple(header) != COLUMNS:
        raise ConfigurationError(f"{where}: the columns must be {','.join(COLUMNS)}, found {','.join(header)[:200]}")
    found = []
    for (number, _), cells in zip(lines[1:], rows, strict=True):
        try:
            found.append(_ending(cells))
            _agree(found[-1], found[:-1])
        except ValueError as error:
            raise ConfigurationError(f"{where}, line {number}: {error}") from error
    return tuple(found)


def _agree(line: Ending, others: Sequence[Ending]) -> None:
    """The lines of a share tell of one end, each of another child."""
    for other in (each for each in others if each.key == line.key):
        if other.child_isin == line.child_isin:
            raise ValueError(
                f"a second line on the same share and child: {line.symbol}, {line.child_symbol or 'no child'}"
            )
        if "unknown" in (line.confidence, other.confidence):
            raise ValueError(
                f"{line.symbol} has two lines, and the terms of one of them are unknown: then those of the whole are"
            )
        for name in ("last_session", "kind", "known_on"):
            if getattr(line, name) != getattr(other, name):
                raise ValueError(
                    f"{name} {getattr(line, name)} of {line.symbol} is {getattr(other, name)} in another line on it"
                )


def _ending(cells: Sequence[str]) -> Ending:
    if len(cells) != len(COLUMNS):
        raise ValueError(f"{len(cells)} columns where {len(COLUMNS)} belong; a text with a comma stands in quotes")
    row = dict(zip(COLUMNS, (cell.strip() for cell in cells), strict=True))
    _check_words(row)
    last, known = (dt.date.fromisoformat(row[name]) for name in ("last_session", "known_on"))
    if bool(row["new"]) != bool(row["old"]) or bool(row["new"]) > bool(row["child_isin"]):
        raise ValueError("new, old and child_isin belong together")
    ratio = _amount(row["new"], "new") / _amount(row["old"], "old") if row["new"] else None
    cash = _amount(row["cash"], "cash", least=0.0) if row["cash"] else 0.0
    if (row["confidence"] == "unknown") != (ratio is None and not row["cash"]):
        raise ValueError(
            "confidence is unknown exactly where neither a ratio nor cash is given; cash is 0 where holders got nothing"
        )
    if row["cash"] and cash == 0.0 and row["child_isin"]:
        raise ValueError("cash 0 says that holders got nothing, and there is a child; leave it blank")
    return Ending(
        row["isin"],
        row["symbol"],
        last,
        row["kind"],
        row["child_isin"],
        row["child_symbol"],
        ratio,
        cash,
        row["confidence"],
        known,
        row["evidence"],
    )


def _check_words(row: Mapping[str, str]) -> None:
    for name, allowed in (("kind", KINDS), ("confidence", CONFIDENCES)):
        if row[name] not in allowed:
            raise ValueError(f"{name} {row[name]!r} is not one of {', '.join(allowed)}")
    for name in ("isin", "child_isin"):
        if (row[name] or name == "isin") and not is_valid_isin(row[name]):
            raise ValueError(f"{name} {row[name]!r} is not a valid ISIN")
    for name in ("symbol", "evidence"):
        if not row[name]:
            raise ValueError(f"{name} must be given")
    if row["child_isin"] and security_key(row["child_isin"], row["child_symbol"]) == security_key(
        row["isin"], row["symbol"]
    ):
        raise ValueError("a share does not end in itself; a new name or ISIN is a line in CHAMPION_IDENTITY")


def _amount(text: str, name: str, least: float | None = None) -> float:
    value = float(text)
    if not (math.isfinite(value) and (value > 0 or value == least)):
        raise ValueError(f"{name} {text!r} is not a positive number" + ("" if least is None else f", nor {least:.0f}"))
    return value

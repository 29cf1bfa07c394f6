"""Exports of corporate actions that span years, cut into the sessions on which their events take effect.

What belongs here: which row of which export belongs to which session, under which symbol it then traded, with which
face value. The page has a list of companies (`equities`), of small ones (`sme`) and of funds (`mf`), all in one form.
NSE's export writes today's symbol and today's face value into rows of every year; both are walked back here: the symbol
by the register of symbol changes, the face value by the splits that the same export lists later.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import polars as pl

from champion_assets.nse.actions.grammar import read_subject
from champion_assets.nse.dates import parse_date
from champion_assets.nse.symbol_changes import SymbolHistory

SHARES = "equities"
_SEGMENT = re.compile(r"(?<![a-z])(equities|sme|mf|debt)(?![a-z])")
_SPAN = re.compile(r"(\d{2}-\d{2}-\d{4})-to-(\d{2}-\d{2}-\d{4})")


class Sessions(Protocol):
    """What is asked of a calendar here."""

    def previous_session(self, date: dt.date, /) -> dt.date | None:
        """The last session strictly before `date`, or None."""


@dataclass(frozen=True)
class Export:
    """One read export: the hash of its bytes, its rows (`feed.ACTIONS`), the first and last day that it covers.

    `segment` is which list of the page it is (`equities`, `sme`, `mf`, `debt`), by its name.
    """

    sha256: str
    rows: pl.DataFrame
    first: dt.date
    last: dt.date
    segment: str = SHARES

    @property
    def is_of_shares(self) -> bool:
        """True if it lists the companies of the main board; the other lists say nothing of them."""
        return self.segment == SHARES

    def covers(self, date: dt.date) -> bool:
        """True if events of `date` would be in it."""
        return self.first <= date <= self.last


def make_export(sha256: str, rows: pl.DataFrame, name: str, history: SymbolHistory, isins: Mapping[str, str]) -> Export:
    """Add `symbol_on_date` and `face_value_on_date` to the rows of an export, and the ISIN of today's symbol where
    it has none.

    Its span is in its name, else that of its ex-dates; a name that says no segment is taken for shares.
    """
    today = (
        pl.col("symbol").replace_strict(dict(isins), default=None, return_dtype=pl.String)
        if isins
        else pl.lit(None, pl.String)
    )
    dated = rows.with_columns(isin=pl.coalesce("isin", today))
    dated = dated.with_columns(day=pl.coalesce("ex_date", "record_date"))
    if match := _SPAN.search(name):
        first, last = (parse_date("-".join(reversed(text.split("-"))), name) for text in match.groups())
    else:
        days = sorted(dated["day"].drop_nulls())
        first, last = (days[0], days[-1]) if days else (dt.date.min, dt.date.min)
    dated = dated.with_columns(pl.col("day").fill_null(first))
    names = [history.symbol_on(symbol, day) for symbol, day in dated.select("symbol", "day").iter_rows()]
    segment = found.group(1) if (found := _SEGMENT.search(name.lower())) else SHARES
    named = dated.with_columns(symbol_on_date=pl.Series(names, dtype=pl.String))
    return Export(sha256, _with_face_values(named), first, last, segment)


def _with_face_values(rows: pl.DataFrame) -> pl.DataFrame:
    changes: dict[str, list[tuple[dt.date, float]]] = {}
    for symbol, day, subject in rows.select("symbol", "day", "subject").iter_rows():
        for leg in read_subject(subject).legs:
            if leg.fv_from is not None:
                changes.setdefault(symbol, []).append((day, leg.fv_from))
    values = []
    for symbol, day, now in rows.select("symbol", "day", "face_value").iter_rows():
        later = sorted(change for change in changes.get(symbol, ()) if change[0] >= day)
        values.append(later[0][1] if later else now)
    return rows.with_columns(face_value_on_date=pl.Series(values, dtype=pl.Float64))


def effective_rows(export: Export, calendar: Sessions, date: dt.date) -> pl.DataFrame:
    """The rows whose ex-date is session `date` or a closed day just before it."""
    before = calendar.previous_session(date)
    day = pl.col("day")
    return (
        export.rows.filter((day <= date) & (day > before if before is not None else True))
        if export.covers(date)
        else export.rows.clear()
    )


def extract_hash(parts: Sequence[pl.DataFrame]) -> str:
    """The hash of what the exports say of one session, the same whichever export says it."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.drop("source_row").write_csv().encode())
    return digest.hexdigest()

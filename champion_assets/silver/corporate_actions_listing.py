"""What the feeds say of an event: the newest listing before its ex-date, not the union of all that were ever published.

A PR bundle lists every coming event of the market, day after day. So the newest bundle before an ex-date is the state
of that day: what only older bundles list was moved, corrected or withdrawn. An export states the events of its span
once, without saying when.

What belongs here: choosing among the rows of the feeds, and putting the chosen ones together. What does not: factors
and the market's witness (`corporate_actions_events.py`).
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from champion_assets.nse.actions.grammar import read_subject
from champion_assets.nse.actions.legs import CASH_KINDS, SILENT, Leg, Legs, content
from champion_assets.nse.actions.legs import moving as moving_legs
from champion_assets.nse.schema import EQUITY_SERIES

FUNDS = "MF"
"""Series of fund units in NSE's feeds; those that trade do so in an equity series."""
_RANK = {"bundle": 1, "export": 0}
Dated = list[tuple[dict[str, Any], dt.date]]
"""Rows of bronze/corporate_actions, each with its ex-date (its record date where it has none)."""
EVENING_BEFORE = 5
"""Most calendar days from the evening before an ex-date to it, over a weekend with holidays."""


@dataclass(frozen=True)
class Told:
    """A leg as a row of a feed tells it.

    Attributes:
        instrument_id: whose.
        feed: the row of bronze/corporate_actions.
        leg: the leg.
        is_revised: NSE marks the text as revised.
        doubt: why the feeds leave it open whether it takes effect, or "".
        is_gone: True if only bundles before the newest one list it.
    """

    instrument_id: str
    feed: dict[str, Any]
    leg: Leg
    is_revised: bool
    doubt: str = ""
    is_gone: bool = False


def dated(frames: Sequence[pl.DataFrame]) -> Dated:
    """The rows of equity series and of funds that name a day, with it."""
    series = {None, FUNDS, *EQUITY_SERIES}
    rows = [row for frame in frames for row in frame.iter_rows(named=True) if row["series"] in series]
    return [(row, day) for row in rows if (day := row["ex_date"] or row["record_date"]) is not None]


def moving(row: dict[str, Any]) -> tuple[Leg, ...]:
    """The legs of a row that say something of a price and have their numbers."""
    return moving_legs(read_subject(row["subject"]))


def told_legs(name: str, row: dict[str, Any]) -> list[Told]:
    """The legs of a row that say something of a price, with the doubt that `in_force` has found."""
    subject = read_subject(row["subject"])
    return [
        Told(name, row, leg, subject.is_revised, row.get("doubt", ""), row.get("is_gone", False))
        for leg in subject.legs
        if leg.kind not in SILENT
    ]


class Listing:
    """The bundles of a stretch of evenings: which of their rows were still listed when the ex-date came.

    Args:
        rows: rows of all feeds, see `dated`.
        evenings: evenings whose bundle was read, whether or not it lists any equity.
    """

    def __init__(self, rows: Dated, evenings: Sequence[dt.date]) -> None:
        self._evenings = sorted(set(evenings))
        self._lists: dict[tuple[dt.date, str], set[tuple[dt.date, Legs]]] = defaultdict(set)
        self._shows: set[tuple[dt.date, dt.date]] = set()
        self._refused: dict[dt.date, int] = {}
        for row, day in rows:
            if row["source_kind"] == "bundle":
                self._shows.add((row["known_on"], day))
                self._refused[row["known_on"]] = max(self._refused.get(row["known_on"], 0), row["refused_rows"])
                if legs := moving(row):
                    self._lists[row["known_on"], row["symbol_on_date"]].add((day, content(legs)))

    def standing(self, row: dict[str, Any], day: dt.date) -> tuple[bool, str]:
        """Whether a row was in force on its ex-date `day`, and a doubt about it.

        Returns:
            (False, why) for a row of a bundle that a newer one no longer has; (True, why) where rows of the newer one
            could not be read, so that it may still have it, and for a row of an export that
            the bundle of the evening before contradicts (it has the event on another day, or no longer) or, where no
            bundle decides, another export; else (True, "").
        """
        place, export = bisect_left(self._evenings, day), row["contradiction"] or ""
        if place == 0:
            return True, export
        newest = self._evenings[place - 1]
        if row["source_kind"] == "bundle":
            if row["known_on"] < newest:
                why, unread = f"the bundle of {newest} no longer lists it", self._refused.get(newest, 0)
                if self._has_later(newest, row["symbol_on_date"], day, moving(row)):
                    return False, why
                return (True, f"{why}, and {unread} of its rows could not be read") if unread else (False, why)
            return self._on_the_day(row, day, place) if row["known_on"] == newest else (True, "")
        legs, symbol = moving(row), row["symbol_on_date"]
        if not legs or self._has(newest, symbol, day):
            return True, ""
        if (day - newest).days > EVENING_BEFORE:
            return True, export
        if self._has_later(newest, symbol, day, legs):
            return True, f"an export has it on {day}, the bundle of {newest} on another day"
        if any(self._has(evening, symbol, day) for evening in self._evenings[: place - 1]):
            return True, f"an export has it on {day}, the bundle of {newest} no longer"
        return True, export

    def _on_the_day(self, row: dict[str, Any], day: dt.date, place: int) -> tuple[bool, str]:
        """A move at the last moment.

        The ex-date's own bundle, which still shows events of the day, has it on a later one.
        """
        evening = self._evenings[place] if place < len(self._evenings) else None
        symbol = row["symbol_on_date"]
        if evening is None or (evening, day) not in self._shows or self._has(evening, symbol, day):
            return True, ""
        if self._has_later(evening, symbol, day, moving(row)):
            return False, f"the bundle of {evening} has it on another day"
        return True, ""

    def _has(self, evening: dt.date, symbol: str, day: dt.date) -> bool:
        return any(each == day for each, _ in self._lists.get((evening, symbol), ()))

    def _has_later(self, evening: dt.date, symbol: str, day: dt.date, legs: tuple[Leg, ...]) -> bool:
        """True if the bundle lists the same legs of the company on another day that is still to come."""
        same = content(legs)
        return any(
            each != day and each > evening and told == same for each, told in self._lists.get((evening, symbol), ())
        )


def in_force(listing: Listing, rows: Dated, until: dt.date) -> tuple[Dated, Dated]:
    """Rows of ex-dates up to `until` that are in force; and of each event that is not, the last statement.

    Rows about which there is a doubt have it as `doubt`; those of the second list have it, too, and `is_gone`.
    """
    standing: Dated = []
    gone: dict[tuple[str, dt.date], tuple[dict[str, Any], dt.date]] = {}
    for row, day in rows:
        if day > until:
            continue
        stands, doubt = listing.standing(row, day)
        if stands:
            standing.append((row | {"doubt": doubt} if doubt else row, day))
        elif moving(row):
            key = row["symbol_on_date"], day
            if key not in gone or row["known_on"] >= gone[key][0]["known_on"]:
                gone[key] = (row | {"doubt": doubt, "is_gone": True}, day)
    return standing, list(gone.values())


def merged(group: Sequence[tuple[dict[str, Any], list[Told]]]) -> list[Told]:
    """One list of legs out of the rows that are in force of an instrument and ex-date.

    The same leg told twice (per series, by two feeds) is one leg. Where feeds tell a kind of leg differently, the one
    that became known last is right, and of two of the same day the bundle; where two files without a date of their own
    differ, the event is doubtful.
    """
    newest: dict[tuple[str, str], tuple[tuple[dt.date, int], list[Told]]] = {}
    for row, legs in _without_repeated_payments(group):
        rank = (row["known_on"], _RANK[row["source_kind"]])
        told: dict[tuple[str, str], list[Told]] = defaultdict(list)
        for each in legs:
            told[_key(each.leg)].append(each)
        for key, some in told.items():
            if key not in newest or rank > newest[key][0]:
                newest[key] = (rank, some)
            elif rank == newest[key][0]:
                newest[key] = (rank, _together(newest[key][1], some))
    return [each for _, some in newest.values() for each in some]


def _key(leg: Leg) -> tuple[str, str]:
    """What a newer statement replaces: its kind, of dividends the special and the ordinary ones apart."""
    return leg.kind, "special" if leg.kind == "dividend" and leg.flavour == "special" else ""


def _without_repeated_payments(
    group: Sequence[tuple[dict[str, Any], list[Told]]],
) -> list[tuple[dict[str, Any], list[Told]]]:
    """Two files that pay the same in sum say the same.

    The one that names the parts is kept ("7" and "2, special 5").
    """
    sums: dict[str, dict[Leg, float]] = defaultdict(dict)
    for row, legs in group:
        for each in legs:
            if each.leg.kind in CASH_KINDS and each.leg.cash is not None:
                sums[row["source_sha256"]][each.leg] = each.leg.cash
    best: dict[float, str] = {}
    for file, paid in sums.items():
        total = round(sum(paid.values()), 6)
        if total not in best or len(paid) > len(sums[best[total]]):
            best[total] = file
    repeated = {file for file, paid in sums.items() if file != (kept := best[round(sum(paid.values()), 6)])
                and len(paid) < len(sums[kept])}  # fmt: skip
    return [
        (row, [each for each in legs if row["source_sha256"] not in repeated or each.leg.kind not in CASH_KINDS])
        for row, legs in group
    ]


def _together(one: list[Told], other: list[Told]) -> list[Told]:
    """Two rows of one evening on the same kind: a revised one replaces the other; in one file what differs adds up."""
    if one[0].is_revised != other[0].is_revised:
        return one if one[0].is_revised else other
    have = content(each.leg for each in one)
    if one[0].feed["source_sha256"] == other[0].feed["source_sha256"]:
        return [*one, *(each for each in other if content([each.leg]).isdisjoint(have))]
    if content(each.leg for each in other) == have:
        return one
    texts = " / ".join(sorted({each.feed["subject"].strip() for each in (*one, *other)}))
    return [replace(each, doubt=f"two files tell it differently: {texts}") for each in one]

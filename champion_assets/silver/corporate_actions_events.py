"""How a session's corporate actions are put together: rows of the feeds to instruments, legs, factors, verdicts.

What belongs here: the steps of `silver/corporate_actions`, a day at a time. What does not: grammar, formulae, verdicts (`nse/actions`).
"""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from champion_assets.nse.actions.factors import Factor, cash_of, day_factors
from champion_assets.nse.actions.grammar import read_subject
from champion_assets.nse.actions.legs import CASH_KINDS, Leg
from champion_assets.nse.actions.overrides import Override
from champion_assets.nse.actions.price_check import is_testable, verdict
from champion_assets.nse.schema import EQUITY_SERIES
from champion_assets.silver.corporate_actions_market import Market
from champion_assets.silver.corporate_actions_overrides import STATED, stated_factor, stated_leg

PARSER = "3"
"""Version of the grammar; raised whenever a text would be read otherwise."""
_SILENT = frozenset({"meeting", "book_closure", "notice", "interest", "redemption"})
_SUPERSEDING = {"bundle": 1, "export": 0}


@dataclass
class Found:
    """Rows by column, rejects, facts of the day."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    rejects: list[dict[str, Any]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class _Row:
    instrument_id: str
    feed: dict[str, Any]
    leg: Leg
    is_revised: bool


def day_events(
    market: Market, window: Sequence[pl.DataFrame], overrides: Sequence[Override], reopened: Sequence[pl.DataFrame] = ()
) -> Found:
    """The legs that count from the session on.

    Args:
        market: what the session knows.
        window: the bronze rows of the last sessions, today's among them.
        overrides: the user's lines that take effect today.
        reopened: bronze rows of the past ex-dates that `overrides` speak of.
    """
    found = Found()
    lines: dict[tuple[str, dt.date], list[Override]] = defaultdict(list)
    for line in overrides:
        name = market.symbols.get(line.symbol)
        if name is None:
            _reject(found, market, _as_row(line), "override: nothing trades under this symbol")
        else:
            lines[name, line.ex_date].append(line)
    events = _events(market, _dated(window), _dated(reopened), lines.keys(), found)
    for name, ex_date in sorted(events.keys() | lines.keys()):
        _emit(market, found, name, ex_date, events.get((name, ex_date), []), lines.get((name, ex_date), []))
    found.facts = {"events": len({(row["instrument_id"], row["ex_date"]) for row in found.rows}), "rejected": len(found.rejects)}
    doubtful = sorted({f"{row['symbol']} ({row['verdict']})" for row in found.rows if row["verdict"] in ("no_reprice", "ratio_mismatch")})
    if doubtful:
        found.facts["doubtful"] = ", ".join(doubtful)
    return found


_Dated = list[tuple[dict[str, Any], dt.date]]


def _dated(frames: Sequence[pl.DataFrame]) -> _Dated:
    """Equity rows of the feeds that name a day, with it."""
    rows = [row for frame in frames for row in frame.iter_rows(named=True) if row["series"] is None or row["series"] in EQUITY_SERIES]
    return [(row, day) for row in rows if (day := row["ex_date"] or row["record_date"]) is not None]


def _legs(name: str, row: dict[str, Any]) -> list[_Row]:
    subject = read_subject(row["subject"])
    return [_Row(name, row, leg, subject.is_revised) for leg in subject.legs if leg.kind not in _SILENT]


def _events(
    market: Market, dated: _Dated, reopened: _Dated, asked: Collection[tuple[str, dt.date]], found: Found
) -> dict[tuple[str, dt.date], list[_Row]]:
    """Feed rows of the events that take effect today, or of which something new became known today, by instrument and ex-date."""
    past = [(row, day) for row, day in dated if market.before is not None and day <= market.before]
    today = [(row, day) for row, day in dated if (market.before is None or day > market.before) and day <= market.date]
    grouped: dict[tuple[str, dt.date], list[tuple[dict[str, Any], list[_Row]]]] = defaultdict(list)
    refused: set[tuple[str, dt.date, str]] = set()

    def refuse(row: dict[str, Any], day: dt.date, why: str) -> None:
        if (mark := (row["symbol"], day, row["subject"].strip().lower())) not in refused:
            refused.add(mark)
            _reject(found, market, row, why)

    for row, day in [*today, *_late(market, past)]:
        subject = read_subject(row["subject"])
        if subject.is_classified and all(leg.kind in _SILENT for leg in subject.legs):
            continue
        name = market.resolve(row)
        why = subject.reason or ("" if name else f"nothing trades under {row['symbol_on_date']}")
        if why or name is None:
            refuse(row, day, why)
            continue
        grouped[name, day].append((row, _legs(name, row)))
    told = set(grouped)
    for row, day in [*past, *reopened]:  # a first price since the ex-date, or a word of the user on a past one
        name = market.resolve(row)
        if name is None or (name, day) in told or not (market.resumes(name, day) or (name, day) in asked):
            continue
        if legs := _legs(name, row):
            grouped[name, day].append((row, legs))
        elif why := read_subject(row["subject"]).reason:  # an event that is told anew is told whole: its unread part, too
            refuse(row, day, why)
    return {key: _with_face_value(_merged(each), [row for row, _ in each]) for key, each in grouped.items()}


def _with_face_value(legs: list[_Row], rows: list[dict[str, Any]]) -> list[_Row]:
    """Bundles do not state the face value; an export of the same event does."""
    value = next((row["face_value"] for row in rows if row["face_value"]), None)
    return [replace(each, feed=each.feed | {"face_value": each.feed["face_value"] or value}) for each in legs]


def _late(market: Market, past: _Dated) -> _Dated:
    """All rows of events whose ex-date has passed and that a bundle of today tells otherwise than any feed before."""
    before: dict[tuple[str, dt.date], set[tuple[Leg, ...]]] = defaultdict(set)
    for row, day in past:
        if row["known_on"] < market.date:
            before[row["symbol_on_date"], day].add(_moving(row))
    changed = {
        (row["symbol_on_date"], day) for row, day in past
        if row["known_on"] == market.date and row["source_kind"] == "bundle" and _moving(row)
        and _moving(row) not in before[row["symbol_on_date"], day]
    }  # fmt: skip
    return [(row, day) for row, day in past if (row["symbol_on_date"], day) in changed]


def _moving(row: dict[str, Any]) -> tuple[Leg, ...]:
    return tuple(leg for leg in read_subject(row["subject"]).legs if leg.kind not in _SILENT and not leg.problem)


def _merged(group: list[tuple[dict[str, Any], list[_Row]]]) -> list[_Row]:
    """One list of legs out of all rows of an instrument and ex-date.

    The same leg told twice (per series, by two feeds, day after day) is one leg. Where feeds tell a kind of leg differently, the one
    that became known last is right, and of two of the same day the bundle.
    """
    newest: dict[tuple[str, str], tuple[tuple[dt.date, int], list[_Row]]] = {}
    for row, legs in group:
        rank = (row["known_on"], _SUPERSEDING[row["source_kind"]])
        told: dict[tuple[str, str], list[_Row]] = defaultdict(list)
        for each in legs:
            told[each.leg.kind, each.leg.flavour if each.leg.kind == "dividend" else ""].append(each)
        for key, some in told.items():
            if key not in newest or rank > newest[key][0]:
                newest[key] = (rank, some)
            elif rank == newest[key][0]:
                newest[key] = (rank, _together(newest[key][1], some))
    return [each for _, some in newest.values() for each in some]


def _together(one: list[_Row], other: list[_Row]) -> list[_Row]:
    """Two rows of one feed on the same kind: a revised one replaces the other, else what differs adds up."""
    if one[0].is_revised != other[0].is_revised:
        return one if one[0].is_revised else other
    have = {each.leg for each in one}
    return [*one, *(each for each in other if each.leg not in have)]


def _emit(market: Market, found: Found, name: str, ex_date: dt.date, rows: list[_Row], own: list[Override]) -> None:
    first = len(found.rows)
    is_today = market.before is None or ex_date > market.before
    if is_today or market.resumes(name, ex_date):
        last, opened = market.last_close.get(name), market.open.get(name)
    else:
        last, opened = market.past(name, ex_date)
    actions = {line.action for line in own}
    if "cancel" in actions:
        rows = []
    elif actions & STATED.keys():  # the user states the day's factor: the feeds' payments stay, everything else gives way
        rows = [row for row in rows if row.leg.kind in CASH_KINDS]
    value = next((row.feed["face_value"] for row in rows if row.feed["face_value"]), None)
    factors = day_factors([row.leg for row in rows], last, opened, value)
    good: list[tuple[_Row, Factor]] = []
    for row, factor in zip(rows, factors, strict=True):
        if factor.problem:
            _reject(found, market, row.feed, factor.problem)
        else:
            good.append((row, factor))
    stated = _stated(market, found, own, last)
    total = math.prod([factor.capital_special or 1.0 for _, factor in good] + [factor.capital_special or 1.0 for factor, _ in stated])
    moves = any(factor.capital_special != 1.0 for _, factor in good) or any(factor.capital_special != 1.0 for factor, _ in stated)
    w = opened / last if opened is not None and last else None
    judged = verdict(w, total) if moves else None
    candidates = market.movers(total, name) if judged in ("no_reprice", "ratio_mismatch") else ""
    symbol = market.symbol_of.get(name, rows[0].feed["symbol_on_date"] if rows else own[0].symbol)
    common = {
        "trade_date": market.date, "instrument_id": name, "symbol": symbol, "ex_date": ex_date,
        "ex_session": market.date if is_today else _session(ex_date, market), "last_close": last, "witness": w, "verdict": judged,
        "is_testable": is_testable(total),
        "candidates": candidates,
    }  # fmt: skip
    for row, factor in good:
        found.rows.append(common | _numbers(factor) | _feed_leg(row, value) | {"leg": len(found.rows) - first})
    confirmed = [(Factor(), line) for line in own if line.action in ("cancel", "confirm")]
    for factor, line in [*stated, *confirmed]:
        found.rows.append(common | _numbers(factor) | stated_leg(market, line, market.before or ex_date) | {"leg": len(found.rows) - first})


def _stated(market: Market, found: Found, own: list[Override], last: float | None) -> list[tuple[Factor, Override]]:
    stated: list[tuple[Factor, Override]] = []
    for line in own:
        if line.action in ("cancel", "confirm"):
            continue
        factor = stated_factor(market, line, last)
        if factor.problem:
            _reject(found, market, _as_row(line), f"override: {factor.problem}")
        else:
            stated.append((factor, line))
    return stated


def _numbers(factor: Factor) -> dict[str, Any]:
    return {"f_capital": factor.capital, "f_capital_special": factor.capital_special, "f_total_return": factor.total_return, "q": factor.q,
            "method": factor.method}  # fmt: skip


def _feed_leg(row: _Row, face_value: float | None) -> dict[str, Any]:
    leg, feed = row.leg, row.feed
    copied = {name: feed[name] for name in ("known_on", "known_basis", "subject", "source_sha256", "source_row")}
    return copied | {
        "feed_symbol": feed["symbol"], "kind": leg.kind, "flavour": leg.flavour, "ratio_a": leg.a, "ratio_b": leg.b, "fv_from": leg.fv_from,
        "fv_to": leg.fv_to, "cash": cash_of(leg, face_value), "premium": leg.premium, "face_value": face_value,
        "is_revised": row.is_revised, "evidence": "",
    }  # fmt: skip


def _session(ex_date: dt.date, market: Market) -> dt.date:
    """The session of a past ex-date: it lies before today, and adjusting by date needs no more."""
    return min(ex_date, market.before or ex_date)


def _as_row(line: Override) -> dict[str, Any]:
    return {"symbol": line.symbol, "symbol_on_date": line.symbol, "isin": None, "ex_date": line.ex_date, "subject": line.why}


def _reject(found: Found, market: Market, row: dict[str, Any], reason: str) -> None:
    found.rejects.append({
        "trade_date": market.date, "instrument_id": market.resolve(row), "symbol": row["symbol"],
        "ex_date": row["ex_date"] or row.get("record_date"), "subject": row["subject"], "rule": "X7", "reason": reason,
        "source_sha256": row.get("source_sha256", ""), "source_row": row.get("source_row", 0),
    })  # fmt: skip

"""How a session's corporate actions are put together: rows of the feeds to instruments, legs, factors, verdicts.

What belongs here: the steps of `silver/corporate_actions`, a day at a time. What does not: which rows of the feeds are
in force (`corporate_actions_listing.py`), whether a factor is applied (`corporate_actions_hold.py`), grammar, formulae,
verdicts (`nse/actions`).
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from champion_assets.nse.actions.factors import Factor, cash_of, day_factors
from champion_assets.nse.actions.grammar import read_subject
from champion_assets.nse.actions.legs import CASH_KINDS, SILENT, Leg
from champion_assets.nse.actions.overrides import Override
from champion_assets.nse.actions.price_check import is_testable
from champion_assets.silver.corporate_actions_hold import HELD, ask_market, hold, is_withdrawn, settled
from champion_assets.silver.corporate_actions_listing import (
    FUNDS,
    Dated,
    Listing,
    Told,
    dated,
    in_force,
    merged,
    moving,
    told_legs,
)
from champion_assets.silver.corporate_actions_market import Market
from champion_assets.silver.corporate_actions_overrides import STATED, stated_factor, stated_leg

PARSER = "3"
"""Version of the grammar; raised whenever a text would be read otherwise."""
DOUBTFUL = ("no_reprice", "ratio_mismatch")
Event = tuple[str, dt.date]
"""An instrument and an ex-date."""


@dataclass
class Found:
    """Rows by column, rejects, facts of the day."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    rejects: list[dict[str, Any]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    withdrawn: set[str] = field(default_factory=set)
    refused: set[tuple[str, dt.date, str]] = field(default_factory=set)


def day_events(
    market: Market,
    window: Sequence[pl.DataFrame],
    overrides: Sequence[Override],
    reopened: Sequence[pl.DataFrame] = (),
    evenings: Sequence[dt.date] = (),
) -> Found:
    """The legs that count from the session on.

    Args:
        market: what the session knows.
        window: the bronze rows of the last sessions, today's among them.
        overrides: the user's lines that take effect today.
        reopened: bronze rows of the sessions up to the past ex-dates that `overrides` speak of.
        evenings: those of all these sessions whose bundle was read.
    """
    found = Found()
    lines: dict[tuple[str, dt.date], list[Override]] = defaultdict(list)
    for line in overrides:
        name = market.symbols.get(line.symbol)
        if name is None:
            _reject(found, market, _as_row(line), "override: nothing trades under this symbol")
        else:
            lines[name, line.ex_date].append(line)
    listing = Listing([*(every := dated(window)), *(again := dated(reopened))], evenings)
    events = _events(market, listing, every, again, lines.keys(), found)
    for name, ex_date in sorted(events.keys() | lines.keys()):
        _emit(market, found, name, ex_date, events.get((name, ex_date), []), lines.get((name, ex_date), []))
    found.facts = {
        "events": len({(row["instrument_id"], row["ex_date"]) for row in found.rows}),
        "rejected": len(found.rejects),
    }
    doubtful = sorted({f"{row['symbol']} ({row['verdict']})" for row in found.rows if row["verdict"] in DOUBTFUL})
    held = sorted({f"{row['symbol']}: {row['held']}" for row in found.rows if row["held"] is not None})
    said = {"doubtful": ", ".join(doubtful), "held": "; ".join(held), "withdrawn": "; ".join(sorted(found.withdrawn))}
    found.facts |= {name: text for name, text in said.items() if text}
    return found


def _events(
    market: Market,
    listing: Listing,
    every: Dated,
    again: Dated,
    asked: Collection[Event],
    found: Found,
) -> dict[Event, list[Told]]:
    """Legs of the events that take effect today, or of which something new became known today.

    By instrument and ex-date.
    """
    standing, gone = in_force(listing, every, market.date)
    days = {day for _, day in asked}
    told_again, gone_again = in_force(listing, [(row, day) for row, day in again if day in days], market.date)
    past = [(row, day) for row, day in standing if market.before is not None and day <= market.before]
    today = [(row, day) for row, day in standing if market.before is None or day > market.before]
    grouped: dict[Event, list[tuple[dict[str, Any], list[Told]]]] = defaultdict(list)
    for row, day in [*today, *_late(market, past)]:
        name = market.resolve(row)
        if why := _refusal(row, name):
            _refuse(found, market, row, day, why)
        elif name is not None and not _is_silent(row):
            grouped[name, day].append((row, told_legs(name, row)))
    known = set(grouped)
    for row, day, name in _told_anew(market, [*past, *told_again], asked):
        if (name, day) in known:
            continue
        if legs := told_legs(name, row):
            grouped[name, day].append((row, legs))
        elif why := read_subject(
            row["subject"]
        ).reason:  # an event that is told anew is told whole: its unread part, too
            _refuse(found, market, row, day, why)
    for row, day, name in _gone(market, [*gone, *gone_again], asked):
        grouped.setdefault((name, day), [(row, told_legs(name, row))])
    return {key: _with_face_value(merged(each), [row for row, _ in each]) for key, each in grouped.items()}


def _told_anew(market: Market, rows: Dated, asked: Collection[Event]) -> Iterator[tuple[dict[str, Any], dt.date, str]]:
    """Rows of past ex-dates since which the instrument first trades today, or of which the user has said something."""
    for row, day in rows:
        name = market.resolve(row)
        if name is not None and (market.resumes(name, day) or (name, day) in asked):
            yield row, day, name


def _gone(market: Market, rows: Dated, asked: Collection[Event]) -> Iterator[tuple[dict[str, Any], dt.date, str]]:
    """Of events that the newest bundle no longer lists those of today, and those of which the user has said
    something.
    """
    for row, day in rows:
        name = market.resolve(row)
        if name is not None and (day > (market.before or dt.date.min) or (name, day) in asked):
            yield row, day, name


def _is_silent(row: dict[str, Any]) -> bool:
    subject = read_subject(row["subject"])
    return subject.is_classified and all(leg.kind in SILENT for leg in subject.legs)


def _refusal(row: dict[str, Any], name: str | None) -> str:
    """Why a row is no event although it says something of a price, or ""; a fund that is not traded is none of ours."""
    if _is_silent(row) or (name is None and row["series"] == FUNDS):
        return ""
    return read_subject(row["subject"]).reason or ("" if name else f"nothing trades under {row['symbol_on_date']}")


def _with_face_value(legs: list[Told], rows: list[dict[str, Any]]) -> list[Told]:
    """Bundles do not state the face value; an export of the same event does."""
    value = next((row["face_value"] for row in rows if row["face_value"]), None)
    return [replace(each, feed=each.feed | {"face_value": each.feed["face_value"] or value}) for each in legs]


def _late(market: Market, past: Dated) -> Dated:
    """All rows of events whose ex-date has passed and that a bundle of today tells otherwise than any feed before."""
    before: dict[tuple[str, dt.date], set[tuple[Leg, ...]]] = defaultdict(set)
    for row, day in past:
        if row["known_on"] < market.date:
            before[row["symbol_on_date"], day].add(moving(row))
    changed = {
        (row["symbol_on_date"], day) for row, day in past
        if row["known_on"] == market.date and row["source_kind"] == "bundle" and moving(row)
        and moving(row) not in before[row["symbol_on_date"], day]
    }  # fmt: skip
    return [(row, day) for row, day in past if (row["symbol_on_date"], day) in changed]


def _emit(market: Market, found: Found, name: str, ex_date: dt.date, rows: list[Told], own: list[Override]) -> None:
    first = len(found.rows)
    is_today = market.before is None or ex_date > market.before
    trade = market.trade(name) if is_today or market.resumes(name, ex_date) else market.past(name, ex_date)
    actions = {line.action for line in own}
    if "cancel" in actions:
        rows = []
    elif (
        actions & STATED.keys()
    ):  # the user states the day's factor: the feeds' payments stay, everything else gives way
        rows = [row for row in rows if row.leg.kind in CASH_KINDS and not row.is_gone]
    value = next((row.feed["face_value"] for row in rows if row.feed["face_value"]), None)
    factors = day_factors([row.leg for row in rows], trade.last, trade.open, value)
    good = [(row, factor) for row, factor in zip(rows, factors, strict=True) if not factor.problem]
    stated = _stated(market, found, own, trade.last)
    judged, total = ask_market(good, [factor for factor, _ in stated], trade)
    if rows and is_withdrawn(rows, judged, total, actions):
        found.withdrawn.add(f"{rows[0].feed['symbol']} {rows[0].feed['subject'].strip()} of {ex_date}: {rows[0].doubt}")
        rows, good = [], []
        judged, total = ask_market(good, [factor for factor, _ in stated], trade)
        if not own:
            return
    for row, factor in zip(rows, factors, strict=True) if rows else ():
        if factor.problem:
            _reject(found, market, row.feed, factor.problem)
    held = hold(good, total, trade, actions)
    symbol = market.symbol_of.get(name, rows[0].feed["symbol_on_date"] if rows else own[0].symbol if own else "")
    common = {
        "trade_date": market.date,
        "instrument_id": name,
        "symbol": symbol,
        "ex_date": ex_date,
        "ex_session": market.date if is_today else market.session_of(ex_date),
        "last_close": trade.last,
        "witness": trade.witness,
        "verdict": judged,
        "is_testable": is_testable(total),
        "candidates": market.movers(total, name) if judged in DOUBTFUL else "",
        "held": None,
        "f_proposed": None,
    }
    for row, factor in good:
        numbers = (
            {**HELD, "held": held, "f_proposed": factor.capital_special} if held else _numbers(settled(row, factor))
        )
        method = {"method": factor.method}
        found.rows.append(common | numbers | method | _feed_leg(row, value) | {"leg": len(found.rows) - first})
    confirmed = [(Factor(), line) for line in own if line.action in ("cancel", "confirm")]
    for factor, line in [*stated, *confirmed]:
        leg = stated_leg(market, line, market.before or ex_date)
        found.rows.append(common | _numbers(factor) | leg | {"leg": len(found.rows) - first})


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
    return {
        "f_capital": factor.capital,
        "f_capital_special": factor.capital_special,
        "f_total_return": factor.total_return,
        "q": factor.q,
    }


def _feed_leg(row: Told, face_value: float | None) -> dict[str, Any]:
    leg, feed = row.leg, row.feed
    copied = {name: feed[name] for name in ("known_on", "known_basis", "subject", "source_sha256", "source_row")}
    return copied | {
        "feed_symbol": feed["symbol"],
        "kind": leg.kind,
        "flavour": leg.flavour,
        "ratio_a": leg.a,
        "ratio_b": leg.b,
        "fv_from": leg.fv_from,
        "fv_to": leg.fv_to,
        "cash": cash_of(leg, face_value),
        "premium": leg.premium,
        "face_value": face_value,
        "is_revised": row.is_revised,
        "evidence": "",
    }


def _as_row(line: Override) -> dict[str, Any]:
    return {
        "symbol": line.symbol,
        "symbol_on_date": line.symbol,
        "isin": None,
        "ex_date": line.ex_date,
        "subject": line.why,
    }


def _refuse(found: Found, market: Market, row: dict[str, Any], day: dt.date, why: str) -> None:
    """Reject a text once, however many series and evenings say it."""
    if (mark := (row["symbol"], day, row["subject"].strip().lower())) not in found.refused:
        found.refused.add(mark)
        _reject(found, market, row, why)


def _reject(found: Found, market: Market, row: dict[str, Any], reason: str) -> None:
    found.rejects.append({
        "trade_date": market.date, "instrument_id": market.resolve(row), "symbol": row["symbol"],
        "ex_date": row["ex_date"] or row.get("record_date"), "subject": row["subject"], "rule": "X7", "reason": reason,
        "source_sha256": row.get("source_sha256", ""), "source_row": row.get("source_row", 0),
    })  # fmt: skip

"""How a session's corporate actions are put together: rows of the feeds to instruments, legs, factors, verdicts.

What belongs here: the steps of `silver/corporate_actions`, a day at a time. What does not: grammar, formulae, verdicts (`nse/actions`).
"""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from champion_assets.nse.actions.factors import Factor, cash_of, day_factors
from champion_assets.nse.actions.grammar import read_subject
from champion_assets.nse.actions.legs import Leg
from champion_assets.nse.actions.overrides import Override
from champion_assets.nse.actions.witness import TOLERANCE, is_testable, verdict
from champion_assets.nse.isin import is_valid_isin, security_key
from champion_assets.nse.schema import EQUITY_SERIES

PARSER = "1"
"""Version of the grammar; raised whenever a text would be read otherwise."""
_SILENT = frozenset({"meeting", "book_closure", "notice", "interest", "redemption"})
_SUPERSEDING = {"bundle": 1, "export": 0}


Past = Callable[[str, dt.date], tuple[float | None, float | None]]
"""Last cum close and open of an instrument on a past ex-date, None for what there is not."""


class Market:
    """What the session knows: who is who, last closes before it, opens on it."""

    def __init__(
        self, date: dt.date, before: dt.date | None, evening: pl.DataFrame | None, today: pl.DataFrame, prices: pl.DataFrame, past: Past
    ) -> None:
        self.date, self.before, self.past = date, before, past
        self.last_close: dict[str, float] = {}
        self.by_key: dict[str, str] = {}
        self.symbols: dict[str, str] = {}
        latest: dict[str, dt.date] = {}
        for frame in (today, evening) if evening is not None else (today,):  # the evening before wins: symbols valid before the ex-date
            for name, symbol, seen in frame.select("instrument_id", "symbol", "last_seen").iter_rows():
                if symbol not in self.symbols or seen >= latest[symbol] or frame is evening:
                    self.symbols[symbol], latest[symbol] = name, seen
        known = today if evening is None else evening
        for name, symbol, isin in known.select("instrument_id", "symbol", "isin").iter_rows():
            if isin is not None:
                self.by_key[security_key(isin, symbol)] = name
        if evening is not None:
            self.last_close = dict(evening.select("instrument_id", "last_close").iter_rows())
        self.open = dict(prices.select("instrument_id", "open").iter_rows())
        self.symbol_of = dict(today.select("instrument_id", "symbol").iter_rows())
        own = prices.select("instrument_id", pl.coalesce("prior_close", pl.when(pl.col("prev_close") > 0).then("prev_close")).alias("last"))
        for name, last in own.iter_rows():
            if last is not None:
                self.last_close.setdefault(name, last)
        self.moves = {name: self.open[name] / last for name, last in self.last_close.items() if name in self.open}

    def resolve(self, row: dict[str, Any]) -> str | None:
        """The instrument of a feed's row: by its symbol on the date, by the symbol as written, by the security key of its ISIN."""
        by_name = self.symbols.get(row["symbol_on_date"]) or self.symbols.get(row["symbol"])
        isin = row["isin"]
        return by_name or (self.by_key.get(security_key(isin, row["symbol"])) if isin is not None and is_valid_isin(isin) else None)

    def movers(self, f: float, but: str) -> str:
        """Symbols of the instruments that opened at the factor `f`, at most five, the nearest first."""
        near = [
            (abs(math.log(w / f)), self.symbol_of[name]) for name, w in self.moves.items() if name != but and abs(math.log(w)) > TOLERANCE
        ]
        return ", ".join(symbol for distance, symbol in sorted(near)[:5] if distance <= TOLERANCE)


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


def day_events(market: Market, window: Sequence[pl.DataFrame], overrides: Sequence[Override]) -> Found:
    """The legs that count from the session on; `window` are the bronze rows of the last sessions, today's among them."""
    found = Found()
    lines: dict[tuple[str, dt.date], list[Override]] = defaultdict(list)
    for line in overrides:
        name = market.symbols.get(line.symbol)
        if name is None:
            _reject(
                found,
                market,
                {"symbol": line.symbol, "ex_date": line.ex_date, "subject": line.why},
                "override: nothing trades under this symbol",
            )
        else:
            lines[name, line.ex_date].append(line)
    events = _events(market, window, found)
    for name, ex_date in sorted(events.keys() | lines.keys()):
        rows, own = events.get((name, ex_date), []), lines.get((name, ex_date), [])
        if any(line.action == "cancel" for line in own):
            rows = []
        _emit(market, found, name, ex_date, rows, own)
    found.facts = {"events": len({(row["instrument_id"], row["ex_date"]) for row in found.rows}), "rejected": len(found.rejects)}
    doubtful = sorted({f"{row['symbol']} ({row['verdict']})" for row in found.rows if row["verdict"] in ("no_reprice", "ratio_mismatch")})
    if doubtful:
        found.facts["doubtful"] = ", ".join(doubtful)
    return found


def _events(market: Market, window: Sequence[pl.DataFrame], found: Found) -> dict[tuple[str, dt.date], list[_Row]]:
    """Feed rows of the events that take effect today, or of which something new became known today, by instrument and ex-date."""
    rows = [row for frame in window for row in frame.iter_rows(named=True) if row["series"] is None or row["series"] in EQUITY_SERIES]
    dated = [(row, row["ex_date"] or row["record_date"]) for row in rows]
    today = [(row, day) for row, day in dated if day is not None and (market.before is None or day > market.before) and day <= market.date]
    late = _late(market, dated)
    grouped: dict[tuple[str, dt.date], list[tuple[dict[str, Any], list[_Row]]]] = defaultdict(list)
    refused: set[tuple[str, dt.date, str]] = set()
    for row, day in [*today, *late]:
        subject = read_subject(row["subject"])
        if subject.is_classified and all(leg.kind in _SILENT for leg in subject.legs):
            continue
        name = market.resolve(row)
        why = subject.reason or ("" if name else f"nothing trades under {row['symbol_on_date']}")
        if why or name is None:
            if (mark := (row["symbol"], day, row["subject"].strip().lower())) not in refused:
                refused.add(mark)
                _reject(found, market, row, why)
            continue
        legs = [_Row(name, row, leg, subject.is_revised) for leg in subject.legs if leg.kind not in _SILENT]
        grouped[name, day].append((row, legs))
    return {key: _with_face_value(_merged(each), [row for row, _ in each]) for key, each in grouped.items()}


def _with_face_value(legs: list[_Row], rows: list[dict[str, Any]]) -> list[_Row]:
    """Bundles do not state the face value; an export of the same event does."""
    value = next((row["face_value"] for row in rows if row["face_value"]), None)
    return [replace(each, feed=each.feed | {"face_value": each.feed["face_value"] or value}) for each in legs]


def _late(market: Market, dated: list[tuple[dict[str, Any], dt.date | None]]) -> list[tuple[dict[str, Any], dt.date]]:
    """All rows of events whose ex-date has passed and that a bundle of today tells otherwise than any feed before."""
    if market.before is None:
        return []
    past = [(row, day) for row, day in dated if day is not None and day <= market.before]
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
    last, opened = (market.last_close.get(name), market.open.get(name)) if is_today else market.past(name, ex_date)
    value = next((row.feed["face_value"] for row in rows if row.feed["face_value"]), None)
    factors = day_factors([row.leg for row in rows], last, opened, value)
    good: list[tuple[_Row, Factor]] = []
    for row, factor in zip(rows, factors, strict=True):
        if factor.problem:
            _reject(found, market, row.feed, factor.problem)
        else:
            good.append((row, factor))
    stated = [_override_factor(line, last) for line in own if line.action not in ("cancel", "confirm")]
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
        found.rows.append(common | _numbers(factor) | _stated_leg(line, market.before or ex_date) | {"leg": len(found.rows) - first})


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


_STATED_KINDS = {"dividend": "dividend", "special_dividend": "dividend", "factor": "scheme"}


def _stated_leg(line: Override, evening: dt.date) -> dict[str, Any]:
    return {
        "feed_symbol": line.symbol, "kind": _STATED_KINDS.get(line.action, "notice"), "cash": line.cash,
        "flavour": "special" if line.action == "special_dividend" else "", "known_on": line.known_on or evening, "known_basis": "override",
        "is_revised": False, "subject": line.why, "evidence": line.evidence, "source_sha256": "", "source_row": 0,
        "method": f"override: {line.action}",
    }  # fmt: skip


def _session(ex_date: dt.date, market: Market) -> dt.date:
    """The session of a past ex-date: it lies before today, and adjusting by date needs no more."""
    return min(ex_date, market.before or ex_date)


def _override_factor(line: Override, last: float | None) -> tuple[Factor, Override]:
    if line.action == "factor":
        f = line.f or 1.0
        return Factor(f, f, f, line.q, "stated"), line
    if last is None or line.cash is None or line.cash >= last:
        raise ValueError(f"override of {line.symbol} {line.ex_date}: a payment of {line.cash} at a last close of {last}")
    f = (last - line.cash) / last
    return Factor(1.0, f if line.action == "special_dividend" else 1.0, f, 1.0, "payment over last close"), line


def _reject(found: Found, market: Market, row: dict[str, Any], reason: str) -> None:
    found.rejects.append({
        "trade_date": market.date, "symbol": row["symbol"], "ex_date": row.get("ex_date"), "subject": row["subject"], "rule": "X7",
        "reason": reason, "source_sha256": row.get("source_sha256", ""), "source_row": row.get("source_row", 0),
    })  # fmt: skip

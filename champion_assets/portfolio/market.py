"""The market of a block of sessions as the simulator sees it.

Arrays over a fixed list of names, and what corporate actions do to holdings.

What belongs here: reading tables into `MarketDay` and `Action`. What does not: any rule of trading (`simulation/`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from champion_assets.features.panel import Panel, panel
from champion_assets.features.window import RETURNS
from champion_assets.lake.inputs import Inputs
from champion_assets.nse.trading_rules import listing_sessions
from champion_assets.portfolio.market_block import READ, MarketBlock, Traded, spread, widened
from champion_assets.portfolio.market_events import ORDER, merger_wait, newest
from champion_assets.quant.risk import Array
from champion_assets.simulation.account import MarketDay
from champion_assets.simulation.corporate_actions import Action

ACTION_SESSIONS = 250
"""How far back an action can lie that a name meets when it trades again."""
LEAST_RETURNS = 20
"""Returns that a volatility of its own needs."""


class Market:
    """The sessions `dates` of a block.

    `names` are all that trade on them, and `others`: held from before, with their symbols.
    """

    def __init__(self, inputs: Inputs, dates: Sequence[dt.date], others: Mapping[str, str] | None = None) -> None:
        self._block = inputs.shared("market", lambda own: MarketBlock(own, dates), reads=READ)
        held = {name for name in others or {} if name not in self._block.index}
        self.names = sorted([*self._block.names, *held]) if held else self._block.names
        self.index = {name: number for number, name in enumerate(self.names)} if held else self._block.index
        self._places = np.array([self.index[name] for name in self._block.names], dtype=np.intp) if held else None
        self.symbols = self._block.heirs | dict(others or {})  # as of the last session asked for: see `day`
        self._told = 0
        self._inputs = inputs

    def day(self, date: dt.date, volatility: Array | None = None) -> MarketDay:
        """The market of a session; from then on `symbols` are those of it, since a later name is not known yet."""
        for line in range(self._told, self._block.line[date] + 1):
            self.symbols.update(self._block.symbols(line))
            self._told = line + 1
        found = self._block.day(date)
        if self._places is not None:
            found = widened(found, self._places, len(self.names))
        return found if volatility is None else replace(found, volatility=volatility)

    def actions(self, date: dt.date, held: Sequence[int], gaps: np.ndarray) -> dict[int, list[Action]]:
        """What holdings and claims in the names `held` meet today.

        A name with an unexplained gap meets nothing, its value is kept.
        """
        found: dict[int, list[Action]] = {}
        traded = self._block.traded(date)
        since_told = self._block.told_since[date]
        for number in held:
            name = self.names[number]
            if (date, name) in self._block.endings:
                found[number] = [self._ending(date, self._block.endings[date, name], traded)]
            if name not in self._block.events or gaps[number]:
                continue
            legs = [leg for leg in self._block.events[name] if since_told <= leg["trade_date"] <= date]
            since = traded.get(name)
            mine = newest(
                [
                    leg
                    for leg in legs
                    if name in traded
                    and leg["kind"] != "merger"
                    and leg["ex_session"] <= date
                    and (since is None or leg["ex_session"] > since)
                ]
            )
            chosen = [
                action
                for leg in sorted(mine, key=lambda each: (each["ex_date"], ORDER.get(each["kind"], 9), each["leg"]))
                if (action := self._action(date, leg, traded)) is not None
            ]
            chosen += [action for leg in legs if leg["kind"] == "merger" and leg["ex_session"] == date
                       and (action := self._action(date, leg, traded))]  # fmt: skip
            chosen += [
                Action("child", a=leg["ratio_a"], other=self.index[leg["child_instrument_id"]])
                for leg in legs
                if leg["trade_date"] == date and leg["kind"] == "demerger" and leg["child_instrument_id"]
            ]
            if chosen:
                found[number] = [
                    *chosen,
                    *found.get(number, []),
                ]  # what a user says of an ending comes before the packaged line
        return found

    def _ending(self, date: dt.date, lines: Sequence[Mapping[str, Any]], traded: Traded) -> Action:
        parts = tuple(
            (self.index[child := line["child_instrument_id"]], line["ratio"], merger_wait(date, child, traded))
            for line in lines
            if line["ratio"] is not None
        )
        return Action("ending", cash=max(line["cash"] for line in lines), parts=parts)

    def late(self, date: dt.date, held: Sequence[int]) -> int:
        """Holdings of which the past was told otherwise today: it is counted, and not made undone."""
        traded = self._block.traded(date)
        return sum(
            any(
                leg["trade_date"] == date
                and leg["child_instrument_id"] is None
                and (since := traded.get(self.names[number])) is not None
                and leg["ex_session"] <= since
                for leg in self._block.events.get(self.names[number], ())
            )
            for number in held
        )

    def _action(self, date: dt.date, leg: Mapping[str, Any], traded: Traded) -> Action | None:
        if leg["held"] is not None:  # nobody has confirmed it: it pays nothing, either
            return None
        if leg["kind"] in ("dividend", "distribution"):
            return Action("cash", cash=leg["cash"] or 0.0)
        if leg["kind"] == "rights" and leg["f_capital"] < 1.0:
            price = (
                leg["premium"] + leg["face_value"]
                if leg["premium"] is not None and leg["face_value"] is not None
                else np.inf
            )
            return Action(
                "rights",
                f=leg["f_capital"],
                a=leg["ratio_a"],
                b=leg["ratio_b"],
                cash=price,
                wait=listing_sessions("rights", date),
            )
        if leg["kind"] == "merger" and leg["child_instrument_id"]:
            child = leg["child_instrument_id"]
            return Action("merger", a=leg["ratio_a"], other=self.index[child], wait=merger_wait(date, child, traded))
        if leg["f_capital"] != 1.0 or leg["q"] != 1.0:
            is_bonus = leg["kind"] == "bonus"
            wait = listing_sessions("bonus", leg["ex_session"]) if is_bonus else 0
            return Action("shares", f=leg["f_capital"], q=leg["q"], wait=wait, is_bonus=is_bonus)
        return None

    def closes(self, date: dt.date) -> Array:
        """The closes of a session, shape (n,), NaN where a name did not trade."""
        closes = self._block.panels["close"][self._block.line[date]]
        return closes if self._places is None else spread(closes, self._places, len(self.names))

    @cached_property
    def _returns(self) -> tuple[Panel, dict[dt.date, int]]:
        """Total returns of the risk windows, for volatilities."""
        sessions = sorted({day for date in self._block.line for day in self._inputs.window(RETURNS, date, lag=0)})
        rows = self._inputs.read(RETURNS, ["trade_date", "instrument_id", "total_return"], days=sessions)
        return panel(rows, "total_return", sessions), {day: number for number, day in enumerate(sessions)}

    def volatility(self, date: dt.date, names: Iterable[int]) -> Array:
        """Standard deviation of the returns of `names` in the risk window until the evening before `date`.

        Whether or not they are in any
        universe, shape (n,), NaN elsewhere. A name with fewer than `LEAST_RETURNS` of them gets the median of all that
        have more.
        """
        found = np.full(len(self.names), np.nan)
        returns, line = self._returns
        span = self._inputs.window(RETURNS, date, lag=0)[:-1]
        if not span:
            return found
        window = returns.values[line[span[0]] : line[span[-1]] + 1]
        place = {name: number for number, name in enumerate(returns.instruments)}
        mine = [(number, place[self.names[number]]) for number in names if self.names[number] in place]
        moves = deviations(window[:, [column for _, column in mine]])
        found[[number for number, _ in mine]] = moves
        unknown = [number for number in names if not np.isfinite(found[number])]
        if unknown:
            others = next(
                (each for least in (LEAST_RETURNS, 2) if np.isfinite(each := deviations(window, least)).any()), None
            )
            found[unknown] = np.nan if others is None else float(np.nanmedian(others))
        return found


def deviations(returns: Array, least: int = LEAST_RETURNS) -> Array:
    """Sample standard deviation of each column, NaN with fewer than `least` values."""
    count = np.isfinite(returns).sum(axis=0)
    mean = np.nansum(returns, axis=0) / np.maximum(count, 1)
    squares = np.nansum((returns - mean) ** 2, axis=0)
    return np.where(count >= least, np.sqrt(squares / np.maximum(count - 1, 1)), np.nan)

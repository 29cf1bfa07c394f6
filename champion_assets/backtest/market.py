"""The market of a block of sessions as the simulator sees it: arrays over a fixed list of names, and what corporate actions do to holdings.

What belongs here: reading tables into `MarketDay` and `Action`. What does not: any rule of trading (`simulation/`).
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from champion_assets.features.panel import panel
from champion_assets.lake.inputs import Inputs
from champion_assets.nse.indices import index_id
from champion_assets.nse.trading_rules import TRADE_TO_TRADE
from champion_assets.quant.risk import Array
from champion_assets.silver.rates import Overnight, by_date
from champion_assets.simulation.account import MarketDay
from champion_assets.simulation.corporate_actions import Action

ACTION_SESSIONS = 250
"""How far back an action can lie that a name meets when it trades again."""
_ORDER = {"dividend": 0, "distribution": 0, "rights": 1, "capital_reduction": 2, "bonus": 3, "split": 4, "consolidation": 4}
_PRICES = ("open", "high", "low", "close", "vwap", "previous", "volume")
_EVENTS = ["trade_date", "instrument_id", "ex_date", "ex_session", "leg", "kind", "f_capital", "q", "cash", "ratio_a", "ratio_b", "premium",
           "face_value", "child_instrument_id", "method", "held"]  # fmt: skip


class Market:
    """The sessions `dates` of a block; `names` are all that trade on them, and `others`: held from before, with their symbols."""

    def __init__(self, inputs: Inputs, dates: Sequence[dt.date], others: Mapping[str, str] | None = None) -> None:
        columns = [
            "trade_date",
            "instrument_id",
            "symbol",
            "series",
            "open",
            "high",
            "low",
            "close",
            "vwap",
            "volume",
            "prior_close",
            "prior_date",
        ]
        flags = ["trade_date", "instrument_id", "f_capital", "is_unexplained_gap", "total_return"]
        rows = inputs.read("silver/equity_eod", columns).join(
            inputs.read("features/returns", flags), on=["trade_date", "instrument_id"], how="left", maintain_order="left"
        )  # fmt: skip
        self._rows = rows.with_columns(previous=pl.col("prior_close") * pl.col("f_capital"))
        self.names = sorted({*self._rows["instrument_id"].unique(), *(others or {})})
        self.index = {name: number for number, name in enumerate(self.names)}
        self._panels = {name: self._spread(name, dates) for name in _PRICES}
        self._line = {date: number for number, date in enumerate(dates)}
        self._by_day = {key[0]: part for key, part in self._rows.partition_by("trade_date", as_dict=True).items()}
        self.symbols = dict(others or {})  # as of the last session asked for: a later name is not known yet
        self._events = _events(inputs)
        self._index = _index_returns(inputs)
        self._overnight = by_date(inputs.read("silver/rates"))

    def _spread(self, column: str, dates: Sequence[dt.date]) -> Array:
        found = panel(self._rows, column, dates)
        values = np.full((len(dates), len(self.names)), np.nan)
        values[:, [self.index[name] for name in found.instruments]] = found.values
        return values

    def day(self, date: dt.date, volatility: Mapping[str, float] | None = None) -> MarketDay:
        """The market of a session."""
        line, rows = self._line[date], self._by_day[date]
        self.symbols.update(rows.select("instrument_id", "symbol").iter_rows())
        numbers = [self.index[name] for name in rows["instrument_id"]]
        gap, delivered = np.zeros(len(self.names), dtype=bool), np.zeros(len(self.names), dtype=bool)
        gap[numbers] = rows["is_unexplained_gap"].fill_null(value=False).to_numpy()
        delivered[numbers] = rows["series"].is_in(list(TRADE_TO_TRADE)).to_numpy()
        values = {name: self._panels[name][line] for name in _PRICES}
        moves = np.full(len(self.names), np.nan)
        for name, value in (volatility or {}).items():
            if name in self.index:
                moves[self.index[name]] = value
        volume = np.nan_to_num(values.pop("volume"))
        return MarketDay(date=date, volume=volume, traded=volume > 0, is_gap=gap, is_delivered=delivered, volatility=moves, **values)

    def actions(self, date: dt.date, held: Sequence[int], gaps: np.ndarray) -> dict[int, list[Action]]:
        """What holdings and claims in the names `held` meet today; a name with an unexplained gap meets nothing, its value is kept."""
        found: dict[int, list[Action]] = {}
        traded = dict(self._by_day[date].select("instrument_id", "prior_date").iter_rows())
        for number in held:
            name = self.names[number]
            if name not in self._events or gaps[number]:
                continue
            legs = [leg for leg in self._events[name] if leg["trade_date"] <= date]
            since = traded.get(name)
            mine = _newest(
                [
                    leg
                    for leg in legs
                    if name in traded
                    and leg["kind"] != "merger"
                    and leg["ex_session"] <= date
                    and (since is None or leg["ex_session"] > since)
                ]
            )
            chosen = [action for leg in sorted(mine, key=lambda each: (each["ex_date"], _ORDER.get(each["kind"], 9), each["leg"]))
                      if (action := self._action(leg)) is not None]  # fmt: skip
            chosen += [action for leg in legs if leg["kind"] == "merger" and leg["ex_session"] == date and (action := self._action(leg))]
            chosen += [Action("child", a=leg["ratio_a"], other=self.index[leg["child_instrument_id"]]) for leg in legs
                       if leg["trade_date"] == date and leg["kind"] == "demerger" and leg["child_instrument_id"] in self.index]  # fmt: skip
            if chosen:
                found[number] = chosen
        return found

    def late(self, date: dt.date, held: Sequence[int]) -> int:
        """Holdings of which the past was told otherwise today: it is counted, and not made undone."""
        traded = dict(self._by_day[date].select("instrument_id", "prior_date").iter_rows())
        return sum(
            any(leg["trade_date"] == date and leg["child_instrument_id"] is None and (since := traded.get(self.names[number])) is not None
                and leg["ex_session"] <= since for leg in self._events.get(self.names[number], ()))
            for number in held
        )  # fmt: skip

    def _action(self, leg: Mapping[str, Any]) -> Action | None:
        if leg["held"] is not None:  # nobody has confirmed it: it pays nothing, either
            return None
        if leg["kind"] in ("dividend", "distribution"):
            return Action("cash", cash=leg["cash"] or 0.0)
        if leg["kind"] == "rights" and leg["f_capital"] < 1.0:
            price = leg["premium"] + leg["face_value"] if leg["premium"] is not None and leg["face_value"] is not None else np.inf
            return Action("rights", f=leg["f_capital"], a=leg["ratio_a"], b=leg["ratio_b"], cash=price)
        if leg["kind"] == "merger" and leg["child_instrument_id"] in self.index:
            return Action("merger", a=leg["ratio_a"], other=self.index[leg["child_instrument_id"]])
        if leg["f_capital"] != 1.0 or leg["q"] != 1.0:
            return Action("shares", f=leg["f_capital"], q=leg["q"])
        return None

    def mean_return(self, date: dt.date, members: pl.DataFrame) -> float:
        """The mean total return of `members` (instrument_id) on a session, 0 if none traded."""
        mean = self._by_day[date].join(members.select("instrument_id"), on="instrument_id", how="semi")["total_return"].mean()
        return 0.0 if mean is None else float(mean)  # type: ignore[arg-type]

    def index_return(self, date: dt.date) -> float | None:
        """The price return of the index in BENCHMARK, or None where the day has no index file."""
        return self._index.get(date)

    def overnight(self, date: dt.date) -> Overnight:
        """What an overnight deposit pays."""
        return self._overnight[date]


def _newest(legs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    last: dict[dt.date, dt.date] = {}
    for leg in legs:
        last[leg["ex_date"]] = max(last.get(leg["ex_date"], leg["trade_date"]), leg["trade_date"])
    return [leg for leg in legs if leg["trade_date"] == last[leg["ex_date"]]]


def _events(inputs: Inputs) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for leg in inputs.read("silver/corporate_actions", _EVENTS).iter_rows(named=True):
        found[leg["instrument_id"]].append(leg)
    return dict(found)


def _index_returns(inputs: Inputs) -> dict[dt.date, float | None]:
    rows = inputs.read("silver/index_eod", ["trade_date", "index_id", "simple_return"])
    mine = rows.filter(pl.col("index_id") == index_id(inputs.parameters.benchmark))
    return dict(mine.select("trade_date", "simple_return").iter_rows())

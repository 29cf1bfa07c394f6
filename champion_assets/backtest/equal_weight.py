"""The equally weighted universe as a yardstick: what it returned in a session, and what holding it would have cost.

What belongs here: the rule of this yardstick. What does not: the index (`index.py`), figures (`tear_sheet_figures.py`).

Every session begins with equal weights in the universe of the evening before, so each session trades what entered and
left, and what the weights had drifted. The trades cost what those of the portfolio do: statutory charges of the day,
brokerage, slippage, and with IMPACT the impact of trades as large as the account of the evening would make; not the
depository's fixed charge for each name sold, which no account pays for a drift. A member whose listing ends returns
what its holders get, as in the account: shares of the acquirer at its close, cash; where that is not known it is left
out.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from champion_assets.lake.inputs import Inputs
from champion_assets.lake.place import Input
from champion_assets.nse.costs import cost_rates
from champion_assets.portfolio.account import NAME as ACCOUNT
from champion_assets.settings import Settings
from champion_assets.silver.endings import NAME as ENDINGS

_KIND = {"trade_date": pl.Date, "benchmark_return": pl.Float64, "benchmark_cost": pl.Float64}
Weights = dict[str, float]


def yardstick_inputs(settings: Settings) -> tuple[Input, ...]:
    """What it is computed from."""
    impact = (
        (Input("features/covariance", lag=1), Input("features/covariance", lag=2), Input(ACCOUNT, lag=1))
        if settings.impact
        else ()
    )
    return (
        Input("features/universe", lag=1),
        Input("features/universe", lag=2),
        Input("features/returns"),
        Input("features/returns", lag=1),
        Input(ENDINGS),
        Input(ENDINGS, lag=1),
        Input("silver/equity_eod"),
        Input("silver/equity_eod", lag=1),
        *impact,
    )


def equal_weight(inputs: Inputs, dates: Sequence[dt.date]) -> pl.DataFrame:
    """By session the return before costs and the costs, as shares of the yardstick's value.

    No row where there was no universe.
    """
    parameters = ("slippage_bps", "brokerage_bps", "impact")
    reads = ("features/universe", "features/returns", ENDINGS, "silver/equity_eod")
    account = ("features/covariance", ACCOUNT) if inputs.parameters.impact else ()
    return inputs.shared(
        "equal weight", lambda own: _equal_weight(own, dates), reads=(*reads, *account), parameters=parameters
    )


def _equal_weight(inputs: Inputs, dates: Sequence[dt.date]) -> pl.DataFrame:
    yardstick = _Yardstick(inputs)
    rows = []
    for date in dates:
        evening = yardstick.day(date, 1)
        members = yardstick.members.get(evening, []) if evening else []
        moves = yardstick.moves[date]
        values = [move for name in members if (move := moves.get(name)) is not None]
        values += (
            yardstick.endings(date, evening, [name for name in members if name not in moves]).values()
            if evening
            else ()
        )
        if values:
            rows.append((date, float(np.mean(values)), yardstick.cost(date, members)))
    return pl.DataFrame(rows, schema=_KIND, orient="row")


class _Yardstick:
    """What a block reads, by day; a session looks up its own days alone."""

    def __init__(self, inputs: Inputs) -> None:
        self._inputs, self._settings = inputs, inputs.parameters
        self.members = {
            day: rows["instrument_id"].sort().to_list() for day, rows in self._read("features/universe").items()
        }
        self.moves = {day: dict(rows.select("instrument_id", "total_return").iter_rows())
                      for day, rows in self._read("features/returns", "total_return").items()}  # fmt: skip
        self._ended = self._read(ENDINGS, "child_instrument_id", "ratio", "cash", "confidence")

    def _read(self, table: str, *columns: str, days: Sequence[dt.date] | None = None) -> dict[dt.date, pl.DataFrame]:
        rows = self._inputs.read(table, ["trade_date", "instrument_id", *columns], days=days)
        return {key[0]: part for key, part in rows.partition_by("trade_date", as_dict=True).items()}

    def day(self, date: dt.date, lag: int) -> dt.date | None:
        """The session so many before."""
        return next(iter(self._inputs.window("features/universe", date, lag=lag)), None)

    def endings(self, date: dt.date, evening: dt.date, gone: list[str]) -> Weights:
        """The returns of members whose listing ended, of which it is known what their holders get."""
        if date not in self._ended:
            return {}
        ended = self._ended[date].filter((pl.col("confidence") != "unknown") & pl.col("instrument_id").is_in(gone))
        prices = self._read("silver/equity_eod", "close", days=[evening, date])
        before, closes = (dict(prices[day].select("instrument_id", "close").iter_rows()) for day in (evening, date))
        found = {}
        for (name,), lines in ended.partition_by("instrument_id", as_dict=True, maintain_order=True).items():
            worth = _worth(lines.to_dicts(), closes)
            if worth is not None and name in before:
                found[str(name)] = worth / before[name] - 1.0
        return found

    def cost(self, date: dt.date, members: list[str]) -> float:
        """What the session's trades cost, as a share of the value."""
        settings, rates, held = self._settings, cost_rates(date), self._drifted(date)
        changes = {name: -weight for name, weight in held.items()}
        for name in members:
            changes[name] = changes.get(name, 0.0) + 1.0 / len(members)
        own = settings.slippage_bps / 10_000 + settings.brokerage_bps / 10_000 * (1 + rates.tax)
        cost = math.fsum(abs(change) * (own + (rates.buy if change > 0 else rates.sell)) for change in changes.values())
        return cost + (self._impact(date, changes) if settings.impact else 0.0)

    def _drifted(self, date: dt.date) -> Weights:
        """The weights before the session's trades; what ended in the session before is money, which no trade brings."""
        evening, before = self.day(date, 1), self.day(date, 2)
        if evening is None or before is None or not self.members.get(before):
            return {}
        moves = self.moves[evening]
        ended = set(self._ended[evening]["instrument_id"]) if evening in self._ended else set()
        values = {name: 1.0 + (moves.get(name) or 0.0) for name in self.members[before]}
        whole = math.fsum(values.values())
        return {name: value / whole for name, value in values.items() if name not in ended}

    def _impact(self, date: dt.date, changes: Weights) -> float:
        """By the square-root rule of the simulator, for an account as large as the portfolio was in the evening."""
        if not self._inputs.window(ACCOUNT, date, lag=1):
            return 0.0
        value = float(self._inputs.read(ACCOUNT, ["value"], for_date=date, lag=1)["value"][0])
        turnover = dict(
            self._read("silver/equity_eod", "turnover", days=[date])[date]
            .select("instrument_id", "turnover")
            .iter_rows()
        )
        moves: Weights = {}
        for day in self._inputs.window("features/covariance", date):
            moves |= dict(
                self._inputs.read("features/covariance", ["instrument_id", "volatility"], days=[day]).iter_rows()
            )
        return math.fsum(
            abs(change) * self._settings.impact * moves.get(name, 0.0) * math.sqrt(abs(change) * value / turnover[name])
            for name, change in changes.items() if turnover.get(name)
        )  # fmt: skip


def _worth(lines: list[dict[str, Any]], closes: Mapping[str, float]) -> float | None:
    """What a share became, rupees; None if a child has no price."""
    children = [(line["ratio"], closes.get(line["child_instrument_id"])) for line in lines if line["ratio"] is not None]
    if any(close is None for _, close in children):
        return None
    return float(max(line["cash"] for line in lines)) + math.fsum(
        ratio * close for ratio, close in children if close is not None
    )

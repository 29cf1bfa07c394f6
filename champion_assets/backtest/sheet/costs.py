"""What trading cost, what other charges would have cost, and how much capital the strategy bears.

What belongs here: these estimates and their blocks. Capacity rests on the square root law of impact: a fill of a share
q of a session's turnover costs σ √q, with σ the name's volatility in that session by its high and low (Parkinson 1980).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import polars as pl

from champion_assets.backtest.sheet.measured import Compared
from champion_assets.backtest.sheet.words import COST_WORDS, PORTFOLIO, UNIVERSE
from champion_assets.backtest.tear_sheet_data import Story
from champion_assets.backtest.tear_sheet_details import Details
from champion_assets.pages.blocks import Beside, Block, Cell, Column, Figure, Table, Text
from champion_assets.pages.chart import Series, curve_chart, stacked_chart
from champion_assets.pages.marks import Mark
from champion_assets.pages.units import percent, round_rupees, rupees_in_words
from champion_assets.quant.risk import Array

MULTIPLES = np.linspace(0.0, 5.0, 21)
LARGE_SHARE = 0.1
"""Of a session's turnover in a name: fills above it are hardly had at the price."""
_PARKINSON = 2 * math.sqrt(math.log(2))


@dataclass(frozen=True)
class Capacity:
    """What more capital would cost.

    Attributes:
        value: mean value of the account, rupees.
        drag: estimated cost of impact at this value, a share a year; it grows with the square root of the value.
        shares: by fill, value over the session's turnover, at this value.
        weights: by fill, part of all that was traded.
    """

    value: float
    drag: float
    shares: Array
    weights: Array

    def at(self, value: Array) -> Array:
        """Cost of impact at another mean value, a share a year."""
        return np.asarray(self.drag * np.sqrt(value / self.value))

    def value_for(self, drag: float) -> float:
        """The mean value at which impact costs `drag` a year."""
        return self.value * (drag / self.drag) ** 2

    def large_at(self, value: float) -> float:
        """Part of the trading in fills above `LARGE_SHARE` of a session's turnover."""
        return float(self.weights[self.shares * value / self.value > LARGE_SHARE].sum())


def capacity_of(story: Story, details: Details) -> Capacity | None:
    """None if nothing was filled in a session whose prices moved."""
    fills = details.executions.filter(pl.col("value") > 0).select("trade_date", "instrument_id", "value")
    rows = fills.join(details.market, on=["trade_date", "instrument_id"], maintain_order="left")
    value, turnover = rows["value"].to_numpy(), rows["turnover"].to_numpy()
    volatility = np.log(rows["high"].to_numpy() / rows["low"].to_numpy()) / _PARKINSON
    mean = float(story.days["value"].to_numpy().mean())
    drag = float((value * volatility * np.sqrt(value / turnover)).sum()) / mean / story.measures.yardstick.years
    return Capacity(mean, drag, value / turnover, value / value.sum()) if drag > 0 else None


def cost_blocks(story: Story, details: Details, found: Compared) -> list[Block]:
    """Charges by kind, sensitivity, capacity."""
    kinds = Beside([_by_kind(story), _over_time(story)])
    capacity = capacity_of(story, details)
    if capacity is None:
        return [kinds, _sensitivity(story, found)]
    curve, words = _capacity(capacity)
    return [kinds, Beside([_sensitivity(story, found), curve]), words, _owned(story, details, capacity)]


def _owned(story: Story, details: Details, capacity: Capacity) -> Text:
    return Text(owned_words(details.owned, float(story.days["value"][-1]), capacity.value_for(0.01)), "quiet")


def owned_words(owned: pl.DataFrame, value: float, larger: float) -> str:
    """How much of its companies the account owns at the end, and would own if it were larger.

    Args:
        owned: symbol and share of the market capitalisation, null where that is not known.
        value: of the account at the end, rupees.
        larger: another value of it, rupees.
    """
    known = owned.drop_nulls("share").sort("share", "symbol", descending=[True, False])
    unknown = owned.height - known.height
    if known.is_empty():
        return "No market capitalisation of the holdings is known; NSE's PR bundles have them."
    symbol, most = known.row(0)
    doubt = f" Of {unknown} holdings the market capitalisation is not known." if unknown else ""
    return (
        f"At the end the account owns at most {percent(most, 4)} of a company's market capitalisation ({symbol}); with "
        f"{rupees_in_words(larger)} in the same weights it would own {percent(most * larger / value, 2)}.{doubt}"
    )


def _by_kind(story: Story) -> Table:
    days = story.days
    opened = (days["value"] - days["pnl"] + days["costs"]).to_numpy()
    years = story.measures.yardstick.years
    columns = [
        Column("Charge", is_number=False),
        Column("Paid", "rupees"),
        Column("A year", "percent of the value"),
        Column("Part", "of all charges"),
    ]
    whole = float(days["costs"].to_numpy().sum())
    rows = []
    for name, words in COST_WORDS.items():
        paid = days[name].to_numpy()
        if paid.sum() > 0:
            drag = float((paid / opened).sum()) / years
            rows.append(
                [
                    Cell(words),
                    Cell(f"{paid.sum():,.0f}", float(paid.sum())),
                    Cell(percent(drag, 3), drag),
                    Cell(percent(float(paid.sum()) / whole, 0), float(paid.sum()) / whole),
                ]
            )
    traded = float((days["bought"] + days["sold"]).to_numpy().sum())
    drag = float((days["costs"].to_numpy() / opened).sum()) / years
    foot = [[Cell("All charges"), Cell(f"{whole:,.0f}"), Cell(percent(drag, 3)), Cell("100 %" if whole else "–")]]
    return Table("costs-table", columns, rows, f"Charges by kind on {rupees_in_words(traded)} bought and sold", foot)


def _over_time(story: Story) -> Figure:
    days = story.days
    opened = (days["value"] - days["pnl"] + days["costs"]).to_numpy()
    paid = [(words, np.cumsum(days[name].to_numpy() / opened)) for name, words in COST_WORDS.items()]
    there = sorted((each for each in paid if each[1][-1] > 0), key=lambda each: -each[1][-1])
    series = [Series(words, f"s{number}", values) for number, (words, values) in enumerate(there, 1)]
    return Figure(
        stacked_chart(
            "Charges so far",
            "percent of the value, added up",
            days["trade_date"].to_list(),
            series,
            lambda value: f"{value * 100:.10g} %",
            is_whole=False,
        )
    )


def growth_at(story: Story, multiple: float) -> float:
    """Compound growth a year if all charges had been so many times what they were."""
    days = story.days
    opened = (days["value"] - days["pnl"] + days["costs"]).to_numpy()
    returns = days["portfolio_return"].to_numpy() + (1.0 - multiple) * days["costs"].to_numpy() / opened
    growth = float(np.prod(1.0 + returns))
    return growth ** (1 / story.measures.yardstick.years) - 1.0 if growth > 0 else -1.0


def _sensitivity(story: Story, found: Compared) -> Figure:
    curve = np.array([growth_at(story, float(multiple)) for multiple in MULTIPLES])
    series = [Series(PORTFOLIO, "c1", curve)]
    for name, style, value in (
        (found.index_name, "c2", found.index.get("cagr")),
        (UNIVERSE, "c3", found.universe.get("cagr")),
    ):
        if value is not None:
            series.append(Series(name, style, np.full(curve.shape, value)))
    return Figure(
        curve_chart(
            "Growth with other charges",
            "percent a year, compound; the same trades",
            MULTIPLES,
            series,
            "percent",
            lambda value: f"{value * 100:.10g} %".replace("-", "−"),
            x_unit="multiple",
            x_words="charges, as a multiple of those paid",
            x_label=lambda value: f"{value:g} ×",
        )
    )


def _capacity(found: Capacity) -> tuple[Figure, Text]:
    values = np.geomspace(found.value / 10, max(found.value_for(0.05), found.value * 10), 41)
    one = found.value_for(0.01)
    now = np.array([found.value])
    chart = curve_chart(
        "Cost of impact by size of the account",
        "percent a year, estimated",
        values,
        [Series("estimated impact", "c1", found.at(values))],
        "percent",
        lambda value: f"{value * 100:.10g} %",
        x_unit="crore",
        x_words="mean value of the account, log scale",
        x_label=round_rupees,
        is_log_x=True,
        around=0.0,
        dots=[(Mark("this account", "c2", "", "dot"), now, found.at(now))],
    )
    text = (
        f"At the mean value of the account, {rupees_in_words(found.value)}, impact would cost an estimated "
        f"{percent(found.drag, 2)} a year; it would cost 1 % a year at {rupees_in_words(one)}. Then "
        f"{percent(found.large_at(one), 0)} of the trading would be in fills above "
        f"{percent(LARGE_SHARE, 0)} of a session's "
        "turnover in the name. The estimate: a fill of a share q of the session's turnover costs σ√q, with σ from the "
        "session's high and low. It is not part of the figures above."
    )
    return Figure(chart), Text(text, "quiet")

"""The head of the page: the figures that decide, each with its confidence, and what they come to in a sentence or two.

What belongs here: the choice and the words. Every sentence follows from figures by rule.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from champion_assets.backtest.sheet.measured import Compared
from champion_assets.backtest.sheet.periods import Fall
from champion_assets.backtest.sheet.words import UNIVERSE
from champion_assets.backtest.tear_sheet_data import Story
from champion_assets.pages.blocks import Card, Cards, Text
from champion_assets.pages.units import number, percent, points
from champion_assets.quant.risk import Array

NORMAL_95 = 1.959963984540054


@dataclass(frozen=True)
class Lead:
    """The mean difference of two returns, a year, and the 95 % interval of it."""

    mean: float
    low: float
    high: float

    @property
    def is_sure(self) -> bool:
        """True if the interval leaves out 0."""
        return self.low > 0 or self.high < 0

    @property
    def interval(self) -> str:
        """In words."""
        low, high = (points(each).removesuffix(" points") for each in (self.low, self.high))
        return f"95 % interval {low} to {high}"


def lead(own: Array, other: Array, sessions_a_year: float) -> Lead | None:
    """How far `own` leads `other`; None with fewer than two sessions of both, or without any difference."""
    active = own - other
    active = active[np.isfinite(active)]
    if active.size < 2:
        return None
    mean = float(active.mean()) * sessions_a_year
    error = float(active.std(ddof=1)) / math.sqrt(active.size) * sessions_a_year
    return Lead(mean, mean - NORMAL_95 * error, mean + NORMAL_95 * error) if error > 0 else None


def head(story: Story, found: Compared, falls: list[Fall]) -> list[Text | Cards]:
    """Sentence and cards."""
    own, year = story.days["portfolio_return"].to_numpy(), story.measures.yardstick.sessions_a_year
    index = story.measures.index
    leads = {} if index is None else {found.index_name: lead(own, index.returns, year)}
    leads[UNIVERSE] = lead(own, story.days["benchmark_return"].to_numpy(), year)
    return [Text(_sentence(found, leads)), Cards(_cards(found, leads, falls))]


def _sentence(found: Compared, leads: dict[str, Lead | None]) -> str:
    mine = found.portfolio
    years, low, ratio = mine.get("years"), mine.get("sharpe_low"), mine.get("sharpe")
    if years is None or ratio is None or low is None:
        return "The history is too short for a Sharpe ratio."
    parts = [
        f"Over {years:.1f} years the portfolio grew by {percent(mine.get('cagr'))} a year after costs and before tax."
    ]
    for name, each in leads.items():
        if each is not None:
            sure = "more than chance explains" if each.is_sure else "no more than chance explains"
            ahead = "ahead of" if each.mean >= 0 else "behind"
            parts.append(
                f"It was {number(abs(each.mean) * 100, 1)} points a year {ahead} the {_article(name)}, {sure}."
            )
    if low > 0:
        parts.append("Its Sharpe ratio is above 0 with 95 % confidence.")
    else:
        parts.append(
            "Its Sharpe ratio is not different from 0 with 95 % confidence: the history is too short, or the "
            "return too small."
        )
    return " ".join(parts)


def _article(name: str) -> str:
    return name[0].lower() + name[1:] if name == UNIVERSE else name


def _cards(found: Compared, leads: dict[str, Lead | None], falls: list[Fall]) -> list[Card]:
    mine, index, universe = found.portfolio, found.index, found.universe
    worst = falls[0] if falls else None

    def beside(metric: str, text: str) -> tuple[str, str]:
        form = percent if text == "percent" else number
        return (f"{found.index_name}: {form(index.get(metric))}", f"{UNIVERSE}: {form(universe.get(metric))}")

    cards = [Card("Growth", percent(mine.get("cagr"), signed=True), "a year, net", beside("cagr", "percent"))]
    for name, each in leads.items():
        value = points(None if each is None else each.mean)
        cards.append(
            Card(
                f"Lead over the {_article(name)}",
                value.removesuffix(" points"),
                "points a year",
                () if each is None else (each.interval,),
            )
        )
    interval = f"95 % interval {number(mine.get('sharpe_low'))} to {number(mine.get('sharpe_high'))}"
    cards += [
        Card(
            "Sharpe ratio",
            number(mine.get("sharpe")),
            "a year, over the overnight rate",
            (interval, *beside("sharpe", "")),
        ),
        Card(
            "Probability of skill",
            percent(mine.get("sharpe_probability"), 0),
            "that the true Sharpe ratio is above 0",
            (_deflated(found),),
        ),
        Card(
            "Deepest fall",
            percent(mine.get("max_drawdown")),
            "from a peak",
            (*(() if worst is None else (worst.in_words,)), *beside("max_drawdown", "percent")),
        ),
        Card("Volatility", percent(mine.get("volatility")), "a year", beside("volatility", "percent")),
        Card(
            "Charges",
            percent(mine.get("cost_drag_a_year"), 2),
            "of the value, a year",
            (f"turnover {percent(mine.get('turnover_a_year'), 0)} a year, one way",),
        ),
    ]
    return cards


def _deflated(found: Compared) -> str:
    trials = int(found.portfolio.get("trials") or 1)
    if trials == 1:
        return "counted as the only trial; see the section on luck"
    return f"as the best of {trials:,} trials: {percent(found.portfolio.get('sharpe_deflated'), 0)}"

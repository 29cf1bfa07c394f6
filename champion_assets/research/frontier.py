"""The ESG-efficient frontier of a day for a notebook: its table, its weights, its plot.

What belongs here: finding the day, and drawing. What does not: the figures (`portfolio/esg_frontier.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import polars as pl

from champion_assets.common.errors import NothingStored, RequestError
from champion_assets.research.arguments import Day, as_day
from champion_assets.research.opening import open_for_reading
from champion_assets.research.stored import read, require_stored, sessions_of

if TYPE_CHECKING:
    import plotly.graph_objects as go

_NAMES = {"maximum_sharpe": "highest Sharpe ratio (tangency portfolio)", "minimum_variance": "minimum variance"}
_COLOURS = {"maximum_sharpe": "#0072b2", "minimum_variance": "#d55e00"}


@dataclass(frozen=True, eq=False)
class EsgFrontier:
    """What `esg_frontier` returns.

    Attributes:
        date: the evening.
        table: one row per objective and floor, the one without any rule on ESG first.
        weights: objective, floor, instrument_id, symbol, weight of every position.
        members: names in the universe.
        scored: those of them that have a score.
        overnight_rate: a year, what returns are in excess of.
        highest: the highest score that the constraints allow.
        note: why there is no tangency portfolio, "" if there is.
    """

    date: dt.date
    table: pl.DataFrame
    weights: pl.DataFrame
    members: int
    scored: int
    overnight_rate: float
    highest: float
    note: str = ""

    @property
    def tangency(self) -> pl.DataFrame:
        """Rows of `table` with the highest Sharpe ratio for each floor."""
        return self.table.filter(pl.col("objective") == "maximum_sharpe")

    def plot(self) -> go.Figure:
        """The Sharpe ratio over the ESG score that is attained, for both objectives; a point is a floor."""
        import plotly.graph_objects as go

        figure = go.Figure()
        for objective, name in _NAMES.items():
            rows = self.table.filter(pl.col("objective") == objective).sort("score")
            if rows.height:
                hover = [
                    f"{'no floor' if floor is None else f'floor {floor:.1f}'}<br>excess return {mean:.1%} per year<br>"
                    f"volatility {risk:.1%} per year<br>the floor costs {cost:.0f} basis points per year"
                    for floor, mean, risk, cost in rows.select(
                        "floor", "expected_excess_return", "volatility", "cost_bps"
                    ).iter_rows()
                ]
                figure.add_scatter(
                    x=rows["score"].to_list(),
                    y=rows["sharpe"].to_list(),
                    mode="lines+markers",
                    name=name,
                    text=hover,
                    hoverinfo="text",
                    line={"color": _COLOURS[objective]},
                )
        figure.update_layout(
            title=f"ESG-efficient frontier, {self.date}",
            template="plotly_white",
            legend={"orientation": "h", "y": -0.2},
            xaxis_title="ESG score of the portfolio, points of 100",
            yaxis_title="Expected Sharpe ratio, annual",
        )
        return figure


def esg_frontier(date: Day, *, floors: Sequence[float] | None = None) -> EsgFrontier:
    """What a floor on the ESG score costs: the best portfolios of a day's universe for a series of floors.

    For each floor the portfolio with the highest Sharpe ratio (the tangency portfolio of Pedersen, Fitzgibbons and
    Pomorski, 2021) and the one with the least variance, under the caps, sector caps, exclusions and liquidity limits of
    the settings, bought from cash. The floor is a minimum score, so a portfolio above it does not change. Names without
    a score are held only if there is no floor. Only data known at the close of the day are used. Settings on ESG, on
    trading and on the number of names are ignored.

    Args:
        date: a session of the history with a universe.
        floors: minimum scores, points from 0 to 100; by default twelve, from the score of the best portfolio without a
            floor to the highest that the constraints allow. Floors that cannot be attained are left out, and for the
            tangency portfolio also those without a positive expected excess return.

    Returns:
        An `EsgFrontier` with

        - `table`, one row per objective and floor: `objective` (`maximum_sharpe` or `minimum_variance`), `floor`
          (points; null for the portfolio without an ESG constraint), `score` (points, of the part with scores),
          `expected_excess_return` (annual fraction, over the overnight rate), `volatility` (annual fraction), `sharpe`
          (annual), `names` (positions), `price_bps` (gain from a floor one point lower, basis points per year of the
          objective), `cost_bps` (total cost of the floor, basis points per year: for the highest Sharpe ratio the
          return given up at the portfolio's own volatility, for the minimum variance the value of the additional
          variance at RISK_AVERSION), `binds`.
        - `weights`: `objective`, `floor`, `instrument_id`, `symbol`, `weight` (fraction of the account).
        - `plot()`: a plotly figure. `tangency`: the rows of `maximum_sharpe`.
        - `members`, `scored` (names), `overnight_rate` (annual fraction), `highest` (points), `note` (why there is no
          tangency portfolio).

    Raises:
        RequestError: no member of the universe has a score, the universe is empty, or none of `floors` can be attained.
        Infeasible: no portfolio meets the other constraints.
        NotASession: the market was closed on that day.
        NotBuilt: the lake lacks the day's features, or days of its window of returns.
        NoLake: there is no lake where the settings say.

    Example:
        >>> frontier = research.esg_frontier("2024-03-28")
        >>> frontier.table.select("objective", "floor", "sharpe", "cost_bps")
        >>> frontier.plot()
    """
    from champion_assets.portfolio.esg_frontier import frontier_of
    from champion_assets.portfolio.evenings import decision_inputs, known_at
    from champion_assets.silver.rates import NAME as RATES

    day = as_day(date, "date")
    workspace = open_for_reading()
    sessions = sessions_of(workspace, day, day)
    for wanted in decision_inputs(workspace.settings):
        require_stored(workspace, wanted.table, workspace.window(wanted, day) or sessions)
    require_stored(workspace, RATES, [day])
    rates = read(workspace, RATES, [day], ["overnight_rate"])
    try:
        known = known_at(workspace, day)
    except FileNotFoundError as error:
        raise NothingStored(f"{day}: a table of the day was replaced while it was read; ask again") from error
    if known is None:
        raise RequestError(
            f"{day}: the universe is empty; it fills after UNIVERSE_WARMUP sessions, or no name qualifies"
        )
    settings = workspace.settings
    found = frontier_of(
        known, settings.strategy, settings.initial_capital, float(rates["overnight_rate"].item()), floors
    )
    return EsgFrontier(**{each.name: getattr(found, each.name) for each in fields(found)})

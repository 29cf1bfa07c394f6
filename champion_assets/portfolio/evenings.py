"""What a decision looks at on each evening, read from the tables.

What belongs here: declared inputs into `Known`, day by day, so that a block of years holds one risk model at a time.
What does not: what the account holds (`account.py`), what a strategy makes of it (`decide.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from champion_assets.features.covariance import risk_of
from champion_assets.features.esg import BLEND
from champion_assets.features.window import RETURNS, return_windows
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.parameters import Parameters
from champion_assets.lake.place import Input, Place
from champion_assets.nse.costs import cost_rates
from champion_assets.portfolio.known import Known
from champion_assets.portfolio.mandates import flags, mandate_inputs, permitted_on
from champion_assets.portfolio.tilts import tilt_inputs, tilts_on
from champion_assets.quant.risk import Array
from champion_assets.settings import Settings
from champion_assets.settings.strategy import Strategy

_MEMBER = ["trade_date", "instrument_id", "sector", "sector_is_look_ahead"]
_RATED = ["trade_date", "instrument_id", "provider", "score", "is_look_ahead"]
_READ = ("features/expected_returns", "features/universe", "features/esg", RETURNS)


def strategy_of(parameters: Mapping[str, Any]) -> Strategy:
    """The strategy among the parameters of a table."""
    return Strategy.model_validate({name: parameters[name] for name in Strategy.model_fields})


def decision_inputs(settings: Settings) -> tuple[Input, ...]:
    """What a decision looks at; its risk model is computed from the window of returns, as features/covariance does."""
    return (
        Input("features/expected_returns"),
        Input("features/covariance"),
        Input("features/universe"),
        Input("features/esg"),
        Input(RETURNS, settings.cov_window_days),
        *tilt_inputs(settings.tilts),
        *mandate_inputs(settings.strategy),
    )


def decision_parameters(settings: Settings) -> dict[str, Any]:
    """What a decision depends on beside data and the account."""
    return {
        **settings.strategy.model_dump(),
        "slippage_bps": settings.slippage_bps,
        "brokerage_bps": settings.brokerage_bps,
    }


_Seen = tuple[Known, bool, bool]
"""What is known but for costs, and whether sectors and scores are of a later day."""


def evenings(inputs: Inputs, dates: Sequence[dt.date], strategy: Strategy) -> Iterator[tuple[dt.date, Known | None]]:
    """Each of `dates` in order with what `strategy` looks at; None on days without a universe.

    Raises:
        ValueError: two tables that must cover the same names do not.
    """
    costs = inputs.parameters
    seen = inputs.shared_days(
        "evening",
        dates,
        lambda own, days: _seen(own, days, strategy),
        reads=sorted({*_READ, *(each.table for each in (*tilt_inputs(strategy.tilts), *mandate_inputs(strategy)))}),
        parameters=("covariance_estimator", "tilts", "exclude", "universe"),
    )
    for date, found in seen:
        if found is None:
            yield date, None
            continue
        known, sectors_look_ahead, scores_look_ahead = found
        rates = cost_rates(date)
        yield (
            date,
            replace(
                known,
                cost=(rates.buy + rates.sell) / 2 + (costs.slippage_bps + costs.brokerage_bps) / 10_000,
                looks_ahead=(strategy.uses_sectors and sectors_look_ahead) or (strategy.uses_esg and scores_look_ahead),
            ),
        )


def _seen(inputs: Inputs, dates: Sequence[dt.date], strategy: Strategy) -> Iterator[tuple[dt.date, _Seen | None]]:
    """What does not depend on constraints, objective and costs; of `strategy` the parameters named in `evenings`."""
    expected = _by_day(
        inputs.read("features/expected_returns", ["trade_date", "instrument_id", "expected_return"], days=dates)
    )
    universe = _by_day(inputs.read("features/universe", _MEMBER, days=dates))
    scores = _by_day(inputs.read("features/esg", _RATED, days=dates).filter(pl.col("provider") == BLEND))
    tilts = _by_day(tilts_on(inputs, dates, strategy)) if strategy.tilts else None
    mandates = permitted_on(inputs, dates, strategy)
    for window in return_windows(inputs, dates):
        if not window.instruments:
            yield window.date, None
            continue
        rows = (
            universe[window.date]
            .sort("instrument_id")
            .join(expected[window.date], on="instrument_id", how="left", maintain_order="left")
        )
        if rows["expected_return"].null_count():
            raise ValueError(f"{window.date}: expected returns and risk model cover different names")
        rated = scores.get(window.date)
        known = Known(
            window.date,
            window.instruments,
            window.symbols,
            rows["sector"].to_list(),
            window.turnover,
            rows["expected_return"].to_numpy(),
            risk_of(window, strategy.covariance_estimator),
            _joined(rows, rated, "score", np.nan),
            tilt=None if tilts is None else _joined(rows, tilts.get(window.date), "tilt", 0.0),
            permitted=flags(window.instruments, strategy, mandates.get(window.date)),
        )
        is_rated_ahead = rated is not None and bool(rated["is_look_ahead"].any())
        yield window.date, (known, bool(rows["sector_is_look_ahead"].any()), is_rated_ahead)


def known_on(inputs: Inputs, dates: Sequence[dt.date], strategy: Strategy) -> dict[dt.date, Known]:
    """What `strategy` looks at on each of `dates`, all at once; days without a universe are left out."""
    return {date: known for date, known in evenings(inputs, dates, strategy) if known is not None} if dates else {}


def known_at(place: Place, date: dt.date) -> Known | None:
    """The data of one evening for the strategy of the settings, outside a build.

    Args:
        place: where the tables are.
        date: a session.

    Returns:
        The data, or None without a universe.

    Raises:
        FileNotFoundError: the lake lacks a table of the day, or of its window of returns.
        ValueError: see `evenings`.
    """
    settings = place.settings
    parameters = Parameters("a question", decision_parameters(settings))
    inputs = Inputs(
        "a question", [date], decision_inputs(settings), place, parameters, facts={}, more={}, outside=None, models={}
    )
    return next(iter(evenings(inputs, [date], settings.strategy)))[1]


def _joined(members: pl.DataFrame, values: pl.DataFrame | None, column: str, absent: float) -> Array:
    if values is None:
        return np.full(members.height, absent)
    joined = members.join(values.drop("trade_date"), on="instrument_id", how="left", maintain_order="left")
    return joined[column].fill_null(absent).to_numpy()


def _by_day(frame: pl.DataFrame) -> dict[dt.date, pl.DataFrame]:
    return {key[0]: rows for key, rows in frame.partition_by("trade_date", as_dict=True).items()}

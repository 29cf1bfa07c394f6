"""TILTS: a feature's column moves the decision, and only where it is asked for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from pydantic import ValidationError

from champion_assets.catalog import LAKE_TABLES, TABLES, all_tables, open_workspace
from champion_assets.common.dates import calendar_days
from champion_assets.common.errors import ConfigurationError
from champion_assets.lake.build import build_range
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.place import Input
from champion_assets.lake.schema import TableModel
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.portfolio.constraints import make_problem
from champion_assets.portfolio.tilts import tilt_inputs
from champion_assets.settings import Settings
from champion_assets.settings.strategy import Strategy
from champion_assets_tests.helpers import build_until
from champion_assets_tests.portfolio.test_decide import STANDING, known

__all__ = ["known"]
START, END = dt.date(2023, 11, 1), dt.date(2023, 11, 30)


class Size(TableModel):
    """A feature of which a name has one row per day."""

    trade_date: pl.Date
    instrument_id: str
    smallness: float
    label: str


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """The rank by turnover of every second member."""
    rows = inputs.read("features/universe", days=dates).filter(pl.col("rank") % 2 == 0)
    return Computed(
        rows.select("trade_date", "instrument_id", smallness=pl.col("rank").cast(pl.Float64), label=pl.lit("x"))
    )


SIZE = DailyTable(
    "features/size", "Size", Size, "1", compute, inputs=lambda _: (Input("features/universe"),), may_be_empty=True
)


def test_the_environments_form_is_that_of_a_strategy_file() -> None:
    both = Strategy(tilts="features/momentum:z=0.02, features/size:smallness=-0.01")  # type: ignore[arg-type]
    assert both.tilts == {"features/momentum:z": 0.02, "features/size:smallness": -0.01}
    assert Strategy(tilts=both.tilts) == both
    assert tilt_inputs(both.tilts) == (Input("features/momentum"), Input("features/size"))
    assert tilt_inputs(Strategy().tilts) == ()
    assert tilt_inputs(Strategy(tilts="silver/earnings:eps=0.01").tilts) == (Input("silver/earnings"),)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrong", ["features/a=0.02", "features/a:z", "bronze/x:z=1", "features/a:b=much", "features/a:b=inf"]
)
def test_what_is_no_tilt_is_refused(wrong: str) -> None:
    with pytest.raises(ValidationError):
        Strategy(tilts=wrong)  # type: ignore[arg-type]


def test_a_tilt_is_added_to_the_expected_returns(known) -> None:  # type: ignore[no-untyped-def]
    tilt = np.linspace(-1, 1, len(known.instruments)) / 1000
    plain, tilted = (make_problem(each, Strategy(), STANDING).expected for each in (known, replace(known, tilt=tilt)))
    assert plain is known.expected
    assert tilted == pytest.approx(known.expected + tilt)
    preferred = make_problem(replace(known, tilt=tilt), Strategy(esg_preference=0.1), STANDING).expected
    assert preferred - make_problem(known, Strategy(esg_preference=0.1), STANDING).expected == pytest.approx(tilt)


def test_a_feature_that_the_catalog_lacks_is_named(settings: Settings) -> None:
    with pytest.raises(
        ConfigurationError, match=r"reads features/univers, which is not a table; did you mean features/universe\?"
    ):
        open_workspace(settings.model_copy(update={"tilts": {"features/univers:rank": 1.0}}))


def test_a_feature_outside_the_portfolio_tilts_it(settings: Settings) -> None:
    build_until(open_workspace(settings), "portfolio/target_weights", START, END)
    plain = open_workspace(settings).lake.read("portfolio/target_weights", [END])
    tables = all_tables((*LAKE_TABLES, SIZE))
    tilted = open_workspace(settings.model_copy(update={"tilts": {"features/size:smallness": 1.0}}), tables)
    days = calendar_days(START, END)
    assert not build_range(SIZE, tilted, days).failed
    for name in ("portfolio/account", "portfolio/target_weights", "portfolio/audit"):
        assert not build_range(TABLES[name], tilted, days).failed
    moved = tilted.lake.read("portfolio/target_weights", [END])
    small = tilted.lake.read("features/size", [END])
    largest = small.sort("smallness", descending=True).head(10)["instrument_id"]
    assert set(moved.filter(pl.col("weight") > 0.05)["instrument_id"]) > set(largest)
    assert not set(plain.filter(pl.col("weight") > 0.05)["instrument_id"]) > set(largest)


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("features/size:height", "no column height"),
        ("features/size:label", "no column label of numbers"),
        ("features/esg:z", "several rows for one name"),
    ],
)
def test_a_column_that_is_no_tilt_is_told(settings: Settings, column: str, words: str) -> None:
    build_until(open_workspace(settings), "portfolio/target_weights", START, END)
    wrong = open_workspace(settings.model_copy(update={"tilts": {column: 1.0}}), all_tables((*LAKE_TABLES, SIZE)))
    build_range(SIZE, wrong, calendar_days(START, END))
    with pytest.raises(ConfigurationError, match=words):
        build_range(TABLES["portfolio/account"], wrong, calendar_days(START, END))

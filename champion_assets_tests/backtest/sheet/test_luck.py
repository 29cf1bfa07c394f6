"""How long a history would have to be."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest

from champion_assets.backtest.sheet.luck import luck_blocks, needed_years
from champion_assets.pages.blocks import Table, Text
from champion_assets.quant.luck import minimum_length
from champion_assets.quant.metrics import Yardstick, performance


def test_a_history_as_long_as_needed_is_just_sure_of_its_ratio() -> None:
    returns = np.random.default_rng(3).normal(0.0008, 0.01, 500)
    figures = performance(returns, returns, Yardstick(2.0, np.zeros(500)))
    needed = needed_years(figures["sharpe"], figures["sharpe_low"], 2.0)
    assert needed is not None
    error = (figures["sharpe"] - figures["sharpe_low"]) / NormalDist().inv_cdf(0.975)
    assert NormalDist().cdf(figures["sharpe"] / (error * (2.0 / needed) ** 0.5)) == pytest.approx(0.95)
    assert needed_years(-0.1, -1.0, 2.0) is None


def test_the_minimum_length_is_told_for_the_trials_made_too() -> None:
    figures = {
        "sharpe": 0.8,
        "sharpe_low": -0.2,
        "sharpe_high": 1.8,
        "years": 4.0,
        "sharpe_probability": 0.9,
        "sharpe_deflated": 0.5,
        "trials": 33.0,
    }
    blocks = luck_blocks(figures)
    table = next(each for each in blocks if isinstance(each, Table) and each.name == "length-table")
    lengths = {row[0].text: row[1].text for row in table.rows}
    assert lengths["33"] == f"{minimum_length(33, 0.8):.1f}"
    says = {row[0].value: row[2].text.startswith("luck alone") for row in table.rows}
    assert [says[count] for count in (2, 1000)] == [False, True]
    assert "luck cannot explain" in "".join(
        each.text for each in luck_blocks(figures | {"sharpe": -0.5}) if isinstance(each, Text)
    )
    assert len(luck_blocks({"sharpe": None})) == 1

"""India VIX beside realised volatility: a gap where it is not known, and no chart without it."""

from __future__ import annotations

import datetime as dt
import re

import numpy as np
import polars as pl

from champion_assets.backtest.sheet.curves import ROLLING_SESSIONS, expected_volatility
from champion_assets.quant.metrics import Yardstick, rolling

COUNT = ROLLING_SESSIONS + 4
DATES = [dt.date(2020, 1, 1) + dt.timedelta(days=number) for number in range(COUNT)]
RETURNS = np.random.default_rng(5).normal(0.0, 0.01, (2, COUNT))
DAYS = pl.DataFrame({"trade_date": DATES, "portfolio_return": RETURNS[0], "benchmark_return": RETURNS[1]})
YARDSTICK = Yardstick(COUNT / 250, np.zeros(COUNT))


def test_realised_and_expected_stand_side_by_side() -> None:
    vix = pl.DataFrame({"trade_date": DATES, "vix": [20.0] * COUNT})
    (figure,) = expected_volatility(DAYS, YARDSTICK, vix)
    marks = {mark.name: mark for mark in figure.chart.marks}
    assert list(marks) == ["Portfolio", "Equal-weight universe", "India VIX"]
    realised = rolling(RETURNS[0], RETURNS[1], YARDSTICK, ROLLING_SESSIONS)["volatility"][ROLLING_SESSIONS - 1 :]
    assert np.isfinite(realised).all()
    heights = {name: _heights(mark.path) for name, mark in marks.items()}
    assert len(set(heights["India VIX"])) == 1
    high = figure.chart.y.position(0.2)
    assert all(figure.chart.y.position(float(value)) < high for value in realised)
    assert min(heights["Portfolio"]) > max(heights["India VIX"]), "in an SVG down is more"


def _heights(path: str) -> list[float]:
    return [float(found) for found in re.findall(r"[ ,](-?[0-9.]+)(?=[^0-9.]|$)", path)]


def test_a_day_without_it_is_a_gap_and_without_any_there_is_no_chart() -> None:
    some = pl.DataFrame({"trade_date": DATES, "vix": [20.0] * COUNT}).remove(pl.col("trade_date") == DATES[-3])
    (figure,) = expected_volatility(DAYS, YARDSTICK, some)
    (line,) = [mark for mark in figure.chart.marks if mark.name == "India VIX"]
    assert line.path.count("M") == 2
    assert expected_volatility(DAYS, YARDSTICK, some.clear()) == []
    assert expected_volatility(DAYS.head(ROLLING_SESSIONS), YARDSTICK, some) == []

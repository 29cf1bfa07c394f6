"""The section on styles: a portfolio made of known exposures shows them; what it rests on is said."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from champion_assets.backtest.sheet.factors import REST, WORDS, factor_blocks, shared_days
from champion_assets.backtest.tear_sheet_data import Measures, Story
from champion_assets.features.factor_returns import FACTORS
from champion_assets.pages.blocks import Table, Text
from champion_assets.quant.metrics import Yardstick

SESSIONS, YEARS = 250, 1.0
EXPOSURES = {"market": 0.9, "size": 0.4, "momentum": -0.2, "low_volatility": 0.3, "liquidity": 0.0}


def drawn(sessions: int = SESSIONS) -> tuple[Story, pl.DataFrame]:
    """A portfolio that is its exposures, 5 basis points a session and a little noise."""
    chance = np.random.default_rng(5)
    dates = [dt.date(2023, 1, 2) + dt.timedelta(days=number) for number in range(sessions)]
    made = {name: chance.normal(0.0003, 0.008, sessions) for name in FACTORS}
    overnight = np.full(sessions, 0.00025)
    own = overnight + 0.0005 + sum(EXPOSURES[name] * made[name] for name in FACTORS) + chance.normal(0, 1e-4, sessions)
    days = pl.DataFrame({"trade_date": dates, "portfolio_return": own, "benchmark_return": overnight + made["market"],
                         "overnight_return": overnight})  # fmt: skip
    factors = pl.concat(
        pl.DataFrame({"trade_date": dates, "factor": [name] * sessions, "factor_return": made[name]})
        for name in FACTORS
    )
    none = pl.DataFrame()
    measures = Measures(Yardstick(YEARS, overnight), None, 0)
    return Story(days, measures, none, none, none, none, none, none, none), factors


def test_known_exposures_are_found_and_the_parts_add_up() -> None:
    story, factors = drawn()
    table, words = factor_blocks(story, factors)
    assert isinstance(table, Table)
    assert isinstance(words, Text)
    found = {row[0].text: row[1].value for row in table.rows}
    assert found == {WORDS[name][0]: pytest.approx(EXPOSURES[name], abs=0.005) for name in FACTORS}
    assert {row[0].text: row[6].value for row in table.rows}["Market"] == pytest.approx(1.0)
    rest, total = table.foot
    assert (rest[0].text, rest[1].text) == (REST, rest[5].text)
    brought = sum(float(row[5].value or 0) for row in table.rows)
    excess = float((story.days["portfolio_return"] - story.days["overnight_return"]).to_numpy().mean()) * SESSIONS
    assert total[5].text == f"{excess * 100:+.1f} %".replace("-", "−")
    assert brought + 0.0005 * SESSIONS == pytest.approx(excess, abs=0.01)
    assert f"{SESSIONS:,} sessions" in words.text
    assert "is more than chance would show" in words.text


def test_only_sessions_with_every_factor_count() -> None:
    story, factors = drawn()
    late = story.days["trade_date"][100]
    later = factors.filter((pl.col("factor") != "momentum") | (pl.col("trade_date") >= late))
    assert shared_days(story.days, later)["trade_date"].to_list() == story.days["trade_date"].to_list()[100:]
    words = factor_blocks(story, later)[1]
    assert isinstance(words, Text)
    assert "150 sessions" in words.text


def test_a_short_history_is_not_judged() -> None:
    story, factors = drawn(59)
    for each in (factors, factors.clear()):
        (words,) = factor_blocks(story, each)
        assert isinstance(words, Text)
        assert "at least 60 are needed" in words.text

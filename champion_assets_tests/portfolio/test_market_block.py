"""A block of sessions as every account meets it, and what becomes of it for one that holds other names, too."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from champion_assets.lake.errors import UndeclaredInput
from champion_assets.lake.workspace import Workspace
from champion_assets.portfolio.market import Market
from champion_assets.portfolio.market_block import READ, MarketBlock
from champion_assets_tests.helpers import build_until, inputs_of

START, END = dt.date(2023, 11, 1), dt.date(2024, 1, 31)


@pytest.fixture
def built(workspace: Workspace) -> Workspace:
    build_until(workspace, "features/covariance", START, END)
    return workspace


def test_a_name_that_never_trades_changes_nothing_for_the_others(built: Workspace) -> None:
    dates = built.sessions(START, END)[:8]
    plain = Market(inputs_of("portfolio/account", built, dates), dates)
    middle = plain.names[3] + "X"
    wider = Market(inputs_of("portfolio/account", built, dates), dates, {middle: "OLD", plain.names[0]: "FORMER"})
    assert wider.names == sorted([*plain.names, middle])
    places = [wider.index[name] for name in plain.names]
    assert wider.symbols[plain.names[0]] == "FORMER"
    for date in dates:
        narrow, wide = plain.day(date), wider.day(date)
        for what in ("open", "close", "previous", "volume", "traded", "is_gap", "is_delivered", "tick"):
            assert np.array_equal(getattr(narrow, what), getattr(wide, what)[places], equal_nan=True), what
        assert not wide.traded[wider.index[middle]]
        assert wide.volume[wider.index[middle]] == 0
        assert np.isnan(wide.close[wider.index[middle]])
        assert np.array_equal(plain.closes(date), wider.closes(date)[places], equal_nan=True)
        assert plain.symbols.items() <= wider.symbols.items()
    assert wider.symbols[middle] == "OLD"
    assert wider.symbols[plain.names[0]] == plain.symbols[plain.names[0]] != "FORMER"


def test_who_trades_and_when_before_is_that_of_the_rows(built: Workspace) -> None:
    dates = built.sessions(START, END)[:5]
    block = MarketBlock(inputs_of("portfolio/account", built, dates), dates)
    rows = built.lake.read("silver/equity_eod", dates, ["trade_date", "instrument_id", "prior_date"])
    for date in dates:
        said = dict(rows.filter(trade_date=date).select("instrument_id", "prior_date").iter_rows())
        traded = block.traded(date)
        assert {name for name in block.names if name in traded} == set(said)
        assert {name: traded.get(name) for name in said} == said
    assert "nobody" not in block.traded(dates[0])
    assert block.traded(dates[0]).get("nobody") is None


def test_nothing_of_a_block_can_be_changed_by_accident(built: Workspace) -> None:
    dates = built.sessions(START, END)[:3]
    block = MarketBlock(inputs_of("portfolio/account", built, dates), dates)
    with pytest.raises(ValueError, match="read-only"):
        block.day(dates[0]).close[0] = 1.0
    assert block.nbytes > sum(each.nbytes for each in block.panels.values())


def test_what_is_shared_reads_what_it_names_and_no_more(built: Workspace) -> None:
    dates = built.sessions(START, END)[:3]
    inputs = inputs_of("portfolio/account", built, dates)
    with pytest.raises(UndeclaredInput, match="features/universe"):
        inputs.shared("x", lambda own: own.read("features/universe"), reads=READ)
    with pytest.raises(UndeclaredInput, match="slippage_bps"):
        inputs.shared("x", lambda own: own.parameters.slippage_bps, reads=READ)
    with pytest.raises(UndeclaredInput, match="silver/earnings"):
        inputs.shared("x", lambda own: own, reads=("silver/earnings",)).read("silver/earnings")

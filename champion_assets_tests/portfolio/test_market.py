"""The market as the simulator sees it does not depend on which other days are built with a day."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from champion_assets.lake.workspace import Workspace
from champion_assets.portfolio.market import Market
from champion_assets.simulation.corporate_actions import Action
from champion_assets_tests.helpers import build_until, inputs_of, put_day

START, END = dt.date(2023, 11, 1), dt.date(2024, 1, 31)
DAY = dt.date(2024, 1, 24)
ACTIONS = "silver/corporate_actions"


@pytest.fixture
def built(workspace: Workspace) -> Workspace:
    build_until(workspace, "features/covariance", START, END)
    return workspace


def met(workspace: Workspace, name: str, dates: list[dt.date]) -> list[Action]:
    """What a holding of `name` meets on `DAY` if `dates` are built together."""
    market = Market(inputs_of("portfolio/account", workspace, dates), dates, {name: name})
    return market.actions(DAY, [market.index[name]], np.zeros(len(market.names), dtype=bool)).get(
        market.index[name], []
    )


def leg_of(workspace: Workspace, **changed: object) -> pl.DataFrame:
    """A leg of the fictional exchange as another one of `DAY`."""
    legs = workspace.lake.read(ACTIONS, workspace.sessions(START, END)).filter(pl.col("kind") == "bonus")
    said = {"trade_date": DAY, "ex_date": DAY, "ex_session": DAY, "leg": 0} | changed
    return legs.head(1).with_columns(pl.lit(value).cast(legs.schema[name]).alias(name) for name, value in said.items())


def test_a_merger_happens_whether_or_not_the_acquirer_trades_on_another_day_of_the_block(built: Workspace) -> None:
    rows = built.lake.read("silver/equity_eod", [DAY])
    parent, acquirer = rows["instrument_id"][:2]
    put_day(
        built.lake,
        ACTIONS,
        DAY,
        leg_of(built, instrument_id=parent, kind="merger", child_instrument_id=acquirer, ratio_a=2.5),
    )
    put_day(built.lake, "silver/equity_eod", DAY, rows.filter(pl.col("instrument_id") != acquirer))
    together = met(built, parent, built.sessions(dt.date(2024, 1, 15), END))
    assert [(each.kind, each.a, each.wait) for each in together] == [("merger", 2.5, 20)]
    assert [(each.kind, each.a, each.wait) for each in met(built, parent, [DAY])] == [("merger", 2.5, 20)]


def test_only_the_new_shares_of_a_bonus_wait(built: Workspace) -> None:
    name = built.lake.read("silver/equity_eod", [DAY])["instrument_id"][0]
    for kind, wait in (("bonus", 10), ("split", 0)):
        put_day(built.lake, ACTIONS, DAY, leg_of(built, instrument_id=name, kind=kind, f_capital=0.5, q=2.0, held=None))
        assert [(each.kind, each.q, each.wait) for each in met(built, name, [DAY])] == [("shares", 2.0, wait)]


def test_an_action_of_longer_ago_than_the_window_is_not_met_in_a_long_block_either(
    built: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a window of three sessions: a block of ten reads the leg, its last day by itself does not."""
    from champion_assets.lake.place import Input
    from champion_assets.lake.workspace import open_inputs
    from champion_assets.portfolio.account import TABLE

    name, ex_date = built.lake.read("silver/equity_eod", [DAY])["instrument_id"][0], dt.date(2024, 1, 16)
    when = {"trade_date": ex_date, "ex_date": ex_date, "ex_session": ex_date}
    put_day(built.lake, ACTIONS, ex_date, leg_of(built, instrument_id=name, f_capital=0.5, q=2.0, held=None, **when))
    rows = built.lake.read("silver/equity_eod", [DAY]).with_columns(
        prior_date=pl.when(pl.col("instrument_id") == name).then(pl.lit(dt.date(2024, 1, 12))).otherwise("prior_date")
    )
    put_day(built.lake, "silver/equity_eod", DAY, rows)
    declared = TABLE.inputs
    short = TABLE.__class__(**{**vars(TABLE), "inputs": lambda settings: tuple(
        Input(ACTIONS, 3) if each.table == ACTIONS else each for each in declared(settings)
    )})  # fmt: skip
    for dates in ([DAY], built.sessions(dt.date(2024, 1, 15), DAY)):
        market = Market(open_inputs(short, built, dates), dates)
        found = market.actions(DAY, [market.index[name]], np.zeros(len(market.names), dtype=bool))
        assert found == {}

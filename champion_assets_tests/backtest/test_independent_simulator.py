"""The account, recomputed by a second simulator that shares no code with the first, agrees with it to a paisa in every
session.

Two whole genuine years take minutes to build; `benchmarks/second_simulator.py` compares those.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from champion_assets.catalog import open_workspace
from champion_assets.lake.workspace import Workspace
from champion_assets.settings import Settings
from champion_assets_tests.backtest.independent_simulator import Recomputed
from champion_assets_tests.helpers import build_until
from champion_assets_tests.portfolio.test_account import with_settings

START, END = dt.date(2023, 11, 1), dt.date(2024, 4, 30)
PAISA = 0.01
COLUMNS = ("value", "cash", "costs", "bought", "sold", "dividends", "interest")


def differences(workspace: Workspace) -> list[tuple[Any, ...]]:
    """Session, column, stored and recomputed amount wherever they differ by a paisa, and shares wherever they differ at
    all."""
    dates = workspace.lake.dates("portfolio/account")
    account, daily = (
        workspace.lake.read(name, dates).sort("trade_date") for name in ("portfolio/account", "backtest/daily")
    )
    found: list[tuple[Any, ...]] = []
    again = Recomputed(workspace.lake, workspace.settings, dates).run()
    for stored, shown, mine in zip(account.to_dicts(), daily.to_dicts(), again, strict=True):
        found += [(mine["trade_date"], name, row[name], mine[name])
                  for row in (stored, shown) for name in COLUMNS if abs(row[name] - mine[name]) > PAISA]  # fmt: skip
        held = {each["instrument_id"]: each["shares"] for each in stored["holdings"]}
        both = {name: (held.get(name, 0.0), mine["shares"].get(name, 0.0)) for name in sorted({*held, *mine["shares"]})}
        found += [(mine["trade_date"], name, *pair) for name, pair in both.items() if abs(pair[0] - pair[1]) > 1e-6]
    return found


def test_the_fictional_exchange_as_it_is(workspace: Workspace) -> None:
    build_until(workspace, "backtest/daily", START, END)
    assert differences(workspace) == []


EVERY_RULE: dict[str, Any] = {
    "impact": 1.0,
    "unfilled": "carry",
    "rights": "subscribe",
    "fill": "vwap",
    "usable_proceeds": "settled",
    "brokerage_bps": 10.0,
    "brokerage_max": 20.0,
}


def test_the_fictional_exchange_with_every_rule_at_work(workspace: Workspace) -> None:
    other = with_settings(workspace, END, participation=1e-3, initial_capital=3e6, **EVERY_RULE)
    assert differences(other) == []
    account = other.lake.read("portfolio/account", other.lake.dates("portfolio/account"))
    orders = account["executions"].explode().drop_nulls().struct.unnest()
    assert {"volume", "cash"} <= set(orders["reason"])


@pytest.mark.real
def test_genuine_months_with_mergers_schemes_and_bonuses(tmp_path: Path, real: Path) -> None:
    """February to April 2017: some of the names that end are held."""
    start, end = dt.date(2016, 12, 1), dt.date(2017, 4, 28)
    settings = Settings(
        data_dir=tmp_path,
        source=str(real),
        start_date=start,
        cov_window_days=25,
        expected_return_lookback=25,
        universe_warmup=18,
        weight_cap=0.005,
        initial_capital=1e8,
        participation=0.05,
        **EVERY_RULE,
    )
    genuine = open_workspace(settings)
    build_until(genuine, "backtest/daily", start, end)
    assert differences(genuine) == []
    dates = genuine.lake.dates("portfolio/account")
    account = genuine.lake.read("portfolio/account", dates)
    held = set(account["holdings"].explode().drop_nulls().struct.field("symbol"))
    ended = genuine.lake.read("silver/endings", genuine.lake.dates("silver/endings"))
    assert len(held & set(ended["symbol"])) >= 2
    assert account["unlisted"].list.len().sum() > 0

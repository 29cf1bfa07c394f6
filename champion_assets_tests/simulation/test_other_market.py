"""The simulator with another exchange than NSE: a flat fee an order, T+2, no price limits, lots of ten, a tick of a
cent."""

from __future__ import annotations

import ast
import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

import champion_assets
from champion_assets.quant.risk import Array
from champion_assets.simulation.account import Account, Decided, Flags, MarketDay, Ranks, new_account
from champion_assets.simulation.exchange import Charges
from champion_assets.simulation.fills import Rules
from champion_assets.simulation.session import SessionResult, run_session

FEE = 7.0


class FlatFeeMarket:
    """A market as another person would write it, from the protocol alone."""

    def on_tick(self, prices: Array, date: dt.date, fixed: Array, *, up: bool) -> Array:
        return (np.ceil if up else np.floor)(np.round(prices * 100, 6)) / 100

    def at_band(self, prices: Array, previous: Array, date: dt.date, fixed: Array, *, upper: bool) -> Flags:
        return np.zeros(prices.shape, dtype=bool)

    def lot(self, date: dt.date) -> int:
        return 10

    def settlement_sessions(self, date: dt.date, size_rank: Ranks) -> Ranks:
        return np.full(size_rank.shape, 2)

    def buying_rate(self, date: dt.date) -> float:
        return 1.0

    def charges(self, date: dt.date, bought: Sequence[float], sold: Sequence[float]) -> Charges:
        return Charges({"fee": FEE * (len(bought) + len(sold))})


def session(
    account: Account,
    price: float,
    targets: list[float] | None,
    rules: Rules | None = None,
    *,
    previous: float | None = None,
    delivered: bool = False,
) -> SessionResult:
    one = np.array([price])
    flag = np.array([False])
    day = MarketDay(
        dt.date(2030, 1, 2),
        one,
        one,
        one,
        one,
        one,
        np.array([previous or price]),
        np.array([1e6]),
        ~flag,
        flag,
        np.array([delivered]),
        np.array([0.02]),
    )
    decided = None if targets is None else Decided(np.array(targets), day.previous)
    return run_session(account, day, {}, decided, rules or Rules(), FlatFeeMarket())


def test_charges_are_those_of_the_other_market() -> None:
    account = new_account(100_000.0, 1)
    result = session(account, 33.0, [0.5])
    assert account.shares.tolist() == [1510.0]  # 50,000 / 33 is 1,515: whole lots of ten
    assert (result.costs.total, result.costs.of("fee"), result.costs.of("stt")) == (FEE, FEE, 0.0)
    assert account.cash == pytest.approx(100_000 - 1510 * 33.0 - FEE)


def test_prices_lie_on_its_tick() -> None:
    account = new_account(100_000.0, 1)
    assert session(account, 33.0, [0.5], Rules(slippage=0.0001)).bought == pytest.approx(
        1510 * 33.01
    )  # NSE's would be 33.05


def test_there_are_no_price_limits() -> None:
    assert session(new_account(100_000.0, 1), 120.0, [0.5], previous=100.0).bought > 0  # +20 % is a limit of NSE


def test_what_was_bought_is_settled_after_two_sessions() -> None:
    account = new_account(100_000.0, 1)
    session(account, 33.0, [0.5], delivered=True)
    assert session(account, 33.0, [0.0], delivered=True).sold == 0
    assert session(account, 33.0, [0.0], delivered=True).sold == 1510 * 33.0
    assert account.owed == [(1510 * 33.0, 2)]


def test_neither_simulator_nor_numerics_import_an_exchange() -> None:
    root = Path(champion_assets.__file__).parent
    for path in (file for folder in ("simulation", "quant") for file in (root / folder).glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("champion_assets."):
                assert node.module.split(".")[1] in ("simulation", "quant", "common"), (
                    f"{path.name} imports {node.module}"
                )  # type: ignore[union-attr]

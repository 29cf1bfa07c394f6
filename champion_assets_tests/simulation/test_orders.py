"""What becomes of open orders, and of holdings whose listing ends: nothing is lost, and every order says what became of
it."""

from __future__ import annotations

import numpy as np
import pytest

from champion_assets.nse.costs import Plan
from champion_assets.portfolio.exchange import NseCashMarket
from champion_assets.simulation.account import Decided, new_account
from champion_assets.simulation.corporate_actions import Action
from champion_assets.simulation.fills import Rules
from champion_assets.simulation.session import run_session
from champion_assets_tests.simulation.test_session import holding, market, run


def test_an_ending_gives_cash_and_children_and_loses_nothing_that_has_no_price_yet() -> None:
    account = holding(0.0, [100.0, 0.0, 0.0], [50.0, 0.0, 0.0])
    day = market([1.0, 20.0, 1.0], traded=[False, True, False], previous=[np.nan, 20.0, np.nan])
    result = run(account, day, actions={0: [Action("ending", cash=5.0, parts=((1, 1.5, 0), (2, 0.5, 0)))]})
    assert account.shares.tolist() == [0.0, 150.0, 50.0]
    assert account.cash == 500.0
    assert account.value == pytest.approx(5000.0)  # the child without a price is worth what is left: 15 for one share
    assert result.pnl == pytest.approx(0.0)
    exit_only = holding(0.0, [100.0], [474.6])
    told = run(exit_only, market([1.0], traded=[False]), actions={0: [Action("ending", cash=480.0)]})
    assert (exit_only.cash, exit_only.shares[0]) == (48_000.0, 0.0)
    assert told.pnl == pytest.approx(540.0)


def test_the_rest_of_an_order_is_changed_by_corporate_actions_like_a_holding() -> None:
    """900 wanted, 100 filled, then a split of 1 into 5: 4,500 in the end."""
    account, rules = new_account(1e6, 2), Rules(participation=0.1, unfilled="carry")
    run(account, market([100.0, 1.0], volume=1000), [0.09, 0.0], rules)
    assert (account.shares[0], account.orders) == (100.0, {0: 800.0})
    run(account, market([20.0, 1.0], volume=1e6), None, rules, {0: [Action("shares", f=0.2, q=5.0)]})
    assert account.shares[0] == 4500.0
    assert account.orders == {}


@pytest.mark.parametrize(
    ("action", "left"),
    [
        (Action("shares", f=10.0, q=0.1), {0: 80.0}),
        (Action("shares", f=0.8), {0: 800.0}),
        (Action("cash", cash=2.0), {0: 800.0}),
        (Action("merger", a=0.25, other=1), {1: 200.0}),
        (Action("shares", f=2000.0, q=0.0005), {}),
    ],
)
def test_an_order_waits_through_other_actions(action: Action, left: dict[int, float]) -> None:
    account, rules = new_account(1e6, 2), Rules(participation=0.1, unfilled="carry")
    run(account, market([100.0, 50.0], volume=1000), [0.09, 0.0], rules)
    run(account, market([100.0, 50.0], volume=0.0), None, rules, {0: [action]})
    assert account.orders == left


def test_an_order_for_a_name_that_did_not_trade_is_for_the_amount_wanted() -> None:
    account, rules = new_account(1e6, 1), Rules(unfilled="carry")
    closed = market([1.0], traded=[False], previous=[np.nan])
    run(account, closed, [0.5], rules, closes=[250.0])
    assert account.orders == {0: 2000.0}
    assert run(account, market([240.0]), None, rules).bought == pytest.approx(2000 * 240.0)
    with pytest.raises(ValueError, match="orders have no reference price"):
        run(new_account(1e6, 1), closed, [0.5], rules, closes=[np.nan])


def test_every_order_says_what_became_of_it() -> None:
    account = holding(20_000.0, [100.0, 50.0, 0.0, 0.0], [100.0, 10.0, 0.0, 0.0])
    day = market(
        [100.0, 10.0, 120.0, 50.0], previous=[100.0, 10.0, 100.0, 50.0], traded=[True, False, True, True], volume=150
    )
    result = run(account, day, [0.2, 0.0, 0.2, 0.59], Rules(participation=0.5))
    told = {each.name: each for each in result.executions}
    assert {name: each.reason for name, each in told.items()} == {0: "", 1: "not_traded", 2: "at_band", 3: "volume"}
    assert (told[0].wanted, told[0].filled, told[0].price) == (-39.0, -39.0, 100.0)
    assert (told[3].wanted, told[3].filled, told[3].reference) == (359.0, 75.0, 50.0)
    assert sum(each.charges for each in result.executions) == pytest.approx(result.costs.total, abs=1e-9)
    assert np.isnan(told[2].price)
    poor = run(new_account(1000.0, 1), market([107.0], previous=[100.0]), [1.0])
    assert [(each.wanted, each.filled, each.reason) for each in poor.executions] == [(10.0, 9.0, "cash")]


def test_a_sell_that_costs_more_than_it_brings_is_not_made() -> None:
    account = holding(0.0, [2.0], [5.0])
    result = run(account, market([5.0]), [0.0], plan=Plan(0.0, np.inf, 13.5))
    assert (account.shares[0], account.cash, result.costs.total) == (2.0, 0.0, 0.0)
    assert [each.reason for each in result.executions] == ["charges"]


def test_what_each_name_brought_adds_up_to_the_pnl() -> None:
    account = holding(50_000.0, [100.0, 0.0], [100.0, 0.0])
    day = market([98.0, 51.0], [99.0, 52.0], previous=[95.0, 50.0])
    result = run(account, day, [0.1, 0.5], Rules(slippage=0.001), {0: [Action("cash", cash=5.0)]})
    one, other = result.names[0], result.names[1]
    assert one.dividends == 500.0
    assert other.execution == pytest.approx(-result.bought + 50.0 * account.shares[1])
    assert other.market == pytest.approx(account.shares[1] * 2.0)
    parts = [
        each for name in result.names.values() for each in (name.market, name.dividends, name.execution, name.actions)
    ]
    assert sum(parts) == pytest.approx(result.pnl)


def test_what_the_decision_leaves_alone_is_not_ordered_even_if_its_listing_ends_before_the_fills() -> None:
    """Stuck on the evening of the decision; the next session its acquirer lists, and there is no price of it any
    more."""
    account = holding(5000.0, [100.0, 0.0], [50.0, 0.0])
    day = market([1.0, 20.0], traded=[False, True], previous=[np.nan, 20.0])
    decided = Decided(np.array([0.5, 0.2]), np.array([np.nan, 20.0]), frozenset({0}))
    result = run_session(
        account, day, {0: [Action("ending", parts=((1, 2.5, 0),))]}, decided, Rules(), NseCashMarket(Plan())
    )
    assert account.shares[0] == 0
    assert [each.name for each in result.executions] == [1]
    still = holding(0.0, [100.0, 0.0], [50.0, 0.0])
    assert run_session(still, market([40.0, 20.0]), {}, decided, Rules(), NseCashMarket(Plan())).executions[0].name == 1
    assert still.shares[0] == 100.0


@pytest.mark.parametrize(("action", "shares", "listed"), [
    (Action("shares", f=0.5, q=2.0, wait=3, is_bonus=True), 200.0, 100.0),
    (Action("shares", f=0.4, q=2.5, wait=3, is_bonus=True), 250.0, 100.0),
    (Action("shares", f=0.5, q=2.0, is_bonus=True), 200.0, 200.0),
])  # fmt: skip
def test_new_shares_are_sold_only_when_they_are_listed(action: Action, shares: float, listed: float) -> None:
    """On the ex-date and the two sessions after it the old shares alone; on the third all."""
    price = 100.0 * action.f
    account = holding(0.0, [100.0], [100.0])
    result = run(account, market([price]), [0.0], Rules(), {0: [action]})
    assert [(each.wanted, each.filled, each.reason) for each in result.executions] == [
        (-shares, -listed, "not_listed" if listed < shares else "")
    ]
    left = shares - listed
    assert [run(account, market([price]), [0.0]).sold for _ in range(3)] == [0.0, 0.0, pytest.approx(left * price)]


def test_what_is_not_listed_is_split_with_the_rest_and_goes_into_a_merger() -> None:
    account = holding(0.0, [100.0, 0.0], [100.0, 0.0])
    run(account, market([50.0, 10.0]), None, Rules(), {0: [Action("shares", f=0.5, q=2.0, wait=5, is_bonus=True)]})
    run(account, market([10.0, 10.0]), None, Rules(), {0: [Action("shares", f=0.2, q=5.0)]})
    assert account.unlisted == [(0, 500.0, 4)]
    run(account, market([10.0, 10.0]), None, Rules(), {0: [Action("merger", a=0.305, other=1, wait=20)]})
    assert account.unlisted == [(1, 305.0, 20)]
    assert account.shares.tolist() == [0.0, 305.0]


def test_the_old_shares_of_an_acquirer_can_be_sold_at_once() -> None:
    account = holding(0.0, [90.0, 10.0], [10.0, 50.0])
    result = run(account, market([1.0, 52.0], traded=[False, True]), [0.0, 0.0], Rules(),
                 {0: [Action("ending", parts=((1, 0.25, 20),))]})  # fmt: skip
    assert result.sold == 10 * 52.0
    assert account.unlisted == [(1, 22.0, 20)]
    assert account.cash == pytest.approx(520 - result.costs.total + 0.5 * 52)  # 22.5 new shares: the half is paid out


def test_an_acquirer_that_was_sold_long_ago_has_no_price_from_then() -> None:
    """Stored accounts keep the prices of holdings alone, so that a run of one day and one of many years must not use
    others."""
    account = holding(0.0, [100.0, 0.0], [100.0, 7.0])
    run(account, market([1.0, 1.0], traded=[False, False]), None, Rules(), {0: [Action("merger", a=2.0, other=1)]})
    assert account.value == pytest.approx(10_000.0)

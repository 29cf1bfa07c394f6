"""The simulator, rule by rule, on two or three names; and its account under anything that a market can do."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from champion_assets.nse.costs import Plan, cost_rates
from champion_assets.portfolio.exchange import NseCashMarket
from champion_assets.simulation.account import Account, Decided, MarketDay, new_account
from champion_assets.simulation.corporate_actions import CLAIM_SESSIONS, Action
from champion_assets.simulation.fills import Rules
from champion_assets.simulation.session import AccountError, SessionResult, run_session

DAY = dt.date(2020, 7, 6)
NO_COSTS_BEFORE = dt.date(1994, 12, 1)


def market(
    opens: list[float],
    closes: list[float] | None = None,
    *,
    date: dt.date = DAY,
    previous: list[float] | None = None,
    high: list[float] | None = None,
    low: list[float] | None = None,
    volume: float = 1e6,
    traded: list[bool] | None = None,
    delivered: bool = False,
    gap: list[bool] | None = None,
) -> MarketDay:
    o = np.array(opens)
    c = o if closes is None else np.array(closes)
    flags = np.ones(o.size, dtype=bool) if traded is None else np.array(traded)
    o, c = np.where(flags, o, np.nan), np.where(flags, c, np.nan)
    return MarketDay(
        date,
        o,
        np.maximum(o, c) if high is None else np.array(high),
        np.minimum(o, c) if low is None else np.array(low),
        c,
        (o + c) / 2,
        np.array(opens) if previous is None else np.array(previous),
        np.where(flags, volume, 0.0),
        flags,
        np.zeros(o.size, dtype=bool) if gap is None else np.array(gap),
        np.full(o.size, delivered),
        np.full(o.size, 0.02),
    )


def holding(cash: float, shares: list[float], prices: list[float]) -> Account:
    account = new_account(cash, len(shares))
    account.shares[:], account.price[:] = shares, prices
    return account


def run(account: Account, day: MarketDay, targets: list[float] | None = None, rules: Rules | None = None,
        actions: dict[int, list[Action]] | None = None, earned: float = 0.0, plan: Plan | None = None,
        closes: list[float] | None = None) -> SessionResult:  # fmt: skip
    exchange = NseCashMarket(plan or Plan())
    decided = (
        None if targets is None else Decided(np.array(targets), day.previous if closes is None else np.array(closes))
    )
    return run_session(account, day, actions or {}, decided, rules or Rules(), exchange, earned)


def test_orders_are_sized_at_last_evenings_prices_and_filled_at_the_open_with_costs() -> None:
    account = new_account(1_000_000.0, 2)
    result = run(account, market([101.0, 50.0], [103.0, 49.0], previous=[100.0, 50.0]), [0.5, 0.3])
    assert account.shares.tolist() == [5000.0, 6000.0]  # half a million at 100, not at 101
    assert result.bought == 5000 * 101 + 6000 * 50
    assert result.costs.total == pytest.approx(result.bought * cost_rates(DAY).buy)
    assert account.cash == pytest.approx(1_000_000 - result.bought - result.costs.total)
    assert result.pnl == pytest.approx(5000 * 2 + 6000 * -1)


@pytest.mark.parametrize(("fill", "price"), [("open", 100.0), ("vwap", 102.0), ("close", 104.0)])
def test_the_price_of_a_fill_is_a_choice(fill: str, price: float) -> None:
    account = new_account(1_000_000.0, 1)
    result = run(account, market([100.0], [104.0], previous=[100.0]), [0.5], Rules(fill=fill))  # type: ignore[arg-type]
    assert result.bought == pytest.approx(5000 * price)


def test_slippage_and_impact_are_against_us_and_on_the_tick() -> None:
    account = new_account(1_000_000.0, 1)
    assert run(account, market([100.0]), [0.5], Rules(slippage=0.0012)).bought == pytest.approx(
        5000 * 100.15
    )  # 100.12 up to the tick
    account = holding(0.0, [5000.0], [100.0])
    assert run(account, market([100.0]), [0.0], Rules(slippage=0.0012)).sold == pytest.approx(5000 * 99.85)
    account = new_account(1_000_000.0, 1)
    impact = 100 * (1 + 1.0 * 0.02 * (5000 / 1e6) ** 0.5)
    assert run(account, market([100.0]), [0.5], Rules(impact=1.0)).bought == pytest.approx(
        5000 * np.ceil(impact / 0.05) * 0.05
    )


def test_nothing_is_filled_that_did_not_trade_and_a_suspended_name_keeps_its_price() -> None:
    account = holding(1000.0, [10.0, 0.0], [100.0, 0.0])
    result = run(account, market([90.0, 50.0], traded=[False, True]), [0.0, 0.5])
    assert account.shares[0] == 10
    assert account.price[0] == 100.0
    assert result.unfilled == 1


def test_nobody_sells_at_the_upper_band_and_nobody_buys_at_the_lower() -> None:
    up, down = market([120.0], previous=[100.0]), market([80.0], previous=[100.0])
    assert run(new_account(1e6, 1), up, [0.5]).bought == 0
    assert run(holding(0.0, [100.0], [100.0]), up, [0.0]).sold == 12_000.0
    assert run(holding(0.0, [100.0], [100.0]), down, [0.0]).sold == 0
    assert run(new_account(1e6, 1), down, [0.5]).bought == 500_000.0 * 0.8
    opened_below_the_band = market([119.0], [120.0], previous=[100.0], high=[120.0], low=[119.0])
    assert run(new_account(1e6, 1), opened_below_the_band, [0.5]).bought > 0
    assert run(new_account(1e6, 1), opened_below_the_band, [0.5], Rules(fill="close")).bought == 0


def test_a_fill_takes_a_share_of_the_volume_and_the_rest_is_cancelled_or_carried() -> None:
    thin = market([100.0], volume=1000)
    account = new_account(1_000_000.0, 1)
    assert run(account, thin, [0.5], Rules(participation=0.1)).bought == 10_000.0
    assert account.orders == {}
    account = new_account(1_000_000.0, 1)
    rules = Rules(participation=0.1, unfilled="carry")
    run(account, thin, [0.5], rules)
    assert account.orders == {0: 4900.0}
    assert run(account, thin, None, rules).bought == 10_000.0
    assert run(account, thin, [0.0], rules).sold == 10_000.0  # a new decision replaces what was carried
    assert account.orders == {0: -100.0}


def test_in_trade_to_trade_only_what_is_settled_can_be_sold() -> None:
    day = market([100.0], date=dt.date(2024, 1, 2), delivered=True)
    account = new_account(100_000.0, 1)
    run(account, day, [0.5])
    assert run(account, day, [0.0]).sold == 50_000.0  # T+1: bought yesterday, settled today
    day = replace(day, date=DAY)
    account = new_account(100_000.0, 1)
    run(account, day, [0.5])
    assert run(account, day, [0.0]).sold == 0  # T+2
    assert run(account, day, [0.0]).sold == 50_000.0


def test_proceeds_can_be_spent_at_once_or_when_settled() -> None:
    for usable, bought in (("same_day", 99_000.0), ("settled", 0.0)):
        account = holding(0.0, [1000.0, 0.0], [100.0, 0.0])
        result = run(account, market([100.0, 50.0]), [0.0, 0.99], Rules(usable_proceeds=usable))  # type: ignore[arg-type]
        assert result.sold == 100_000.0
        assert result.bought == pytest.approx(bought, abs=0.01 * bought)
    assert account.owed == [(100_000.0, 2)]


def test_buys_are_cut_alike_to_the_cash_there_is_and_fractions_are_a_choice() -> None:
    account = new_account(100_000.0, 2)
    run(account, market([107.0, 107.0], previous=[100.0, 100.0]), [0.5, 0.5])
    assert account.shares[0] == account.shares[1] == np.floor(500 * account.shares[0] / 500)
    assert 0 <= account.cash < 500
    account = new_account(100_000.0, 1)
    run(account, market([300.0]), [0.333], Rules(whole_shares=False))
    assert account.shares[0] == pytest.approx(111.0)


def test_brokerage_and_depository_charges() -> None:
    account = holding(10_000.0, [100.0], [100.0])
    result = run(account, market([100.0]), [0.0], plan=Plan(0.01, 20.0, 13.5))
    assert (result.costs.of("brokerage"), result.costs.of("depository")) == (20.0, 13.5)


@pytest.mark.parametrize(
    ("action", "shares", "cash", "price"),
    [
        (Action("cash", cash=5.0), 101.0, 505.0, 95.0),
        (Action("shares", f=0.2, q=5.0), 505.0, 0.0, 20.0),
        (Action("shares", f=2 / 3, q=1.5), 151.0, 0.5 * 200 / 3, 200 / 3),
        (Action("shares", f=10.0, q=0.1), 10.0, 0.1 * 1000.0, 1000.0),
        (Action("rights", f=0.95, a=1, b=5, cash=70.0), 101.0, 505.0, 95.0),
    ],
)
def test_actions_keep_the_value(action: Action, shares: float, cash: float, price: float) -> None:
    account = holding(0.0, [101.0], [100.0])
    day = market([price])
    result = run(account, day, actions={0: [action]})
    assert account.shares[0] == pytest.approx(shares)
    assert account.cash == pytest.approx(cash)
    assert account.value == pytest.approx(10_100.0)
    assert abs(result.pnl) < 1e-6


def test_rights_can_be_subscribed() -> None:
    account = holding(10_000.0, [100.0], [100.0])
    result = run(
        account, market([95.0]), None, Rules(rights="subscribe"), {0: [Action("rights", f=0.95, a=1, b=5, cash=70.0)]}
    )
    assert account.shares[0] == 120.0
    assert account.cash == 10_000 - 20 * 70
    assert abs(result.pnl) < 1e-9  # 120 at 95 and 1,400 paid are 100 at 100


def test_a_demerged_part_is_a_claim_until_its_child_lists() -> None:
    account = holding(0.0, [100.0, 0.0], [100.0, 0.0])
    run(account, market([80.0, 1.0], traded=[True, False]), actions={0: [Action("shares", f=0.8)]})
    assert [(claim.name, claim.value) for claim in account.claims] == [(0, pytest.approx(2000.0))]
    assert account.value == pytest.approx(10_000.0)
    result = run(account, market([80.0, 45.0], [80.0, 44.0]), actions={0: [Action("child", a=0.5, other=1)]})
    assert account.shares.tolist() == [100.0, 50.0]
    assert account.claims == []
    assert result.pnl == pytest.approx(50 * 44 - 2000)


def test_a_claim_without_a_child_becomes_cash_in_the_end() -> None:
    account = holding(0.0, [100.0], [100.0])
    run(account, market([80.0]), actions={0: [Action("shares", f=0.8)]})
    for _ in range(CLAIM_SESSIONS + 1):
        run(account, market([80.0]))
    assert account.claims == []
    assert account.cash == pytest.approx(2000.0)


def test_a_merger_gives_the_acquirers_shares() -> None:
    account = holding(0.0, [90.0, 10.0], [10.0, 50.0])
    result = run(account, market([1.0, 52.0], traded=[False, True]), actions={0: [Action("merger", a=0.2, other=1)]})
    assert account.shares.tolist() == [0.0, 28.0]
    assert result.pnl == pytest.approx(18 * 52 - 900 + 10 * 2)


@pytest.mark.parametrize("whole", [True, False])
def test_a_merger_into_a_name_that_does_not_trade_carries_the_value_until_it_does(whole: bool) -> None:
    """The acquirer was never held and has no price today: nobody lost anything."""
    account, rules = holding(0.0, [900.0, 0.0], [100.0, 0.0]), Rules(whole_shares=whole)
    away = market([1.0, 1.0], traded=[False, False], previous=[np.nan, np.nan])
    result = run(account, away, None, rules, {0: [Action("merger", a=2.8, other=1)]})
    assert account.value == pytest.approx(90_000.0)
    assert result.pnl == pytest.approx(0.0, abs=1e-6)
    assert account.shares.tolist() == [0.0, 2520.0]
    assert run(account, market([1.0, 40.0], traded=[False, True]), None, rules).pnl == pytest.approx(2520 * 40 - 90_000)


def test_a_name_gone_for_long_is_written_down_once_and_kept() -> None:
    account = holding(0.0, [10.0], [100.0])
    rules, away = Rules(delisted_after=3, delisting_recovery=0.25), market([1.0], traded=[False])
    losses = [run(account, away, None, rules).written_down for _ in range(5)]
    assert losses == [0.0, 0.0, 750.0, 0.0, 0.0]
    assert run(account, market([40.0]), None, rules).pnl == pytest.approx(10 * (40 - 25))  # it came back


def test_an_unexplained_gap_keeps_the_value() -> None:
    account = holding(0.0, [10.0], [100.0])
    result = run(account, market([20.0], [21.0], gap=[True]))
    assert account.shares[0] == 50.0
    assert result.pnl == pytest.approx(50 * 1.0)
    assert result.gaps == 1


def test_cash_earns_what_it_is_told() -> None:
    assert run(new_account(1e6, 1), market([1.0]), None, earned=0.0003).interest == pytest.approx(300.0)
    assert run(holding(-1e-14, [1.5], [100.0]), market([100.0]), None, earned=0.0003).interest == 0.0


def test_one_stock_bought_and_held_earns_its_total_return() -> None:
    """Without costs (before 1994 there were hardly any): splits and dividends included, to the rupee of a million."""
    account, zero = new_account(1_000_000.0, 1), NO_COSTS_BEFORE
    run(account, market([100.0], [110.0], date=zero), [1.0], Rules(whole_shares=False))
    start = account.value
    run(
        account,
        market([22.0], [24.0], date=zero),
        None,
        Rules(whole_shares=False),
        {0: [Action("shares", f=0.2, q=5.0)]},
    )
    run(account, market([23.0], [23.5], date=zero), None, Rules(whole_shares=False), {0: [Action("cash", cash=1.0)]})
    assert account.value / start == pytest.approx((24 / 22) * (24.5 / 24), rel=1e-3)


def test_an_account_that_does_not_balance_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    from champion_assets.simulation import session as simulate

    monkeypatch.setattr(simulate, "_write_down", lambda *_: {0: 1.0})
    with pytest.raises(AccountError, match="is not"):
        run(holding(0.0, [10.0], [100.0]), market([100.0]))


_price = st.floats(0.5, 5000)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_the_account_balances_whatever_happens(data: st.DataObject) -> None:
    """Random prices, suspensions, decisions, actions and rules over ten sessions: cash never negative, shares whole, to
    a paisa."""
    names = 4
    rules = Rules(
        data.draw(st.sampled_from(["open", "vwap", "close"])),
        True,
        data.draw(st.floats(0, 0.01)),
        data.draw(st.floats(0, 2)),
        data.draw(st.floats(0.001, 1)),
        data.draw(st.sampled_from(["cancel", "carry"])),
        data.draw(st.sampled_from(["renounce", "subscribe"])),
        data.draw(st.sampled_from(["same_day", "settled"])),
        3,
        0.1,
    )
    account = new_account(1_000_000.0, names)
    for _ in range(10):
        opens = [data.draw(_price) for _ in range(names)]
        closes = [each * data.draw(st.floats(0.8, 1.25)) for each in opens]
        day = market(
            opens,
            closes,
            volume=data.draw(st.floats(1, 1e6)),
            traded=[data.draw(st.booleans()) for _ in range(names)],
            delivered=data.draw(st.booleans()),
        )
        targets = None
        if data.draw(st.booleans()):
            raw = [data.draw(st.floats(0, 1)) for _ in range(names)]
            targets = [each / max(1.0, sum(raw)) for each in raw]
        legs = [Action("shares", f=0.5, q=2.0), Action("shares", f=0.7), Action("rights", f=0.9, a=1, b=3, cash=0.4),
                                         Action("child", a=0.3, other=1), Action("merger", a=0.5, other=2)]  # fmt: skip
        leg = data.draw(st.sampled_from(legs))
        actions = {0: [leg]} if day.traded[0] and day.traded[1] and day.traded[2] and data.draw(st.booleans()) else {}
        before = account.value
        result = run(account, day, targets, rules, actions, plan=Plan(0.003, 100.0, 13.5))
        assert account.value == pytest.approx(before + result.pnl - result.costs.total, abs=0.005)
        assert account.cash >= -0.005
        assert (account.shares == np.floor(account.shares)).all()
        assert (account.shares >= 0).all()

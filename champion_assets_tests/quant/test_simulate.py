"""The account of a session: fills, costs, locked prices, gaps, and balance to a paisa on random books."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from champion_assets.nse.costs import CostRates
from champion_assets.quant import simulate
from champion_assets.quant.simulate import AccountError, Book, Position, Quote, run_session

FREE = CostRates(0.0, 0.0)
RATES = CostRates(0.001187, 0.001037)


def quote(open_: float, close: float, previous: float | None = None, **flags: bool) -> Quote:
    return Quote(open_, close, open_ if previous is None else previous, **flags)


def test_buys_whole_shares_at_the_open_and_marks_at_the_close() -> None:
    result = run_session(Book(1000.0), {"A": quote(30.0, 33.0)}, {"A": ("A", 1.0)}, FREE, 0.0)
    assert result.book.positions["A"] == Position("A", 33, 33.0)
    assert result.book.cash == pytest.approx(10.0)
    assert result.pnl == pytest.approx(99.0)


def test_costs_and_slippage_are_paid_and_cash_never_runs_out() -> None:
    result = run_session(Book(1_000_000.0), {"A": quote(100.0, 100.0)}, {"A": ("A", 1.0)}, RATES, 0.001)
    bought = result.book.positions["A"].shares
    assert bought == 9978
    assert result.costs == pytest.approx(bought * 100.1 * RATES.buy)
    assert 0 <= result.book.cash < 101


def test_sells_what_has_no_weight_any_more() -> None:
    book = Book(0.0, {"A": Position("A", 10, 50.0)})
    result = run_session(book, {"A": quote(60.0, 70.0, 50.0), "B": quote(10.0, 10.0)}, {"B": ("B", 1.0)}, FREE, 0.0)
    assert "A" not in result.book.positions
    assert result.book.positions["B"].shares == 60
    assert result.pnl == pytest.approx(100.0)  # to the open only, not to the close


def test_no_decision_no_trade() -> None:
    book = Book(5.0, {"A": Position("A", 10, 50.0)})
    result = run_session(book, {"A": quote(50.0, 55.0)}, None, RATES, 0.001)
    assert (result.buys, result.sells, result.costs) == (0, 0, 0.0)
    assert result.book.value == 555.0


@pytest.mark.parametrize(("flags", "has", "weight"), [({"locked_up": True}, 0, 1.0), ({"locked_down": True}, 10, 0.0)])
def test_no_fill_against_a_locked_price(flags: dict[str, bool], has: int, weight: float) -> None:
    book = Book(1000.0, {"A": Position("A", has, 50.0)} if has else {})
    result = run_session(book, {"A": quote(52.5, 52.5, 50.0, **flags)}, {"A": ("A", weight)} if weight else {}, FREE, 0.0)
    assert (result.unfilled, result.buys, result.sells) == (1, 0, 0)


def test_the_other_side_of_a_locked_price_is_filled() -> None:
    book = Book(0.0, {"A": Position("A", 10, 50.0)})
    assert run_session(book, {"A": quote(52.5, 52.5, 50.0, locked_up=True)}, {}, FREE, 0.0).sells == 1


def test_a_name_that_does_not_trade_keeps_its_price_and_its_shares() -> None:
    book = Book(100.0, {"A": Position("A", 10, 50.0)})
    result = run_session(book, {}, {"B": ("B", 1.0)}, FREE, 0.0)
    assert result.book == book
    assert result.unfilled == 2


def test_an_unexplained_gap_is_value_neutral() -> None:
    book = Book(0.0, {"A": Position("A", 10, 100.0)})
    result = run_session(book, {"A": quote(20.0, 22.0, 100.0, is_gap=True)}, None, FREE, 0.0)
    assert result.book.positions["A"].shares == 50
    assert result.pnl == pytest.approx(100.0)
    assert result.gaps == 1


_price = st.floats(1, 5000).map(lambda price: round(price, 2))


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_the_account_balances_on_random_books(data: st.DataObject) -> None:
    names = [f"N{number}" for number in range(data.draw(st.integers(1, 8)))]
    positions = {name: Position(name, data.draw(st.integers(1, 5000)), data.draw(_price)) for name in names if data.draw(st.booleans())}
    quotes = {name: Quote(
        data.draw(_price), data.draw(_price), data.draw(_price), data.draw(st.booleans()), f := data.draw(st.sampled_from([1.0, 0.2, 3.0])),
        f * data.draw(st.floats(0.5, 1)), data.draw(st.booleans()), data.draw(st.booleans()))
              for name in names if data.draw(st.booleans())}  # fmt: skip
    weights = data.draw(st.lists(st.floats(0, 1), min_size=len(names), max_size=len(names)))
    total = sum(weights) or 1.0
    targets = {name: (name, weight / total) for name, weight in zip(names, weights, strict=True)} if data.draw(st.booleans()) else None
    before = Book(data.draw(st.floats(0, 1e7)), positions)
    result = run_session(before, quotes, targets, RATES, 0.0005)
    assert before.value + result.pnl - result.costs == pytest.approx(result.book.value, abs=0.005)
    assert result.book.cash >= -1e-6
    assert all(position.shares > 0 for position in result.book.positions.values())


def test_actions_change_shares_and_cash_and_not_the_value() -> None:
    split_and_dividend = Quote(19.6, 19.6, 100.0, f_capital=0.2, f_total_return=0.2 * 0.98)
    result = run_session(Book(0.0, {"A": Position("A", 10, 100.0)}), {"A": split_and_dividend}, None, FREE, 0.0)
    assert result.book.positions["A"].shares == pytest.approx(50)
    assert result.dividends == pytest.approx(20.0)
    assert result.book.cash == pytest.approx(20.0)
    assert result.pnl == pytest.approx(0.0, abs=1e-9)


def test_an_account_that_does_not_balance_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = simulate._buy

    def thief(*arguments):  # type: ignore[no-untyped-def]
        return honest(*arguments) + 1.0

    monkeypatch.setattr(simulate, "_buy", thief)
    with pytest.raises(AccountError):
        run_session(Book(1000.0), {"A": quote(30.0, 33.0)}, {"A": ("A", 0.5)}, FREE, 0.0)

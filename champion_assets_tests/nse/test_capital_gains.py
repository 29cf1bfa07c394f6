"""Examples worked out by hand from the law: rates by date, grandfathering, set-off, carrying forward, the allowance."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from champion_assets.nse.capital_gains import Gain, Loss, financial_year, gain_of, is_long_term, rates_of, tax_of_year

DAY = dt.date.fromisoformat


def gains(*each: tuple[str, str, float]) -> list[Gain]:
    return [Gain(DAY(day), term == "long", amount) for day, term, amount in each]


@pytest.mark.parametrize(
    ("day", "year"), [("2018-03-31", 2018), ("2018-04-01", 2019), ("2018-12-31", 2019), ("2019-01-01", 2019)]
)
def test_a_financial_year_ends_in_march(day: str, year: int) -> None:
    assert financial_year(DAY(day)) == year


@pytest.mark.parametrize(("acquired", "sold", "is_long"), [
    ("2019-01-15", "2020-01-15", False), ("2019-01-15", "2020-01-16", True), ("2020-02-29", "2021-02-28", False),
    ("2020-02-29", "2021-03-01", True),
])  # fmt: skip
def test_long_is_more_than_twelve_months(acquired: str, sold: str, is_long: bool) -> None:
    assert is_long_term(DAY(acquired), DAY(sold)) is is_long


@pytest.mark.parametrize(("day", "short", "long", "allowance", "cess"), [
    ("2004-09-30", 0.30, 0.10, 0, 0.0), ("2004-10-01", 0.10, 0.0, 0, 0.02), ("2008-03-31", 0.10, 0.0, 0, 0.03),
    ("2008-04-01", 0.15, 0.0, 0, 0.03), ("2018-03-31", 0.15, 0.0, 0, 0.03), ("2018-04-01", 0.15, 0.10, 100_000, 0.04),
    ("2024-07-22", 0.15, 0.10, 100_000, 0.04), ("2024-07-23", 0.20, 0.125, 125_000, 0.04),
])  # fmt: skip
def test_rates_on_the_days_they_changed(day: str, short: float, long: float, allowance: float, cess: float) -> None:
    law = rates_of(DAY(day))
    assert (law.short, law.long, law.allowance, law.cess) == (short, long, allowance, cess)


@pytest.mark.parametrize(("proceeds", "cost", "fair_value", "gain"), [
    (300.0, 100.0, 200.0, 100.0), (300.0, 100.0, 50.0, 200.0), (150.0, 100.0, 200.0, 0.0), (80.0, 100.0, 200.0, -20.0),
])  # fmt: skip
def test_the_four_cases_of_the_tax_departments_answers_of_2018(
    proceeds: float, cost: float, fair_value: float, gain: float
) -> None:
    """CBDT, Frequently Asked Questions of 2018-02-04, scenarios 1 to 4, with cost 100, and what was sold for 300, 300,
    150, 80."""
    found = gain_of(DAY("2017-01-02"), DAY("2018-04-02"), proceeds, cost, fair_value)
    assert (found.is_long, found.amount) == (True, gain)


def test_before_april_2018_the_fair_value_does_not_count() -> None:
    assert gain_of(DAY("2016-01-04"), DAY("2018-03-30"), 300.0, 100.0, 200.0).amount == 200.0


@pytest.mark.parametrize(
    ("what", "date", "tax"),
    [
        (gains(("2017-06-01", "short", 100_000)), "2018-03-31", 15_000 * 1.03),
        (gains(("2017-06-01", "long", 5_000_000)), "2018-03-31", 0.0),  # exempt under 10(38)
        (gains(("2018-06-01", "long", 100_000)), "2019-03-31", 0.0),  # the allowance
        (gains(("2018-06-01", "long", 350_000)), "2019-03-31", 25_000 * 1.04),
        (
            gains(("2018-06-01", "short", 50_000), ("2018-07-01", "long", 350_000)),
            "2019-03-31",
            (7_500 + 25_000) * 1.04,
        ),
        # 3 lakh less 1 lakh
        (gains(("2018-06-01", "short", -50_000), ("2018-07-01", "long", 350_000)), "2019-03-31", 20_000 * 1.04),
        # long ones never
        (gains(("2018-06-01", "long", -50_000), ("2018-07-01", "short", 100_000)), "2019-03-31", 15_000 * 1.04),
        # 2024-25: 1 lakh at 15 and 1 lakh at 20 per cent, a loss of 50,000 against the higher: 15,000 + 10,000
        (
            gains(("2024-05-02", "short", 100_000), ("2024-08-01", "short", 100_000), ("2024-09-02", "short", -50_000)),
            "2025-03-31",
            25_000 * 1.04,
        ),
        # 2 lakh at 10 and 2 lakh at 12.5 per cent; the allowance of 1.25 lakh against the higher: 20,000 + 9,375
        (gains(("2024-05-02", "long", 200_000), ("2024-08-01", "long", 200_000)), "2025-03-31", 29_375 * 1.04),
    ],
)
def test_the_tax_of_a_year(what: list[Gain], date: str, tax: float) -> None:
    assert tax_of_year(what, (), DAY(date)).tax == pytest.approx(tax)


def test_losses_are_carried_for_eight_years_the_oldest_first() -> None:
    lost = tax_of_year(gains(("2010-06-01", "short", -100_000)), (), DAY("2011-03-31"))
    assert (lost.tax, lost.carried) == (0.0, (Loss(2011, False, 100_000),))
    both = (*lost.carried, Loss(2018, False, 50_000), Loss(2018, True, 30_000))
    used = tax_of_year(gains(("2018-06-01", "short", 120_000)), both, DAY("2019-03-31"))
    assert used.tax == 0.0
    assert used.carried == (Loss(2018, False, 30_000), Loss(2018, True, 30_000))
    assert tax_of_year(gains(("2019-06-03", "short", 120_000)), lost.carried, DAY("2020-03-31")).tax == pytest.approx(
        18_000 * 1.04
    )


def test_exempt_losses_are_lost() -> None:
    assert tax_of_year(gains(("2017-06-01", "long", -100_000)), (), DAY("2018-03-31")).carried == ()


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["2023-05-02", "2023-08-01", "2024-02-01"]),
            st.sampled_from(["short", "long"]),
            st.floats(-1e7, 1e7),
        ),
        max_size=12,
    ),
    st.floats(0, 1e6),
    st.booleans(),
)
def test_no_rupee_of_loss_is_used_twice(each: list[tuple[str, str, float]], carried: float, is_long: bool) -> None:
    what, before = gains(*each), (Loss(2020, is_long, carried),)
    found = tax_of_year(what, before, DAY("2024-03-31"))
    positive = sum(gain.amount for gain in what if gain.amount > 0)
    lost = carried - sum(gain.amount for gain in what if gain.amount < 0)
    assert found.short + found.long == pytest.approx(positive - found.set_off, abs=1e-3)
    assert sum(loss.amount for loss in found.carried) == pytest.approx(lost - found.set_off, abs=1e-3)
    assert found.tax == pytest.approx((found.short * 0.15 + (found.long - found.allowance) * 0.10) * 1.04, abs=1e-3)
    assert 0 <= found.allowance <= 100_000

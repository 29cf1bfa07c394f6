"""Who was locked at a price band: NSE's own lists of four days against the simulator, with the list and without it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from champion_assets.bronze.bundle_lists import BundleLists
from champion_assets.lake.schema import empty_frame
from champion_assets.nse.bundle_prices import read_bundle_prices
from champion_assets.nse.schema import EQUITY_SERIES
from champion_assets.nse.trading_rules import fixed_ticks
from champion_assets.portfolio.exchange import NseCashMarket
from champion_assets.portfolio.market_events import band_hits
from champion_assets.silver.security_status import transform
from champion_assets.simulation.account import BandHits, Flags, MarketDay, new_account
from champion_assets.simulation.fills import Fills, Rules, fill_orders
from champion_assets_tests.bands import BUNDLES, genuine_bundle, read_bundle_bands

CASES = Path(__file__).parents[3] / "shared" / "cases" / "band_lock_cases.csv"
WRONG_BY_RULE = 27
"""Of the 66 cases, without the list: a price that lies at the edge of some band by chance cannot be told from one at
its own."""
LEFT_BY_RULE = 5
"""Those among them that were locked and are filled."""


def refused(day: MarketDay, names: list[int], *, upper: bool, fill: str = "open") -> Flags:
    """Whose order of a share is refused for the band: a buy at the upper one, a sell at the lower."""
    account = new_account(1e9, day.open.size)
    account.shares[:] = 10.0
    account.price[:] = np.where(day.previous > 0, day.previous, 1.0)
    account.orders = dict.fromkeys(names, 1.0 if upper else -1.0)
    fills = Fills()
    fill_orders(account, day, Rules(fill=fill, participation=1.0), NseCashMarket(), fills)  # type: ignore[arg-type]
    return np.array([each.reason == "at_band" for each in fills.executions])


def genuine_day(real: Path, date: dt.date) -> tuple[MarketDay, dict[tuple[str, str], int]]:
    """The market of a bundle as the account sees it, and the place of each symbol and series."""
    body, stamp = genuine_bundle(real, date), pl.lit(date).alias("trade_date")
    prices = read_bundle_prices(body, "bundle")[0].drop_nulls("symbol").with_columns(stamp)
    prices = prices.filter(pl.col("series").is_in(EQUITY_SERIES))
    names = pl.format("{} {}", "symbol", "series").alias("instrument_id")
    hits = read_bundle_bands(body, "bundle")[0].with_columns(stamp)
    told = transform(prices, prices.with_columns(names), hits, empty_frame(BundleLists))
    index = {name: number for number, name in enumerate(prices.select(names)["instrument_id"])}
    of = {name: prices[name].to_numpy() for name in ("open", "high", "low", "close")}
    nothing = np.zeros(prices.height, dtype=bool)
    volume = prices["volume"].cast(pl.Float64).to_numpy()
    day = MarketDay(
        date=date,
        **of,
        vwap=of["close"],
        previous=prices["prev_close"].to_numpy(),
        volume=volume,
        traded=volume > 0,
        is_gap=nothing,
        is_delivered=nothing,
        volatility=of["close"],
        tick=fixed_ticks(prices["series"].to_list()),
        hits=band_hits(told, index),
    )
    return day, {
        (symbol, series): number
        for number, (symbol, series) in enumerate(prices.select("symbol", "series").iter_rows())
    }


@pytest.fixture(scope="module")
def days(real: Path) -> dict[dt.date, tuple[MarketDay, dict[tuple[str, str], int]]]:
    return {date: genuine_day(real, date) for date in BUNDLES}


@pytest.fixture(scope="module")
def cases(real: Path) -> pl.DataFrame:
    if not CASES.is_file():
        pytest.skip("the cases, which hold prices of NSE, are not here")
    return pl.read_csv(CASES, try_parse_dates=True)


def wrong(
    cases: pl.DataFrame, days: dict[dt.date, tuple[MarketDay, dict[tuple[str, str], int]]], *, listed: bool
) -> list[tuple[str, bool]]:
    """Symbols whose opening is judged otherwise than NSE does, and whether it was locked."""
    found = []
    for case in cases.iter_rows(named=True):
        day, index = days[case["date"]]
        place = index[case["symbol"], case["series"]]
        assert (day.open[place], day.high[place], day.low[place]) == (case["open"], case["high"], case["low"])
        seen = day if listed else replace(day, hits=None)
        if refused(seen, [place], upper=case["side"] == "upper")[0] != case["nse_bh_lists_it"]:
            found.append((case["symbol"], case["nse_bh_lists_it"]))
    return found


@pytest.mark.real
def test_with_the_list_of_the_day_no_case_is_wrong(
    cases: pl.DataFrame, days: dict[dt.date, tuple[MarketDay, dict[tuple[str, str], int]]]
) -> None:
    assert cases.height == 66
    assert wrong(cases, days, listed=True) == []


@pytest.mark.real
def test_without_it_some_are_refused_that_were_open_and_few_are_filled_that_were_locked(
    cases: pl.DataFrame, days: dict[dt.date, tuple[MarketDay, dict[tuple[str, str], int]]]
) -> None:
    found = wrong(cases, days, listed=False)
    assert len(found) <= WRONG_BY_RULE
    assert sum(locked for _, locked in found) <= LEFT_BY_RULE


@pytest.mark.real
@pytest.mark.parametrize("date", BUNDLES)
def test_all_openings_of_a_genuine_day(
    date: dt.date, days: dict[dt.date, tuple[MarketDay, dict[tuple[str, str], int]]]
) -> None:
    day, index = days[date]
    assert day.hits is not None
    names = list(index.values())
    for upper in (True, False):
        listed, extreme = (day.hits.upper, day.high) if upper else (day.hits.lower, day.low)
        locked = refused(day, names, upper=upper)
        known = day.hits.known & day.traded
        assert (locked[known] == (listed & (day.open == extreme))[known]).all()
    assert day.hits.known.mean() > 0.94


@pytest.mark.real
def test_trade_to_trade_names_held_to_two_percent_stay_locked_though_the_list_leaves_them_out(
    days: dict[dt.date, tuple[MarketDay, dict[tuple[str, str], int]]],
) -> None:
    for number, (symbol, series, upper) in enumerate([("DHARIWAL", "ST", True), ("GUJRAFFIA", "BE", False)] * 2):
        day, index = days[BUNDLES[2 + number // 2]]  # 2 % at one price, two days in a row
        assert refused(day, [index[symbol, series]], upper=upper).all()


prices = st.floats(1.0, 1000.0).map(lambda price: round(round(price / 0.05) * 0.05, 2))


@given(
    opened=prices,
    previous=prices,
    upper=st.booleans(),
    flags=st.tuples(st.booleans(), st.booleans(), st.booleans()),
    other=prices,
    fill=st.sampled_from(["open", "vwap", "close"]),
)
def test_who_is_not_on_the_list_is_never_refused_where_it_is_there(
    opened: float, previous: float, upper: bool, flags: tuple[bool, bool, bool], other: float, fill: str
) -> None:
    price, no = np.array([opened]), np.array([False])
    known, above, below = (np.array([flag]) for flag in flags)
    day = MarketDay(
        date=dt.date(2020, 12, 1),
        open=price,
        high=np.maximum(price, other),
        low=np.minimum(price, other),
        close=price,
        vwap=price,
        previous=np.array([previous]),
        volume=np.array([1e6]),
        traded=~no,
        is_gap=no,
        is_delivered=no,
        volatility=price,
        hits=BandHits(known, above, below),
    )
    is_refused = refused(day, [0], upper=upper, fill=fill)[0]
    is_extreme = opened >= other if upper else opened <= other
    is_listed = above[0] if upper else below[0]
    if known[0]:
        assert is_refused == (is_listed and is_extreme)
    elif is_listed and is_extreme:
        assert is_refused
    else:
        assert is_refused == refused(replace(day, hits=None), [0], upper=upper, fill=fill)[0]

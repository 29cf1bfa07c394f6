"""The fictional exchange: its bytes are reproducible, its story happens, its market obeys the rules of the genuine
one."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl

from champion_assets.nse.calendar import load_calendar
from champion_assets.nse.formats import read_bhavcopy
from champion_assets.nse.names import bhavcopy_files, delivery_file
from champion_assets.nse.synthetic.exchange import Exchange, write_exchange
from champion_assets_tests.helpers import content


def _bhavcopy(exchange: Exchange, day: dt.date) -> pl.DataFrame:
    for file in bhavcopy_files(day):
        if (exchange.folder / file.path).exists():
            return read_bhavcopy((exchange.folder / file.path).read_bytes(), file.name).frame
    raise AssertionError(day)


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    arguments = (load_calendar(), dt.date(2024, 2, 20), dt.date(2024, 4, 1))
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        write_exchange(tmp_path / name, *arguments, seed)
    assert content(tmp_path / "a") == content(tmp_path / "b") != content(tmp_path / "c")


def test_every_session_has_its_files_and_closed_days_have_none(exchange: Exchange) -> None:
    sessions = exchange.market.sessions
    for number in range((sessions[-1] - sessions[0]).days + 1):
        day = sessions[0] + dt.timedelta(days=number)
        published = any((exchange.folder / file.path).exists() for file in bhavcopy_files(day))
        assert published == (day in sessions)
        assert (exchange.folder / delivery_file(day).path).exists() == (day in sessions)


def test_both_udiff_headers_and_the_legacy_one_occur(exchange: Exchange) -> None:
    formats = set()
    for day in exchange.market.sessions:
        for file in bhavcopy_files(day):
            if (exchange.folder / file.path).exists():
                formats.add(read_bhavcopy((exchange.folder / file.path).read_bytes(), file.name).format)
    assert formats == {"legacy_l2", "udiff_early", "udiff"}


def test_the_market_obeys_the_rules_of_the_genuine_one(exchange: Exchange) -> None:
    everything = pl.concat(exchange.market.rows(day) for day in range(len(exchange.market.sessions)))
    shares = everything.filter(pl.col("series").is_in(["EQ", "BE", "SM"]))
    assert shares.filter(
        (pl.col("low") > pl.min_horizontal("open", "close")) | (pl.col("high") < pl.max_horizontal("open", "close"))
    ).is_empty()
    assert (shares["volume"] > 0).all()
    assert everything.select("trade_date", "symbol", "series").is_duplicated().sum() == 0
    chained = (
        shares.sort("isin", "trade_date").with_columns(before=pl.col("close").shift().over("isin")).drop_nulls("before")
    )
    broken = chained.filter((pl.col("before") - pl.col("prev_close")).abs() > 0.006)
    assert broken.is_empty()


def test_the_story_happens(exchange: Exchange) -> None:
    companies = exchange.market.companies
    sessions = exchange.market.sessions
    split = next(company for company in companies if company.isin_change)
    event = split.events[0]
    ex_day = _bhavcopy(exchange, sessions[event.ex_session]).filter(pl.col("symbol") == split.symbol).row(0, named=True)
    assert 0.15 < ex_day["open"] / ex_day["prev_close"] < 0.25
    assert ex_day["isin"] == split.isin
    assert (
        _bhavcopy(exchange, sessions[event.ex_session + 1]).filter(pl.col("isin") == split.isin_change[1]).height == 1
    )  # type: ignore[index]
    renamed = next(company for company in companies if company.renamed)
    after = _bhavcopy(exchange, sessions[renamed.renamed[0]])  # type: ignore[index]
    assert after.filter(pl.col("symbol") == renamed.symbol).is_empty()
    assert after.filter(pl.col("isin") == renamed.isin)["symbol"].to_list() == [renamed.renamed[1]]  # type: ignore[index]
    suspended = next(company for company in companies if company.suspended)
    assert _bhavcopy(exchange, sessions[suspended.suspended[0]]).filter(pl.col("symbol") == suspended.symbol).is_empty()  # type: ignore[index]
    series = {
        _bhavcopy(exchange, day).filter(pl.col("symbol") == companies[5].symbol)["series"].item() for day in sessions
    }
    assert series == {"EQ", "BE"}


def test_special_sessions_are_thin(exchange: Exchange) -> None:
    def turnover(day: dt.date) -> float:
        return float(_bhavcopy(exchange, day)["turnover"].sum())

    assert turnover(dt.date(2023, 11, 12)) < 0.3 * turnover(dt.date(2023, 11, 10))
    assert turnover(dt.date(2024, 3, 2)) < 0.3 * turnover(dt.date(2024, 3, 1))


def test_the_folder_says_that_it_is_synthetic(exchange: Exchange) -> None:
    assert "SYNTHETIC" in (exchange.folder / "README.txt").read_text()


def test_the_republished_day_differs_in_one_quantity(exchange: Exchange) -> None:
    file = bhavcopy_files(exchange.republished)[0]
    old = read_bhavcopy((exchange.folder / file.path).read_bytes(), "old").frame
    new = read_bhavcopy((exchange.corrected / file.path).read_bytes(), "new").frame
    assert (old["volume"] != new["volume"]).sum() == 1

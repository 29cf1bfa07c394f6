"""Symbols: in any case, renamed, mistyped, of the future, without rows."""

from __future__ import annotations

import datetime as dt
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from champion_assets import research
from champion_assets_tests.research.conftest import END, START


def test_one_symbol_as_text_is_the_same_as_a_list(lake: Path) -> None:
    alone = research.prices(START, END, symbols="ARANYASTEE")
    assert alone.height == 123
    assert alone.equals(research.prices(START, END, symbols=["aranyastee"]))
    history = research.instrument_history(END, symbols="aranyastee")
    assert set(history["symbol"]) == {"ARANYASTEE"}


@pytest.mark.parametrize(("symbols", "words"), [
    ("ARANYASTEL", "no equity instrument has had the symbol 'ARANYASTEL' up to 2024-04-30; did you mean ARANYASTEE"),
    (["ARANYASTEE", "aranyastel"], "'ARANYASTEL'"),
    ("ARANYASTEE.NS", "did you mean ARANYASTEE"),
    ("QQQQ", "symbol 'QQQQ' up to 2024-04-30"),
    ("ARANYASTEE,EKANTANEW", r"given as a list: \['ARANYASTEE', 'EKANTANEW'\]"),
    (["A1", "A2", "A3", "A4", "A5", "A6", "A7"], r"'A5' .*2 more are unknown: A6, A7"),
    ("aranya motors", "did you mean EKANTANEW"),
])  # fmt: skip
def test_an_unknown_symbol_is_refused_with_the_nearest(lake: Path, symbols: str | list[str], words: str) -> None:
    for call in (
        lambda: research.prices(START, END, symbols=symbols),
        lambda: research.table("features/returns", START, END, symbols=symbols),
        lambda: research.instrument_history(END, symbols=symbols),
    ):
        with pytest.raises(research.UnknownSymbol, match=words):
            call()


def test_an_isin_is_no_symbol_and_the_symbol_is_named(lake: Path) -> None:
    isin = research.instruments(END, symbols="ARANYASTEE")["isin"].item()
    with pytest.raises(research.UnknownSymbol, match="did you mean ARANYASTEE"):
        research.prices(START, END, symbols=isin)


def test_a_renamed_symbol_finds_its_instrument_under_every_name(lake: Path) -> None:
    new = research.prices(START, END, symbols="EKANTANEW")
    (old,) = set(new["symbol"]) - {"EKANTANEW"}
    assert research.prices(START, END, symbols=old).equals(new)
    changed = new.filter(new["symbol"] == "EKANTANEW")["trade_date"].min()
    assert research.prices(START, "2024-01-31", symbols=old)["symbol"].unique().to_list() == [old]
    assert changed is not None
    later = research.prices("2024-03-01", END, symbols=old)  # nobody carries it any more
    assert later["symbol"].unique().to_list() == ["EKANTANEW"]
    assert later.equals(research.prices("2024-03-01", END, symbols="EKANTANEW"))
    with pytest.raises(research.UnknownSymbol, match="symbol 'EKANTANEW' up to 2024-01-31"):
        research.prices(START, "2024-01-31", symbols="EKANTANEW")


def test_a_symbol_that_is_listed_later_says_when(lake: Path) -> None:
    register = research.instruments(END)
    newcomer = register.filter(register["first_seen"] > dt.date(2023, 11, 10)).row(0, named=True)
    words = f"{newcomer['symbol']} first traded on {newcomer['first_seen']}, after 2023-11-10"
    with pytest.raises(research.UnknownSymbol, match=words):
        research.prices(START, "2023-11-10", symbols=newcomer["symbol"])


def test_a_known_symbol_without_rows_is_an_empty_answer_that_is_said(lake: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        research.prices(START, END, symbols=["ARANYASTEE", "EKANTANEW"])
    with pytest.warns(UserWarning, match="no rows of ARANYASTEE on these days") as caught:
        rows = research.table("features/universe", START, START, symbols=["ARANYASTEE"])
    assert rows.is_empty()
    assert caught[0].filename == __file__
    assert research.prices(START, END, symbols=[]).is_empty()


def test_a_symbol_that_stopped_trading_is_known(lake: Path) -> None:
    register = research.instruments(END)
    gone = register.filter(register["last_seen"] < dt.date(2024, 4, 1)).row(0, named=True)
    with pytest.warns(UserWarning, match=f"no rows of {gone['symbol']}") as caught:
        assert research.prices("2024-04-01", END, symbols=gone["symbol"]).is_empty()
    assert caught[0].filename == __file__
    assert research.prices(START, END, symbols=gone["symbol"])["trade_date"].max() == gone["last_seen"]


def test_the_answer_is_the_same_with_and_without_copies_and_where_none_can_be_kept(
    lake: Path, environment: Callable[[str, str], None], tmp_path: Path
) -> None:
    shutil.copytree(lake, tmp_path / "data" / "lake", ignore=shutil.ignore_patterns("_files", "quarantine"))
    environment("DATA_DIR", str(tmp_path / "data"))
    environment("CHAMPION_LAKE_CACHE_GB", "0")
    plain = research.prices(START, END, symbols=["ARANYASTEE", "EKANTANEW"], adjust="total_return")
    assert not (tmp_path / "data" / "cache").exists()
    environment("CHAMPION_LAKE_CACHE_GB", "1")
    assert research.prices(START, END, symbols=["ARANYASTEE", "EKANTANEW"], adjust="total_return").equals(plain)
    assert list((tmp_path / "data" / "cache" / "by_instrument").rglob("*.parquet"))
    shutil.rmtree(tmp_path / "data" / "cache")
    (tmp_path / "data" / "cache").write_text("no folder")
    with pytest.warns(UserWarning, match="cannot be kept"):
        assert research.prices(START, END, symbols=["ARANYASTEE", "EKANTANEW"], adjust="total_return").equals(plain)


def test_the_register_of_a_day(lake: Path) -> None:
    everyone = research.instruments("2024-02-15")
    assert everyone["trade_date"].unique().to_list() == [dt.date(2024, 2, 15)]
    traded = set(research.prices("2024-02-15", "2024-02-15", adjust="none")["instrument_id"])
    assert traded <= set(everyone.filter(everyone["last_seen"] == dt.date(2024, 2, 15))["instrument_id"])
    closes = dict(
        research.prices("2024-02-15", "2024-02-15", adjust="none").select("instrument_id", "close").iter_rows()
    )
    known = dict(everyone.select("instrument_id", "last_close").iter_rows())
    assert {name: known[name] for name in closes} == closes
    assert research.instruments("2024-02-15", symbols="aranyastee")["symbol"].to_list() == ["ARANYASTEE"]
    with pytest.raises(research.UnknownSymbol, match="ARANYASTEE"):
        research.instruments("2024-02-15", symbols="ARANYASTEL")
    with pytest.raises(research.NotASession):
        research.instruments("2024-02-17")

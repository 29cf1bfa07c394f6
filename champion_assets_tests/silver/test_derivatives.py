"""`silver/derivatives`: forwards, volatilities and why there are none, who the underlying is; genuine days whole."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from champion_assets.bronze.derivatives import Derivatives
from champion_assets.catalog import open_workspace
from champion_assets.lake.build import build_range
from champion_assets.lake.schema import empty_frame, violations
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.derivatives import read_derivatives
from champion_assets.nse.synthetic.derivatives import DUMMY, EVERY, NO_FILE, NO_KIND, VOLATILITY
from champion_assets.settings import Settings
from champion_assets.silver.derivatives import NAME, TABLE, ContractDay, transform
from champion_assets_tests.helpers import build_until, copy_days

DAY, NEAR, FAR = dt.date(2025, 2, 3), dt.date(2025, 2, 27), dt.date(2025, 3, 27)
RATE = 0.066
START, END = dt.date(2023, 11, 1), dt.date(2023, 12, 6)


def register(symbols: list[str], date: dt.date = DAY) -> pl.DataFrame:
    rows = [(date, f"SYM:{symbol}", symbol, "EQ", "share", date) for symbol in symbols]
    return pl.DataFrame(
        rows, schema=["trade_date", "instrument_id", "symbol", "series", "instrument_class", "last_seen"], orient="row"
    )


def contract(**given: Any) -> dict[str, Any]:
    """A line of the bronze table."""
    plain = {
        "trade_date": DAY,
        "symbol": "ABC",
        "kind": "stock_option",
        "expiry": NEAR,
        "strike": 100.0,
        "option_type": "call",
        "is_american": False,
        "close": 4.0,
        "settle": 4.0,
        "contracts": 5,
        "open_interest": 500,
        "low": 3.0,
        "high": 5.0,
        "value": 0.0,
        "lot_size": 50,
    }
    is_future = given.get("kind", "option").endswith("future")
    return plain | ({"strike": None, "option_type": None, "is_american": None} if is_future else {}) | given


def made(*rows: dict[str, Any], known: tuple[str, ...] = ("ABC",)) -> pl.DataFrame:
    """The table's rows for these contracts."""
    frame = pl.DataFrame(list(rows), schema=empty_frame(Derivatives).schema)
    found, _, _ = transform(frame, register(list(known)), {DAY: RATE})
    assert violations(ContractDay, found) is None
    return found


FUTURE = contract(kind="stock_future", settle=101.0, close=101.0)


def test_the_forward_is_the_future_that_traded_else_parity_else_none() -> None:
    by_future = made(FUTURE, contract())
    assert by_future["forward"].to_list() == [101.0, 101.0]
    idle = contract(kind="stock_future", settle=140.0, contracts=0)
    pair = [contract(close=4.0), contract(option_type="put", close=2.5)]
    by_parity = made(idle, *pair)
    wanted = 100.0 + 1.5 * np.exp(RATE * 24 / 365)
    assert by_parity["forward"].to_list() == pytest.approx([wanted] * 3, rel=1e-12)
    assert set(by_parity["forward_source"]) == {"parity"}
    alone = made(idle, pair[0], contract(option_type="put", contracts=0))
    assert alone["forward"].null_count() == 3
    assert alone.filter(pl.col("contracts") > 0)["no_volatility"].to_list() == ["no_forward"]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"contracts": 0}, "not_traded"),
        ({"is_american": True}, "american"),
        ({"close": 0.0}, "no_price"),
        ({"close": None}, "no_price"),
        ({"close": 0.5}, "below_intrinsic"),
        ({"close": 101.5}, "above_bound"),
        ({"expiry": FAR}, "no_forward"),
    ],
)
def test_why_there_is_no_volatility(given: dict[str, Any], reason: str) -> None:
    rows = made(FUTURE, contract(**given)).filter(pl.col("kind") == "stock_option")
    assert rows.select("implied_volatility", "no_volatility").rows() == [(None, reason)]


def test_on_the_day_of_expiry_there_is_none() -> None:
    rows = made(contract(kind="stock_future", expiry=DAY, settle=101.0), contract(expiry=DAY))
    assert set(rows["no_volatility"]) == {"future", "expires"}


def test_stocks_are_found_and_indices_have_keys_and_strangers_are_left_out() -> None:
    rows = made(
        FUTURE, contract(kind="stock_future", symbol="DUMMYREL"), contract(kind="index_future", symbol="BANKNIFTY"),
        contract(kind="index_future", symbol="DJIA"), contract(kind="index_future"),
    )  # fmt: skip
    assert rows.select("symbol", "instrument_id", "index_id").rows() == [
        ("ABC", None, None), ("ABC", "SYM:ABC", None), ("BANKNIFTY", None, "nifty_bank"), ("DJIA", None, None),
    ]  # fmt: skip


def test_a_day_whose_stocks_are_strangers_has_no_stocks() -> None:
    frame = pl.DataFrame(
        [FUTURE, contract(kind="index_future", symbol="NIFTY")], schema=empty_frame(Derivatives).schema
    )
    found, rejects, _ = transform(frame, register(["OTHER"]), {DAY: RATE})
    assert found["symbol"].to_list() == ["NIFTY"]
    assert rejects is not None
    assert rejects["rule"].to_list() == ["X16"]


def test_the_fictional_exchange(workspace: Workspace, settings: Settings, tmp_path: Path) -> None:
    build_until(workspace, NAME, START, END)
    days = workspace.sessions(START, END)
    rows = workspace.lake.read(NAME, days)
    bronze = workspace.lake.read("bronze/derivatives", days)
    refused = workspace.lake.read(
        "quarantine/bronze/derivatives", workspace.lake.dates("quarantine/bronze/derivatives")
    )
    assert refused["trade_date"].to_list() == [days[place] for place in range(len(days)) if place % EVERY == NO_KIND]
    assert set(days) - set(rows["trade_date"]) == {
        days[place] for place in range(len(days)) if place % EVERY == NO_FILE
    }
    assert rows.height == bronze.filter(pl.col("symbol") != DUMMY).height
    assert rows["lot_size"].null_count() < rows.height / 4  # legacy files do not say it
    found = rows.filter(
        pl.col("implied_volatility").is_not_null() & (pl.col("expiry") - pl.col("trade_date") > dt.timedelta(days=7))
    )
    near = found.filter((pl.col("strike") / pl.col("forward") - 1).abs() < 0.025)
    assert near.height > 500
    assert (near["implied_volatility"] - VOLATILITY).abs().max() < 0.03  # prices are whole ticks
    assert (near["implied_volatility"] - VOLATILITY).abs().median() < 0.002
    assert set(rows.drop_nulls("forward_source")["forward_source"]) == {"future", "parity"}
    alone = open_workspace(settings.model_copy(update={"data_dir": tmp_path / "alone"}))
    for wanted in TABLE.inputs(settings):
        copy_days(workspace.lake, alone.lake, wanted.table, days)
    some = [days[0], days[-1]]
    for day in some:
        assert not build_range(TABLE, alone, [day]).failed
    infos = [
        {day: info and info.exact for day, info in each.lake.infos(NAME, some).items()} for each in (alone, workspace)
    ]
    assert infos[0] == infos[1]


def genuine(real: Path, file: str, date: dt.date, rate: float) -> pl.DataFrame:
    """The table's rows of a genuine file, every stock known by its symbol."""
    rows = read_derivatives((real / file).read_bytes(), file).frame.with_columns(source_sha256=pl.lit("x"))
    stocks = rows.filter(pl.col("kind").str.starts_with("stock"))["symbol"].unique().sort().to_list()
    found, rejects, _ = transform(rows, register(stocks, date), {date: rate})
    assert rejects is None
    assert violations(ContractDay, found) is None
    assert found.height == rows.height
    return found


def by_expiry(rows: pl.DataFrame) -> dict[dt.date, tuple[float, float]]:
    """Forward of the Nifty and mean volatility of the four options nearest to it."""
    nifty = rows.filter((pl.col("symbol") == "NIFTY") & pl.col("implied_volatility").is_not_null())
    distance = (pl.col("strike") - pl.col("forward")).abs()
    found = nifty.group_by("expiry").agg(
        pl.col("forward").first(), pl.col("implied_volatility").sort_by(distance).head(4).mean()
    )
    return {expiry: (forward, volatility) for expiry, forward, volatility in found.iter_rows()}


@pytest.mark.real
def test_genuine_volatilities(real: Path) -> None:
    """Near the money 13.6 %; India VIX by its formula from the same closes is 14.1 (near month), which has the skew."""
    rows = genuine(real, "udiff_fo/BhavCopy_NSE_FO_0_0_0_20250203_F_0000.csv.zip", DAY, RATE)
    counted = dict(rows.group_by("no_volatility").len().iter_rows())
    assert counted == {None: 11_723, "not_traded": 21_549, "future": 662, "below_intrinsic": 366, "no_forward": 4}
    found = by_expiry(rows)
    assert found[NEAR] == (pytest.approx(23_442.75), pytest.approx(0.1364, abs=0.0005))
    assert found[FAR] == (pytest.approx(23_581.25), pytest.approx(0.1362, abs=0.0005))
    options = rows.filter(
        (pl.col("symbol") == "NIFTY") & (pl.col("expiry") == NEAR) & (pl.col("kind") == "index_option")
    )
    without = made(
        *options.with_columns(is_american=pl.lit(value=False)).select(set(options.columns) & set(contract())).to_dicts()
    )
    assert without["forward"][0] == pytest.approx(23_444.83, abs=0.5)  # parity, 0.9 bp from the future
    assert without["forward_source"][0] == "parity"


@pytest.mark.real
def test_genuine_legacy_day(real: Path) -> None:
    rows = genuine(real, "legacy_fo/fo13JUN2022bhav.csv.zip", dt.date(2022, 6, 13), 0.045)
    assert (rows["open_interest"].sum(), rows["implied_volatility"].count()) == (8_760_484_647, 9_715)
    assert by_expiry(rows)[dt.date(2022, 6, 30)] == (pytest.approx(15_766.25), pytest.approx(0.2228, abs=0.0005))
    lots = dict(
        rows.filter(pl.col("expiry") == dt.date(2022, 6, 30)).unique("symbol").select("symbol", "lot_size").iter_rows()
    )
    assert {name: lots[name] for name in ("NIFTY", "BANKNIFTY", "RELIANCE")} == {
        "NIFTY": 50,
        "BANKNIFTY": 25,
        "RELIANCE": 250,
    }

"""One row per instrument and day: series, identity, quarantine, and the rules that block."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from champion_assets.bronze.bhavcopy import Bhavcopy
from champion_assets.bronze.delivery import Delivery
from champion_assets.lake.schema import empty_frame, violations
from champion_assets.lake.table import Computed
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.formats import read_bhavcopy
from champion_assets.nse.identity import Registry
from champion_assets.nse.instrument_class import family
from champion_assets.nse.schema import EQUITY_SERIES
from champion_assets.silver.equity_eod import EquityEod, transform
from champion_assets.silver.instruments import sightings
from champion_assets_tests.helpers import build_until

DAY = dt.date(2018, 3, 5)


def bronze(*rows: dict[str, Any]) -> pl.DataFrame:
    base = {
        "trade_date": DAY,
        "series": "EQ",
        "open": 10.0,
        "high": 11.0,
        "low": 9.0,
        "close": 10.5,
        "last": 10.5,
        "prev_close": 10.0,
        "volume": 100,
        "turnover": 1000.0,
        "trades": 5,
        "source_sha256": "a" * 64,
    }
    filled = [
        base | {"symbol": f"S{number}", "isin": "INE040A01034", "source_row": number} | row
        for number, row in enumerate(rows, 1)
    ]
    return pl.DataFrame(filled, schema=empty_frame(Bhavcopy).schema)


PRIOR = {"trade_date": pl.Date, "instrument_id": pl.String, "prior_close": pl.Float64, "prior_date": pl.Date}


def silver(*rows: dict[str, Any], delivery: pl.DataFrame | None = None) -> Computed:
    return resolved(bronze(*rows), delivery)


def resolved(table: pl.DataFrame, delivery: pl.DataFrame | None = None) -> Computed:
    """As the stage does it, on the first day of a lake: who is who comes from a registry that sees these rows only."""
    day = table["trade_date"][0]
    ids = Registry().observe(day, sightings(table.filter(pl.col("series").is_in(EQUITY_SERIES))))
    series = {
        (symbol, isin, family(symbol, form, isin)): form
        for symbol, form, isin in table.select("symbol", "series", "isin").iter_rows()
    }
    known = pl.DataFrame(
        [(day, symbol, series[symbol, isin, own], isin, name) for (symbol, isin, own), name in ids.items()],
        schema={
            "trade_date": pl.Date,
            "symbol": pl.String,
            "series": pl.String,
            "isin": pl.String,
            "instrument_id": pl.String,
        },
        orient="row",
    )
    delivered = empty_frame(Delivery) if delivery is None else delivery
    return transform(table, known, pl.DataFrame(schema=PRIOR), delivered, {day: "regular"})


def test_only_equity_series_pass_the_rest_stays_in_bronze() -> None:
    rows = [
        {"series": series, "isin": isin}
        for series, isin in (("EQ", "INE040A01034"), ("GS", "IN0020230011"), ("T0", "INE002A01018"))
    ]
    computed = silver(*rows)
    assert computed.frame["series"].to_list() == ["EQ"]
    assert computed.facts[DAY] == {"bronze_rows": 3, "normalized_rows": 1, "filtered_rows": 2, "delivery": "no file"}
    assert computed.rejects is not None
    assert computed.rejects.is_empty()


def test_a_malformed_isin_is_quarantined_with_its_rule_and_place() -> None:
    computed = silver({}, {"isin": "INE", "symbol": "BAD"}, {"isin": "INE002A01019", "symbol": "WRONGDIGIT"})
    assert computed.frame["symbol"].to_list() == ["S1"]
    assert computed.rejects is not None
    rejects = computed.rejects.select("symbol", "rule", "reason", "source_row", "source_sha256").rows()
    assert ("BAD", "S8", "INE is no valid ISIN", 2, "a" * 64) in rejects
    assert len(rejects) == 2


def test_a_second_row_of_an_instrument_is_quarantined_the_better_series_stays() -> None:
    computed = silver({"series": "BE", "symbol": "S"}, {"series": "EQ", "symbol": "S"})
    assert computed.frame["series"].to_list() == ["EQ"]
    assert computed.rejects is not None
    assert computed.rejects["rule"].to_list() == ["S2"]


@pytest.mark.parametrize(
    "wrong", [{"low": 10.2}, {"high": 10.2}, {"volume": 0}, {"close": 0.0}, {"open": -1.0}, {"turnover": 0.0}]
)  # fmt: skip
def test_rows_that_contradict_themselves_break_the_model(wrong: dict[str, Any]) -> None:
    assert violations(EquityEod, silver({}).frame) is None
    assert violations(EquityEod, silver(wrong).frame) is not None


def test_a_doubled_instrument_breaks_the_model() -> None:
    frame = silver({}).frame
    assert violations(EquityEod, pl.concat([frame, frame])) is not None


def test_the_session_type_is_told(workspace: Workspace) -> None:
    build_until(workspace, "silver/equity_eod", dt.date(2023, 11, 1), dt.date(2023, 11, 13))
    rows = workspace.lake.read("silver/equity_eod", [dt.date(2023, 11, 12), dt.date(2023, 11, 13)])
    assert dict(rows.select("trade_date", "session_type").unique().rows()) == {
        dt.date(2023, 11, 12): "muhurat",
        dt.date(2023, 11, 13): "regular",
    }


@pytest.mark.real
@pytest.mark.parametrize(
    "name",
    [
        "cm10JUL2017bhav.csv.zip",
        "cm13JUL2020bhav.csv.zip",
        "cm16FEB2021bhav.csv.zip",
        "cm28MAR2024bhav.csv.zip",
        "cm03JAN2011bhav.csv.zip",
        "cm06NOV2013bhav.csv.zip",
        "cm13MAR2015bhav.csv.zip",
    ],
)
def test_genuine_quirks_reach_silver_whole(real: Path, name: str) -> None:
    frame = read_bhavcopy((real / "legacy_cm" / name).read_bytes(), name).frame
    computed = resolved(frame.with_columns(source_sha256=pl.lit("a" * 64)))
    assert violations(EquityEod, computed.frame) is None
    equity = frame.filter(
        pl.col("series").is_in(EQUITY_SERIES) & (pl.col("isin").is_null() | (pl.col("isin") != "DUMMY"))
    )
    assert computed.frame.height == equity.height


@pytest.mark.parametrize(("symbol", "series", "isin", "kind"), [
    ("EMBASSY", "RR", "INE041025011", "trust"), ("INDIGRID", "IV", "INE219X23014", "trust"),
    ("TATASTEEL", "E1", "IN9081A01010", "partly_paid"), ("AURUMPP", "X1", "IN9898S01019", "partly_paid"),
    ("FOURTHDIM", "SZ", "INE382T01014", "sme"), ("RIL-RE", "BE", "INE002A20018", "rights"),
    ("TATAMTRDVR", "EQ", "IN9155A01020", "share"), ("NIFTYBEES", "EQ", "INF204KB14I2", "fund"),
    ("BTML-RE", "ST", "INE0EEJ20015", "rights"),
])  # fmt: skip
def test_every_class_reaches_silver(symbol: str, series: str, isin: str, kind: str) -> None:
    frame = silver({"symbol": symbol, "series": series, "isin": isin}).frame
    name = isin if kind in ("partly_paid", "rights", "fund") or "DVR" in symbol else isin[:9]
    assert frame.select("symbol", "instrument_class", "instrument_id").rows() == [(symbol, kind, name)]


@pytest.mark.real
def test_a_share_and_its_partly_paid_form_of_one_symbol_are_both_there_without_isins(real: Path) -> None:
    frame = read_bhavcopy((real / "legacy_cm/cm21JUN2011bhav.csv.zip").read_bytes(), "cm21JUN2011bhav.csv.zip").frame
    rows = resolved(frame.with_columns(source_sha256=pl.lit("a" * 64))).frame.filter(pl.col("symbol") == "KARURVYSYA")
    assert set(rows.select("series", "instrument_id", "instrument_class").rows()) == {
        ("EQ", "SYM:KARURVYSYA", "unclassified"), ("E5", "SYM:KARURVYSYA.E5", "partly_paid"),
    }  # fmt: skip


def delivered(*rows: tuple[str, str, int | None]) -> pl.DataFrame:
    filled = [
        {
            "trade_date": DAY,
            "symbol": symbol,
            "series": series,
            "volume": 100,
            "delivery_qty": quantity,
            "delivery_pct": 50.0,
            "source_row": 1,
            "source_sha256": "d",
        }
        for symbol, series, quantity in rows
    ]
    return pl.DataFrame(filled, schema=empty_frame(Delivery).schema)


def test_deliveries_are_joined_and_unknown_is_null() -> None:
    done = silver(
        {}, {"isin": "INE002A01018", "series": "BE"}, delivery=delivered(("S1", "EQ", 50), ("S2", "BE", None))
    )
    assert done.frame.sort("symbol")["delivery_qty"].to_list() == [50, None]
    assert done.facts[DAY]["delivery"] == "joined"


def test_a_delivery_file_that_lacks_many_rows_is_not_joined() -> None:
    """On 2020-04-13 and 2020-09-28 NSE's file lacks all of BE and BZ."""
    done = silver({}, {"isin": "INE002A01018", "series": "BE"}, delivery=delivered(("S1", "EQ", 50)))
    assert done.frame["delivery_qty"].null_count() == 2
    assert "not joined" in done.facts[DAY]["delivery"]

"""What kind of instrument a row is, on genuine names and on all rows of a genuine file; both forms of the rule
agree."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from champion_assets.nse.formats import read_bhavcopy
from champion_assets.nse.instrument_class import CLASSES, families, family, instrument_class
from champion_assets.nse.schema import EQUITY_SERIES


def class_of(symbol: str, series: str, isin: str | None) -> str:
    row = pl.DataFrame({"symbol": [symbol], "series": [series], "isin": [isin]}, schema_overrides={"isin": pl.String})
    return str(row.select(instrument_class()).item())


@pytest.mark.parametrize(("symbol", "series", "isin", "expected"), [
    ("RELIANCE", "EQ", "INE002A01018", "share"),
    ("TATAMTRDVR", "EQ", "IN9155A01020", "share"), ("JISLDVREQS", "BE", "IN9175A01010", "share"),
    ("GOLDBEES", "EQ", "INF204KB17I5", "fund"), ("EMBASSY", "RR", "INE041025011", "trust"),
    ("ANANTAM", "IV", "INE1UA823019", "trust"), ("ABFRL-RE", "BE", "INE647O20011", "rights"),
    ("HILTON-RE1", "BE", "INE788H20025", "rights"), ("BTML-RE", "ST", "INE0EEJ20015", "rights"),
    ("ODD-NAME", "BE", "INE647O20011", "rights"), ("SHOP-REIT", "EQ", "INE002A01018", "share"),
    ("AARON", "SM", "INE721Z01010", "sme"), ("FOURTHDIM", "SZ", "INE382T01014", "sme"),
    ("HATSUN", "E1", "IN9473B01017", "partly_paid"), ("ROCKPP", "X1", "IN90PTR01010", "partly_paid"),
    ("RELIANCE", "EQ", None, "unclassified"), ("ABFRL-RE", "BE", None, "rights"),
    ("KARURVYSYA", "E5", None, "partly_paid"), ("AARON", "ST", None, "sme"),
    ("NXST", "RR", None, "trust"),
])  # fmt: skip
def test_the_class_of(symbol: str, series: str, isin: str | None, expected: str) -> None:
    assert class_of(symbol, series, isin) == expected


@given(
    st.sampled_from(["A", "A-RE", "A-RE3", "A-REIT", "ADVR"]),
    st.sampled_from(EQUITY_SERIES),
    st.sampled_from(["INE002A01018", "INE647O20011", "IN9473B01017", "INF204KB17I5", "INE041025011", None]),
)
def test_both_forms_of_the_family_agree_and_every_row_has_a_class(symbol: str, series: str, isin: str | None) -> None:
    row = pl.DataFrame({"symbol": [symbol], "series": [series], "isin": [isin]}, schema_overrides={"isin": pl.String})
    assert row.select(families()).item() == family(symbol, series, isin)
    assert class_of(symbol, series, isin) in CLASSES


@pytest.mark.real
def test_the_classes_of_a_genuine_day(real: Path) -> None:
    frame = read_bhavcopy((real / "udiff_cm/BhavCopy_NSE_CM_0_0_0_20260107_F_0000.csv.zip").read_bytes(), "udiff").frame
    counts = frame.filter(pl.col("series").is_in(EQUITY_SERIES)).group_by(instrument_class()).len()
    assert dict(counts.iter_rows()) == {
        "share": 2221,
        "fund": 304,
        "trust": 15,
        "rights": 2,
        "sme": 439,
        "partly_paid": 9,
    }

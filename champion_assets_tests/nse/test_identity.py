"""Who is who: the ISIN check and the identity rule, on genuine cases."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from champion_assets.nse.formats import read_bhavcopy
from champion_assets.nse.identity import is_valid_isin, isin_check_digit, with_instrument_id


@pytest.mark.parametrize("isin", ["INE040A01034", "INE002A01018", "INF204KB17I5", "IN9155A01020"])
def test_valid_isins(isin: str) -> None:
    assert is_valid_isin(isin)


@pytest.mark.parametrize("isin", ["INE002A01019", "DUMMY", "INE", "", "ine040a01034", "US0378331005", "INE040A0103X", "INE040A010344"])
def test_invalid_isins(isin: str) -> None:
    assert not is_valid_isin(isin)


@given(st.from_regex(r"INE[0-9]{3}[A-Z]01[0-9]{2}", fullmatch=True), st.integers(0, 9))
def test_exactly_one_check_digit_is_right(body: str, digit: int) -> None:
    assert is_valid_isin(f"{body}{digit}") == (isin_check_digit(body) == str(digit))


@pytest.mark.real
def test_every_isin_of_a_genuine_udiff_file_is_valid(real: Path) -> None:
    frame = read_bhavcopy((real / "udiff_cm/BhavCopy_NSE_CM_0_0_0_20260107_F_0000.csv.zip").read_bytes(), "u").frame
    assert all(is_valid_isin(isin) for isin in frame["isin"])


def _ids(*rows: tuple[str, str | None]) -> list[str | None]:
    frame = pl.DataFrame(
        {"symbol": [symbol for symbol, _ in rows], "isin": [isin for _, isin in rows]}, schema={"symbol": pl.String, "isin": pl.String}
    )
    return with_instrument_id(frame)["instrument_id"].to_list()


def test_a_face_value_split_keeps_the_identity() -> None:
    before, after = _ids(("HDFCBANK", "INE040A01026"), ("HDFCBANK", "INE040A01034"))
    assert before == after == "INE040A01"


def test_fund_units_of_one_house_stay_apart() -> None:
    assert len(set(_ids(("GOLDBEES", "INF204KB17I5"), ("NIFTYBEES", "INF204KB14I2")))) == 2


def test_differential_voting_rights_stay_apart_from_the_ordinary_share() -> None:
    assert _ids(("STAMPEDE", "INE224E01028"), ("SCAPDVR", "INE224E01036")) == ["INE224E01", "INE224E01036"]


def test_an_invalid_isin_is_never_guessed_and_an_absent_one_falls_back_to_the_symbol() -> None:
    assert _ids(("ABC", "DUMMY"), ("ABC", None)) == [None, "SYM:ABC"]

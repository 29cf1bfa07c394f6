"""The ISIN: its check digit, and the part that names a security for good."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from champion_assets.nse.formats import read_bhavcopy
from champion_assets.nse.isin import is_valid_isin, isin_check_digit, security_key


@pytest.mark.parametrize("isin", ["INE040A01034", "INE002A01018", "INF204KB17I5", "IN9155A01020"])
def test_valid_isins(isin: str) -> None:
    assert is_valid_isin(isin)


@pytest.mark.parametrize(
    "isin", ["INE002A01019", "DUMMY", "INE", "", "ine040a01034", "US0378331005", "INE040A0103X", "INE040A010344"]
)
def test_invalid_isins(isin: str) -> None:
    assert not is_valid_isin(isin)


@given(st.from_regex(r"INE[0-9]{3}[A-Z]01[0-9]{2}", fullmatch=True), st.integers(0, 9))
def test_exactly_one_check_digit_is_right(body: str, digit: int) -> None:
    assert is_valid_isin(f"{body}{digit}") == (isin_check_digit(body) == str(digit))


@pytest.mark.real
def test_every_isin_of_a_genuine_udiff_file_is_valid(real: Path) -> None:
    frame = read_bhavcopy((real / "udiff_cm/BhavCopy_NSE_CM_0_0_0_20260107_F_0000.csv.zip").read_bytes(), "u").frame
    assert all(is_valid_isin(isin) for isin in frame["isin"])


def test_a_face_value_split_keeps_the_key_of_a_share_and_units_and_dvrs_have_their_own() -> None:
    assert security_key("INE040A01026", "HDFCBANK") == security_key("INE040A01034", "HDFCBANK") == "INE040A01"
    assert security_key("INF204KB17I5", "GOLDBEES") == "INF204KB17I5"
    assert security_key("INE224E01036", "SCAPDVR") == "INE224E01036"
    assert security_key("IN9274G01026", "IBVENTURES") == "IN9274G01026"
    assert security_key("INE964H20030", "SEPC-RE2") == "INE964H20030"

"""`Pd` of the PR bundle: a genuine one whole, and what is refused without harm to the day."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from champion_assets.bronze.bundle_prices import BundlePrices
from champion_assets.lake.schema import violations
from champion_assets.nse.bundle_prices import read_bundle_prices
from champion_assets.nse.errors import BadPayload

HEADER = (
    "MKT,SERIES,SYMBOL,SECURITY,PREV_CL_PR,OPEN_PRICE,HIGH_PRICE,LOW_PRICE,CLOSE_PRICE,NET_TRDVAL,NET_TRDQTY,IND_SEC,CORP_IND,TRADES,"
    "HI_52_WK,LO_52_WK\n"
)
ROW = (
    "N,EQ,WIPRO,WIPRO LTD,       349.95,       352.00,       358.00,       350.15,       353.20,  "
    "2000000.00,5650,Y, ,100,381.70,159.40\n"
)


def bundle(text: str, member: str = "Pd011220.csv") -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr(member, text)
        archive.writestr("__MACOSX/._Pd011220.csv", "rubbish")
        archive.writestr("Bc011220.csv", "SERIES\n")
    return body.getvalue()


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "indices", "securities", "member"),
    [("PR011220.zip", 59, 2051, "HDFC"), ("PR160125.zip", 121, 2878, "TRENT")],
)
def test_a_genuine_bundle_is_read_whole(real: Path, name: str, indices: int, securities: int, member: str) -> None:
    rows, refused = read_bundle_prices((real / "pr_zip" / name).read_bytes(), name)
    assert refused.is_empty()
    assert rows.filter(pl.col("market") == "Y").height == indices
    assert rows.filter(pl.col("symbol").is_not_null()).height == securities
    fifty = rows.filter("is_nifty_50")["symbol"].to_list()
    assert len(fifty) == 50
    assert member in fifty
    stamped = rows.with_columns(trade_date=pl.date(2020, 12, 1), source_sha256=pl.lit("a" * 64))
    assert violations(BundlePrices, stamped.select(list(BundlePrices.to_schema().columns))) is None


def test_a_row_that_cannot_be_is_refused_alone() -> None:
    wrong = [
        ROW.replace("5650", "-1"),
        ROW.replace("5650", "9" * 20),
        ROW.replace("349.95", "n.a."),
        ROW.replace("WIPRO LTD", "A, B LTD"),
    ]
    rows, refused = read_bundle_prices(bundle(HEADER + ROW + "".join(wrong)), "PR011220.zip")
    assert rows.select("symbol", "series", "prev_close", "close", "volume", "source_row").rows() == [
        ("WIPRO", "EQ", 349.95, 353.2, 5650, 1)
    ]
    assert refused["source_row"].to_list() == [2, 3, 4, 5]


@pytest.mark.parametrize("body", [b"SERIES,SYMBOL\n", bundle(HEADER + ROW, "Pr011220.csv")])
def test_a_file_without_the_member_has_no_rows(body: bytes) -> None:
    rows, refused = read_bundle_prices(body, "Bc011220.csv")
    assert rows.is_empty()
    assert refused.is_empty()


@pytest.mark.parametrize(
    "body", [bundle("A,B\n1,2\n"), bundle(""), bundle(HEADER)[:-30], b"PK\x03\x04rubbish", b"\x1f\x8bno"]
)
def test_what_is_no_bundle_is_refused_in_words(body: bytes) -> None:
    with pytest.raises(BadPayload, match="PR011220"):
        read_bundle_prices(body, "PR011220.zip")


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: bundle(HEADER + text)))
def test_whatever_comes_is_read_or_refused(body: bytes) -> None:
    try:
        rows, _ = read_bundle_prices(body, "PR011220.zip")
    except BadPayload:
        return
    assert rows["source_row"].is_unique().all()

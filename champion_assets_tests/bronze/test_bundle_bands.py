"""`bh` of the PR bundle: genuine ones whole, and what is refused without harm to the day."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from champion_assets.bronze.bundle_bands import TABLE
from champion_assets.lake.schema import violations
from champion_assets.nse.bundle_prices import read_bundle_prices
from champion_assets.nse.errors import BadPayload
from champion_assets.nse.schema import EQUITY_SERIES
from champion_assets_tests.bands import BUNDLES, genuine_bundle, read_bundle_bands, zipped

HEADER = "SYMBOL,SERIES,SECURITY,HIGH/LOW\n"
ROW = "SATHAISPAT,BE,SATHAVAHANA ISPAT LTD ,H\n"


@pytest.mark.real
@pytest.mark.parametrize(("day", "upper", "lower"), [(0, 287, 139), (1, 144, 42), (2, 65, 69), (3, 68, 68)])
def test_a_genuine_list_is_read_whole_and_its_securities_stand_in_the_bundle(
    real: Path, day: int, upper: int, lower: int
) -> None:
    body = genuine_bundle(real, date := BUNDLES[day])
    rows, refused = read_bundle_bands(body, "PR.zip")
    assert refused.is_empty()
    assert dict(rows["side"].value_counts().iter_rows()) == {"upper": upper, "lower": lower}
    equities = rows.filter(pl.col("series").is_in(EQUITY_SERIES))
    assert equities.join(read_bundle_prices(body, "PR.zip")[0], on=["symbol", "series"], how="anti").is_empty()
    stamped = rows.with_columns(trade_date=pl.lit(date), source_sha256=pl.lit("a" * 64))
    assert violations(TABLE.model, stamped.select(list(TABLE.model.to_schema().columns))) is None


@pytest.mark.parametrize("header", [HEADER, HEADER.replace("\n", ",INDEX FLAG\n"), HEADER.replace(",", " , ")])
def test_a_row_that_cannot_be_is_refused_alone(header: str) -> None:
    wrong = [
        ROW.replace(",H", ",X"),
        ROW.replace(",H", ""),
        ROW.replace("SATHAISPAT", " "),
        ROW.replace(",H", ",H,Y,Z"),
    ]
    rows, refused = read_bundle_bands(zipped({"BH011220.csv": header + ROW + "".join(wrong) + "\n"}), "PR011220.zip")
    assert rows.rows() == [("SATHAISPAT", "BE", "SATHAVAHANA ISPAT LTD", "upper", 1)]
    assert refused["source_row"].to_list() == [2, 3, 4, 5]


@pytest.mark.parametrize("body", [b"SERIES,SYMBOL\n", zipped({"Pd011220.csv": "x"}), zipped({"bh011220.csv": HEADER})])
def test_a_file_without_the_member_has_no_rows(body: bytes) -> None:
    rows, refused = read_bundle_bands(body, "PR011220.zip")
    assert rows.is_empty()
    assert refused.is_empty()


@pytest.mark.parametrize(
    "body",
    [
        zipped({"bh011220.csv": "A,B\n1,2\n"}),
        zipped({"bh011220.csv": ""}),
        zipped({"bh011220.csv": HEADER})[:-30],
        b"PK\x03\x04rubbish",
        zipped({"bh011220.csv": HEADER, "a/BH01122020.csv": HEADER}),
    ],
)
def test_what_is_no_list_is_refused_in_words(body: bytes) -> None:
    with pytest.raises(BadPayload, match="PR011220"):
        read_bundle_bands(body, "PR011220.zip")


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: zipped({"bh011220.csv": HEADER + text})))
def test_whatever_comes_is_read_or_refused(body: bytes) -> None:
    try:
        rows, _ = read_bundle_bands(body, "PR011220.zip")
    except BadPayload:
        return
    assert rows["source_row"].is_unique().all()
    assert rows["side"].is_in(["upper", "lower"]).all()

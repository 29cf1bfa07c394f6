"""The bhavcopy of the derivatives in its headers, genuine files whole, and lots out of traded values."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from champion_assets.nse.derivatives import UNDERLYINGS, read_derivatives, with_lots
from champion_assets.nse.errors import BadPayload
from champion_assets.nse.indices import known_names
from champion_assets.nse.names import derivatives_files
from champion_assets.nse.recognition import recognise_head
from champion_assets.nse.synthetic.derivatives import LEGACY_HEADER

LEGACY = """FUTIDX,NIFTY,30-Jun-2022,0,XX,15800,15948,15673.5,15766.25,15766.25,10,1185.00,750,-75,13-JUN-2022,
OPTSTK,ABC,30-Jun-2022,2650,CE,0,0,0,4.5,2.9,0,0,6900,300,13-JUN-2022,
OPTSTK,ABC,30-Jun-2022,2650,PA,9,9,9,9,9,2,15.95,300,0,13-JUN-2022,
FUTXYZ,ABC,30-Jun-2022,0,XX,9,9,9,9,9,2,0,300,0,13-JUN-2022,
"""


@pytest.mark.parametrize("header", [LEGACY_HEADER, LEGACY_HEADER.replace("OPTION_TYP", "OPTIONTYPE")])
def test_legacy_rows(header: str) -> None:
    read = read_derivatives(f"{header}\n{LEGACY}".encode(), "x")
    assert read.frame.select(
        "kind", "strike", "option_type", "is_american", "value", "open_interest", "oi_change", "lot_size"
    ).rows() == [
        ("index_future", None, None, None, 118_500_000.0, 750, -75, None),
        ("stock_option", 2650.0, "call", False, 0.0, 6900, 300, None),
        ("stock_option", 2650.0, "put", True, 1_595_000.0, 300, 0, None),
        ("FUTXYZ", None, None, None, 0.0, 300, 0, None),
    ]
    assert set(read.frame["trade_date"]) == {dt.date(2022, 6, 13)}
    assert read.frame["source_row"].to_list() == [1, 2, 3, 4]


def test_another_header_is_refused() -> None:
    with pytest.raises(BadPayload, match="new columns"):
        read_derivatives(f"{LEGACY_HEADER[:-1]},MORE,\n{LEGACY}".encode(), "x")


def test_names_by_era() -> None:
    names = [[file.name for file in derivatives_files(day)] for day in (dt.date(2022, 6, 13), dt.date(2024, 7, 8))]
    assert names == [["fo13JUN2022bhav.csv.zip"], ["BhavCopy_NSE_FO_0_0_0_20240708_F_0000.csv.zip"]]
    assert len(derivatives_files(dt.date(2024, 3, 1))) == 2
    assert not any(file.is_served for file in derivatives_files(dt.date(2024, 3, 1)))


def test_a_file_is_known_by_its_content() -> None:
    known = recognise_head(f"{LEGACY_HEADER}\n{LEGACY}".encode(), "anything.csv")
    assert (known.kind, known.date) == ("legacy F&O bhavcopy", dt.date(2022, 6, 13))


def test_the_underlying_indices_are_known_ones() -> None:
    assert set(UNDERLYINGS.values()) - {"nifty_midcap_select", "india_vix"} <= set(known_names())


def test_a_lot_is_the_number_that_fits_all_values_that_traded() -> None:
    row = {
        "trade_date": dt.date(2022, 6, 13),
        "symbol": "A",
        "expiry": dt.date(2022, 6, 30),
        "strike": None,
        "lot_size": None,
    }
    wide = {"contracts": 100, "low": 99.0, "high": 101.0, "value": 100 * 250 * 100.0, "open_interest": 500}
    far = {
        "contracts": 1,
        "low": 100.0,
        "high": 100.0,
        "value": 25_000.0,
        "open_interest": 750,
        "expiry": dt.date(2022, 7, 28),
    }
    schema = {"strike": pl.Float64, "lot_size": pl.Int64}
    rows = pl.DataFrame(
        [row | wide, row | wide | {"open_interest": 250}, row | far, row | far | {"contracts": 0, "low": 0.0}],
        schema_overrides=schema,
    )
    assert with_lots(rows)["lot_size"].to_list() == [250, 250, 250, 250]
    several = pl.DataFrame([row | wide | {"open_interest": 0}], schema_overrides=schema)
    assert with_lots(several)["lot_size"].to_list() == [None]  # 248 to 252 fit
    said = pl.DataFrame([row | wide | {"lot_size": 7}], schema_overrides=schema)
    assert with_lots(said)["lot_size"].to_list() == [7]


@pytest.mark.real
@pytest.mark.parametrize(
    ("file", "rows", "open_interest", "contracts"),
    [
        ("legacy_fo/fo13JUN2022bhav.csv.zip", 63_635, 8_760_484_647, 76_921_833),
        ("udiff_fo/BhavCopy_NSE_FO_0_0_0_20250203_F_0000.csv.zip", 34_304, 17_914_412_432, 66_399_951),
        ("udiff_fo/BhavCopy_NSE_FO_0_0_0_20250227_F_0000.csv.zip", 41_097, 21_701_875_309, 237_216_443),
    ],
)
def test_genuine_files_whole(real: Path, file: str, rows: int, open_interest: int, contracts: int) -> None:
    body = (real / file).read_bytes()
    frame = read_derivatives(body, file).frame
    assert (frame.height, frame["open_interest"].sum(), frame["contracts"].sum()) == (rows, open_interest, contracts)
    said = frame["lot_size"].is_not_null().all()
    inferred = with_lots(frame.with_columns(lot_size=pl.lit(None, pl.Int64)))["lot_size"]
    of_traded = inferred.filter(frame["contracts"] > 0)
    assert of_traded.null_count() < 0.03 * of_traded.len()
    if said:
        assert (inferred.drop_nulls() == frame["lot_size"].filter(inferred.is_not_null())).all()
    known = recognise_head(body[: 16 * 1024], "x.zip")
    assert (known.kind is not None and "F&O" in known.kind, known.date) == (True, frame["trade_date"][0])

"""Every genuine file of every era and with every quirk is read as what it is."""

from __future__ import annotations

import datetime as dt
import tarfile
from pathlib import Path

import polars as pl
import pytest

from champion_assets.nse.dates import MONTHS
from champion_assets.nse.errors import (
    BadValue,
    UnknownHeader,
    XlsxPayload,
)  # fmt: skip
from champion_assets.nse.formats import read_bhavcopy
from champion_assets.nse.schema import BHAVCOPY

LEGACY = {
    "cm03JAN2011bhav.csv.zip": ("legacy_l1", 1471),
    "cm21JUN2011bhav.csv.zip": ("legacy_l1", 1503),
    "cm22JUN2011bhav.csv.zip": ("legacy_l2", 1502),
    "cm07JAN2012bhav.csv.zip": ("legacy_l2", 1362),
    "cm03NOV2013bhav.csv.zip": ("legacy_l2", 1315),
    "cm06NOV2013bhav.csv.zip": ("legacy_l2", 1442),
    "cm22MAR2014bhav.csv.zip": ("legacy_l2", 1375),
    "cm28FEB2015bhav.csv.zip": ("legacy_l2", 1534),
    "cm13MAR2015bhav.csv.zip": ("legacy_l2", 1579),
    "cm01JAN2016bhav.csv.zip": ("legacy_l2", 1607),
    "cm10JUL2017bhav.csv.zip": ("legacy_l2", 1683),
    "cm07NOV2018bhav.csv.zip": ("legacy_l2", 1764),
    "cm01FEB2020bhav.csv.zip": ("legacy_l2", 1886),
    "cm23MAR2020bhav.csv.zip": ("legacy_l2", 1965),
    "cm13JUL2020bhav.csv.zip": ("legacy_l2", 2001),
    "cm16FEB2021bhav.csv.zip": ("legacy_l2", 2026),
    "cm04NOV2021bhav.csv.zip": ("legacy_l2", 2017),
    "cm25MAY2022bhav.csv.zip": ("legacy_l2", 2209),
    "cm22JUN2022bhav.csv.zip": ("legacy_l2", 2212),
    "cm29DEC2023bhav.csv.zip": ("legacy_l2", 2647),
    "cm02JAN2024bhav.csv.zip": ("legacy_l2", 2658),
    "cm20JAN2024bhav.csv.zip": ("legacy_l2", 2590),
    "cm28MAR2024bhav.csv.zip": ("legacy_l2", 2716),
    "cm18MAY2024bhav.csv.zip": ("legacy_l2", 2512),
    "cm05JUL2024bhav.csv.zip": ("legacy_l2", 2775),
    "excerpts/cm02JAN1995bhav.EXCERPT_3_ROWS.csv": ("legacy_l1", 3),
    "excerpts/cm03JAN2000bhav.EXCERPT_1_ROW.csv": ("legacy_l1", 1),
    "excerpts/cm01OCT2007bhav.EXCERPT_12_ROWS.csv": ("legacy_l1", 12),
}
UDIFF = {
    "BhavCopy_NSE_CM_0_0_0_20240101_F_0000.EXCERPT_1_ROW_EARLY_HEADER.csv": ("udiff_early", 1, dt.date(2024, 1, 1)),
    "BhavCopy_NSE_CM_0_0_0_20240304_F_0000.EXCERPT_2_ROWS_EARLY_HEADER.csv": ("udiff_early", 2, dt.date(2024, 3, 4)),
    "BhavCopy_NSE_CM_0_0_0_20240708_F_0000.EXCERPT_4_ROWS.csv": ("udiff", 4, dt.date(2024, 7, 8)),
    "BhavCopy_NSE_CM_0_0_0_20260107_F_0000.csv.zip": ("udiff", 3250, dt.date(2026, 1, 7)),
    "BhavCopy_NSE_CM_0_0_0_20260918_F_0000.EXCERPT_3_ROWS.csv": ("udiff", 3, dt.date(2026, 9, 18)),
}
DELIVERY = {
    "sec_bhavdata_full_01102019.csv.gz": (1942, dt.date(2019, 10, 1)),
    "sec_bhavdata_full_13072020.csv.gz": (1993, dt.date(2020, 7, 13)),
    "sec_bhavdata_full_05072024.csv.gz": (2615, dt.date(2024, 7, 5)),
    "sec_bhavdata_full_07012026.csv.gz": (3089, dt.date(2026, 1, 7)),
    "sec_bhavdata_full_01022026.csv.gz": (3079, dt.date(2026, 2, 1)),
    "quirks/sec_bhavdata_full_04112021.csv.MUHURAT_ECHO_OF_03NOV2021.gz": (2094, dt.date(2021, 11, 3)),
    "quirks/sec_bhavdata_full_26012026.csv.HOLIDAY_ECHO_OF_23JAN2026.gz": (3102, dt.date(2026, 1, 23)),
    "quirks/sec_bhavdata_full_30092019.csv.CONTAINS_27JUN2019.gz": (1904, dt.date(2019, 6, 27)),
}


def _name_date(name: str) -> dt.date:
    text = Path(name).name[2:11]
    return dt.date(int(text[5:]), MONTHS.index(text[2:5]) + 1, int(text[:2]))


@pytest.mark.real
@pytest.mark.parametrize("name", LEGACY)
def test_genuine_legacy_file(real: Path, name: str) -> None:
    parsed = read_bhavcopy((real / "legacy_cm" / name).read_bytes(), name)
    assert (parsed.format, parsed.frame.height) == LEGACY[name]
    assert parsed.frame["trade_date"].unique().to_list() == [_name_date(name)]
    assert parsed.frame.schema == pl.Schema(BHAVCOPY)


@pytest.mark.real
@pytest.mark.parametrize("name", UDIFF)
def test_genuine_udiff_file(real: Path, name: str) -> None:
    parsed = read_bhavcopy((real / "udiff_cm" / name).read_bytes(), name)
    assert (parsed.format, parsed.frame.height, parsed.frame["trade_date"][0]) == UDIFF[name]


@pytest.mark.real
@pytest.mark.parametrize("name", DELIVERY)
def test_genuine_delivery_file_tells_its_own_date(real: Path, name: str) -> None:
    parsed = read_bhavcopy((real / "sec_bhavdata_full" / name).read_bytes(), name)
    assert (parsed.frame.height, parsed.frame["trade_date"][0]) == DELIVERY[name]
    assert parsed.format == "sec_bhavdata_full"


@pytest.mark.real
def test_values_of_known_rows(real: Path) -> None:
    def row(name: str, symbol: str, series: str) -> dict[str, object]:
        frame = read_bhavcopy((real / name).read_bytes(), name).frame
        return frame.filter((pl.col("symbol") == symbol) & (pl.col("series") == series)).row(0, named=True)

    gtl = row("sec_bhavdata_full/sec_bhavdata_full_13072020.csv.gz", "GTLINFRA", "EQ")
    assert gtl["volume"] == 6_161_122_183
    assert gtl["turnover"] == pytest.approx(14.16 * 100_000)
    assert row("legacy_cm/cm13JUL2020bhav.csv.zip", "GTLINFRA", "EQ")["volume"] == 1_573_668
    assert row("legacy_cm/cm16FEB2021bhav.csv.zip", "ABFRLPP1", "E1")["isin"] == "DUMMY"
    assert row("legacy_cm/cm06NOV2013bhav.csv.zip", "ICICI", "M1")["isin"] == "INE"
    trade_to_trade = read_bhavcopy(
        (real / "sec_bhavdata_full/sec_bhavdata_full_01102019.csv.gz").read_bytes(), "d"
    ).frame
    assert (
        trade_to_trade.filter(pl.col("series") == "BE")["delivery_qty"].null_count()
        == trade_to_trade.filter(pl.col("series") == "BE").height
    )


@pytest.mark.real
def test_two_formats_of_one_day_agree(real: Path) -> None:
    udiff = read_bhavcopy((real / "udiff_cm/BhavCopy_NSE_CM_0_0_0_20260107_F_0000.csv.zip").read_bytes(), "u").frame
    delivery = read_bhavcopy((real / "sec_bhavdata_full/sec_bhavdata_full_07012026.csv.gz").read_bytes(), "d").frame
    both = udiff.join(delivery, on=["symbol", "series"], suffix="_d")
    assert both.height == 3089
    for column in ("open", "high", "low", "close", "prev_close", "volume", "trades"):
        assert (both[column] == both[f"{column}_d"]).all(), column
    assert ((both["turnover"] - both["turnover_d"]).abs() <= 501).all()  # lakh with two decimals


@pytest.mark.real
def test_xlsx_under_a_csv_name(real: Path) -> None:
    body = (real / "sec_bhavdata_full/quirks/sec_bhavdata_full_08082022.csv.XLSX_CONTENT.gz").read_bytes()
    with pytest.raises(XlsxPayload, match="Excel"):
        read_bhavcopy(body, "sec_bhavdata_full_08082022.csv")


@pytest.mark.real
def test_another_segment_is_refused(real: Path) -> None:
    with pytest.raises(BadValue, match="Sgmt"):
        read_bhavcopy((real / "udiff_fo/BhavCopy_NSE_FO_0_0_0_20250203_F_0000.csv.zip").read_bytes(), "fo")
    with pytest.raises(UnknownHeader, match="INSTRUMENT"):
        read_bhavcopy((real / "legacy_fo/fo13JUN2022bhav.csv.zip").read_bytes(), "fo")


@pytest.mark.real
def test_a_whole_month_of_the_run_keeps_every_line(real: Path) -> None:
    with tarfile.open(real / "runs/cm_2018.tar.xz") as bundle:
        for number, member in enumerate(each for each in bundle if each.isfile()):
            body = bundle.extractfile(member).read()  # type: ignore[union-attr]
            assert read_bhavcopy(body, member.name).frame.height == body.count(b"\n") - 1
            if number == 20:
                break

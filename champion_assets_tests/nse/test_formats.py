"""Every genuine file of every era, every quirk, every refusal; and the round trip of any table through each format."""

from __future__ import annotations

import datetime as dt
import gzip
import tarfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from champion_assets.nse.container import csv_text
from champion_assets.nse.dates import MONTHS
from champion_assets.nse.errors import (
    ArchivePayload,
    BadPayload,
    BadValue,
    EmptyPayload,
    HtmlPayload,
    RaggedRows,
    TruncatedPayload,
    UnknownHeader,
    WrongDate,
    XlsxPayload,
)  # fmt: skip
from champion_assets.nse.formats import read_bhavcopy
from champion_assets.nse.schema import BHAVCOPY
from champion_assets.nse.synthetic import files

LEGACY = {
    "cm03JAN2011bhav.csv.zip": ("legacy_l1", 1471), "cm21JUN2011bhav.csv.zip": ("legacy_l1", 1503),
    "cm22JUN2011bhav.csv.zip": ("legacy_l2", 1502), "cm07JAN2012bhav.csv.zip": ("legacy_l2", 1362),
    "cm03NOV2013bhav.csv.zip": ("legacy_l2", 1315), "cm06NOV2013bhav.csv.zip": ("legacy_l2", 1442),
    "cm22MAR2014bhav.csv.zip": ("legacy_l2", 1375), "cm28FEB2015bhav.csv.zip": ("legacy_l2", 1534),
    "cm13MAR2015bhav.csv.zip": ("legacy_l2", 1579), "cm01JAN2016bhav.csv.zip": ("legacy_l2", 1607),
    "cm10JUL2017bhav.csv.zip": ("legacy_l2", 1683), "cm07NOV2018bhav.csv.zip": ("legacy_l2", 1764),
    "cm01FEB2020bhav.csv.zip": ("legacy_l2", 1886), "cm23MAR2020bhav.csv.zip": ("legacy_l2", 1965),
    "cm13JUL2020bhav.csv.zip": ("legacy_l2", 2001), "cm16FEB2021bhav.csv.zip": ("legacy_l2", 2026),
    "cm04NOV2021bhav.csv.zip": ("legacy_l2", 2017), "cm25MAY2022bhav.csv.zip": ("legacy_l2", 2209),
    "cm22JUN2022bhav.csv.zip": ("legacy_l2", 2212), "cm29DEC2023bhav.csv.zip": ("legacy_l2", 2647),
    "cm02JAN2024bhav.csv.zip": ("legacy_l2", 2658), "cm20JAN2024bhav.csv.zip": ("legacy_l2", 2590),
    "cm28MAR2024bhav.csv.zip": ("legacy_l2", 2716), "cm18MAY2024bhav.csv.zip": ("legacy_l2", 2512),
    "cm05JUL2024bhav.csv.zip": ("legacy_l2", 2775), "excerpts/cm02JAN1995bhav.EXCERPT_3_ROWS.csv": ("legacy_l1", 3),
    "excerpts/cm03JAN2000bhav.EXCERPT_1_ROW.csv": ("legacy_l1", 1), "excerpts/cm01OCT2007bhav.EXCERPT_12_ROWS.csv": ("legacy_l1", 12),
}  # fmt: skip
UDIFF = {
    "BhavCopy_NSE_CM_0_0_0_20240101_F_0000.EXCERPT_1_ROW_EARLY_HEADER.csv": ("udiff_early", 1, dt.date(2024, 1, 1)),
    "BhavCopy_NSE_CM_0_0_0_20240304_F_0000.EXCERPT_2_ROWS_EARLY_HEADER.csv": ("udiff_early", 2, dt.date(2024, 3, 4)),
    "BhavCopy_NSE_CM_0_0_0_20240708_F_0000.EXCERPT_4_ROWS.csv": ("udiff", 4, dt.date(2024, 7, 8)),
    "BhavCopy_NSE_CM_0_0_0_20260107_F_0000.csv.zip": ("udiff", 3250, dt.date(2026, 1, 7)),
    "BhavCopy_NSE_CM_0_0_0_20260918_F_0000.EXCERPT_3_ROWS.csv": ("udiff", 3, dt.date(2026, 9, 18)),
}
DELIVERY = {
    "sec_bhavdata_full_01102019.csv.gz": (1942, dt.date(2019, 10, 1)), "sec_bhavdata_full_13072020.csv.gz": (1993, dt.date(2020, 7, 13)),
    "sec_bhavdata_full_05072024.csv.gz": (2615, dt.date(2024, 7, 5)), "sec_bhavdata_full_07012026.csv.gz": (3089, dt.date(2026, 1, 7)),
    "sec_bhavdata_full_01022026.csv.gz": (3079, dt.date(2026, 2, 1)),
    "quirks/sec_bhavdata_full_04112021.csv.MUHURAT_ECHO_OF_03NOV2021.gz": (2094, dt.date(2021, 11, 3)),
    "quirks/sec_bhavdata_full_26012026.csv.HOLIDAY_ECHO_OF_23JAN2026.gz": (3102, dt.date(2026, 1, 23)),
    "quirks/sec_bhavdata_full_30092019.csv.CONTAINS_27JUN2019.gz": (1904, dt.date(2019, 6, 27)),
}  # fmt: skip


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
    trade_to_trade = read_bhavcopy((real / "sec_bhavdata_full/sec_bhavdata_full_01102019.csv.gz").read_bytes(), "d").frame
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


def _row(**changes: object) -> dict[str, object]:
    row: dict[str, object] = {
        "trade_date": dt.date(2024, 1, 15), "symbol": "ABC", "series": "EQ", "isin": "INE040A01034", "name": "ABC LTD", "open": 10.0,
        "high": 11.5, "low": 9.95, "close": 11.0, "last": 11.05, "prev_close": 10.1, "vwap": 10.5, "volume": 100, "turnover": 1050.0,
        "trades": 7, "delivery_qty": 40, "delivery_pct": 40.0, "lot_size": 1, "source_row": 1,
    }  # fmt: skip
    return row | changes


def _frame(*rows: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame([row | {"source_row": number} for number, row in enumerate(rows, 1)], schema=BHAVCOPY)


WRITERS: dict[str, tuple[Callable[[pl.DataFrame], bytes], set[str]]] = {
    "legacy_l1": (lambda rows: files.legacy(rows, with_isin=False),
                  {"isin", "name", "vwap", "trades", "delivery_qty", "delivery_pct", "lot_size"}),
    "legacy_l2": (files.legacy, {"name", "vwap", "delivery_qty", "delivery_pct", "lot_size"}),
    "udiff": (files.udiff, {"vwap", "delivery_qty", "delivery_pct"}),
    "udiff_early": (lambda rows: files.udiff(rows, early=True), {"vwap", "delivery_qty", "delivery_pct"}),
    "sec_bhavdata_full": (files.delivery, {"isin", "name", "lot_size"}),
}  # fmt: skip
_paise = st.integers(1, 10_000_000).map(lambda paise: paise / 100)
_text = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789&-", min_size=1, max_size=10).filter(lambda text: text != "-")
_rows = st.lists(
    st.fixed_dictionaries(
        {"trade_date": st.just(dt.date(2024, 1, 15)), "symbol": _text, "series": st.sampled_from(["EQ", "BE", "GS", "T0", "N1"]),
         "isin": st.sampled_from(["INE040A01034", "DUMMY", "INE"]), "name": _text, "open": _paise, "high": _paise, "low": _paise,
         "close": _paise, "last": st.none() | _paise, "prev_close": st.just(0.0) | _paise, "vwap": _paise,
         "volume": st.integers(0, 10**12), "turnover": st.integers(0, 10**9).map(lambda lakh: lakh * 1000.0),
         "trades": st.integers(0, 10**7), "delivery_qty": st.none() | st.integers(0, 10**9),
         "delivery_pct": st.none() | _paise, "lot_size": st.integers(1, 5000)}
    ), min_size=1, max_size=12,
)  # fmt: skip


@pytest.mark.parametrize("name", WRITERS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=_rows)
def test_any_table_survives_the_round_trip(name: str, rows: list[dict[str, object]]) -> None:
    writer, lost = WRITERS[name]
    table = _frame(*rows)
    parsed = read_bhavcopy(writer(table), name)
    expected = table.with_columns(pl.lit(None, BHAVCOPY[column]).alias(column) for column in lost).select(list(BHAVCOPY))
    assert parsed.format == name
    exact = [column for column in BHAVCOPY if column != "turnover"]
    assert parsed.frame.select(exact).equals(expected.select(exact))
    assert ((parsed.frame["turnover"] - expected["turnover"]).abs() <= 1e-6 * expected["turnover"]).all()


@pytest.mark.parametrize("name", WRITERS)
def test_the_order_of_columns_does_not_matter(name: str) -> None:
    lines = WRITERS[name][0](_frame(_row(), _row(symbol="XYZ"))).decode().splitlines()
    if name == "udiff_early":
        lines[0] = lines[0].rstrip(",")
    turned = "\n".join(",".join(reversed(line.split(","))) for line in lines) + "\n"
    if name.startswith("legacy"):
        turned = "\n".join(line.removeprefix(",") for line in turned.splitlines()) + "\n"
    straight = read_bhavcopy(WRITERS[name][0](_frame(_row(), _row(symbol="XYZ"))), name)
    assert read_bhavcopy(turned.encode(), name).frame.equals(straight.frame)


def test_spellings_of_old_files() -> None:
    body = files.legacy(_frame(_row())).decode()
    for spelling in ("15-JAN-2024", "15-Jan-24", "15-jan-2024"):
        variant = body.replace("15-JAN-2024", spelling).replace("\n", "\r\n").encode()
        assert read_bhavcopy(variant, "f").frame["trade_date"][0] == dt.date(2024, 1, 15)
    unpadded = body.replace("15-JAN-2024", "2-JAN-1995").encode()
    assert read_bhavcopy(unpadded, "f").frame["trade_date"][0] == dt.date(1995, 1, 2)
    no_trailing = "\n".join(line.rstrip(",") for line in body.splitlines()) + "\n"
    assert read_bhavcopy(no_trailing.encode(), "f").frame.height == 1


@pytest.mark.parametrize("pack", [lambda b: b, gzip.compress, lambda b: files.zipped("x.csv", b), lambda b: files.zipped("a/b/x.csv", b),
                                  lambda b: b"\xef\xbb\xbf" + b, lambda b: gzip.compress(files.zipped("x.csv", b))])  # fmt: skip
def test_containers(pack: Callable[[bytes], bytes]) -> None:
    assert read_bhavcopy(pack(files.legacy(_frame(_row()))), "f").frame.height == 1


GOOD = files.legacy(_frame(_row(), _row(symbol="XYZ"))).decode()


@pytest.mark.parametrize(
    ("body", "error", "words"),
    [
        (b"", EmptyPayload, "empty"),
        (b"  \n", EmptyPayload, "empty"),
        (GOOD.splitlines()[0].encode() + b"\n", EmptyPayload, "without a single row"),
        (b"<!DOCTYPE html><html></html>\n", HtmlPayload, "HTML"),
        (b"\n <html>", HtmlPayload, "HTML"),
        (GOOD[:-1].encode(), TruncatedPayload, "cut"),
        (GOOD[:-9].encode(), TruncatedPayload, "cut"),
        ((GOOD[:-20] + "\n").encode(), RaggedRows, "row 2"),
        (files.zipped("x.csv", GOOD.encode())[:-30], TruncatedPayload, "broken zip"),
        (gzip.compress(GOOD.encode())[:-12], TruncatedPayload, "broken gzip"),
        (files.zipped("xl/workbook.xml", b"x"), XlsxPayload, "Excel"),
        (b"\x7fELF\x00\x00\n", ArchivePayload, "binary"),
        (GOOD.replace("TOTTRDQTY", "QTY").encode(), UnknownHeader, "new columns ['QTY'], absent columns ['TOTTRDQTY']"),
        (GOOD.replace("ISIN,", "ISIN,EXTRA,").replace("034,", "034,9,").encode(), UnknownHeader, "EXTRA"),
        (GOOD.replace("OPEN", "HIGH", 1).encode(), UnknownHeader, "twice"),
        (b"Date,Name\n1,2\n", UnknownHeader, "not a price file"),
        (GOOD.replace("XYZ,EQ", "XYZ,EQ,EQ").encode(), RaggedRows, "row 2"),
        (GOOD.replace("15-JAN-2024", "16-JAN-2024", 1).encode(), WrongDate, "2 different days"),
        (GOOD.replace("15-JAN-2024", "99-JAN-2024").encode(), BadValue, "99-JAN-2024"),
        (GOOD.replace(",100,", ",1e2x,", 1).encode(), BadValue, "volume"),
        (GOOD.replace(",10,", ",nan,", 1).encode(), BadValue, "open"),
        (GOOD.replace("XYZ,EQ", ",EQ").encode(), BadValue, "row 2: symbol"),
        (GOOD.replace("ABC", "A\udcffC").encode("utf8", "surrogateescape"), BadValue, "not readable"),
    ],
)  # fmt: skip
def test_each_bad_file_has_its_own_error(body: bytes, error: type[BadPayload], words: str) -> None:
    with pytest.raises(error) as caught:
        read_bhavcopy(body, "the-file")
    assert "the-file" in str(caught.value)
    assert words in str(caught.value)


def test_an_archive_bomb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("champion_assets.nse.container.MAX_TEXT_BYTES", 10_000)
    for bomb in (gzip.compress(b"a" * 1_000_000), files.zipped("x.csv", b"a" * 1_000_000)):
        with pytest.raises(ArchivePayload, match="expands"):
            csv_text(bomb, "bomb")


def test_archives_inside_archives_end_somewhere() -> None:
    body = GOOD.encode()
    for _ in range(3):
        body = gzip.compress(body)
    assert csv_text(body, "three") == GOOD.encode()
    with pytest.raises(ArchivePayload, match="archives inside archives"):
        csv_text(gzip.compress(body), "four")


@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_mutated_archives_raise_only_declared_errors(data: st.DataObject) -> None:
    good = GOOD.encode()
    body = bytearray(
        data.draw(st.sampled_from([gzip.compress(good, mtime=0), files.zipped("a/x.csv", good), gzip.compress(files.zipped("x", good))]))
    )
    for _ in range(data.draw(st.integers(1, 5))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    try:
        read_bhavcopy(bytes(body), "mutant")
    except BadPayload:
        return


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_mutated_files_raise_only_declared_errors(data: st.DataObject) -> None:
    body = bytearray(data.draw(st.sampled_from([WRITERS[name][0](_frame(_row(), _row(symbol="XYZ"))) for name in WRITERS])))
    for _ in range(data.draw(st.integers(1, 6))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    try:
        parsed = read_bhavcopy(bytes(body), "mutant")
    except BadPayload:
        return
    assert parsed.frame.schema == pl.Schema(BHAVCOPY)

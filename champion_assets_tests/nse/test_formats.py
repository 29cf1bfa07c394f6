"""The round trip of any table through each format, and what each bad file is refused for."""

from __future__ import annotations

import datetime as dt
import gzip
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from champion_assets.nse.container import csv_text
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


def _row(**changes: object) -> dict[str, object]:
    row: dict[str, object] = {
        "trade_date": dt.date(2024, 1, 15),
        "symbol": "ABC",
        "series": "EQ",
        "isin": "INE040A01034",
        "name": "ABC LTD",
        "open": 10.0,
        "high": 11.5,
        "low": 9.95,
        "close": 11.0,
        "last": 11.05,
        "prev_close": 10.1,
        "vwap": 10.5,
        "volume": 100,
        "turnover": 1050.0,
        "trades": 7,
        "delivery_qty": 40,
        "delivery_pct": 40.0,
        "lot_size": 1,
        "source_row": 1,
    }
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
        {
            "trade_date": st.just(dt.date(2024, 1, 15)),
            "symbol": _text,
            "series": st.sampled_from(["EQ", "BE", "GS", "T0", "N1"]),
            "isin": st.sampled_from(["INE040A01034", "DUMMY", "INE"]),
            "name": _text,
            "open": _paise,
            "high": _paise,
            "low": _paise,
            "close": _paise,
            "last": st.none() | _paise,
            "prev_close": st.just(0.0) | _paise,
            "vwap": _paise,
            "volume": st.integers(0, 10**12),
            "turnover": st.integers(1, 10**9).map(lambda lakh: lakh * 1000.0),
            "trades": st.integers(0, 10**7),
            "delivery_qty": st.none() | st.integers(0, 10**9),
            "delivery_pct": st.none() | _paise,
            "lot_size": st.integers(1, 5000),
        }
    ),
    min_size=1,
    max_size=12,
)


@pytest.mark.parametrize("name", WRITERS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=_rows)
def test_any_table_survives_the_round_trip(name: str, rows: list[dict[str, object]]) -> None:
    writer, lost = WRITERS[name]
    table = _frame(*rows)
    parsed = read_bhavcopy(writer(table), name)
    expected = table.with_columns(pl.lit(None, BHAVCOPY[column]).alias(column) for column in lost).select(
        list(BHAVCOPY)
    )
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


@pytest.mark.parametrize(
    "pack",
    [
        lambda b: b,
        gzip.compress,
        lambda b: files.zipped("x.csv", b),
        lambda b: files.zipped("a/b/x.csv", b),
        lambda b: b"\xef\xbb\xbf" + b,
        lambda b: gzip.compress(files.zipped("x.csv", b)),
    ],
)
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
        ("a,b\n1,2\n".encode("utf-16"), ArchivePayload, "text in UTF-16, as Excel saves it"),
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
        with pytest.raises(ArchivePayload, match="expand"):
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
        data.draw(
            st.sampled_from(
                [gzip.compress(good, mtime=0), files.zipped("a/x.csv", good), gzip.compress(files.zipped("x", good))]
            )
        )
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
    body = bytearray(
        data.draw(st.sampled_from([WRITERS[name][0](_frame(_row(), _row(symbol="XYZ"))) for name in WRITERS]))
    )
    for _ in range(data.draw(st.integers(1, 6))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    try:
        parsed = read_bhavcopy(bytes(body), "mutant")
    except BadPayload:
        return
    assert parsed.frame.schema == pl.Schema(BHAVCOPY)


def test_a_value_that_is_printed_as_nothing_is_the_average_price_times_the_volume() -> None:
    """`sec_bhavdata_full` has lakhs with two places: less than 500 rupees are 0.00."""
    header = (
        "SYMBOL, SERIES, DATE1, PREV_CLOSE, OPEN_PRICE, HIGH_PRICE, LOW_PRICE, LAST_PRICE, CLOSE_PRICE, "
        "AVG_PRICE, TTL_TRD_QNTY, "
        "TURNOVER_LACS, NO_OF_TRADES, DELIV_QTY, DELIV_PER\n"
    )
    rows = (
        "TINY, BE, 07-Jan-2026, 30, 31, 31, 31, 31, 31, 31.25, 4, 0.00, 1, 4, 100.00\n"
        "MORE, EQ, 07-Jan-2026, 30, 31, 31, 31, 31, 31, 31.00, 100, 0.03, 1, 40, 40.00\n"
    )
    parsed = read_bhavcopy((header + rows).encode(), "sec_bhavdata_full_07012026.csv")
    assert parsed.frame["turnover"].to_list() == [125.0, 3000.0]


@pytest.mark.real
def test_no_genuine_row_that_traded_is_worth_nothing(real: Path) -> None:
    path = real / "sec_bhavdata_full" / "sec_bhavdata_full_07012026.csv.gz"
    traded = read_bhavcopy(path.read_bytes(), path.name).frame.filter(pl.col("volume") > 0)
    assert traded.filter(pl.col("turnover") <= 0).is_empty()

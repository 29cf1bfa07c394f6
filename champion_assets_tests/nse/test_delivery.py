"""Delivery files of all eras, and what is served under their names."""

from __future__ import annotations

import datetime as dt
import gzip
from pathlib import Path

import pytest

from champion_assets.nse.delivery import DELIVERY, read_delivery
from champion_assets.nse.errors import (
    BadPayload,
    BadValue,
    EmptyPayload,
    RaggedRows,
    UnknownHeader,
    WrongDate,
    XlsxPayload,
)

HEAD = b"Security Wise Delivery Position - Compulsory Rolling Settlement\n"
M3 = (
    HEAD + b"10,MTO,13072016,14740,0000001\nTrade Date <13-JUL-2016>,Settlement Type <N>\nRecord Type,Sr No\n"
    b"20,1,20MICRONS,EQ,22105,14740,66.68\n"
)


def test_the_eras_of_mto() -> None:
    for body in (M3, M3 + b"\n", M3.replace(b"Trade Date", b"rade Date"), M3.replace(b"13072016", b"13072016")):
        form, frame = read_delivery(body, "MTO_13072016.DAT")
        assert (form, frame.schema) == ("mto", DELIVERY)
        assert frame.row(0)[:-1] == (
            dt.date(2016, 7, 13),
            "20MICRONS",
            "EQ",
            None,
            None,
            None,
            None,
            22105,
            14740,
            66.68,
        )
    _, old = read_delivery(b"10,MTO,02012002,100,1\n20,ABB,EQ,100\n", "MTO_02012002.DAT")
    assert old.row(0)[1:-1] == ("ABB", "EQ", None, None, None, None, None, 100, None)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (HEAD, EmptyPayload),
        (M3.replace(b"10,MTO,13072016", b"10,MTO,14072016"), WrongDate),
        (M3.replace(b",66.68", b""), RaggedRows),
        (M3.replace(b"22105", b"many"), BadValue),
        (M3.replace(b"22105", b"2" * 20), BadValue),
        (M3.replace(b"13072016", b"32132023"), BadValue),
        (b"SYMBOL,SERIES\n", UnknownHeader),
    ],
)
def test_what_is_no_delivery_file_is_refused(body: bytes, error: type[BadPayload]) -> None:
    with pytest.raises(error):
        read_delivery(body, "x")


@pytest.mark.real
def test_genuine_files(real: Path) -> None:
    path = real / "sec_bhavdata_full" / "sec_bhavdata_full_01102019.csv.gz"
    form, frame = read_delivery(path.read_bytes(), path.name)
    assert (form, frame.height) == ("sec_bhavdata_full", 1942)
    trade_to_trade = frame.filter(frame["series"].is_in(["BE", "BZ"]))
    assert trade_to_trade["delivery_qty"].null_count() == trade_to_trade.height > 0
    with pytest.raises(XlsxPayload):
        read_delivery(
            gzip.decompress(
                (real / "sec_bhavdata_full/quirks/sec_bhavdata_full_08082022.csv.XLSX_CONTENT.gz").read_bytes()
            ),
            "x",
        )

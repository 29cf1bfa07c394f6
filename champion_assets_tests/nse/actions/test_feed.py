"""The three shapes of the feed, genuine and broken."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from champion_assets.nse.actions.feed import ACTIONS, read_actions
from champion_assets.nse.errors import BadPayload, BadValue, EmptyPayload, HtmlPayload, TruncatedPayload, UnknownHeader
from champion_assets.nse.synthetic.files import zipped

EXPORT = b'\xef\xbb\xbf"SYMBOL","COMPANY NAME","SERIES","PURPOSE","FACE VALUE","EX-DATE","RECORD DATE"\n'
BC = b"SERIES,SYMBOL,SECURITY,RECORD_DT,BC_STRT_DT,BC_END_DT,EX_DT,ND_STRT_DT,ND_END_DT,PURPOSE\r\n"


def test_an_export_with_its_byte_order_mark() -> None:
    frame = read_actions(EXPORT + b'"A","A Ltd","EQ"," Bonus 1:2","10","05-Jan-2016","-"\n', "x")
    assert frame.schema == ACTIONS
    assert frame.row(0, named=True) | {"record_date": None} == frame.row(0, named=True)
    assert (frame["symbol"][0], frame["face_value"][0], frame["ex_date"][0]) == ("A", 10.0, dt.date(2016, 1, 5))


@pytest.mark.parametrize(("date", "end"), [("15/12/2020", "\r\n"), ("2020-12-15", "\n")])
def test_bundles_of_both_eras(date: str, end: str) -> None:
    body = BC.decode().replace("\r\n", end) + f"BE,X,X Ltd, , , ,{date}, , ,BONUS 1:3   {end}{end}"
    for packed in (body.encode(), zipped("Bc151220.csv", body.encode())):
        frame = read_actions(packed, "PR151220.zip")
        assert (frame["subject"][0], frame["ex_date"][0], frame["record_date"][0]) == (
            "BONUS 1:3",
            dt.date(2020, 12, 15),
            None,
        )


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", EmptyPayload),
        (b"<html>", HtmlPayload),
        (b"a,b\n1,2\n", UnknownHeader),
        (b"{", BadPayload),
        (b'{"data": 5}', UnknownHeader),
        (b'[{"symbol": "A"}]', UnknownHeader),
        (b"PK\x03\x04rubbish", TruncatedPayload),
        (b"\x1f\x8bno", TruncatedPayload),
        (EXPORT + b'"A","A","EQ"\n', BadValue),
        (EXPORT + b'"","A","EQ","Bonus 1:1","10","05-Jan-2016","-"\n', BadValue),
        (EXPORT + b'"A","A","EQ","Bonus 1:1","ten","05-Jan-2016","-"\n', BadValue),
        (EXPORT + b'"A","A","EQ","Bonus 1:1","10","soon","-"\n', BadValue),
    ],
)
def test_what_is_no_feed_is_refused(body: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        read_actions(body, "x")


@given(st.binary(max_size=200))
def test_no_bytes_end_in_an_undeclared_exception(body: bytes) -> None:
    for prefix in (b"", EXPORT, BC, b"[", b"PK\x03\x04"):
        try:
            read_actions(prefix + body, "x")
        except BadPayload:
            continue


@pytest.mark.real
def test_genuine_files(real: Path) -> None:
    export = next((real / "corporate_actions").glob("CF-CA*.csv.gz"))
    assert read_actions(export.read_bytes(), export.name).height == 10_430
    answer = real / "corporate_actions" / "actions.sample.json"
    assert read_actions(answer.read_bytes(), answer.name).height == len(json.loads(answer.read_text()))
    bundle = real / "pr_zip" / "PR011220.zip"
    assert read_actions(bundle.read_bytes(), bundle.name).height == 229
    later = real / "pr_zip" / "bc16122025.csv"
    assert read_actions(later.read_bytes(), later.name).height == 217

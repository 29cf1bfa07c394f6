"""The boundary: a reader ends in a value or in the refusal of its file, and nothing large is parsed."""

from __future__ import annotations

import io
import json
import logging
import zipfile
from collections.abc import Callable

import polars as pl
import pytest

from champion_assets.nse.actions.feed import read_actions
from champion_assets.nse.boundary import MAX_FILE_BYTES, read_outside
from champion_assets.nse.container import MAX_COLUMNS, MAX_LINE_BYTES, MAX_MEMBERS, csv_text
from champion_assets.nse.errors import ArchivePayload, BadPayload, OversizedPayload, ReaderFailed, WrongDate


def raising(error: BaseException) -> Callable[[bytes, str], object]:
    def read(_body: bytes, _name: str) -> object:
        raise error

    return read


@pytest.mark.parametrize("error", [
    KeyError("x"), OverflowError("too large"), RecursionError("deep"), MemoryError(), AssertionError("a\nb"),
    pl.exceptions.PanicException("index out of bounds"),
])  # fmt: skip
def test_an_undeclared_error_refuses_its_file_and_is_logged(
    error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    words = rf"x\.csv: the reader failed .*{type(error).__name__}"
    with caplog.at_level(logging.ERROR), pytest.raises(ReaderFailed, match=words):
        read_outside(raising(error), b"body", "x.csv")
    assert caplog.records[0].exc_info is not None  # the traceback is kept


def test_a_refusal_of_the_reader_and_an_interruption_pass_through() -> None:
    with pytest.raises(WrongDate, match="mine"):
        read_outside(raising(WrongDate("mine")), b"", "x.csv")
    with pytest.raises(KeyboardInterrupt):
        read_outside(raising(KeyboardInterrupt()), b"", "x.csv")


def test_a_large_file_is_refused_before_the_reader_sees_it() -> None:
    with pytest.raises(OversizedPayload, match="5 bytes, at most 4"):
        read_outside(raising(AssertionError("it was read")), b"12345", "x.csv", limit=4)
    assert read_outside(lambda body, _: len(body), b"1234", "x.csv", limit=4) == 4
    assert MAX_FILE_BYTES > 10_000_000  # an export of twenty years


def zipped(count: int, size: int = 1) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number in range(count):
            archive.writestr(f"bc{number:06d}.csv", b"0" * size)
    return buffer.getvalue()


def test_lines_columns_and_members_are_bounded() -> None:
    with pytest.raises(OversizedPayload, match="a line of more"):
        csv_text(b"a,b\n" + b"1" * (MAX_LINE_BYTES + 1) + b"\n", "x.csv")
    with pytest.raises(OversizedPayload, match="columns"):
        csv_text(b"," * MAX_COLUMNS + b"\n1\n", "x.csv")
    for read in (csv_text, read_actions):
        with pytest.raises(ArchivePayload, match=f"{MAX_MEMBERS + 1} members"):
            read(zipped(MAX_MEMBERS + 1), "x.zip")
        with pytest.raises(ArchivePayload, match="members together"):
            read(zipped(5, 16 * 2**20), "x.zip")


@pytest.mark.parametrize(
    "body", [b"[" * 100_000, b'[{"symbol":' * 50_000, json.dumps({"data": [[]]}).encode(), b"[" + b"9" * 5000]
)
def test_nested_and_foreign_json_is_refused(body: bytes) -> None:
    with pytest.raises(BadPayload, match="actions"):
        read_outside(read_actions, body, "transactions.json")

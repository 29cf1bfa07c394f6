"""Every reader on mutated files, in short; bombs; the long form is `python -m champion_assets_tests.fuzz 1000000`."""

from __future__ import annotations

import io
import resource
import zipfile
from pathlib import Path

import pytest

from champion_assets.nse.container import MAX_TEXT_BYTES, csv_text
from champion_assets.nse.errors import ArchivePayload, BadPayload
from champion_assets_tests.fuzz import run


@pytest.mark.parametrize("seed", [11, 12])
def test_only_declared_exceptions_come_out(tmp_path: Path, seed: int) -> None:
    outcomes = run(1500, seed, tmp_path)
    assert outcomes["read"] > 50  # the mutations are not so wild that nothing is read
    assert len(outcomes) > 6


def _bomb(megabytes: int) -> bytes:
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("cm.csv", "w", force_zip64=True) as member,
    ):
        for _ in range(megabytes):
            member.write(b"0" * 2**20)
    return buffer.getvalue()


def test_a_bomb_is_refused_in_bounded_memory() -> None:
    body = _bomb(2048)
    assert len(body) < 4 * 2**20
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ArchivePayload, match="refused"):
        csv_text(body, "bomb.zip")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 3 * MAX_TEXT_BYTES / 1024


def test_a_member_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    body = bytearray(_bomb(300))
    end = body.rfind(b"PK\x01\x02")
    body[end + 24 : end + 28] = (10).to_bytes(4, "little")  # ten bytes, says the directory
    with pytest.raises(BadPayload):
        csv_text(bytes(body), "liar.zip")


def test_paths_inside_an_archive_reach_nothing(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("../../escaped.csv", "a,b\n1,2\n")
    assert csv_text(buffer.getvalue(), "x.zip") == b"a,b\n1,2\n"  # read in memory, never unpacked
    assert not list(tmp_path.parent.rglob("escaped.csv"))


def test_a_member_without_a_name_is_refused() -> None:
    """Found by the long form: Python's own reader trips over it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("x", "a,b\n1,2\n")
    body = bytearray(buffer.getvalue())
    for mark in (b"PK\x03\x04", b"PK\x01\x02"):
        place = body.find(mark)
        length, name = (26, 30) if mark.endswith(b"\x04") else (28, 46)
        body[place + length : place + length + 2] = b"\x00\x00"
        del body[place + name]
    with pytest.raises(BadPayload):
        csv_text(bytes(body), "nameless.zip")

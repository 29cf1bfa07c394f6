"""A folder of files as people keep them: nested, packed, bundled, doubled, broken."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from champion_assets.nse.errors import AmbiguousSource, NotYetPublished, NseError
from champion_assets.nse.names import bhavcopy_files, legacy_bhavcopy, udiff_bhavcopy
from champion_assets.nse.source.base import Fetched
from champion_assets.nse.source.folder import FolderSource

DAY = dt.date(2018, 3, 5)
NAME = "cm05MAR2018bhav.csv"


def fetch(folder: Path, *dates: dt.date, cache: Path | None = None) -> dict[dt.date, Fetched | Exception]:
    return dict(FolderSource(folder, cache).fetch(dates or [DAY], bhavcopy_files))


def _tar(path: Path, members: dict[str, bytes]) -> None:
    with tarfile.open(path, "w:xz") as bundle:
        for name, body in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(body)
            bundle.addfile(info, io.BytesIO(body))


def _body(found: Fetched | Exception) -> bytes:
    assert isinstance(found, Fetched), found
    return found.body


@pytest.mark.parametrize("name", [NAME, NAME + ".zip", NAME + ".gz", NAME.upper(), f"deep/er/{NAME}"])
def test_any_spelling_at_any_depth(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_bytes(b"x")
    found = fetch(tmp_path)[DAY]
    assert _body(found) == b"x"
    assert isinstance(found, Fetched)
    assert found.uri.endswith(name)
    assert found.name == NAME + ".zip"


def test_members_of_yearly_tars_and_zips(tmp_path: Path) -> None:
    _tar(tmp_path / "cm_2018.tar.xz", {"2018/" + NAME: b"from tar", "2018/cm06MAR2018bhav.csv": b"next"})
    with zipfile.ZipFile(tmp_path / "cm_2018_second.zip", "w") as archive:
        archive.writestr("any/where/cm07MAR2018bhav.csv", b"from zip")
    days = [dt.date(2018, 3, day) for day in (5, 6, 7)]
    found = fetch(tmp_path, *days, cache=tmp_path / "cache")
    assert [_body(found[day]) for day in days] == [b"from tar", b"next", b"from zip"]
    assert found[days[0]].uri.endswith(f"cm_2018.tar.xz!/2018/{NAME}")  # type: ignore[union-attr]
    again = fetch(tmp_path, *days, cache=tmp_path / "cache")
    assert again == found


def test_a_changed_bundle_is_indexed_anew(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    _tar(tmp_path / "files/a.tar.xz", {NAME: b"one"})
    assert _body(fetch(tmp_path / "files", cache=tmp_path / "cache")[DAY]) == b"one"
    _tar(tmp_path / "files/a.tar.xz", {"other.csv": b"other", NAME: b"second version"})
    assert _body(fetch(tmp_path / "files", cache=tmp_path / "cache")[DAY]) == b"second version"


def test_what_champion_keeps_below_the_folder_is_no_source(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"one")
    for ours in ("data/dagster", "data/lake/raw", "elsewhere/raw/bhavcopy/_files", "old/bronze/bhavcopy/2018-03"):
        (tmp_path / ours).mkdir(parents=True)
        (tmp_path / ours / NAME).write_bytes(b"another")
    (tmp_path / "old/bronze/bhavcopy/_delta_log").mkdir()
    assert _body(fetch(tmp_path, cache=tmp_path / "data/cache")[DAY]) == b"one"
    (tmp_path / "data" / NAME).write_bytes(b"a file of the user")
    assert isinstance(fetch(tmp_path, cache=tmp_path / "data/cache")[DAY], AmbiguousSource)


def test_udiff_is_preferred_where_both_exist(tmp_path: Path) -> None:
    day = dt.date(2024, 3, 5)
    for file in (legacy_bhavcopy(day), udiff_bhavcopy(day)):
        (tmp_path / file.name).write_bytes(file.name.encode())
    assert _body(fetch(tmp_path, day)[day]) == udiff_bhavcopy(day).name.encode()


def test_equal_copies_are_fine_different_ones_are_not(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / NAME).write_bytes(b"one")
    (tmp_path / "a" / NAME).write_bytes(b"one")
    assert _body(fetch(tmp_path)[DAY]) == b"one"
    (tmp_path / "a" / NAME).write_bytes(b"two")
    assert isinstance(fetch(tmp_path)[DAY], AmbiguousSource)


def test_a_missing_file_names_what_was_looked_for(tmp_path: Path) -> None:
    found = fetch(tmp_path)[DAY]
    assert isinstance(found, NotYetPublished)
    assert NAME in str(found)
    assert str(tmp_path) in str(found)


def test_a_broken_bundle_is_a_declared_error_for_its_days_only(tmp_path: Path) -> None:
    _tar(tmp_path / "a.tar.xz", {NAME: b"x" * 100_000})
    _tar(tmp_path / "b.tar.xz", {"cm06MAR2018bhav.csv": b"good"})
    source = FolderSource(tmp_path)
    assert len(list(source.fetch([DAY], bhavcopy_files))) == 1
    (tmp_path / "a.tar.xz").write_bytes((tmp_path / "a.tar.xz").read_bytes()[:60])
    found = dict(source.fetch([DAY, dt.date(2018, 3, 6)], bhavcopy_files))
    assert isinstance(found[DAY], NseError)
    assert _body(found[dt.date(2018, 3, 6)]) == b"good"


def test_an_unreadable_bundle_is_named_to_whoever_misses_a_file(tmp_path: Path) -> None:
    _tar(tmp_path / "whole.tar.xz", {NAME: b"x" * 100_000})
    body = bytearray((tmp_path / "whole.tar.xz").read_bytes())
    (tmp_path / "whole.tar.xz").unlink()
    body[40:60] = b"\xff" * 20
    (tmp_path / "damaged.tar.xz").write_bytes(body)
    (tmp_path / "no archive.zip").write_bytes(b"PK not really")
    found = fetch(tmp_path)[DAY]
    assert isinstance(found, NotYetPublished)
    assert "damaged.tar.xz" in str(found)
    assert "no archive.zip" in str(found)


def test_excerpts_and_strangers_are_not_taken_for_the_file(tmp_path: Path) -> None:
    for name in ("cm05MAR2018bhav.EXCERPT_3_ROWS.csv", "xcm05MAR2018bhav.csv", "cm05MAR2018bhav.csv.bak"):
        (tmp_path / name).write_bytes(gzip.compress(b"x"))
    assert isinstance(fetch(tmp_path)[DAY], NotYetPublished)


def test_no_folder_is_an_error_at_once(tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError, match="CHAMPION_SOURCE"):
        FolderSource(tmp_path / "nowhere")


@pytest.mark.real
def test_the_genuine_archive_holds_every_session_of_five_years(real: Path, tmp_path: Path) -> None:
    from champion_assets.nse.calendar import load_calendar

    sessions = load_calendar().sessions_between(dt.date(2016, 1, 1), dt.date(2020, 12, 31))
    found = dict(FolderSource(real, tmp_path).fetch(sessions, bhavcopy_files))
    wrong = {date: error for date, error in found.items() if isinstance(error, Exception)}
    assert len(found) == 1238
    assert not wrong

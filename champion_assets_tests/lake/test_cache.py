"""Copies of a remote lake's files: they spare the network, and never stand for what is damaged or no longer the
table."""

from __future__ import annotations

import datetime as dt
import os
import time
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from champion_assets.lake import verified
from champion_assets.lake.cache import ObjectCache
from champion_assets.lake.errors import CacheUnusable
from champion_assets.lake.open import open_lake
from champion_assets.lake.ports import is_retryable
from champion_assets.lake.store import Lake
from champion_assets.settings import Settings
from champion_assets_tests.helpers import drop_days, put_day

DAYS = [dt.date(2024, 1, 1) + dt.timedelta(days=number) for number in range(20)]


@pytest.fixture
def lake(remote: Settings) -> Lake:
    lake = open_lake(remote)
    for number, day in enumerate(DAYS):
        _write(lake, day, number)
    return lake


def _write(lake: Lake, day: dt.date, x: int) -> None:
    put_day(lake, "a/b", day, pl.DataFrame({"trade_date": [day], "x": [x]}), fingerprint=f"f{x}")


def _copies(lake: Lake) -> list[Path]:
    assert lake.cache is not None
    return sorted(path for path in lake.cache.folder.rglob("*.parquet"))


def _read(lake: Lake) -> list[int]:
    return lake.read("a/b", DAYS)["x"].to_list()


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The data files that are got from the server while the test runs."""
    got: list[str] = []
    real = Lake.get

    def counted(lake: Lake, key: str) -> bytes | None:
        got.extend([key] if key.endswith(".parquet") else [])
        return real(lake, key)

    monkeypatch.setattr(Lake, "get", counted)
    return got


def test_what_was_written_or_read_here_is_not_fetched_again(
    lake: Lake, remote: Settings, requests: list[str], tmp_path: Path
) -> None:
    assert _read(lake) == list(range(len(DAYS)))
    with lake.files("a/b", DAYS) as paths:
        assert pl.read_parquet(paths)["x"].to_list() == list(range(len(DAYS)))
    assert not requests
    elsewhere = open_lake(remote.model_copy(update={"data_dir": tmp_path / "elsewhere"}))
    assert _read(elsewhere) == _read(elsewhere) == _read(lake)
    assert sorted(requests) == sorted(f"a/b/{path}" for path in lake.state("a/b").files)


def test_what_another_machine_replaced_is_read_anew(lake: Lake, remote: Settings, tmp_path: Path) -> None:
    _read(lake)
    elsewhere = open_lake(remote.model_copy(update={"data_dir": tmp_path / "elsewhere"}))
    _write(elsewhere, DAYS[3], 1003)
    expected = [1003 if number == 3 else number for number in range(len(DAYS))]
    info = lake.info("a/b", DAYS[3])
    assert info is not None
    assert info.fingerprint == "f1003"
    assert _read(lake) == expected
    with lake.files("a/b", DAYS) as paths:
        assert pl.read_parquet(paths)["x"].to_list() == expected
    drop_days(elsewhere, "a/b", [DAYS[5]])
    assert lake.info("a/b", DAYS[5]) is None
    with pytest.raises(FileNotFoundError, match=str(DAYS[5])):
        _read(lake)


@pytest.mark.parametrize(
    "damage", [lambda path: path.unlink(), lambda path: path.write_bytes(b"x" * path.stat().st_size)]
)
def test_a_damaged_or_lost_copy_is_fetched_again(damage: Any, lake: Lake, requests: list[str]) -> None:
    damage(_copies(lake)[7])
    with lake.files("a/b", DAYS) as paths:
        assert pl.read_parquet(paths)["x"].to_list() == list(range(len(DAYS)))
    assert len(requests) == 1
    damage(_copies(lake)[7])
    assert _read(lake) == list(range(len(DAYS)))
    assert len(requests) == 2
    assert _read(lake) == list(range(len(DAYS)))
    assert len(requests) == 2


def test_without_a_cache(remote: Settings, requests: list[str]) -> None:
    lake = open_lake(remote.model_copy(update={"lake_cache_gb": 0.0}))
    for number, day in enumerate(DAYS):
        _write(lake, day, number)
    requests.clear()
    assert _read(lake) == list(range(len(DAYS)))
    assert (lake.cache, len(requests)) == (None, len(DAYS))


def test_a_full_disk_is_told_with_the_setting(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, body: bytes) -> int:
        path.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="CHAMPION_LAKE_CACHE_GB") as caught:
        _write(lake, DAYS[0], 2)
    assert is_retryable(caught.value)
    assert lake.cache is not None
    assert not list(lake.cache.folder.rglob("*.part"))


def test_a_folder_that_is_deleted_while_a_copy_is_kept_does_not_say_that_the_file_is_absent(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(path: Path, body: bytes) -> int:
        raise FileNotFoundError(2, "No such file or directory", str(path))

    for copy in _copies(lake):
        copy.unlink()
    monkeypatch.setattr(Path, "write_bytes", gone)
    with pytest.raises(CacheUnusable) as caught:
        _read(lake)
    assert not isinstance(caught.value, FileNotFoundError)
    assert is_retryable(caught.value)


def test_the_limit_holds_and_the_oldest_go_first(tmp_path: Path) -> None:
    cache = ObjectCache(tmp_path, 100_000)
    for number in range(40):
        cache.keep(f"a/b/{number:02}", b"x" * 9_000)
        found = cache.find(f"a/b/{number:02}")
        assert found is not None
        os.utime(found, (number, number))
    sizes = [path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()]
    assert sum(sizes) <= 130_000
    assert cache.find("a/b/00") is None
    assert cache.find("a/b/39") is not None
    cache.keep("large", b"x" * 100_001)
    assert cache.find("large") is None


def test_what_killed_processes_left_goes_and_what_others_write_stays(tmp_path: Path) -> None:
    cache = ObjectCache(tmp_path, 100_000)
    cache.keep("a/b", b"x")
    dead, alive = tmp_path / "a/dead.part", tmp_path / "a/alive.part"
    for path in (dead, alive):
        path.write_bytes(b"half")
    os.utime(dead, (time.time() - 7200,) * 2)
    cache.trim()
    assert (dead.exists(), alive.exists()) == (False, True)
    assert cache.find("a/b") is not None


def test_a_copy_that_goes_while_it_is_read_does_not_matter(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    real = verified.checksum

    def late(path: str | Path) -> int:
        if Path(path) == _copies(lake)[2]:
            Path(path).unlink()
        return real(path)

    monkeypatch.setattr(verified, "checksum", late)
    assert _read(lake) == list(range(len(DAYS)))

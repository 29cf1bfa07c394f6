"""Copies of a remote lake's objects: they spare the network, and never stand for what has been replaced, damaged or deleted."""

from __future__ import annotations

import datetime as dt
import os
import time
from pathlib import Path

import obstore
import polars as pl
import pytest

from champion_assets.lake import store
from champion_assets.lake.cache import ObjectCache
from champion_assets.lake.errors import CacheUnusable
from champion_assets.lake.footer import ObjectInfo
from champion_assets.lake.open import open_lake
from champion_assets.lake.ports import is_retryable
from champion_assets.lake.store import REMOTE_REQUESTS, Lake, partition_key
from champion_assets.settings import Settings

DAYS = [dt.date(2024, 1, 1) + dt.timedelta(days=number) for number in range(REMOTE_REQUESTS + 4)]


@pytest.fixture
def lake(remote: Settings) -> Lake:
    lake = open_lake(remote)
    for number, day in enumerate(DAYS):
        _write(lake, day, number)
    return lake


def _write(lake: Lake, day: dt.date, x: int) -> None:
    lake.write(partition_key("a/b", day), pl.DataFrame({"trade_date": [day], "x": [x]}), ObjectInfo(f"f{x}", "1", 1))


def _copies(lake: Lake) -> list[Path]:
    assert lake.cache is not None
    return sorted(path for path in lake.cache.folder.rglob("*") if path.is_file() and path.name != ".trimmed")


def _read(lake: Lake) -> list[int]:
    return lake.read("a/b", DAYS)["x"].to_list()


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The objects that are got from the server while the test runs."""
    got: list[str] = []
    real = obstore.get

    def counted(objects: object, key: str, **words: object) -> object:
        got.append(key)
        return real(objects, key, **words)  # type: ignore[arg-type]

    monkeypatch.setattr(store.obstore, "get", counted)
    return got


def test_what_was_written_or_read_here_is_not_fetched_again(lake: Lake, remote: Settings, requests: list[str], tmp_path: Path) -> None:
    assert _read(lake) == list(range(len(DAYS)))
    assert [found and found[0].fingerprint for found in lake.infos("a/b", DAYS)] == [f"f{number}" for number in range(len(DAYS))]
    with lake.files("a/b", DAYS) as paths:
        assert [Path(path).read_bytes()[-4:] for path in paths] == [b"PAR1"] * len(DAYS)
    assert not requests
    elsewhere = open_lake(remote.model_copy(update={"data_dir": tmp_path / "elsewhere"}))
    requests.clear()
    assert _read(elsewhere) == _read(elsewhere) == _read(lake)
    assert sorted(requests) == [partition_key("a/b", day) for day in DAYS]


def test_what_another_machine_replaced_is_read_anew(lake: Lake, remote: Settings, requests: list[str], tmp_path: Path) -> None:
    _read(lake)
    elsewhere = open_lake(remote.model_copy(update={"data_dir": tmp_path / "elsewhere"}))
    _write(elsewhere, DAYS[3], 1003)
    requests.clear()
    expected = [1003 if number == 3 else number for number in range(len(DAYS))]
    assert (lake.infos("a/b", DAYS)[3] or [None])[0] == ObjectInfo("f1003", "1", 1)
    assert _read(lake) == expected
    with lake.files("a/b", DAYS) as paths:
        assert pl.read_parquet(paths)["x"].to_list() == expected
    assert len(_copies(lake)) == len(DAYS), "the copy of the replaced version lies about"
    elsewhere.delete(partition_key("a/b", DAYS[5]))
    assert lake.infos("a/b", DAYS)[5] is None
    with pytest.raises(FileNotFoundError, match=str(DAYS[5])):
        _read(lake)


@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_bytes(b"x" * path.stat().st_size)])
def test_a_damaged_or_lost_copy_is_fetched_again(damage, lake: Lake, requests: list[str]) -> None:  # type: ignore[no-untyped-def]
    damage(_copies(lake)[7])
    with lake.files("a/b", DAYS) as paths:
        assert pl.read_parquet(paths)["x"].to_list() == list(range(len(DAYS)))
    damage(_copies(lake)[7])
    assert [found is not None for found in lake.infos("a/b", DAYS)] == [True] * len(DAYS)
    assert _read(lake) == list(range(len(DAYS)))
    assert requests
    requests.clear()
    assert _read(lake) == list(range(len(DAYS)))
    assert not requests


def test_a_copy_that_goes_while_it_is_read_does_not_matter(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    real = store._scan

    def late(paths: list[str], columns: object) -> pl.DataFrame:
        Path(paths[2]).unlink()
        return real(paths, columns)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "_scan", late)
    assert _read(lake) == list(range(len(DAYS)))


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
    assert not [path for path in _copies(lake) if path.name.endswith(".part")]


def test_a_folder_that_is_deleted_while_a_copy_is_kept_does_not_say_that_the_object_is_absent(
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
        cache.keep(f"a/b/{number:02}", f'"{number}"', b"x" * 9_000)
        found = cache.find(f"a/b/{number:02}", f'"{number}"', 9_000)
        assert found is not None
        os.utime(found, (number, number))
    sizes = [path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()]
    assert sum(sizes) <= 130_000
    assert cache.find("a/b/00", '"0"', 9_000) is None
    assert cache.find("a/b/39", '"39"', 9_000) is not None
    assert cache.find("a/b/39", '"39"', 9_001) is None, "another size is another version"
    cache.keep("large", '"1"', b"x" * 100_001)
    assert cache.find("large", '"1"', 100_001) is None


def test_what_killed_processes_left_goes_and_what_others_write_stays(tmp_path: Path) -> None:
    cache = ObjectCache(tmp_path, 100_000)
    cache.keep("a/b", '"1"', b"x")
    dead, alive = tmp_path / "a/b/dead.part", tmp_path / "a/b/alive.part"
    for path in (dead, alive):
        path.write_bytes(b"half")
    os.utime(dead, (time.time() - 7200,) * 2)
    cache.trim()
    assert (dead.exists(), alive.exists()) == (False, True)
    assert cache.find("a/b", '"1"', 1) is not None

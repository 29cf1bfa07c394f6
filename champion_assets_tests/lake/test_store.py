"""Objects: atomic, deterministic, self-describing; and what a damaged one does."""

from __future__ import annotations

import datetime as dt
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from champion_assets.lake.errors import CorruptObject
from champion_assets.lake.footer import ObjectInfo
from champion_assets.lake.open import remove_leftovers
from champion_assets.lake.store import Lake, partition_key

DAY = dt.date(2024, 1, 15)
KEY = partition_key("silver/x", DAY)
INFO = ObjectInfo("f" * 32, "1", 3, {"a": {"first": "2024-01-15"}})
FRAME = pl.DataFrame({"trade_date": [DAY] * 3, "v": [1.5, None, 3.0]})


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"))


def test_an_object_says_what_it_is(lake: Lake) -> None:
    size = lake.write(KEY, FRAME, INFO)
    assert lake.info(KEY) == INFO
    assert lake.size(KEY) == size
    assert lake.read("silver/x", [DAY]).equals(FRAME)
    assert lake.dates("silver/x") == [DAY]


def test_equal_input_gives_equal_bytes(lake: Lake) -> None:
    lake.write(KEY, FRAME, INFO)
    first = lake.get(KEY)
    lake.write(KEY, FRAME, INFO)
    assert lake.get(KEY) == first


def test_a_footer_longer_than_the_first_look_is_read_all_the_same(lake: Lake) -> None:
    info = ObjectInfo("f" * 32, "1", 3, {"long": "x" * 100_000})
    lake.write(KEY, FRAME, info)
    assert lake.info(KEY) == info


@pytest.mark.parametrize("damage", [lambda b: b[:-1], lambda b: b[: len(b) // 2], lambda b: b"", lambda b: b"no parquet at all"])
def test_a_damaged_object_counts_as_absent_and_cannot_be_read(lake: Lake, damage) -> None:  # type: ignore[no-untyped-def]
    lake.write(KEY, FRAME, INFO)
    lake.put(KEY, damage(lake.get(KEY)))
    assert lake.info(KEY) is None
    with pytest.raises(CorruptObject, match="materialize its day again"):
        lake.read("silver/x", [DAY])


def test_absent_objects(lake: Lake) -> None:
    assert lake.info(KEY) is None
    assert lake.get(KEY) is None
    assert not lake.exists(KEY)
    lake.delete(KEY)
    with pytest.raises(FileNotFoundError):
        lake.read("silver/x", [DAY])
    assert lake.dates("silver/x") == []


def test_leftovers_of_killed_writers_are_removed_and_never_listed(lake: Lake) -> None:
    lake.write(KEY, FRAME, INFO)
    leftover = Path(lake.root) / f"{KEY}#1"
    leftover.write_bytes(b"half")
    assert lake.dates("silver/x") == [DAY]
    assert remove_leftovers(lake) == 0  # it may belong to a living writer
    assert remove_leftovers(lake, older_than_seconds=0) == 1
    assert not leftover.exists()


WRITER = """
import datetime as dt, sys, polars as pl
from champion_assets.lake.footer import ObjectInfo
from champion_assets.lake.store import Lake, partition_key
lake = Lake(sys.argv[1]); print("ready", flush=True)
n = 0
while True:
    n += 1
    for day in range(1, 21):
        date = dt.date(2024, 1, day)
        frame = pl.DataFrame({"trade_date": [date] * 20_000, "v": [n] * 20_000})
        lake.write(partition_key("silver/x", date), frame, ObjectInfo(str(n), "1", 20_000))
"""


def test_kill_9_at_any_moment_leaves_whole_objects_only(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    chance = random.Random(5)
    seen = 0
    for _ in range(25):
        process = subprocess.Popen([sys.executable, "-c", WRITER, lake.root], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(chance.uniform(0.0, 0.15))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        for date in lake.dates("silver/x"):
            info = lake.info(partition_key("silver/x", date))
            assert info is not None
            assert lake.read("silver/x", [date])["v"].unique().to_list() == [int(info.fingerprint)]
            seen += 1
    assert seen > 100
    remove_leftovers(lake, older_than_seconds=0)
    assert all("#" not in path.name for path in tmp_path.rglob("*"))


def test_a_full_disk_leaves_the_old_object(tmp_path: Path) -> None:
    import resource

    lake = Lake(str(tmp_path / "lake"))
    lake.write(KEY, FRAME, INFO)
    child = (
        "import resource, signal, sys, polars as pl, datetime as dt\n"
        "from champion_assets.lake.footer import ObjectInfo\n"
        "from champion_assets.lake.store import Lake, partition_key\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "big = pl.DataFrame({'v': pl.Series(range(100_000)).hash()})\n"
        "Lake(sys.argv[1]).write(sys.argv[2], big, ObjectInfo('g', '1', 100_000))\n"
    )
    del resource
    done = subprocess.run([sys.executable, "-c", child, lake.root, KEY], capture_output=True, text=True)
    assert done.returncode != 0
    assert "File too large" in done.stderr
    assert lake.info(KEY) == INFO
    assert lake.read("silver/x", [DAY]).equals(FRAME)

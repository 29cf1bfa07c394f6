"""Tables at rest: atomic, deterministic, verified at every read, with their history; and what a damaged file does."""

from __future__ import annotations

import datetime as dt
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from champion_assets.lake.commit import day_rows, name_newest, write_days
from champion_assets.lake.delta_log import CHECKPOINT_EVERY, LOG, commit_key, copy_key, head_key
from champion_assets.lake.errors import CorruptObject, DayChanged, NoSuchVersion
from champion_assets.lake.manifest import Stamp
from champion_assets.lake.open import remove_leftovers
from champion_assets.lake.repair import put_aside
from champion_assets.lake.store import Lake
from champion_assets.lake.verify import verify
from champion_assets_tests.helpers import drop_days, put_day

NAME = "silver/x"
DAY = dt.date(2024, 1, 15)
DAYS = [dt.date(2024, 1, 29) + dt.timedelta(days=number) for number in range(40)]


def rows(date: dt.date, *values: float | None) -> pl.DataFrame:
    """The rows of a day."""
    return pl.DataFrame(
        {"trade_date": [date] * len(values), "v": list(values)}, schema={"trade_date": pl.Date, "v": pl.Float64}
    )


FRAME = rows(DAY, 1.5, None, 3.0)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"))


def file_of(lake: Lake, date: dt.date) -> Path:
    """The file that holds a day."""
    return Path(lake.root, NAME, lake.state(NAME).file_of[date].path)


def test_a_day_says_what_it_is(lake: Lake) -> None:
    put_day(lake, NAME, DAY, FRAME, fingerprint="f", code_version="7", recipe="r")
    info = lake.info(NAME, DAY)
    assert info is not None
    assert (info.fingerprint, info.code_version, info.recipe, info.rows) == ("f", "7", "r", 3)
    assert lake.read(NAME, [DAY]).equals(FRAME)
    assert (lake.dates(NAME), lake.tables(), lake.has(NAME, DAY)) == ([DAY], [NAME], True)
    assert lake.read(NAME, [DAY], ["v"], where=pl.col("v") > 2)["v"].to_list() == [3.0]


def test_a_month_is_one_file_once_a_later_one_has_begun_and_its_bytes_depend_on_nothing_else(
    lake: Lake, tmp_path: Path
) -> None:
    one = Lake(str(tmp_path / "one"))
    for date in DAYS:
        put_day(one, NAME, date, rows(date, date.day, 0.5))
    write_days(lake, NAME, day_rows({date: rows(date, date.day, 0.5) for date in DAYS}))
    closed = {file.path: file.crc32 for file in lake.state(NAME).files.values() if max(file.days) < dt.date(2024, 3, 1)}
    assert len(closed) == 2
    assert closed.items() <= {file.path: file.crc32 for file in one.state(NAME).files.values()}.items()
    assert one.infos(NAME, DAYS).keys() == lake.infos(NAME, DAYS).keys()
    assert one.read(NAME, DAYS).equals(lake.read(NAME, DAYS))
    assert lake.read(NAME, [DAYS[1], DAYS[9]])["v"].to_list() == [30.0, 0.5, 7.0, 0.5]
    assert pl.read_parquet(file_of(lake, DAYS[5])).height == 2 * 29


def test_a_day_without_rows_is_a_day(lake: Lake) -> None:
    put_day(lake, NAME, DAY, FRAME.clear())
    put_day(lake, NAME, DAY + dt.timedelta(days=1), FRAME.clear())
    assert lake.read(NAME, [DAY]).equals(FRAME.clear())
    for later in (dt.date(2024, 2, 1), dt.date(2024, 3, 1)):
        put_day(lake, NAME, later, rows(later, 1.0))
    assert lake.read(NAME, lake.dates(NAME))["v"].to_list() == [1.0, 1.0]
    assert lake.read(NAME, [DAY]).equals(FRAME.clear())


def test_days_of_a_closed_month_are_replaced_and_dropped_without_touching_others(lake: Lake) -> None:
    write_days(lake, NAME, day_rows({date: rows(date, date.day) for date in DAYS}))
    before = lake.state(NAME)
    put_day(lake, NAME, DAYS[4], rows(DAYS[4], -1.0))
    drop_days(lake, NAME, [DAYS[5]])
    after = lake.state(NAME)
    expected = [-1.0 if date == DAYS[4] else date.day for date in DAYS if date != DAYS[5]]
    assert lake.read(NAME, lake.dates(NAME))["v"].to_list() == expected
    assert after.file_of[DAYS[0]] == before.file_of[DAYS[0]]
    assert after.file_of[DAYS[-1]] == before.file_of[DAYS[-1]]
    assert lake.read(NAME, DAYS, state=before)["v"].to_list() == [date.day for date in DAYS], (
        "the old version is as it was"
    )


def test_writing_the_same_writes_nothing(lake: Lake) -> None:
    put_day(lake, NAME, DAY, FRAME, fingerprint="f")
    first = sorted(lake.keys(""))
    put_day(lake, NAME, DAY, FRAME, fingerprint="f")
    assert sorted(lake.keys("")) == first
    put_day(lake, NAME, DAY, FRAME, fingerprint="g")  # the same rows made of other inputs: a line in the log
    assert sorted(lake.keys("")) == sorted([*first, commit_key(NAME, 1)])


def test_columns_may_change_and_the_old_days_stay_readable(lake: Lake) -> None:
    put_day(lake, NAME, DAY, FRAME)
    later, wide = dt.date(2024, 1, 16), rows(dt.date(2024, 1, 16), 2.0).with_columns(w=pl.lit(1))
    put_day(lake, NAME, later, wide)
    next_month = dt.date(2024, 2, 1)
    put_day(lake, NAME, next_month, rows(next_month, 4.0).with_columns(w=pl.lit(2)))
    assert lake.read(NAME, [DAY]).equals(FRAME)
    assert lake.read(NAME, [later, next_month])["w"].to_list() == [1, 2]
    assert lake.read(NAME, [DAY, later, next_month], ["trade_date", "v"])["v"].to_list() == [1.5, None, 3.0, 2.0, 4.0]
    with pytest.raises(CorruptObject, match="champion backfill 2024-01-15 2024-01-16"):
        lake.read(NAME, [DAY, later])


@pytest.mark.parametrize(
    "damage", [lambda b: b[:-1], lambda b: b[: len(b) // 2], lambda b: b"", lambda b: b"no parquet at all"]
)
def test_a_damaged_file_is_named_and_never_read(lake: Lake, damage: Any) -> None:
    put_day(lake, NAME, DAY, FRAME)
    path = file_of(lake, DAY)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(CorruptObject, match=r"is damaged.*2024-01-15.*champion verify --repair"):
        lake.read(NAME, [DAY])
    with pytest.raises(CorruptObject, match="is damaged"), lake.files(NAME, [DAY]):
        pass
    path.unlink()
    with pytest.raises(CorruptObject, match=f"{path.name} is gone"):
        lake.read(NAME, [DAY])


def test_no_flipped_bit_zeroed_block_or_swapped_file_stays_unnoticed(lake: Lake) -> None:
    """3,000 single bits of data and of the log, and blocks of zeros, each alone."""
    chance = random.Random(11)
    for date in DAYS:
        put_day(lake, NAME, date, rows(date, *(chance.random() for _ in range(300))))
    whole = lake.read(NAME, DAYS)
    data = sorted({file_of(lake, date) for date in DAYS})
    log = [Path(lake.root, commit_key(NAME, number)) for number in range(lake.state(NAME).version + 1)]
    shutil.rmtree(Path(lake.root, NAME, LOG, "_champion"))
    for number in range(3000):
        path = chance.choice(data if number % 2 else log)
        body = path.read_bytes()
        at = chance.randrange(len(body))
        if number % 50:
            bad = body[:at] + bytes([body[at] ^ 1 << chance.randrange(8)]) + body[at + 1 :]
        else:
            bad = body[:at] + bytes(len(body[at : at + 64])) + body[at + 64 :]
        if bad == body:
            continue
        path.write_bytes(bad)
        with pytest.raises(CorruptObject):
            Lake(lake.root).read(NAME, DAYS)
        path.write_bytes(body)
    one, two = data[-1].read_bytes(), data[-2].read_bytes()
    data[-1].write_bytes(two)
    data[-2].write_bytes(one)
    with pytest.raises(CorruptObject):
        lake.read(NAME, DAYS)
    data[-1].write_bytes(one)
    data[-2].write_bytes(two)
    assert Lake(lake.root).read(NAME, DAYS).equals(whole)


def test_commits_that_change_places_and_one_that_is_gone_are_noticed(lake: Lake) -> None:
    for number in range(4):
        put_day(lake, NAME, DAY, rows(DAY, number))
    one, two = (Path(lake.root, commit_key(NAME, number)) for number in (1, 2))
    bodies = one.read_bytes(), two.read_bytes()
    one.write_bytes(bodies[1])
    two.write_bytes(bodies[0])
    with pytest.raises(CorruptObject, match="its checksum differs"):
        Lake(lake.root).read(NAME, [DAY])
    one.write_bytes(bodies[0])
    two.unlink()
    with pytest.raises(NoSuchVersion, match="somebody removed it"):
        Lake(lake.root).read(NAME, [DAY])


def test_a_damaged_copy_of_the_log_is_replaced_by_the_log_itself(lake: Lake) -> None:
    for number in range(CHECKPOINT_EVERY + 3):
        put_day(lake, NAME, DAY, rows(DAY, number))
    copy = Path(lake.root, copy_key(NAME, CHECKPOINT_EVERY))
    body = copy.read_bytes()
    copy.write_bytes(body[:-5])
    assert Lake(lake.root).state(NAME) == lake.state(NAME)
    copy.write_bytes(body)
    for number in range(CHECKPOINT_EVERY):
        Path(lake.root, commit_key(NAME, number)).unlink()
    assert Lake(lake.root).state(NAME) == lake.state(NAME), "the copy stands for the commits before it"


def test_every_version_can_be_read_again(lake: Lake) -> None:
    instants = []
    for number in range(5):
        put_day(lake, NAME, DAY, rows(DAY, number))
        instants.append(dt.datetime.now(dt.UTC))
        time.sleep(0.005)
    for number in range(5):
        assert lake.read(NAME, [DAY], state=lake.state_at(NAME, number))["v"].to_list() == [number]
        assert lake.read(NAME, [DAY], state=lake.as_of(NAME, instants[number]))["v"].to_list() == [number]
    assert lake.as_of(NAME, dt.datetime(2000, 1, 1, tzinfo=dt.UTC)).version == -1
    with pytest.raises(NoSuchVersion, match="no version 9"):
        lake.state_at(NAME, 9)


def test_a_commit_over_what_another_writer_changed_meanwhile_is_refused(lake: Lake) -> None:
    put_day(lake, NAME, DAY, FRAME)
    info = lake.info(NAME, DAY)
    assert info is not None
    put_day(Lake(lake.root), NAME, DAY, rows(DAY, 9.0))
    with pytest.raises(DayChanged, match=str(DAY)):
        write_days(lake, NAME, day_rows({DAY: FRAME}), only_over={DAY: info.exact})
    assert lake.read(NAME, [DAY])["v"].to_list() == [9.0]


def test_a_log_that_another_program_wrote_to_is_refused(lake: Lake) -> None:
    put_day(lake, NAME, DAY, FRAME)
    lake.put(commit_key(NAME, 1), b'{"commitInfo":{"operation":"OPTIMIZE"}}\n')
    with pytest.raises(CorruptObject, match="not written by Champion"):
        lake.read(NAME, [DAY])


def test_what_is_absent(lake: Lake) -> None:
    assert lake.info(NAME, DAY) is None
    assert not lake.has(NAME, DAY)
    assert lake.dates(NAME) == []
    drop_days(lake, NAME, [DAY])
    with pytest.raises(FileNotFoundError, match="champion backfill 2024-01-15 2024-01-15"):
        lake.read(NAME, [DAY])
    assert lake.tables() == []


def test_leftovers_of_killed_writers_are_removed_and_never_listed(lake: Lake) -> None:
    put_day(lake, NAME, DAY, FRAME)
    leftover = Path(lake.root) / "_tmp/1-abc"
    leftover.write_bytes(b"half")
    assert not [key for key in lake.keys("") if "_tmp" in key]
    assert remove_leftovers(lake) == 0  # it may belong to a living writer
    assert remove_leftovers(lake, older_than_seconds=0) == 1
    assert not leftover.exists()


WRITER = """
import datetime as dt, sys, polars as pl
from champion_assets.lake.commit import day_rows, name_newest, write_days
from champion_assets.lake.manifest import Stamp
from champion_assets.lake.repair import put_aside
from champion_assets.lake.store import Lake
from champion_assets.lake.verify import verify
lake = Lake(sys.argv[1]); print("ready", flush=True)
n = int(sys.argv[2])
while True:
    n += 1
    days = [dt.date(2024, 1, 1) + dt.timedelta(days=each) for each in range(40)]
    frames = {date: pl.DataFrame({"trade_date": [date] * 500, "v": [n] * 500}) for date in days}
    made = {date: each.stamped(Stamp(str(n), "1")) for date, each in day_rows(frames).items()}
    write_days(lake, "silver/x", made)
"""


@pytest.mark.timeout(300)
def test_kill_9_at_any_moment_leaves_a_whole_table(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    chance, seen = random.Random(5), set()
    for start in range(100):
        process = subprocess.Popen([sys.executable, "-c", WRITER, lake.root, str(start * 1000)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(chance.uniform(0.05, 0.6))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        found = Lake(lake.root)
        if dates := found.dates("silver/x"):
            (value,) = found.read("silver/x", dates)["v"].unique()
            assert len(dates) == 40
            assert {info and info.fingerprint for info in found.infos("silver/x", dates).values()} == {str(value)}
            seen.add(value)
        if start >= 20 and len(seen) > 5:
            break
    assert len(seen) > 5
    remove_leftovers(lake, older_than_seconds=0)
    assert not list((tmp_path / "lake/_tmp").iterdir())


def test_a_full_disk_leaves_the_table_as_it_was(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    put_day(lake, NAME, DAY, FRAME)
    child = (
        "import resource, signal, sys, polars as pl, datetime as dt\n"
        "from champion_assets.lake.commit import day_rows, write_days\n"
        "from champion_assets.lake.store import Lake\n"
        "import pyarrow.parquet\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "big = pl.DataFrame({'trade_date': [dt.date(2024, 1, 15)] * 100_000, 'v': "
        "pl.Series(range(100_000)).hash().cast(pl.Float64)})\n"
        "write_days(Lake(sys.argv[1]), 'silver/x', day_rows({dt.date(2024, 1, 15): big}))\n"
    )
    done = subprocess.run([sys.executable, "-c", child, lake.root], capture_output=True, text=True)
    assert done.returncode != 0
    assert "File too large" in done.stderr
    assert "silver/x" in done.stderr
    assert Lake(lake.root).read(NAME, [DAY]).equals(FRAME)
    assert not list(Path(lake.root, "_tmp").iterdir())


def test_a_stamp_says_what_a_day_was_made_by() -> None:
    assert day_rows({DAY: FRAME})[DAY].stamped(Stamp("f", "2", "r")).info.recipe == "r"


def test_the_newest_commit_that_is_removed_or_exchanged_is_missed(lake: Lake) -> None:
    for number in range(3):
        put_day(lake, NAME, DAYS[number], rows(DAYS[number], 1.0))
    newest = Path(lake.root, commit_key(NAME, 2))
    body = newest.read_bytes()
    newest.unlink()
    with pytest.raises(CorruptObject, match=r"00002\.json: the newest of the table's commits is gone"):
        Lake(lake.root).state(NAME)
    with pytest.raises(CorruptObject, match="is gone"):
        put_day(Lake(lake.root), NAME, DAY, FRAME)
    newest.write_bytes(body)
    assert Lake(lake.root).dates(NAME) == DAYS[:3]
    newest.unlink()
    other = Lake(str(Path(lake.root).parent / "other"))
    for number in range(3):
        put_day(other, NAME, DAYS[number], rows(DAYS[number], 1.0 + number))
    newest.write_bytes(Path(other.root, commit_key(NAME, 2)).read_bytes())
    with pytest.raises(CorruptObject, match="not the commit that was written last"):
        Lake(lake.root).state(NAME)


def test_a_damaged_head_is_named_by_verify_alone_and_written_anew(lake: Lake) -> None:
    put_day(lake, NAME, DAY, FRAME)
    path = Path(lake.root, head_key(NAME))
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert Lake(lake.root).dates(NAME) == [DAY]
        (damage,) = verify(Lake(lake.root))
        assert damage.key == head_key(NAME)
        assert put_aside(Lake(lake.root), [damage]) == []
        assert path.read_bytes() == whole


def test_a_table_without_a_head_is_read_as_before(lake: Lake) -> None:
    put_day(lake, NAME, DAY, FRAME)
    Path(lake.root, head_key(NAME)).unlink()
    assert Lake(lake.root).dates(NAME) == [DAY]


def test_a_writer_that_comes_late_does_not_take_the_head_back(lake: Lake) -> None:
    for number in range(3):
        put_day(lake, NAME, DAYS[number], rows(DAYS[number], 1.0))
    said = lake.get(head_key(NAME))
    first = lake.get(commit_key(NAME, 0))
    assert first is not None
    name_newest(lake, NAME, 0, first)
    assert lake.get(head_key(NAME)) == said

"""Copies sorted by instrument say what the lake says, notice damage, and follow what is written again."""

from __future__ import annotations

import datetime as dt
import random
import shutil
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from champion_assets.lake.by_instrument import LIST, SortedCopies, bucket_of
from champion_assets.lake.commit import day_rows, write_days
from champion_assets.lake.errors import CacheUnusable, CorruptObject
from champion_assets.lake.manifest import Stamp
from champion_assets.lake.store import Lake
from champion_assets_tests.helpers import put_day

NAME = "silver/x"
NAMES = [f"INE{number:03}A01" for number in range(30)]
DAYS = [day for number in range(190) if (day := dt.date(2023, 10, 2) + dt.timedelta(days=number)).weekday() < 5]


def rows(date: dt.date, factor: float = 1.0) -> pl.DataFrame:
    """A third of the names, sorted."""
    mine = [name for place, name in enumerate(NAMES) if (place + date.day) % 3 == 0]
    return pl.DataFrame(
        {
            "trade_date": [date] * len(mine),
            "instrument_id": mine,
            "close": [factor * (date.day + place) for place in range(len(mine))],
        }
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("built") / "lake"
    days = day_rows({date: rows(date) for date in DAYS})
    write_days(Lake(str(root)), NAME, {date: each.stamped(Stamp("f", "1")) for date, each in days.items()})
    return root


@pytest.fixture
def copies(built: Path, tmp_path: Path) -> SortedCopies:
    shutil.copytree(built, tmp_path / "lake")
    return SortedCopies(Lake(str(tmp_path / "lake")), tmp_path / "cache")


def plain(copies: SortedCopies, dates: Sequence[dt.date], names: Sequence[str]) -> pl.DataFrame:
    """What the lake itself says."""
    return copies.lake.read(NAME, dates).filter(pl.col("instrument_id").is_in(list(names)))


def parts(copies: SortedCopies) -> list[Path]:
    """The small files."""
    return sorted(copies.folder.rglob("*.parquet"))


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sets(st.sampled_from(DAYS), min_size=1), st.sets(st.sampled_from([*NAMES, "nobody"])))
def test_any_days_of_anybody(copies: SortedCopies, dates: set[dt.date], names: set[str]) -> None:
    assert copies.rows(NAME, sorted(dates), names).equals(plain(copies, sorted(dates), sorted(names)))


def test_a_year_has_one_copy_without_its_newest_month_and_few_days_need_none(copies: SortedCopies) -> None:
    assert copies.rows(NAME, DAYS[:10], NAMES[:2]).equals(plain(copies, DAYS[:10], NAMES[:2]))
    assert not copies.folder.exists()
    copies.rows(NAME, DAYS, NAMES[:2])
    assert [folder.name[:4] for folder in sorted((copies.folder / NAME).iterdir())] == ["2023", "2024"]
    held = pl.concat([pl.read_parquet(path) for path in parts(copies)])
    assert held["trade_date"].max() < DAYS[-1].replace(day=1)
    assert {bucket_of(name) for name in NAMES} == {int(path.stem) for path in parts(copies)}


def test_a_day_that_is_written_again_leads_to_another_copy(copies: SortedCopies) -> None:
    copies.rows(NAME, DAYS, NAMES)
    put_day(copies.lake, NAME, DAYS[3], rows(DAYS[3], 7.0))
    found = copies.rows(NAME, DAYS, NAMES)
    assert found.equals(plain(copies, DAYS, NAMES))
    assert len(list((copies.folder / NAME).glob("2023-*"))) == 1, "the earlier copy is gone"


def test_a_flipped_bit_a_lost_file_and_a_damaged_list_are_noticed(copies: SortedCopies) -> None:
    expected, chance = copies.rows(NAME, DAYS, NAMES), random.Random(4)
    for _ in range(60):
        path = chance.choice([*parts(copies), *copies.folder.rglob(LIST)])
        body = bytearray(path.read_bytes())
        body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
        path.write_bytes(body)
        assert copies.rows(NAME, DAYS, NAMES).equals(expected)
    parts(copies)[0].unlink()
    one, other = parts(copies)[:2]
    assert copies.rows(NAME, DAYS, NAMES).equals(expected)
    other.write_bytes(one.read_bytes())
    assert copies.rows(NAME, DAYS, NAMES).equals(expected)


def test_a_copy_is_not_made_of_damaged_files(copies: SortedCopies) -> None:
    path = Path(copies.lake.root, NAME, copies.lake.state(NAME).file_of[DAYS[0]].path)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(CorruptObject, match="is damaged"):
        copies.rows(NAME, DAYS, NAMES)
    assert not list(copies.folder.rglob("*.parquet"))


def test_a_table_of_another_order_has_no_copy(copies: SortedCopies) -> None:
    put_day(copies.lake, NAME, DAYS[0], rows(DAYS[0]).reverse())
    with pytest.raises(ValueError, match="not sorted"):
        copies.rows(NAME, DAYS, NAMES)


def test_days_of_other_columns_are_named(copies: SortedCopies) -> None:
    put_day(copies.lake, NAME, DAYS[-1], rows(DAYS[-1]).with_columns(more=1.0))
    with pytest.raises(CorruptObject, match="have different columns"):
        copies.rows(NAME, DAYS, NAMES)


def test_a_disk_that_refuses_is_named_with_the_setting(copies: SortedCopies) -> None:
    copies.folder.write_text("no folder")
    with pytest.raises(CacheUnusable, match="CHAMPION_LAKE_CACHE_GB=0"):
        copies.rows(NAME, DAYS, NAMES)

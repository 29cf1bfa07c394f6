"""Verifying, mending, pruning, tagging and moving a lake."""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from champion_assets import research
from champion_assets.catalog import open_workspace
from champion_assets.cli.main import main
from champion_assets.common.errors import RequestError
from champion_assets.lake.delta_log import LOG, commit_key, head_key
from champion_assets.lake.errors import CorruptObject, LakeRefused, NoSuchVersion
from champion_assets.lake.migrate import BEFORE, migrate, older_tables
from champion_assets.lake.open import open_lake
from champion_assets.lake.prune import TagError, prune, tag, tagged
from champion_assets.lake.repair import ASIDE, put_aside
from champion_assets.lake.store import Lake
from champion_assets.lake.verify import last_verified, verify
from champion_assets.lake.workspace import Workspace
from champion_assets.operations.day_versions import NothingStored, day_versions
from champion_assets.settings import get_settings
from champion_assets_tests.helpers import build_until, content, put_day

NAME = "silver/x"
START, END = dt.date(2023, 11, 1), dt.date(2023, 12, 8)
DAY = dt.date(2024, 1, 15)


def rows(date: dt.date, *values: float) -> pl.DataFrame:
    """The rows of a day."""
    return pl.DataFrame({"trade_date": [date] * len(values), "v": list(values)})


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(str(tmp_path / "lake"))
    for number in range(40):
        put_day(
            lake,
            NAME,
            dt.date(2024, 1, 1) + dt.timedelta(days=number),
            rows(dt.date(2024, 1, 1) + dt.timedelta(days=number), float(number)),
        )
    return lake


@pytest.fixture
def kept(environment: Callable[[str, str], None]) -> Workspace:
    """The lake of the settings in the environment, with everything up to the returns."""
    workspace = open_workspace(get_settings())
    build_until(workspace, "features/returns", START, END)
    return workspace


def flip(path: Path, chance: random.Random) -> None:
    """Change one bit of a file, whatever its rights."""
    body = bytearray(path.read_bytes())
    body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
    path.unlink()  # files of the tests' lakes may be linked
    path.write_bytes(body)


def test_a_whole_lake_has_no_damage_and_the_doctor_knows_when(kept: Workspace) -> None:
    assert verify(kept.lake) == []
    said = last_verified(kept.lake)
    assert said is not None
    assert (said.damaged, said.since) == (0, "")
    assert said.objects > 300
    done = CliRunner().invoke(main, ["verify"])
    assert (done.exit_code, "none was changed" in done.output) == (0, True), done.output
    findings = json.loads(CliRunner().invoke(main, ["doctor", "--json"]).output)["findings"]
    assert [each["level"] for each in findings if each["part"] == "integrity"] == ["ok"]


def test_damage_of_every_kind_is_named_and_built_again(kept: Workspace) -> None:
    root, before, chance = Path(kept.lake.root), content(Path(kept.lake.root), ("raw/", "state/")), random.Random(3)
    state = kept.lake.state("silver/equity_eod")
    flip(root / "silver/equity_eod" / state.file_of[START].path, chance)
    (root / "features/returns" / kept.lake.state("features/returns").file_of[END].path).unlink()
    flip(root / commit_key("silver/instruments", 0), chance)
    original = next((root / "raw/bhavcopy/_files").rglob("*/*"))
    flip(original, chance)
    damages = {(each.table, each.key.split("/")[2][:6]) for each in verify(Lake(kept.lake.root))}
    month = f"{START:%Y-%m}"[:6]
    assert damages == {
        ("silver/equity_eod", month),
        ("features/returns", f"{END:%Y-%m}"[:6]),
        ("silver/instruments", LOG[:6]),
        ("raw/bhavcopy", "_files"),
    }
    assert CliRunner().invoke(main, ["verify"]).exit_code == 1
    done = CliRunner().invoke(main, ["verify", "--repair"])
    assert done.exit_code == 0, done.output
    assert f"{ASIDE}" in done.output
    assert list((root / ASIDE).rglob("*.parquet"))
    after = content(root, ("raw/", "state/", f"{ASIDE}/"))
    assert {key: after.get(key) for key in before} == before
    assert verify(Lake(kept.lake.root)) == []


def test_a_table_whose_log_alone_is_damaged_names_its_days(lake: Lake) -> None:
    flip(Path(lake.root, commit_key(NAME, 7)), random.Random(2))
    damages = verify(Lake(lake.root))
    assert [damage.key for damage in damages] == [f"{NAME}/{LOG}"]
    days = put_aside(Lake(lake.root), damages)
    assert (days[0], days[-1]) == (dt.date(2024, 1, 1), dt.date(2024, 2, 9))
    assert Lake(lake.root).dates(NAME) == []


def test_a_newest_commit_that_is_removed_is_named_and_the_table_built_again(lake: Lake) -> None:
    Path(lake.root, commit_key(NAME, lake.state(NAME).version)).unlink()
    (damage,) = verify(Lake(lake.root))
    assert (damage.key, "newest of the table's commits is gone" in damage.says) == (f"{NAME}/{LOG}", True)
    assert put_aside(Lake(lake.root), [damage])[-1] == dt.date(2024, 2, 9)
    put_day(Lake(lake.root), NAME, DAY, rows(DAY, 1.0))
    assert verify(Lake(lake.root)) == []


def test_a_table_that_has_gone_back_since_the_last_look_is_named(lake: Lake) -> None:
    assert verify(lake) == []
    version = lake.state(NAME).version
    Path(lake.root, commit_key(NAME, version)).unlink()
    Path(lake.root, head_key(NAME)).unlink()
    (damage,) = verify(Lake(lake.root))
    assert f"version {version} was there at the last look, now it is {version - 1}" in damage.says
    put_aside(Lake(lake.root), [damage])
    put_day(Lake(lake.root), NAME, DAY, rows(DAY, 1.0))
    assert verify(Lake(lake.root)) == []
    shutil.rmtree(Path(lake.root, NAME))
    (damage,) = verify(Lake(lake.root))
    assert "now it is gone" in damage.says


def test_a_look_that_is_cut_off_goes_on(lake: Lake) -> None:
    put_day(lake, "silver/y", DAY, rows(DAY, 1.0))
    put_day(lake, "silver/z", DAY, rows(DAY, 1.0))
    flip(Path(lake.root, NAME, lake.state(NAME).file_of[dt.date(2024, 1, 5)].path), random.Random(1))

    class Cut(Exception):
        """Somebody stops it."""

    def cut(table: str, _read: int) -> None:
        if table == "silver/z":
            raise Cut

    with pytest.raises(Cut):
        verify(lake, advance=cut)
    seen: list[str] = []
    put_day(lake, "silver/y", DAY, rows(DAY, 2.0))
    assert [damage.table for damage in verify(lake, advance=lambda table, _read: seen.append(table))] == [NAME]
    assert set(seen) == {"silver/y", "silver/z"}, "what was done is left out, but not what has changed since"
    seen.clear()
    verify(lake, advance=lambda table, _read: seen.append(table))
    assert NAME in seen
    with pytest.raises(Cut):
        verify(lake, advance=cut)
    seen.clear()
    verify(lake, dt.date(2024, 1, 1), advance=lambda table, _read: seen.append(table))
    assert NAME in seen, "another limit is another look"
    with pytest.raises(Cut):
        verify(lake, advance=cut)
    seen.clear()
    verify(lake, advance=lambda table, _read: seen.append(table), anew=True)
    assert NAME in seen


def test_since_leaves_out_what_is_older(lake: Lake) -> None:
    january = Path(lake.root, NAME, lake.state(NAME).file_of[dt.date(2024, 1, 5)].path)
    flip(january, random.Random(1))
    assert verify(lake, dt.date(2024, 2, 1)) == []
    (damage,) = verify(lake, dt.date(2024, 1, 31))
    assert (damage.days[0], len(damage.days)) == (dt.date(2024, 1, 1), 31)
    assert put_aside(lake, [damage]) == list(damage.days)
    assert lake.dates(NAME)[0] == dt.date(2024, 2, 1)


def age(lake: Lake) -> None:
    """Make every file two days old."""
    for path in Path(lake.root).rglob("*"):
        os.utime(path, (time.time() - 2 * 86_400,) * 2)


def test_prune_keeps_what_is_in_force_what_was_lately_and_what_has_a_tag(lake: Lake) -> None:
    tag(lake, "release-1")
    old = lake.read(NAME, lake.dates(NAME))
    for number in range(5):
        put_day(lake, NAME, dt.date(2024, 1, 5), rows(dt.date(2024, 1, 5), -1.0 - number))
    now = lake.read(NAME, lake.dates(NAME))
    between = lake.state(NAME).version - 2
    age(lake)
    assert prune(lake, dt.timedelta(days=1)).objects == 0, "every version was in force within the last day"
    gone = prune(lake, dt.timedelta(0))
    assert gone.versions == lake.state(NAME).version
    assert gone.objects > 30
    fresh = Lake(lake.root)
    assert fresh.read(NAME, fresh.dates(NAME)).equals(now)
    state = tagged(fresh, "release-1", NAME)
    assert fresh.read(NAME, list(state.file_of), state=state).equals(old)
    with pytest.raises(NoSuchVersion):
        fresh.state_at(NAME, between)
    with pytest.raises(NoSuchVersion, match="pruned"):
        fresh.as_of(NAME, dt.datetime(2025, 1, 1, tzinfo=dt.UTC))
    with pytest.raises(TagError, match="there are release-1"):
        tagged(fresh, "release-2", NAME)
    with pytest.raises(TagError, match="exists already"):
        tag(fresh, "release-1")
    with pytest.raises(TagError, match="is not a valid tag"):
        tag(fresh, "../x")
    put_day(fresh, NAME, DAY, rows(DAY, 5.0))
    assert Lake(lake.root).read(NAME, [DAY])["v"].to_list() == [5.0]
    assert verify(fresh) == []


def test_a_young_file_that_no_version_names_may_belong_to_a_living_writer(lake: Lake) -> None:
    lake.put(f"{NAME}/2024-01/01-01-abc.parquet", b"being written")
    prune(lake, dt.timedelta(0))
    assert lake.exists(f"{NAME}/2024-01/01-01-abc.parquet")
    age(lake)
    prune(lake, dt.timedelta(0))
    assert not lake.exists(f"{NAME}/2024-01/01-01-abc.parquet")


def older(lake: Lake, table: str, days: list[dt.date], *, source: bool = False) -> dict[dt.date, pl.DataFrame]:
    """Days of a table as the older form had them."""
    frames = {}
    for date in days:
        frames[date] = pl.DataFrame({"trade_date": [date] * 2, "v": [1.0 * date.day, None], "n": [None, None]})
        said = {"fingerprint": "f" * 64, "code_version": "3", "rows": 7 if source else 2, "inputs": {}, "recipe": "r"}
        path = Path(lake.root, table, f"trade_date={date}", "data.parquet")
        path.parent.mkdir(parents=True)
        frames[date].write_parquet(path, metadata={"champion": json.dumps(said)})
        frames[date] = frames[date].with_columns(pl.col("n").cast(pl.String))
    return frames


def test_a_lake_of_the_older_form_is_refused_moved_and_can_be_taken_back(
    environment: Callable[[str, str], None],
) -> None:
    settings = get_settings()
    lake = Lake(settings.lake_root)
    days = [dt.date(2024, 1, 30), dt.date(2024, 1, 31), dt.date(2024, 2, 1)]
    expected = older(lake, "raw/bhavcopy", days, source=True)
    older(lake, "silver/x", days)
    older(lake, "quarantine/silver/x", days[:1])
    lake.put("raw/bhavcopy/files/ab/abc", b"original")
    lake.put("raw/bhavcopy/ledger.json", b"[]")
    with pytest.raises(LakeRefused, match="champion migrate"):
        open_lake(settings)
    assert older_tables(lake) == ["quarantine/silver/x", "raw/bhavcopy", "silver/x"]
    done = CliRunner().invoke(main, ["migrate"])
    assert done.exit_code == 0, done.output
    assert "3 tables, 7 days" in done.output
    moved = open_lake(settings)
    assert moved.tables() == ["quarantine/silver/x", "raw/bhavcopy", "silver/x"]
    assert moved.read("raw/bhavcopy", days).equals(pl.concat(expected.values()))
    info = moved.info("raw/bhavcopy", days[0])
    assert info is not None
    assert (info.fingerprint, info.code_version, info.recipe, info.rows, info.stored_rows) == ("f" * 64, "3", "r", 7, 2)
    assert (moved.get("raw/bhavcopy/_files/ab/abc"), moved.get("raw/bhavcopy/_notes/ledger.json")) == (
        b"original",
        b"[]",
    )
    assert len(moved.keys(BEFORE)) == 7
    assert not list(Path(lake.root).glob("*/*/trade_date=*"))
    assert "nothing to convert" in CliRunner().invoke(main, ["migrate"]).output
    done = CliRunner().invoke(main, ["prune", "--before-migration"])
    assert "7 objects of the time before" in done.output
    assert not moved.keys(BEFORE)


def test_a_move_that_is_cut_off_goes_on(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    days = [dt.date(2024, 1, 30), dt.date(2024, 1, 31), dt.date(2024, 2, 1)]
    expected = older(lake, "silver/x", days)

    def cut(_days: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        migrate(lake, "silver/x", cut)
    assert older_tables(lake) == ["silver/x"]
    assert migrate(lake, "silver/x") == 3
    assert lake.read("silver/x", days).equals(pl.concat(expected.values()))
    path = Path(lake.root, "silver/y", "trade_date=2024-01-30", "data.parquet")
    older(lake, "silver/y", days[:1])
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(CorruptObject, match="delete it"):
        migrate(lake, "silver/y")


def test_a_table_is_read_as_the_lake_had_it(kept: Workspace) -> None:
    table, then = "silver/equity_eod", kept.lake.read("silver/equity_eod", [END])
    CliRunner().invoke(main, ["tag", "before"])
    time.sleep(0.01)
    between = dt.datetime.now(dt.UTC)
    put_day(kept.lake, table, END, then.with_columns(pl.col("volume") + 1))
    for when in ("before", between, between.isoformat()):
        assert research.table(table, END, END, lake_as_of=when).equals(then), when
    later = research.table(table, END, END, lake_as_of=dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1))
    assert (later["volume"] - then["volume"]).unique().to_list() == [1]
    with pytest.raises(research.NotBuilt):
        research.table(table, END, END, lake_as_of="2020-01-01")
    with pytest.raises(RequestError, match="no time zone"):
        research.table(table, END, END, lake_as_of="2026-11-20T10:00:00")
    with pytest.raises(TagError, match="no tag 'yesterday'"):
        research.table(table, END, END, lake_as_of="yesterday")
    paths = research.files(table, START, END)
    assert pl.read_parquet(paths).height == kept.lake.read(table, kept.sessions(START, END)).height


def test_what_changed_between_the_versions_of_a_day(kept: Workspace) -> None:
    table, then = "silver/equity_eod", kept.lake.read("silver/equity_eod", [END])
    first = pl.int_range(pl.len()) == 0
    changed = then.with_columns(close=pl.when(first).then(pl.col("close") + 1).otherwise("close")).head(-1)
    put_day(kept.lake, table, END, changed)
    versions, rows = day_versions(kept, table, END)
    assert versions["rows"].to_list() == [then.height, then.height - 1]
    assert rows.select("instrument_id", "column").rows() == sorted(
        [(then["instrument_id"][0], "close"), (then["instrument_id"][-1], "row")]
    )
    done = CliRunner().invoke(main, ["versions", str(END), "--table", table])
    assert done.exit_code == 0, done.output
    assert then["instrument_id"][0] in done.output
    with pytest.raises(NothingStored, match="champion backfill"):
        day_versions(kept, table, dt.date(2024, 3, 1))

"""How far a range reaches: to the last file, to the first hole, and not at all without the days before it."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path

import pytest

from champion_assets.common.errors import RequestError
from champion_assets.lake.open import open_lake
from champion_assets.operations.reach import CHAIN, PRICES, Reach, reach_of, without_prices
from champion_assets.settings import get_settings
from champion_assets_tests.cli.test_bring import ASSETS, WEEK, champion, week

__all__ = ["week"]
ALL = {PRICES, CHAIN, "silver/equity_eod"}


def test_a_range_with_all_files_reaches_its_end(week: Path) -> None:
    assert reach_of(get_settings(), WEEK[0], WEEK[-1], ALL) == Reach(WEEK[-1])


def test_it_ends_with_the_folder(week: Path) -> None:
    reach = reach_of(get_settings(), WEEK[0], dt.date(2023, 11, 9), ALL)
    assert reach.last == WEEK[-1]
    assert reach.why == (
        f"{week} has no price file of 2 of the 7 sessions from 2023-11-01 to 2023-11-09, all those after 2023-11-07; "
        "its price files are of 2023-11-01 to 2023-11-07"
    )


def test_it_ends_before_the_first_hole_unless_the_lake_has_the_day(week: Path) -> None:
    champion("backfill", "2023-11-03", "2023-11-03", *ASSETS)
    for name in ("cm03NOV2023bhav.csv.zip", "cm06NOV2023bhav.csv.zip"):
        (week / name).unlink()
    reach = reach_of(get_settings(), WEEK[0], WEEK[-1], ALL)
    assert reach.last == dt.date(2023, 11, 3)
    assert "1 of the 5 sessions" in reach.why
    assert "(2023-11-06), and nothing after such a day can be built" in reach.why
    assert reach_of(get_settings(), WEEK[0], WEEK[-1], {PRICES}) == Reach(WEEK[-1])


def test_a_range_without_its_first_file_is_refused(week: Path) -> None:
    (week / "cm01NOV2023bhav.csv.zip").unlink()
    with pytest.raises(
        RequestError, match=r"beginning with the first \(2023-11-01\); its price files are of 2023-11-02"
    ):
        reach_of(get_settings(), WEEK[0], WEEK[-1], ALL)
    for path in week.iterdir():
        path.unlink()
    with pytest.raises(RequestError, match="it has no price file at all; see `champion source`"):
        reach_of(get_settings(), WEEK[0], WEEK[-1], ALL)


def test_a_range_that_begins_within_a_history_without_its_beginning_is_refused(week: Path) -> None:
    with pytest.raises(RequestError, match="2 of its sessions before 2023-11-03 are not built") as caught:
        reach_of(get_settings(), WEEK[2], WEEK[-1], ALL)
    assert "`champion backfill 2023-11-01 2023-11-07`" in str(caught.value)
    assert "CHAMPION_START_DATE=2023-11-03" in str(caught.value)


def test_days_before_a_refused_file_are_built(week: Path) -> None:
    packed = week / "cm06NOV2023bhav.csv.zip"
    with zipfile.ZipFile(packed) as archive:
        whole = archive.read("cm06NOV2023bhav.csv")
    packed.unlink()
    (week / "november the 6th.csv").write_bytes(whole[:-20])
    done = champion("backfill", "2023-11-01", "2023-11-07", "--assets", "+silver/instruments")
    assert done.exit_code == 1
    assert "the days up to 2023-11-03 have their price files; they are built now" in done.output
    assert "2023-11-06: TruncatedPayload: cm06NOV2023bhav.csv.zip: the last line has no end" in done.output
    assert (week / "november the 6th.csv").as_uri() in done.output
    lake = open_lake(get_settings())
    assert lake.dates(CHAIN) == WEEK[:3]
    assert without_prices(get_settings(), WEEK[0], WEEK[-1], ALL) is None


def test_the_command_says_what_is_not_built(week: Path) -> None:
    done = champion("backfill", "2023-11-01", "2023-11-09", "--assets", "+silver/instruments", "--quiet")
    assert done.exit_code == 1
    assert "nothing is built after 2023-11-07" in done.output
    assert open_lake(get_settings()).dates(CHAIN) == WEEK
    refused = champion("backfill", "2023-11-08", "2023-11-09", "--assets", "+silver/instruments")
    assert refused.exit_code == 1
    assert "has no price file of 2 of the 2 sessions" in refused.output

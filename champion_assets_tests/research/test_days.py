"""Days that are no session, days that are not built: always an error that says which and what to do."""

from __future__ import annotations

import datetime as dt
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from champion_assets import research
from champion_assets.common.errors import ChampionError, RequestError
from champion_assets.lake.store import Lake
from champion_assets.nse.calendar import CalendarError
from champion_assets_tests.helpers import drop_days
from champion_assets_tests.research.conftest import END, START


@pytest.mark.parametrize(("date", "reason", "around"), [
    ("2024-01-13", "Saturday", "2024-01-12 and 2024-01-15"), ("2024-01-14", "Sunday", "2024-01-12 and 2024-01-15"),
    ("2024-01-26", "Republic Day", "2024-01-25 and 2024-01-29"),
])  # fmt: skip
def test_a_closed_day_is_said(lake: Path, date: str, reason: str, around: str) -> None:
    for call in (
        lambda: research.covariance(date),
        lambda: research.prices(date, date),
        lambda: research.table("features/returns", date, date),
    ):
        with pytest.raises(research.NotASession, match=rf"{date} is not a session: .* \({reason}\)\. .*{around}"):
            call()


def test_a_range_of_closed_days_is_said(lake: Path) -> None:
    with pytest.raises(research.NotASession, match=r"no session from 2024-01-13 to 2024-01-14.*Saturday, Sunday"):
        research.table("silver/equity_eod", "2024-01-13", "2024-01-14")
    saturday = research.table("silver/equity_eod", "2024-03-02", "2024-03-02")
    assert saturday.height > 0  # a special session


def test_days_after_the_last_are_named_with_the_command(lake: Path) -> None:
    with pytest.raises(research.NotBuilt, match="`champion backfill 2024-05-02 2024-05-10`"):
        research.table("silver/equity_eod", "2024-05-09", "2024-05-10")  # they rest on those before
    with pytest.raises(research.NotBuilt, match="`champion backfill 2024-05-09 2024-05-10`"):
        research.table("bronze/bhavcopy", "2024-05-09", "2024-05-10")
    with pytest.raises(research.NotBuilt) as caught:
        research.table("silver/equity_eod", "2024-04-30", "2024-05-03")
    assert str(caught.value) == (
        "silver/equity_eod: 2 of 3 sessions are not built: 2024-05-02 to 2024-05-03. "
        f"The lake {lake} has 2023-11-01 to 2024-04-30 of this table. "
        "Build them with `champion backfill 2024-05-02 2024-05-03`. allow_missing=True gives the days that are there"
    )
    for call in (
        lambda: research.prices("2024-05-02", "2024-05-03", symbols="ARANYASTEE", allow_missing=True),
        lambda: research.table("silver/equity_eod", "2024-05-02", "2024-05-03", symbols="X", allow_missing=True),
    ):
        with pytest.raises(research.NotBuilt, match="2 of 2 sessions are not built"):
            call()
    part = research.table("silver/equity_eod", "2024-04-30", "2024-05-03", allow_missing=True)
    assert part["trade_date"].unique().to_list() == [END]
    for call in (
        lambda: research.prices("2024-04-30", "2024-05-03"),
        lambda: research.prices("2024-04-01", "2024-04-30", as_of="2024-05-03"),
        lambda: research.instrument_history("2024-05-03"),
        lambda: research.covariance("2024-05-03"),
    ):
        with pytest.raises(research.NotBuilt, match=r"not built: .*`champion backfill"):
            call()
    assert research.prices("2024-04-30", "2024-05-03", allow_missing=True)["trade_date"].unique().to_list() == [END]
    assert research.instrument_history("2024-05-03", allow_missing=True).equals(research.instrument_history(END))


def test_days_before_the_history_and_after_today(
    lake: Path,
    tmp_path: Path,
    environment: Callable[[str, str], None],
) -> None:
    with pytest.raises(research.NotBuilt, match=r"history begins on 2023-11-01 \(CHAMPION_START_DATE\)") as caught:
        research.prices("2023-10-30", "2023-11-03")
    assert "champion backfill" not in str(caught.value)  # it could not build them
    (tmp_path / "clock").write_text("2024-05-02T03:00:00+00:00")
    environment("CHAMPION_CLOCK", str(tmp_path / "clock"))
    words = r"Today is 2024-05-02\. Build them with `champion backfill 2024-05-02 2024-05-02`"
    with pytest.raises(research.NotBuilt, match=words):
        research.prices("2024-04-01", "2024-05-31")
    environment("CHAMPION_END_DATE", "2024-04-30")
    with pytest.raises(research.NotBuilt, match=r"ends on 2024-04-30 \(CHAMPION_END_DATE\)") as caught:
        research.prices("2024-04-01", "2024-05-31")
    assert "champion backfill" not in str(caught.value)
    with pytest.raises(research.NotBuilt, match="history begins"):
        research.instrument_history("2023-10-01")
    with pytest.raises(CalendarError, match="outside the session calendar"):
        research.prices("2024-04-01", "2100-01-01")


@pytest.mark.parametrize(("table", "call"), [
    ("silver/equity_eod", lambda: research.prices(START, END)),
    ("silver/corporate_actions", lambda: research.prices(START, END)),
    ("silver/doubts", lambda: research.prices(START, END)),
    ("raw/corporate_actions", lambda: research.prices(START, END)),
    ("features/returns", lambda: research.covariance("2024-02-05")),
    ("features/universe", lambda: research.covariance("2024-02-01")),
    ("silver/instruments", lambda: research.instrument_history(END)),
    ("portfolio/target_weights", lambda: research.table("portfolio/target_weights", START, END)),
])  # fmt: skip
def test_a_hole_is_named_whatever_table_has_it(
    lake: Path,
    tmp_path: Path,
    environment: Callable[[str, str], None],
    table: str,
    call: Callable[[], Any],
) -> None:
    shutil.copytree(lake, tmp_path / "data" / "lake", ignore=shutil.ignore_patterns("_files", "quarantine"))
    environment("DATA_DIR", str(tmp_path / "data"))
    call()
    gone = [dt.date(2024, 2, 1), dt.date(2024, 2, 2), dt.date(2024, 3, 4)]
    drop_days(Lake(str(tmp_path / "data" / "lake")), table, gone)
    words = f"^{re.escape(table)}: .*not built: 2024-02-01.*champion backfill 2024-02-01 "
    with pytest.raises(research.NotBuilt, match=words):
        call()
    shutil.rmtree(tmp_path / "data" / "lake" / table)
    with pytest.raises(research.NotBuilt, match=f"^{re.escape(table)}: .*has no day of this table"):
        call()


def test_many_holes_are_counted_and_the_first_listed(
    lake: Path,
    tmp_path: Path,
    environment: Callable[[str, str], None],
) -> None:
    shutil.copytree(lake / "silver" / "equity_eod", tmp_path / "data" / "lake" / "silver" / "equity_eod")
    kept = Lake(str(tmp_path / "data" / "lake"))
    drop_days(kept, "silver/equity_eod", kept.dates("silver/equity_eod")[::2])
    environment("DATA_DIR", str(tmp_path / "data"))
    with pytest.raises(research.NotBuilt, match=r"62 of 123 sessions .*, and 59 more stretches up to 2024-04-30"):
        research.prices(START, END, adjust="none")
    assert research.prices(START, END, adjust="none", allow_missing=True)["trade_date"].n_unique() == 61


def test_a_day_taken_away_while_it_is_read_is_no_file_error(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from champion_assets.lake.store import Lake

    def gone(*_: object, **__: object) -> None:
        raise FileNotFoundError("/a/path.parquet")

    monkeypatch.setattr(Lake, "read", gone)
    with pytest.raises(research.NotBuilt, match="ask again"):
        research.table("silver/equity_eod", "2024-04-30", "2024-04-30")
    with pytest.raises(ChampionError, match="ask again"):
        research.covariance("2024-04-30")


def test_a_table_that_is_switched_off_is_said(lake: Path) -> None:
    with pytest.raises(research.NotBuilt, match=r"switched off .* LOAD_TO_CLICKHOUSE"):
        research.table("warehouse/clickhouse", START, END)


def test_an_empty_universe_is_said(lake: Path) -> None:
    with pytest.raises(RequestError, match="universe is empty"):
        research.covariance(START)
    assert dt.date(2024, 4, 30) == END
    assert len(research.covariance(END)[1]) == 60

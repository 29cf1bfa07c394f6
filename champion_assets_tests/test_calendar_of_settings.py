"""The calendar that the settings describe: before 2011, where nothing is confirmed, the files decide."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest

from champion_assets.catalog import open_calendar, open_workspace
from champion_assets.lake.build import build_range
from champion_assets.nse.calendar import NO_FILE
from champion_assets.nse.errors import NotYetPublished
from champion_assets.nse.synthetic.server import State, serve
from champion_assets.raw.bhavcopy import TABLE
from champion_assets.settings import Settings

FIRST, SATURDAY = dt.date(2007, 10, 1), dt.date(2007, 10, 6)
WEEK = [FIRST + dt.timedelta(days=n) for n in range(7)]


@pytest.fixture
def old(real: Path, tmp_path: Path) -> Settings:
    """A folder with the genuine lines of a Monday of 2007 and the same lines as of the next Saturday."""
    source = tmp_path / "source"
    source.mkdir()
    excerpt = next((real / "legacy_cm/excerpts").glob("cm01OCT2007bhav*"))
    shutil.copy(excerpt, source / "cm01OCT2007bhav.csv")
    (source / "cm06OCT2007bhav.csv").write_text(excerpt.read_text().replace("1-OCT-2007", "6-OCT-2007"))
    return Settings(
        data_dir=tmp_path / "data", source=str(source), start_date=FIRST, retry_delay_scale=0, http_interval_seconds=0
    )


@pytest.mark.real
def test_a_range_before_2011_is_built_of_the_files_that_are_there(old: Settings) -> None:
    workspace = open_workspace(old)
    report = build_range(TABLE, workspace, WEEK)
    assert not report.failed
    assert {day for day, outcome in report.outcomes.items() if outcome.status == "written"} == {FIRST, SATURDAY}
    assert report.outcomes[dt.date(2007, 10, 3)].reason == NO_FILE
    assert workspace.calendar.previous_session(SATURDAY) == FIRST
    (Path(old.source) / "cm06OCT2007bhav.csv").unlink()
    assert open_workspace(old).calendar.is_session(SATURDAY)  # the lake has it


@pytest.mark.real
def test_a_missing_file_of_an_archive_that_cannot_be_listed_is_an_error_that_names_the_doubt(old: Settings) -> None:
    with serve(State(Path(old.source), open_calendar(old))) as url:
        report = build_range(TABLE, open_workspace(old.model_copy(update={"source": url})), [dt.date(2007, 10, 3)])
    error = report.failed[dt.date(2007, 10, 3)]
    assert isinstance(error, NotYetPublished)
    assert "not confirmed" in str(error)
    assert "2007-10-03,closed," in str(error)


def test_files_do_not_decide_a_history_that_begins_later(tmp_path: Path) -> None:
    (tmp_path / "cm06JAN2024bhav.csv").write_text("")
    settings = Settings(data_dir=tmp_path / "data", source=str(tmp_path), start_date=dt.date(2024, 1, 1))
    assert not open_calendar(settings).is_session(dt.date(2024, 1, 6))

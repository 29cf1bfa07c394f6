"""The one loop: closed days, skipping, cascades, missing inputs, bad rows, quarantine; one day equals a range."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandera.polars as pa
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from champion_assets.catalog import TABLES
from champion_assets.common.dates import calendar_days
from champion_assets.lake.build import build_range
from champion_assets.lake.errors import InvalidRows, MissingInput
from champion_assets.lake.fingerprints import Fingerprints, expected_fingerprint
from champion_assets.lake.manifest import DayInfo
from champion_assets.lake.place import Input
from champion_assets.lake.ports import is_retryable
from champion_assets.lake.progress import report_progress
from champion_assets.lake.range_report import RangeReport
from champion_assets.lake.schema import TableModel, empty_frame, violations
from champion_assets.lake.store import Lake
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.lake.workspace import DayFacts, Workspace
from champion_assets.nse.errors import NotYetPublished, Unreachable
from champion_assets_tests.helpers import build_until, content, copy_days, put_day

START, END = dt.date(2023, 11, 1), dt.date(2023, 11, 20)
DAYS = calendar_days(START, END)


class Row(TableModel):
    trade_date: pl.Date
    v: float = pa.Field(ge=0)


def _rows(_: Workspace, dates: Any) -> Computed:
    return Computed(pl.DataFrame({"trade_date": list(dates), "v": [float(date.day) for date in dates]}))


TABLE = DailyTable("silver/t", "t", Row, "1", _rows)


def _read_three(inputs: Any, dates: Any) -> Computed:
    found = [sum(inputs.read("silver/t", for_date=date)["v"]) for date in dates]
    return Computed(pl.DataFrame({"trade_date": list(dates), "v": [float(each) for each in found]}))


def _days(report: RangeReport, status: str) -> list[int]:
    return [date.day for date, outcome in report.outcomes.items() if outcome.status == status]


def test_sessions_are_written_closed_days_recorded_with_their_reason(workspace: Workspace) -> None:
    report = build_range(TABLE, workspace, DAYS)
    closed = {date: outcome.reason for date, outcome in report.outcomes.items() if outcome.status == "closed"}
    assert report.count("written") == len(workspace.sessions(START, END)) == 14
    assert closed[dt.date(2023, 11, 14)] == "Diwali-Balipratipada"
    assert closed[dt.date(2023, 11, 4)] == "Saturday"
    assert report.outcomes[dt.date(2023, 11, 12)].status == "written"  # the Muhurat Sunday
    assert list(report.outcomes) == DAYS


def test_a_broken_row_costs_itself_where_rows_stand_alone_and_its_day_elsewhere(workspace: Workspace) -> None:
    def rows(_: Any, dates: Any) -> Computed:
        values = pl.DataFrame({"trade_date": [date for date in dates for _ in range(2)], "v": [1.0, -1.0] * len(dates)})
        own = pl.DataFrame(
            {"trade_date": list(dates), "v": 2.0, "more": 1, "rule": "own", "reason": "told by the table"}
        )
        return Computed(values, own)

    days = workspace.sessions(START, dt.date(2023, 11, 3))
    alone = DailyTable("silver/alone", "t", Row, "1", rows, rows_stand_alone=True)
    assert build_range(alone, workspace, days).failed == {}
    assert workspace.lake.read("silver/alone", days)["v"].to_list() == [1.0] * len(days)
    refused = workspace.lake.read("quarantine/silver/alone", days)
    assert refused.filter(pl.col("rule") == "own").height == len(days)
    broken = refused.filter(pl.col("rule") == "schema")
    assert broken["v"].to_list() == [-1.0] * len(days)
    assert broken["reason"].str.starts_with("v fails").all()
    assert refused.columns == ["trade_date", "v", "rule", "reason"]
    whole = build_range(replace(alone, name="silver/whole", rows_stand_alone=False), workspace, days)
    assert set(whole.failed) == set(days)


def test_a_second_run_changes_nothing_and_says_so(workspace: Workspace) -> None:
    build_range(TABLE, workspace, DAYS)
    before = content(Path(workspace.lake.root))
    assert build_range(TABLE, workspace, DAYS).count("unchanged") == 14
    assert content(Path(workspace.lake.root)) == before


@pytest.mark.parametrize(
    "change", [{"code_version": "2"}, {"parameters": lambda settings: {"size": settings.universe_size}}]
)
def test_other_code_or_parameters_rebuild(workspace: Workspace, change: dict[str, Any]) -> None:
    build_range(TABLE, workspace, DAYS)
    other = replace(
        TABLE, **change, compute=lambda _, dates: Computed(_rows(_, dates).frame.with_columns(pl.col("v") + 1))
    )
    assert build_range(other, workspace, DAYS).count("written") == 14
    assert build_range(other, workspace, DAYS).count("written") == 0


def test_other_code_that_gives_the_same_values_writes_no_file(workspace: Workspace) -> None:
    build_range(TABLE, workspace, DAYS)
    before = workspace.lake.state("silver/t").files.keys()
    other = replace(TABLE, code_version="2")
    assert {
        outcome.reason
        for outcome in build_range(other, workspace, DAYS).outcomes.values()
        if outcome.status == "unchanged"
    } == {"made again, with the same values"}
    info = workspace.lake.info("silver/t", START)
    assert info is not None
    assert (info.code_version, workspace.lake.state("silver/t").files.keys()) == ("2", before)


def test_a_changed_input_rebuilds_what_read_it_and_nothing_else(workspace: Workspace) -> None:
    reader = DailyTable("features/r", "r", Row, "1", _rows, inputs=lambda _: (Input("silver/t", 3),))
    build_range(TABLE, workspace, DAYS)
    assert build_range(reader, workspace, DAYS).count("written") == 14
    day = dt.date(2023, 11, 8)
    rows = workspace.lake.read("silver/t", [day])
    put_day(workspace.lake, "silver/t", day, rows, fingerprint="made of something else, with the same values")
    assert build_range(reader, workspace, DAYS).count("unchanged") == 14
    assert "inputs and code are the same" in {
        outcome.reason for outcome in build_range(reader, workspace, DAYS).outcomes.values()
    }
    put_day(workspace.lake, "silver/t", day, rows.with_columns(pl.col("v") + 1))
    report = build_range(replace(reader, compute=_read_three), workspace, DAYS)
    assert _days(report, "written") == [8, 9, 10]
    assert _days(report, "unchanged") == [
        date.day for date in workspace.sessions(START, END) if date.day not in (8, 9, 10)
    ]


def test_a_table_that_comes_out_the_same_stops_the_change(workspace: Workspace) -> None:
    """A changed value upstream is computed again where it is read, and no further if the result is the same."""
    reader = DailyTable("features/r", "r", Row, "1", _rows, inputs=lambda _: (Input("silver/t"),))
    last = DailyTable("portfolio/l", "l", Row, "1", _rows, inputs=lambda _: (Input("features/r"),))
    for table in (TABLE, reader, last):
        build_range(table, workspace, DAYS)
    put_day(
        workspace.lake,
        "silver/t",
        dt.date(2023, 11, 8),
        pl.DataFrame({"trade_date": [dt.date(2023, 11, 8)], "v": [80.0]}),
    )
    before = workspace.lake.state("features/r").files
    report = build_range(reader, workspace, DAYS)
    assert report.outcomes[dt.date(2023, 11, 8)].reason == "made again, with the same values"
    assert workspace.lake.state("features/r").files.keys() == before.keys(), "no file was written"
    assert {
        outcome.reason
        for outcome in build_range(reader, workspace, DAYS).outcomes.values()
        if outcome.status == "unchanged"
    } == {"inputs and code are the same"}
    assert build_range(last, workspace, DAYS).count("unchanged") == 14


def test_a_table_with_state_stops_as_soon_as_the_state_is_equal_again(workspace: Workspace) -> None:
    def largest(inputs: Any, dates: Any) -> Computed:
        before = inputs.days("portfolio/m")[-1:]
        held, rows = (inputs.read("portfolio/m", days=before)["v"].item() if before else 0.0), []
        for date in dates:
            held = max(held, inputs.read("silver/t", days=[date])["v"].item())
            rows.append(held)
        return Computed(pl.DataFrame({"trade_date": list(dates), "v": rows}))

    windows = (Input("silver/t"), Input("portfolio/m", lag=1))
    table = DailyTable("portfolio/m", "m", Row, "1", largest, inputs=lambda _: windows, stateful=True, block=2)
    build_range(TABLE, workspace, DAYS)
    build_range(table, workspace, DAYS)
    put_day(
        workspace.lake,
        "silver/t",
        dt.date(2023, 11, 6),
        pl.DataFrame({"trade_date": [dt.date(2023, 11, 6)], "v": [7.5]}),
    )
    report = build_range(table, workspace, DAYS)
    assert _days(report, "written") == [6, 7]  # 7.5 instead of 6 and of 7; from the 8th on the largest is what it was
    said = {date.day: outcome.reason for date, outcome in report.outcomes.items() if outcome.status == "unchanged"}
    assert {said[day] for day in (8, 9)} == {"made again, with the same values"}
    assert {said[day] for day in (10, 13, 20)} == {"the table's own past came out the same"}
    fresh = replace(workspace, lake=Lake(str(Path(workspace.lake.root) / "fresh")))
    copy_days(workspace.lake, fresh.lake, "silver/t", workspace.sessions(START, END))
    build_range(table, fresh, DAYS)
    assert fresh.lake.infos("portfolio/m", fresh.sessions(START, END)) == workspace.lake.infos(
        "portfolio/m", fresh.sessions(START, END)
    )


def test_a_missing_input_names_the_days_and_the_way_out(workspace: Workspace) -> None:
    reader = DailyTable("features/r", "r", Row, "1", _rows, inputs=lambda _: (Input("silver/t", 3),))
    build_range(TABLE, workspace, DAYS[:8])
    report = build_range(reader, workspace, DAYS)
    assert isinstance(report.failed[dt.date(2023, 11, 9)], MissingInput)
    assert "champion backfill 2023-11-09 2023-11-09 --assets '+silver/t'" in str(report.failed[dt.date(2023, 11, 9)])
    assert report.count("written") == 6
    assert not is_retryable(report.failed[dt.date(2023, 11, 9)])


def test_a_stateful_table_is_built_up_to_a_gap_however_small_its_blocks(workspace: Workspace) -> None:
    sessions = workspace.sessions(START, END)
    for date in sessions[:-1]:
        put_day(workspace.lake, "silver/t", date, pl.DataFrame({"trade_date": [date]}))
    inputs = (Input("silver/t"), Input("portfolio/q", lag=1))
    table = DailyTable("portfolio/q", "q", Row, "1", _rows, inputs=lambda _: inputs, stateful=True, block=3)
    report = build_range(table, workspace, DAYS)
    assert (report.count("written"), list(report.failed)) == (len(sessions) - 1, sessions[-1:])


def test_a_stateful_table_stops_at_the_first_gap(workspace: Workspace) -> None:
    table = DailyTable(
        "portfolio/p", "p", Row, "1", _rows, inputs=lambda _: (Input("portfolio/p", lag=1),), stateful=True
    )
    report = build_range(table, workspace, calendar_days(dt.date(2023, 11, 6), END))
    assert report.count("written") == 0
    assert "2023-11-03" in str(report.failed[dt.date(2023, 11, 6)])
    assert build_range(table, workspace, DAYS).count("written") == 14


def test_rows_that_break_the_model_block_their_day_only(workspace: Workspace) -> None:
    def compute(_: Workspace, dates: Any) -> Computed:
        return Computed(
            pl.DataFrame({"trade_date": list(dates), "v": [-1.0 if date.day == 8 else 1.0 for date in dates]})
        )

    report = build_range(replace(TABLE, compute=compute), workspace, DAYS)
    assert list(report.failed) == [dt.date(2023, 11, 8)]
    assert "greater_than_or_equal_to(0)" in str(report.failed[dt.date(2023, 11, 8)])
    assert "-1.0" in str(report.failed[dt.date(2023, 11, 8)])
    assert report.count("written") == 13
    assert not workspace.lake.has("silver/t", dt.date(2023, 11, 8))


def test_a_session_without_rows_is_an_error_unless_allowed(workspace: Workspace) -> None:
    def compute(_: Workspace, dates: Any) -> Computed:
        return Computed(empty_frame(Row))

    assert all(
        isinstance(error, InvalidRows)
        for error in build_range(replace(TABLE, compute=compute), workspace, DAYS).failed.values()
    )
    report = build_range(replace(TABLE, compute=compute, may_be_empty=True), workspace, DAYS)
    assert (report.count("written"), report.rows) == (14, 0)


def test_rejects_go_to_quarantine_and_leave_it_when_they_are_mended(workspace: Workspace) -> None:
    def compute(_: Workspace, dates: Any) -> Computed:
        rejects = pl.DataFrame({"trade_date": [dates[0]], "rule": ["S8"], "reason": ["no valid ISIN"]})
        return Computed(_rows(_, dates).frame, rejects)

    report = build_range(replace(TABLE, compute=compute), workspace, [START])
    assert report.outcomes[START].facts["quarantined_rows"] == 1
    assert workspace.lake.has("quarantine/silver/t", START)
    build_range(replace(TABLE, code_version="2"), workspace, [START])
    assert not workspace.lake.has("quarantine/silver/t", START)


def test_progress_counts_every_session(workspace: Workspace) -> None:
    seen: list[int] = []
    with report_progress(lambda _, days: seen.append(days)):
        build_range(replace(TABLE, block=5), workspace, DAYS)
        build_range(TABLE, workspace, DAYS)
    assert sum(seen) == 28


CUT_END = dt.date(2023, 12, 31)


@pytest.fixture
def whole(workspace: Workspace, tmp_path: Path) -> dict[str, str]:
    """What the lake holds if the range is built at once."""
    at_once = replace(workspace, lake=type(workspace.lake)(str(tmp_path / "whole")))
    build_until(at_once, "backtest/daily", START, CUT_END)
    return content(Path(at_once.lake.root))


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.sets(st.integers(1, 60), max_size=3), block=st.integers(1, 40))
def test_any_way_of_cutting_a_range_gives_the_same_bytes(
    cuts: set[int],
    block: int,
    tmp_path_factory: pytest.TempPathFactory,
    workspace: Workspace,
    whole: dict[str, str],
) -> None:
    pieces = replace(workspace, lake=type(workspace.lake)(str(tmp_path_factory.mktemp("pieces"))))
    days = calendar_days(START, CUT_END)
    edges = [0, *sorted(cuts), len(days)]
    originals = dict(TABLES)
    try:
        TABLES.update({name: replace(table, block=block) for name, table in TABLES.items()})
        for first, last in pairwise(edges):
            part = days[first:last]
            build_until(pieces, "backtest/daily", part[0], part[-1])
    finally:
        TABLES.update(originals)
    assert content(Path(pieces.lake.root)) == whole


def test_what_is_worth_a_repetition() -> None:
    assert is_retryable(Unreachable("x"))
    assert is_retryable(OSError("disk"))
    assert not is_retryable(NotYetPublished("x"))
    assert not is_retryable(MissingInput("x"))
    assert not is_retryable(ValueError("x"))
    assert not is_retryable(FileNotFoundError("x"))


def test_lazy_frames_are_refused_since_pandera_would_not_look_at_their_values() -> None:
    with pytest.raises(TypeError, match="eager"):
        violations(Row, pl.LazyFrame({"trade_date": [START], "v": [-1.0]}))  # type: ignore[arg-type]


def test_the_expected_fingerprint_depends_on_every_input(workspace: Workspace) -> None:
    table = replace(TABLE, inputs=lambda _: (Input("silver/a"), Input("silver/b", 2, lag=1)))
    marks = Fingerprints(workspace.lake)
    day, sessions = dt.date(2023, 11, 8), workspace.sessions(START, END)
    for date in sessions:
        marks.settle("silver/a", date, DayInfo("", "1", content=f"a{date}"))
        marks.settle("silver/b", date, DayInfo("", "1", content=f"b{date}"))
    first = expected_fingerprint(table, workspace, day, marks, DayFacts())
    for name, date, matters in (
        ("silver/a", day, True),
        ("silver/b", dt.date(2023, 11, 7), True),
        ("silver/b", dt.date(2023, 11, 6), True),
        ("silver/b", day, False),
        ("silver/a", dt.date(2023, 11, 7), False),
    ):
        marks.settle(name, date, DayInfo("other", "1", content="changed"))
        assert (expected_fingerprint(table, workspace, day, marks, DayFacts()) != first) == matters
        marks.expect(name, date)
        assert (expected_fingerprint(table, workspace, day, marks, DayFacts()) is None) == matters
        marks.settle(name, date, DayInfo("another", "2", content=f"{name[-1]}{date}"))
        assert expected_fingerprint(table, workspace, day, marks, DayFacts()) == first


def test_a_changed_calendar_rebuilds_what_depends_on_it(workspace: Workspace, tmp_path: Path) -> None:
    from champion_assets.nse.calendar import load_calendar

    end = dt.date(2023, 12, 15)
    build_until(workspace, "portfolio/target_weights", START, end)
    own = tmp_path / "calendar.csv"
    own.write_text("date,status,reason,open,close,evidence\n2023-11-10,special,test,,,test\n")
    changed = replace(workspace, calendar=load_calendar(own))
    report = build_range(TABLES["silver/equity_eod"], changed, calendar_days(START, end))
    assert [date for date, outcome in report.outcomes.items() if outcome.status == "written"] == [dt.date(2023, 11, 10)]

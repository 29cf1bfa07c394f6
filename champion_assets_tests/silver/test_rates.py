"""`silver/rates`: the rate of each session from NSE's own index, and a marked average where there is none."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from champion_assets.catalog import TABLES
from champion_assets.common.dates import calendar_days
from champion_assets.lake.build import build_range
from champion_assets.lake.schema import empty_frame, violations
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.indices import RATE_INDEX, read_index_close
from champion_assets.nse.rates import yearly_rate
from champion_assets.silver.index_eod import transform
from champion_assets.silver.rates import NAME, Rates, by_date, row_of
from champion_assets_tests.helpers import build_until, drop_days, put_day

START, END = dt.date(2023, 11, 1), dt.date(2023, 11, 30)


@pytest.mark.real
def test_the_genuine_index_of_a_weekend_gives_three_days_at_six_percent(real: Path) -> None:
    file = real / "index_close" / "ind_close_all_09012023.csv"
    rows = transform(read_index_close(file.read_bytes(), file.name).with_columns(source_sha256=pl.lit("x"))).frame
    accrued = rows.filter(pl.col("index_id") == RATE_INDEX)["simple_return"].item()
    row = row_of(dt.date(2023, 1, 9), dt.date(2023, 1, 6), accrued, None, 0.05)
    assert (row["days"], row["source"], row["is_assumed"]) == (3, "index", False)
    assert row["overnight_return"] == pytest.approx(2085.57 / 2084.54 - 1, abs=1e-12)
    assert row["overnight_rate"] == pytest.approx(0.0601, abs=5e-5)


@given(accrued=st.floats(-0.5, 0.5) | st.none(), days=st.integers(1, 12), user=st.floats(0, 0.5) | st.none())
def test_every_row_keeps_the_model_and_says_where_its_rate_comes_from(
    accrued: float | None, days: int, user: float | None
) -> None:
    date = dt.date(2024, 1, 15)
    row = row_of(date, date - dt.timedelta(days=days), accrued, user, 0.066)
    assert violations(Rates, pl.DataFrame([row], schema=empty_frame(Rates).schema)) is None
    usable = accrued is not None and 0 <= accrued * 365 / days < 1
    assert row["source"] == ("user" if user is not None else "index" if usable else "yearly_table")
    assert row["is_assumed"] == (row["source"] == "yearly_table")


def test_the_first_session_of_all_has_a_rate_and_no_return() -> None:
    row = row_of(dt.date(1994, 11, 3), None, None, None, 0.094)
    frame = pl.DataFrame([row], schema=empty_frame(Rates).schema)
    assert violations(Rates, frame) is None
    assert by_date(frame) == {dt.date(1994, 11, 3): (0.094, 0.0, True)}


def test_days_without_the_index_get_the_average_of_the_year_and_are_marked(workspace: Workspace) -> None:
    build_until(workspace, NAME, START, END)
    sessions = workspace.sessions(START, END)
    gone = sessions[7]
    kept = workspace.lake.read("silver/index_eod", [gone])
    put_day(workspace.lake, "silver/index_eod", gone, kept.filter(pl.col("index_id") != RATE_INDEX))
    drop_days(workspace.lake, NAME, [gone])
    assert not build_range(TABLES[NAME], workspace, calendar_days(START, END)).failed
    row = workspace.lake.read(NAME, [gone]).row(0, named=True)
    assert (row["source"], row["is_assumed"], row["overnight_rate"]) == ("yearly_table", True, yearly_rate(gone))


def test_the_users_file_wins_and_an_edit_rebuilds_only_its_days(workspace: Workspace, tmp_path: Path) -> None:
    build_until(workspace, NAME, START, END)
    file = tmp_path / "rates.csv"
    file.write_text("first,last,percent,why\n2023-11-06,2023-11-07,4.5,our account\n")
    mine = replace(workspace, settings=workspace.settings.model_copy(update={"rates": file}))
    report = build_range(TABLES[NAME], mine, calendar_days(START, END))
    assert report.count("written") == 2
    rows = mine.lake.read(NAME, [dt.date(2023, 11, 6)]).row(0, named=True)
    assert (rows["source"], rows["overnight_rate"], rows["days"]) == ("user", 0.045, 3)
    assert rows["overnight_return"] == pytest.approx(0.045 * 3 / 365)

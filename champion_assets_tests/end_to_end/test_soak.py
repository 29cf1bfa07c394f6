"""The short soak: a few fictional days through the real daemon, each with its fault; the long one is
`benchmarks/soak.py`."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from champion_assets.lake.open import remove_leftovers
from champion_assets.lake.store import Lake
from champion_assets_tests.benchmarks.soak import LEFT_OUT
from champion_assets_tests.end_to_end.rehearsal import START, play, reference, rehearse, settle
from champion_assets_tests.helpers import content

DAYS = {
    dt.date(2024, 1, 1): "html",
    dt.date(2024, 1, 2): "kill run",
    dt.date(2024, 1, 3): "late delivery",
    dt.date(2024, 1, 4): "republish",
    dt.date(2024, 1, 5): "kill daemon",
    dt.date(2024, 1, 8): "late",
}


@pytest.mark.timeout(900)
def test_every_fault_is_met_told_and_leaves_the_lake_as_if_it_had_not_been(tmp_path: Path) -> None:
    with rehearse(tmp_path / "stage", dt.date(2024, 1, 31), seed=3) as stage:
        for date, fault in DAYS.items():
            play(stage, date, fault)
        stage.clock(dt.date(2024, 1, 8), 16)
        settle(stage)
        log = stage.log()
    told = [(line["day"], line["error"].split(":")[0]) for line in log if line["event"] == "file not usable"]
    assert ("2024-01-01", "HtmlPayload") in told, "the page that came instead of a file is in the log"
    asked = [line for line in log if line["event"] == "rebuild asked for" and "2024-01-04" in str(line["days"])]
    assert asked, "the republished file is in the log"
    built = [line for line in log if line["event"] == "built" and line["asset"] == "backtest/daily"]
    assert {"run", "partitions", "written"} <= set(built[0])
    left = list(stage.lake.glob("_tmp/*"))
    assert {int(path.name.split("-")[0]) for path in left} <= stage.killed, "only a killed writer leaves a file"
    assert remove_leftovers(Lake(str(stage.lake)), older_than_seconds=0) == len(left)
    assert not list(stage.lake.glob("_tmp/*"))
    root = reference(stage, tmp_path / "reference")
    assert content(stage.lake, LEFT_OUT) == content(root, LEFT_OUT)
    lake = Lake(str(stage.lake))
    checks = lake.read("checks/results", lake.dates("checks/results"))
    failed = checks.filter(~pl.col("passed") & (pl.col("check_name") == "republished_bhavcopy"))
    assert failed["trade_date"].to_list() == [dt.date(2024, 1, 4)]
    assert min(DAYS) == START

"""Trials in memory: day by day, in all columns, what the daily pipeline makes of the same settings."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from champion_assets.backtest.tear_sheet import HTML_KEY, history, index_beside, taxes_of
from champion_assets.backtest.tear_sheet_figures import figures
from champion_assets.common.dates import calendar_days
from champion_assets.experiments import trial as trials
from champion_assets.experiments.plan import Trial, changed
from champion_assets.experiments.results import keep, kept_results
from champion_assets.experiments.stored import LIST
from champion_assets.experiments.trial import blocks, on_overlay, own_tables, run_trial
from champion_assets.experiments.trial_lake import TrialLake
from champion_assets.experiments.variants import with_delay
from champion_assets.experiments.workbench import Workbench
from champion_assets.lake.build import build_range
from champion_assets.lake.errors import CorruptObject
from champion_assets.lake.overlay import OverlayLake
from champion_assets.lake.workspace import Workspace
from champion_assets_tests.helpers import build_until, content, put_day

START, END = dt.date(2023, 11, 1), dt.date(2024, 2, 15)
LATER = dt.date(2024, 1, 8)
SETTINGS: list[tuple[dict[str, Any], dt.date | None]] = [
    ({}, None),
    ({"weight_cap": 0.1, "risk_aversion": 1.0, "rebalance": "weekly", "fill": "vwap"}, None),
    ({"cov_window_days": 30, "impact": 0.4, "participation": 0.01, "unfilled": "carry"}, None),
    ({"expected_return_lookback": 25, "covariance_estimator": "sample", "tax": "resident"}, LATER),
    ({"rebalance": "band", "rebalance_band": 0.01, "turnover_max": 0.2, "cost_horizon": 40}, LATER),
    ({"cov_window_days": 30, "expected_return_estimator": "implied", "esg_preference": 0.02, "max_names": 25}, None),
    ({"weight_cap": 0.1, "risk_aversion": 9.0}, None),
]


@pytest.fixture
def built(workspace: Workspace) -> Workspace:
    build_until(workspace, "backtest/daily", START, END)
    return workspace


def by_the_pipeline(base: Workspace, trial: Trial, begin: dt.date, root: Path) -> Workspace:
    """The tables of a trial as the daily pipeline builds them: planned and written day by day, elsewhere."""
    own = own_tables(base.tables, base.settings, trial.settings)
    mine = {table.name for table in own}
    lake = OverlayLake(str(root), base.lake, [name for name in base.tables if name not in mine])
    place = replace(base, settings=trial.settings, begin=begin, lake=lake)
    for table in own:
        before = place.window_before(begin) if table.group == "features" else None
        report = build_range(table, place, calendar_days(before or begin, END))
        assert not report.failed, report.failed
    return place


def differing(one: Workspace, other: Workspace, tables: Sequence[str], dates: Sequence[dt.date]) -> list[str]:
    """The tables that are not the same in both, in any column of any day."""
    return [name for name in tables if not one.lake.read(name, dates).equals(other.lake.read(name, dates))]


def test_every_table_of_every_day_is_that_of_the_daily_pipeline(built: Workspace, tmp_path: Path) -> None:
    """One process runs all of them, so what they have in common would show if it were not the same."""
    bench = Workbench(built)
    symbol = built.lake.read("features/universe", [LATER], ["symbol"])["symbol"][3]
    excluding = ({"exclude": (symbol,), "slippage_bps": 25.0, "rights": "subscribe"}, None)
    for number, (changes, start) in enumerate([*SETTINGS, excluding]):
        trial = Trial(f"trial {number}", changed(built.settings, changes, "here"), start)
        result = run_trial(built, "same", trial, bench)
        assert not result.error, (changes, result.error)
        begin = start or START
        dates = built.sessions(begin, END)
        expected = by_the_pipeline(built, trial, begin, tmp_path / str(number))
        found = on_overlay(built, "same", trial, begin, bench)
        own = [table.name for table in own_tables(built.tables, built.settings, trial.settings)]
        assert differing(expected, found, own, dates) == [], changes
        days, _ = history(expected, END)
        table = figures(days, index=index_beside(expected, days), taxes=taxes_of(expected, days))
        assert result.figures == dict(table.select("metric", "value").iter_rows()), changes


def test_a_delayed_trial_from_another_day_shares_blocks_and_is_the_same(built: Workspace, tmp_path: Path) -> None:
    dates = built.sessions(LATER, END)
    parts = blocks(built, dates, 10)
    assert [day for part in parts for day in part] == dates
    assert set(map(tuple, parts[1:])) <= set(map(tuple, blocks(built, built.sessions(START, END), 10)))
    late = replace(built, tables=with_delay(built.tables, 2))
    expected = by_the_pipeline(late, Trial("late", built.settings), LATER, tmp_path / "late")
    trial = Trial("late", built.settings, LATER)
    run_trial(late, "late", trial)
    assert differing(expected, on_overlay(late, "late", trial, LATER), ["portfolio/account"], dates) == []


def test_a_trial_has_a_handful_of_files(built: Workspace) -> None:
    trial = Trial("few", built.settings)
    before = content(Path(built.lake.root), ("experiments",))
    result = run_trial(built, "few", trial)
    folder = Path(built.lake.root) / "experiments/few" / result.identity
    files = sorted(str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file())
    tables = [f"{group}.parquet" for group in ("backtest/attribution", "backtest/daily", "backtest/executions",
              "backtest/tax", "portfolio/account", "portfolio/audit", "portfolio/target_weights")]  # fmt: skip
    assert files == sorted([*tables, HTML_KEY, LIST])
    assert content(Path(built.lake.root), ("experiments",)) == before


def test_what_is_complete_is_not_computed_again_and_what_was_killed_is(
    built: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = Trial("once", built.settings)
    builds: list[str] = []
    build = trials._build  # counts how often it is called
    monkeypatch.setattr(trials, "_build", lambda *each: (builds.append("built"), build(*each)))
    result = run_trial(built, "once", trial)
    folder = Path(built.lake.root) / "experiments/once" / result.identity
    written = content(folder, ())
    assert run_trial(built, "once", trial) == result
    assert len(builds) == 1
    (folder / LIST).unlink()  # as if it had been killed before the last file
    assert run_trial(built, "once", trial) == result
    assert len(builds) == 2
    assert content(folder, ()) == written
    keep(built.lake, "once", replace(result, error="it broke"))
    assert run_trial(built, "once", trial) == result
    assert len(builds) == 3


def test_a_changed_lake_makes_the_trial_anew_in_the_same_process(built: Workspace) -> None:
    bench, trial = Workbench(built), Trial("now", built.settings, LATER)
    first = run_trial(built, "now", trial, bench)
    day = built.sessions(LATER, END)[5]
    rates = built.lake.read("silver/rates", [day])
    put_day(built.lake, "silver/rates", day, rates.with_columns(overnight_return=rates["overnight_return"] + 0.001))
    second = run_trial(built, "now", trial, bench)
    assert second.fingerprint != first.fingerprint
    assert [each.fingerprint for each in kept_results(built.lake, "now")] == [second.fingerprint]
    daily = on_overlay(built, "now", trial, LATER).lake.read("backtest/daily", [day])
    assert daily["overnight_return"].item() == pytest.approx(rates["overnight_return"].item() + 0.001)


def test_a_damaged_file_is_told_and_not_read(built: Workspace) -> None:
    trial = Trial("hurt", built.settings, LATER)
    result = run_trial(built, "hurt", trial)
    folder = Path(built.lake.root) / "experiments/hurt" / result.identity
    file = folder / "backtest/daily.parquet"
    body = bytearray(file.read_bytes())
    body[len(body) // 2] ^= 1
    file.write_bytes(bytes(body))
    lake = on_overlay(built, "hurt", trial, LATER).lake
    assert isinstance(lake, TrialLake)
    with pytest.raises(CorruptObject, match=r"daily\.parquet is damaged"):
        lake.read("backtest/daily", [LATER])
    file.unlink()
    with pytest.raises(FileNotFoundError, match="repeat"):
        on_overlay(built, "hurt", trial, LATER).lake.read("backtest/daily", [LATER])
    (folder / LIST).write_text(json.dumps({"mark": "x"}))
    with pytest.raises(CorruptObject, match="not a list of tables"):
        on_overlay(built, "hurt", trial, LATER)


def test_a_trial_of_an_earlier_release_makes_way(built: Workspace, tmp_path: Path) -> None:
    trial = Trial("old", built.settings, LATER)
    root = Path(built.lake.root) / "experiments/old" / trial.identity(LATER)
    by_the_pipeline(built, trial, LATER, root)
    assert list((root / "portfolio/account").rglob("*.parquet"))
    run_trial(built, "old", trial)
    assert not [each for each in (root / "portfolio/account").rglob("*") if each.is_file()]
    assert (root / "portfolio/account.parquet").is_file()

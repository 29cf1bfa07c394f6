"""Variants on the synthetic exchange: each perturbs one thing, none counts as a trial, the page tells their spread."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from champion_assets.experiments.plan import ExperimentError, Trial, parse_trials
from champion_assets.experiments.results import every_result, kept_results
from champion_assets.experiments.run import run_experiment
from champion_assets.experiments.sensitivity import COSTS, REBALANCING, START, UNIVERSE, is_in_sample
from champion_assets.experiments.trial import on_overlay, span
from champion_assets.experiments.variants import variants_of
from champion_assets.lake.workspace import Workspace
from champion_assets_tests.helpers import build_until

FIRST, LAST = dt.date(2023, 11, 1), dt.date(2024, 2, 15)
TEXT = """
grid: {risk_aversion: [1, 5]}
sensitivity: {universes: 2, universe_share: 0.7, slippage_bps: [0, 50], start_delay: [21], rebalance_delay: [2]}
"""


@pytest.fixture
def built(workspace: Workspace) -> Workspace:
    build_until(workspace, "backtest/daily", FIRST, LAST)
    return workspace


def test_the_best_trial_is_perturbed_and_nothing_of_it_counts(built: Workspace) -> None:
    name, trials = parse_trials(TEXT, "spread", "spread", built.settings)
    plain = run_experiment(
        built.settings, name, parse_trials(TEXT.split("sens", maxsplit=1)[0], "x", "x", built.settings)[1], jobs=1
    )
    assert plain.variants == []
    assert plain.sensitivity == ""
    outcome = run_experiment(built.settings, name, trials, jobs=1)
    assert [each.figures for each in outcome.results] == [
        each.figures for each in plain.results
    ]  # deflated for two trials, as before
    assert {each.figures["trials"] for each in outcome.results} == {2.0}
    assert len(every_result(built.lake)) == len(kept_results(built.lake, name)) == 2
    assert [each.variant for each in outcome.variants] == [UNIVERSE, UNIVERSE, COSTS, COSTS, START, REBALANCING]
    assert [each.error for each in outcome.variants] == [""] * 6
    best = max(outcome.results, key=lambda each: each.sharpe or 0.0)
    none, much = (each.figures["cagr"] for each in outcome.variants[2:4])
    assert none > best.figures["cagr"] > much  # type: ignore[operator]
    assert len({each.figures["total_return"] for each in [best, *outcome.variants]}) == 7
    page = Path(outcome.page).read_text()
    assert "How much hangs on details" in page
    assert all(each.label in page for each in outcome.variants)
    folder = Path(built.lake.root) / "experiments" / name
    assert not any((folder / each.identity / "backtest/tear_sheet").exists() for each in outcome.variants)
    _check_each(built, name, trials[[each.label for each in outcome.results].index(best.label)])


def _check_each(built: Workspace, name: str, trial: Trial) -> None:
    """Each variant differs in what it perturbs, and in nothing else."""
    sessions = built.sessions(FIRST, LAST)
    made = variants_of(on_overlay(built, name, trial, FIRST), trial, sessions)
    days = {}
    for each in made:
        begin = span(built, each)[0]
        lake = on_overlay(built, name, each, begin).lake
        rows = lake.read(
            "portfolio/account", [date for date in sessions if date >= begin], ["trade_date", "decided_on", "holdings"]
        )
        days[each.label] = rows
        if each.variant is not None and each.variant.kind == UNIVERSE:
            number = int(each.label.split()[-1])
            held = set(rows.explode("holdings").drop_nulls().unnest("holdings")["instrument_id"])
            assert held
            assert all(is_in_sample(1, number, instrument, 0.7) for instrument in held)
    own = on_overlay(built, name, trial, FIRST).lake.read("portfolio/account", sessions, ["decided_on"])
    decided = own["decided_on"].drop_nulls().unique().sort().to_list()
    later = days["decided 2 sessions later"]["decided_on"].drop_nulls().unique().sort().to_list()
    wanted = [sessions[sessions.index(date) + 2] for date in decided if sessions.index(date) + 2 < len(sessions)]
    assert [date for date in later if date >= wanted[0]] == wanted
    assert days["begun 21 sessions later"]["trade_date"][0] == sessions[21]
    labels = {each.label: each.identity(span(built, each)[0]) for each in made} | {"own": trial.identity(FIRST)}
    assert len(set(labels.values())) == len(labels)


def test_a_delay_beyond_the_trial_is_told(built: Workspace) -> None:
    trial = parse_trials("sensitivity: {start_delay: [9]}", "x", "x", built.settings)[1][0]
    with pytest.raises(ExperimentError, match="9 sessions later the trial has ended"):
        variants_of(built, trial, built.sessions(FIRST, LAST)[:9])

"""Luck over the stored trials of an experiment: which days are compared, what is left out, what the page and the
command say."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from champion_assets.backtest.tear_sheet_figures import invested_days
from champion_assets.experiments.comparison_page import render
from champion_assets.experiments.luck import Comparison, Luck, Series, _shared, luck_of
from champion_assets.experiments.luck_words import lines, notes, summary
from champion_assets.experiments.plan import parse_trials
from champion_assets.experiments.results import TrialResult, keep, kept_results
from champion_assets.experiments.run import run_experiment
from champion_assets.experiments.trial import on_overlay
from champion_assets.lake.workspace import Workspace
from champion_assets.quant.luck import minimum_length, overfitting
from champion_assets.quant.metrics import calendar_years
from champion_assets_tests.helpers import build_until
from champion_assets_tests.pages.parsed import parsed

START, END = dt.date(2023, 11, 1), dt.date(2024, 2, 15)
TEXT = "start: 2023-12-20\ngrid: {risk_aversion: [1, 5, 20]}\n"


@pytest.fixture
def built(workspace: Workspace) -> Workspace:
    build_until(workspace, "backtest/daily", START, END)
    return workspace


def _luck(built: Workspace, name: str, blocks: int = 4) -> Luck:
    stored = kept_results(built.lake, name)
    return luck_of(built.lake, name, {each.identity for each in stored}, len(stored), blocks)


def test_the_figures_are_those_of_the_days_that_all_trials_share(built: Workspace) -> None:
    name, trials = parse_trials(TEXT, "g", "shared", built.settings)
    outcome = run_experiment(built.settings, name, trials, jobs=1)
    assert outcome.luck.startswith("not judged, because the trials share ")
    assert "at least 80 are needed, 5 in each of 16 blocks" in outcome.luck
    page = Path(outcome.page).read_text()
    assert "Was it luck?" in parsed(page).headings
    assert outcome.luck.split("because ")[1] in page

    luck = _luck(built, name)
    found = luck.comparison
    assert found is not None, luck.why_not
    days = []
    for trial in trials:
        lake = on_overlay(built, name, trial, dt.date(2023, 12, 20)).lake
        days.append(invested_days(lake.read("backtest/daily", lake.dates("backtest/daily"))))
    first = max(each["trade_date"][0] for each in days)
    excess = np.column_stack(
        [
            each.filter(each["trade_date"] >= first)
            .select(
                x=each.filter(each["trade_date"] >= first)["portfolio_return"]
                - each.filter(each["trade_date"] >= first)["overnight_return"]
            )["x"]
            .to_numpy()
            for each in days
        ]
    )
    assert luck.compared == tuple(
        each.label for each in sorted(outcome.results, key=lambda each: luck.compared.index(each.label))
    )
    assert (found.first, found.last, found.sessions) == (first, END, excess.shape[0])
    order = [[each.label for each in outcome.results].index(label) for label in luck.compared]
    again = overfitting(excess[:, order], 4)
    assert found.overfitting.logits.tolist() == again.logits.tolist()
    before = max(date for date in built.sessions(START, END) if date < first)
    assert found.years == calendar_years(before, END)
    best = (excess.mean(axis=0) / excess.std(axis=0, ddof=1)).max() * (excess.shape[0] / found.years) ** 0.5
    assert found.sharpe == pytest.approx(best)
    assert found.minimum_years == (pytest.approx(minimum_length(3, best)) if best > 0 else None)
    assert (luck.left_out, luck.earlier) == ((), ())
    assert f"{found.overfitting.probability:.0%}" in summary(luck)


def test_what_cannot_be_compared_is_told_and_one_trial_is_not_judged(built: Workspace) -> None:
    name, trials = parse_trials(TEXT, "g", "some", built.settings)
    late = parse_trials("start: 2023-12-22\ngrid: {risk_aversion: [3]}", "g", "late", built.settings)[1]
    hard = parse_trials("start: 2023-12-20\nstrategy: {weight_cap: 0.1, esg_floor: 99.0}", "g", "hard", built.settings)[
        1
    ]
    outcome = run_experiment(built.settings, name, [*trials, *late, *hard], jobs=1)
    gone = replace(
        outcome.results[0],
        identity="0123456789ab",
        label="gone",
        parameters=outcome.results[0].parameters | {"risk_aversion": 77},
    )
    keep(built.lake, name, gone)
    cash = replace(
        gone,
        identity="ba9876543210",
        label="short",
        end="2023-12-20",
        parameters=gone.parameters | {"risk_aversion": 78},
    )
    keep(built.lake, name, cash)
    luck = _luck(built, name)
    why = dict(luck.left_out)
    assert set(luck.compared) == {each.label for each in outcome.results[:3]}
    assert why[outcome.results[3].label] == "it begins on 2023-12-22, most begin on 2023-12-20"
    assert why[outcome.results[4].label].startswith("it failed: ")
    assert "lower the floor on ESG" in why[outcome.results[4].label]
    assert why["gone"] == why["short"] == "its days are no longer in the lake"
    page = Path(outcome.page).read_text()
    assert "it begins on 2023-12-22, most begin on 2023-12-20" in page

    alone = run_experiment(built.settings, "alone", trials[:1], jobs=1)
    assert alone.luck == "not judged, because at least two trials are needed that can be compared; there are 1"
    assert alone.luck.split("because ")[1] in Path(alone.page).read_text()
    run_experiment(built.settings, "alone", trials[1:2], jobs=1)
    both = luck_of(built.lake, "alone", {outcome.results[1].identity}, 7, 4)
    assert both.comparison is not None
    assert both.earlier == (outcome.results[0].label,)
    assert any("Not run this time" in text and warns for text, warns in notes(both))
    assert (
        f"{both.made} trials ever made"
        in {name: text for name, _, text in lines(both, both.comparison)}["minimum backtest length"]
        or both.comparison.minimum_years is None
    )


def test_an_experiment_without_a_trial_that_worked_is_not_judged(workspace: Workspace) -> None:
    keep(workspace.lake, "none", TrialResult("0" * 12, "bad", {}, "2024-01-01", "2024-02-01", error="it broke"))
    luck = luck_of(workspace.lake, "none", set(), 0)
    assert luck.left_out == (("bad", "it failed: it broke"),)
    assert luck.why_not == "at least two trials are needed that can be compared; there are 0"


def _series(label: str, first: int, last: int, lacks: tuple[int, ...] = ()) -> Series:
    days = [
        dt.date(2024, 1, 1) + dt.timedelta(days=number) for number in range(first - 1, last + 1) if number not in lacks
    ]
    result = TrialResult(label, label, {}, days[0].isoformat(), days[-1].isoformat())
    return Series(result, pl.DataFrame({"trade_date": days[1:], "excess": [0.001] * (len(days) - 1)}), tuple(days))


def test_the_largest_table_of_trials_and_sessions_is_compared() -> None:
    series = [
        _series("long", 0, 99),
        _series("most", 10, 99),
        _series("more", 10, 95),
        _series("late", 80, 99),
        _series("early", 0, 20),
        _series("holes", 0, 99, (50, 51)),
    ]
    kept, first, last, left_out = _shared(series)
    assert [each.result.label for each in kept] == ["long", "most", "more"]
    assert (first, last) == (dt.date(2024, 1, 11), dt.date(2024, 4, 5))
    assert dict(left_out) == {
        "late": "it first invested on 2024-03-21; the others are compared from 2024-01-11",
        "early": "it ends on 2024-01-21; the others are compared to 2024-04-05",
        "holes": "it lacks 2 of 86 sessions",
    }


def test_returns_without_a_sharpe_ratio_are_not_judged(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    still = [_series(label, 0, 99) for label in ("a", "b")]
    monkeypatch.setattr("champion_assets.experiments.luck._comparable", lambda *_: (still, []))
    luck = luck_of(workspace.lake, "still", set(), 2)
    assert luck.why_not == ("the returns of trial 0 do not vary in half of the blocks: it has no Sharpe ratio there; "
                            "the trials, counted from 0: a, b")  # fmt: skip


def test_the_page_says_that_a_history_is_too_short_and_what_each_figure_is() -> None:
    returns = np.random.default_rng(8).normal(0.0003, 0.01, (163, 6))
    found = Comparison(
        dt.date(2023, 1, 2), dt.date(2023, 8, 31), 0.66, 12, overfitting(returns), 1.2, minimum_length(40, 1.2)
    )
    luck = Luck(tuple("abcdef"), (("g", "it failed: <no>"),), ("f",), 40, found)
    page = render(
        "x", [TrialResult("0" * 12, "a", {}, "2023-01-02", "2023-08-31", error="none")], [pl.DataFrame()], luck
    )
    read = parsed(page)
    told = {row[0].lower(): row[1:] for row in read.tables["luck-table"]}
    for name, value, definition in lines(luck, found):
        assert told[name.lower()] == [value, definition]
    for text in (
        "all 12,870 ways",
        (
            f"40 trials ever made on this lake that takes {found.minimum_years:.1f} years, and the history "
            f"of 0.7 is shorter"
        ),
        "luck alone is expected to show",
        "Not run this time, so compared as an earlier run left them: f.",
        "g it failed: <no>",
        "The first 3 of these sessions fill no block",
        "Rank of the choice in the other half",
    ):
        assert text in read.text, text
    poor = replace(luck, comparison=replace(found, sharpe=-0.3, minimum_years=None))
    assert "ratio is -0.30, so no history is long enough" in summary(poor)
    assert "1 trial(s) left out" in summary(poor)

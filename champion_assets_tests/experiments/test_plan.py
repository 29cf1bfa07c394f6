"""Strategy files: what they mean, and what they are told when they cannot be meant so."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from champion_assets.experiments.identity import identity_of
from champion_assets.experiments.plan import ExperimentError, Trial, parse_trials, read_trials
from champion_assets.settings import Settings
from champion_assets.settings.strategy import Strategy

GRID = """
name: caps
start: 2023-12-01
strategy: {turnover_max: 0.4}
simulation: {fill: vwap}
grid: {risk_aversion: [1, 5], sector_cap: [null, 0.3]}
"""


def test_every_combination_of_the_grid_is_a_trial_and_the_rest_is_as_in_the_daily_portfolio(settings: Settings) -> None:
    name, trials = parse_trials(GRID, "caps.yaml", "caps", settings)
    assert name == "caps"
    assert [each.label for each in trials] == [
        "risk_aversion=1, sector_cap=none", "risk_aversion=1, sector_cap=0.3", "risk_aversion=5, sector_cap=none",
        "risk_aversion=5, sector_cap=0.3",
    ]  # fmt: skip
    last = trials[-1]
    assert (last.settings.risk_aversion, last.settings.sector_cap, last.settings.turnover_max, last.settings.fill) == (
        5,
        0.3,
        0.4,
        "vwap",
    )
    assert (last.start, last.end) == (dt.date(2023, 12, 1), None)
    assert last.settings.cov_window_days == settings.cov_window_days
    assert last.settings.data_dir == settings.data_dir


def test_a_trial_is_told_by_its_parameters_and_first_day_alone(settings: Settings, tmp_path: Path) -> None:
    day = dt.date(2024, 1, 1)
    one = Trial("a", settings)
    assert one.identity(day) == Trial("b", settings.model_copy(update={"data_dir": tmp_path})).identity(day)
    assert one.identity(day) != one.identity(dt.date(2024, 1, 2))
    assert one.identity(day) != Trial("a", settings.model_copy(update={"slippage_bps": 6.0})).identity(day)
    assert one.identity(day) != Trial("a", settings.model_copy(update={"esg_floor": 50.0})).identity(day)


def test_a_new_setting_at_its_default_renames_no_trial(settings: Settings) -> None:
    """A next release has one more option of the strategy and one more of the simulator."""

    class NextStrategy(Strategy):
        patience: int = 0

    class NextSettings(Settings):
        patience: int = 0

        @property
        def strategy(self) -> Strategy:
            return NextStrategy.model_validate({name: getattr(self, name) for name in NextStrategy.model_fields})

    day, values = dt.date(2024, 1, 1), {name: getattr(settings, name) for name in Settings.model_fields}
    today = Trial("a", settings).identity(day)
    tomorrow = Trial("a", NextSettings(**values))
    assert "patience" in tomorrow.parameters
    assert tomorrow.identity(day) == today
    assert Trial("a", NextSettings(**values, patience=1)).identity(day) != today
    stored = json.loads(json.dumps(Trial("a", settings.model_copy(update={"exclude": ("S1",)})).parameters))
    assert identity_of(stored, day.isoformat()) == Trial(
        "a", settings.model_copy(update={"exclude": ("S1",)})
    ).identity(day)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "strategy: {weight_capp: 0.1}",
            "'weight_capp' is not a setting of the strategy or the simulator; weight_cap?",
        ),
        ("strategy: {weight_cap: 7}", "weight_cap"),
        ("strategie: {}", "strategie"),
        ("grid: {fill: [open, noon]}", "fill"),
        ("strategy: {universe_size: 3}", "universe_size"),
        ("grid: {risk_aversion: []}", "has no value"),
        ("a: [", "not YAML"),
        ("start: tomorrow", "start"),
        ("[1, 2]", "strategy file has"),
    ],
)
def test_what_cannot_be_meant_is_told_with_file_and_field(settings: Settings, text: str, words: str) -> None:
    with pytest.raises(ExperimentError) as told:
        parse_trials(text, "mine.yaml", "mine", settings)
    assert "mine.yaml" in str(told.value)
    assert words.lower() in str(told.value).lower()


def test_several_files_are_one_experiment(settings: Settings, tmp_path: Path) -> None:
    for name in ("brave", "shy"):
        (tmp_path / f"{name}.yaml").write_text("strategy: {risk_aversion: 2}\n")
    name, trials = read_trials([tmp_path / "brave.yaml", tmp_path / "shy.yaml"], settings)
    assert (name, [each.label for each in trials]) == ("brave", ["brave: brave", "shy: shy"])
    with pytest.raises(ExperimentError, match=r"none\.yaml: No such file"):
        read_trials([tmp_path / "none.yaml"], settings)

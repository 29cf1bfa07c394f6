"""The block `sensitivity:`, who is in a sub-universe, and the spread of figures."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from champion_assets.experiments.plan import ExperimentError, parse_trials
from champion_assets.experiments.results import TrialResult
from champion_assets.experiments.sensitivity import COSTS, START, Sensitivity, in_words, is_in_sample, spreads
from champion_assets.experiments.sensitivity_page import sensitivity_blocks
from champion_assets.pages.blocks import Notes, Table
from champion_assets.settings import Settings


def result(kind: str, label: str, sharpe: float | None, error: str = "") -> TrialResult:
    figures = {} if sharpe is None else {"sharpe": sharpe, "cagr": sharpe / 10}
    return TrialResult(label, label, {}, "2024-01-01", "2024-02-15", figures=figures, error=error, variant=kind)


VARIANTS = [
    *(result(COSTS, f"s{number}", number / 10) for number in (5, 1, 3, 2, 4)),
    result(START, "late", 0.7),
    result(START, "no", None, "x"),
]


def test_every_trial_of_a_file_carries_its_block(settings: Settings) -> None:
    text = (
        "grid: {risk_aversion: [1, 5]}\nsensitivity: {universes: 3, slippage_bps: [0, 20], start_delay: "
        "[5], rebalance_delay: [1]}"
    )
    _, trials = parse_trials(text, "f", "f", settings)
    wanted = Sensitivity(universes=3, slippage_bps=[0, 20], start_delay=[5], rebalance_delay=[1])
    assert [each.sensitivity for each in trials] == [wanted] * 2
    assert parse_trials("grid: {risk_aversion: [1]}", "f", "f", settings)[1][0].sensitivity is None


@pytest.mark.parametrize(
    ("block", "told"),
    [
        ("{universe: 3}", "sensitivity.universe"),
        ("{universe_share: 1.0}", "universe_share"),
        ("{start_delay: [0]}", "start_delay"),
        ("{slippage_bps: [-1]}", "slippage_bps"),
    ],
)
def test_a_block_that_cannot_be_meant_so_is_refused(settings: Settings, block: str, told: str) -> None:
    with pytest.raises(ExperimentError, match=told):
        parse_trials(f"sensitivity: {block}", "f", "f", settings)


@pytest.mark.parametrize("every", ["daily", "band"])
def test_a_delay_needs_a_rebalancing_day(settings: Settings, every: str) -> None:
    with pytest.raises(ExperimentError, match="rebalance_delay has no meaning"):
        parse_trials(f"strategy: {{rebalance: {every}}}\nsensitivity: {{rebalance_delay: [1]}}", "f", "f", settings)


def test_the_blocks_of_the_documentation_can_be_read(settings: Settings) -> None:
    page = (Path(__file__).parents[2] / "docs/experiments.md").read_text("utf-8")
    files = [parse_trials(text, "page", "page", settings) for text in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)]
    assert [(name, len(trials)) for name, trials in files] == [("caps", 6), ("steady", 1)]
    block = files[1][1][0].sensitivity
    assert block is not None
    assert set(block.model_fields_set) == set(Sensitivity.model_fields)


def test_a_sub_universe_is_drawn_by_name_alone() -> None:
    names = [f"INE{number:06d}01" for number in range(4000)]
    first = {name for name in names if is_in_sample(1, 1, name, 0.3)}
    assert len(first) / 4000 == pytest.approx(0.3, abs=0.03)
    assert first == {name for name in reversed(names) if is_in_sample(1, 1, name, 0.3)}
    assert first < {name for name in names if is_in_sample(1, 1, name, 0.5)}
    for seed, number in ((1, 2), (2, 1)):
        other = {name for name in names if is_in_sample(seed, number, name, 0.3)}
        assert len(first & other) / 4000 == pytest.approx(0.09, abs=0.02)  # independent draws


def test_the_spread_is_that_of_each_kind() -> None:
    costs, start = spreads(VARIANTS, "sharpe")
    assert (costs.kind, costs.variants, costs.least, costs.lower, costs.median, costs.upper, costs.largest) == (
        COSTS, 5, pytest.approx(0.1), pytest.approx(0.2), pytest.approx(0.3), pytest.approx(0.4), pytest.approx(0.5),
    )  # fmt: skip
    assert (start.kind, start.variants, start.least, start.largest) == (START, 1, 0.7, 0.7)
    told = in_words(result("", "best", 0.6), VARIANTS)
    assert (
        told == "Sharpe ratio of best 0.60; of its variants: slippage 0.10 to 0.50 (5), first day 0.70 to 0.70 "
        "(1); 1 not possible"
    )


def test_the_page_shows_quartiles_every_variant_and_what_was_not_possible() -> None:
    blocks = sensitivity_blocks(result("", "best", 0.6), VARIANTS)
    tables = {each.name: each for each in blocks if isinstance(each, Table)}
    assert [cell.text for cell in tables["spread-sharpe"].rows[0]] == [
        COSTS,
        "5",
        "0.60",
        "0.10",
        "0.20",
        "0.30",
        "0.40",
        "0.50",
    ]
    assert [cell.text for cell in tables["spread-cagr"].rows[0]][2:4] == ["6.0 %", "1.0 %"]
    assert len(tables["variants-table"].rows) == len(VARIANTS)
    assert [note.tag for each in blocks if isinstance(each, Notes) for note in each.items] == ["no"]

"""Which process runs which trial: that of the same features first, then what nobody else has begun."""

from __future__ import annotations

from champion_assets.experiments.plan import parse_trials
from champion_assets.experiments.workers import features_of, next_trial
from champion_assets.lake.workspace import Workspace

SHORT, LONG, PLAIN = ("short",), ("long",), ()
FEATURES = [PLAIN, SHORT, PLAIN, LONG, SHORT]


def test_a_process_stays_with_its_features_and_then_takes_those_of_nobody() -> None:
    assert next_trial([0, 1, 2, 3, 4], FEATURES, None, set()) == 0
    assert next_trial([1, 2, 3, 4], FEATURES, None, {PLAIN}) == 1
    assert next_trial([2, 3, 4], FEATURES, SHORT, {PLAIN}) == 4
    assert next_trial([2, 3], FEATURES, SHORT, {PLAIN}) == 3
    assert next_trial([2], FEATURES, SHORT, {PLAIN}) == 2


def test_trials_have_features_in_common_if_nothing_that_they_rest_on_differs(workspace: Workspace) -> None:
    text = "grid: {cov_window_days: [40, 30], weight_cap: [0.05, 0.1], expected_return_lookback: [40, 25]}"
    _, trials = parse_trials(text, "g", "g", workspace.settings)
    found = [features_of(workspace, trial) for trial in trials]
    assert found[0] == found[2] == ()
    assert len(set(found)) == 4
    assert found[4] == found[6]
    assert set(found[4]) & set(found[5])  # the universe of the shorter window is that of both

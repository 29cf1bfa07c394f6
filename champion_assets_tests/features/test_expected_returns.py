"""Expected returns are the means of the window, missing returns left out."""

from __future__ import annotations

import datetime as dt

import numpy as np

from champion_assets.features.window import return_windows
from champion_assets.lake.workspace import Workspace
from champion_assets_tests.helpers import build_until, inputs_of

DAY = dt.date(2024, 1, 15)
START, END = dt.date(2023, 11, 1), dt.date(2024, 1, 15)


def test_stored_means_equal_those_of_the_window(workspace: Workspace) -> None:
    build_until(workspace, "features/expected_returns", START, END)
    (window,) = return_windows(inputs_of("features/expected_returns", workspace, [END]), [END])
    stored = workspace.lake.read("features/expected_returns", [END])
    assert stored["instrument_id"].to_list() == window.instruments
    assert np.allclose(stored["expected_return"].to_numpy(), np.nanmean(window.returns, axis=0), rtol=1e-12)
    assert stored["observations"].to_list() == np.isfinite(window.returns).sum(axis=0).tolist()
    assert stored["window_first"].unique().to_list() == [window.sessions[0]]

"""The risk model of a day: stored figures equal those computed on demand from the window, which holds its members'
returns."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

from champion_assets.features.covariance import risk_model
from champion_assets.features.window import return_windows
from champion_assets.lake.workspace import Workspace
from champion_assets_tests.helpers import build_until, inputs_of

DAY = dt.date(2024, 1, 15)
START, END = dt.date(2023, 11, 1), dt.date(2024, 1, 15)


def test_windows_hold_the_returns_of_their_members(workspace: Workspace) -> None:
    build_until(workspace, "features/covariance", START, END)
    (window,) = return_windows(inputs_of("features/covariance", workspace, [END]), [END])
    rows = workspace.lake.read("features/returns", window.sessions)
    for column in (0, 17, 59):
        own = rows.filter(pl.col("instrument_id") == window.instruments[column])
        expected = dict(own.select("trade_date", "simple_return").rows())
        for line, day in enumerate(window.sessions):
            value = expected.get(day)
            assert np.isnan(window.returns[line, column]) if value is None else window.returns[line, column] == value


def test_stored_estimates_equal_those_of_the_window(workspace: Workspace) -> None:
    build_until(workspace, "features/covariance", START, END)
    (window,) = return_windows(inputs_of("features/covariance", workspace, [END]), [END])
    dated, stored = risk_model(workspace, END), workspace.lake.read("features/covariance", [END])
    assert stored["instrument_id"].to_list() == dated.instruments == window.instruments
    assert np.array_equal(stored["volatility"].to_numpy(), dated.model.volatility())
    sigma = dated.model.matrix()
    assert np.linalg.eigvalsh(sigma).min() > 0

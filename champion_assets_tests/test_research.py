"""The notebook's door to the lake."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import numpy as np
import pytest

from champion_assets import research
from champion_assets.lake.table import open_workspace
from champion_assets.settings import get_settings
from champion_assets_tests.helpers import build_until

START, END = dt.date(2023, 11, 1), dt.date(2024, 1, 15)


def test_tables_and_covariance(environment: Callable[[str, str], None]) -> None:
    workspace = open_workspace(get_settings())
    build_until(workspace, "features/covariance", START, END)
    rows = research.table("features/returns", "2023-12-01", END, symbols=["ARANYASTEE"], columns=["trade_date", "simple_return"])
    assert rows.columns == ["trade_date", "simple_return"]
    assert rows.height == len(workspace.sessions(dt.date(2023, 12, 1), END))
    sigma, symbols = research.covariance(END)
    assert sigma.shape == (60, 60) == (len(symbols), len(symbols))
    assert np.allclose(sigma, sigma.T)
    assert research.table("features/returns", "2024-02-01", "2024-02-10").is_empty()
    with pytest.raises(KeyError, match="features/returns"):
        research.table("features/nothing", START, END)

"""The notebook's door to the lake."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from champion_assets import research
from champion_assets.catalog import open_workspace
from champion_assets.nse.synthetic.exchange import Exchange
from champion_assets.settings import get_settings
from champion_assets_tests.helpers import build_until

START, END = dt.date(2023, 11, 1), dt.date(2024, 1, 15)


def test_tables_and_covariance(environment: Callable[[str, str], None]) -> None:
    workspace = open_workspace(get_settings())
    build_until(workspace, "features/covariance", START, END)
    rows = research.table(
        "features/returns", "2023-12-01", END, symbols=["ARANYASTEE"], columns=["trade_date", "simple_return"]
    )
    assert rows.columns == ["trade_date", "simple_return"]
    assert rows.height == len(workspace.sessions(dt.date(2023, 12, 1), END))
    sigma, symbols = research.covariance(END)
    assert sigma.shape == (60, 60) == (len(symbols), len(symbols))
    assert np.allclose(sigma, sigma.T)
    with pytest.raises(research.NotBuilt, match="2024-02-01 to 2024-02-09"):
        research.table("features/returns", "2024-02-01", "2024-02-10")
    with pytest.raises(KeyError, match="features/returns"):
        research.table("features/nothing", START, END)


def test_prices_and_history(environment: Callable[[str, str], None]) -> None:
    workspace = open_workspace(get_settings())
    build_until(workspace, "silver/doubts", START, dt.date(2024, 4, 30))
    raw = research.prices(START, "2024-04-30", adjust="none", symbols=["ARANYASTEE"])
    adjusted = research.prices(START, "2024-04-30", symbols=["ARANYASTEE"])
    assert raw["factor"].unique().to_list() == [1.0]
    assert sorted(adjusted["factor"].unique()) == pytest.approx([0.2, 1.0])
    assert adjusted["close"].equals(raw["close"])
    assert adjusted["adj_prior_close"][1:].to_list() == pytest.approx(adjusted["adj_close"][:-1].to_list(), rel=1e-12)
    ex = adjusted.filter(adjusted["factor"] == 1)["trade_date"].min()
    at_the_split = research.prices(ex, ex, symbols=["ARANYASTEE"]).row(0, named=True)
    assert at_the_split["adj_prior_close"] == pytest.approx(at_the_split["prior_close"] / 5)
    as_of = research.prices(START, "2024-04-30", symbols=["ARANYASTEE"], as_of="2023-11-20")
    assert as_of["trade_date"].max() == dt.date(2023, 11, 20)
    assert as_of["factor"].unique().to_list() == [1.0]
    renamed = research.instrument_history("2024-04-30", symbols=["EKANTANEW"])
    assert renamed["symbol"].to_list()[-1] == "EKANTANEW"
    assert renamed["valid_to"].to_list()[-1] is None
    assert research.prices(START, "2024-04-30", symbols=["EKANTANEW"])["symbol"].n_unique() == 2
    with pytest.raises(ValueError, match="not one of"):
        research.prices(START, END, adjust="split")  # type: ignore[arg-type]


def test_prices_without_a_source_of_actions_are_refused(
    environment: Callable[[str, str], None], exchange: Exchange, tmp_path: Path
) -> None:
    shutil.copytree(exchange.folder / "content" / "historical", tmp_path / "bare")
    environment("CHAMPION_SOURCE", str(tmp_path / "bare"))
    build_until(open_workspace(get_settings()), "silver/doubts", START, dt.date(2023, 11, 10))
    with pytest.raises(research.NotCovered, match="7 of 7 sessions"):
        research.prices(START, "2023-11-10")
    assert research.prices(START, "2023-11-10", allow_uncovered=True)["factor"].unique().to_list() == [1.0]
    assert research.prices(START, "2023-11-10", adjust="none").height

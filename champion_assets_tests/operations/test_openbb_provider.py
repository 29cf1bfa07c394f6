"""OpenBB's own classes give what the lake has, and its own test of a fetcher passes."""

from __future__ import annotations

import asyncio
import datetime as dt
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("openbb_core", reason="OpenBB is not installed: pip install 'champion-assets[openbb]'")

from champion_assets.operations.openbb_provider import PROVIDER
from champion_assets.operations.openbb_rows import dividend_rows, member_rows, price_rows, split_rows
from champion_assets_tests.research.conftest import data_folder, lake

__all__ = ["data_folder", "lake"]
DAY, SYMBOL = dt.date(2023, 12, 8), "ARANYAPHAR"


def fetched(model: str, **params: Any) -> list[dict[str, Any]]:
    found = asyncio.run(PROVIDER.fetcher_dict[model].fetch_data(params, {}))
    return [each.model_dump() for each in found]


@pytest.mark.parametrize(
    ("model", "params"),
    [
        ("EquityHistorical", {"symbol": SYMBOL, "start_date": DAY, "end_date": DAY}),
        ("IndexConstituents", {"symbol": "NIFTY50"}),
        ("HistoricalSplits", {"symbol": SYMBOL}),
    ],
)
def test_its_own_test_of_a_fetcher_passes(lake: Path, model: str, params: dict[str, Any]) -> None:
    PROVIDER.fetcher_dict[model].test(params, {})


def test_it_gives_what_the_lake_has(lake: Path) -> None:
    prices = fetched("EquityHistorical", symbol=f"{SYMBOL},EKANTASTEE", start_date=DAY, end_date=DAY)
    wanted = price_rows([SYMBOL, "EKANTASTEE"], DAY, DAY)
    assert [(row["symbol"], row["close"], row["volume"]) for row in prices] == [
        (row["symbol"], row["close"], row["volume"]) for row in wanted
    ]
    members = fetched("IndexConstituents", symbol="NIFTY50", date=DAY)
    assert [row["symbol"] for row in members] == [row["symbol"] for row in member_rows("NIFTY50", DAY)]
    assert [row["numerator"] for row in fetched("HistoricalSplits", symbol=SYMBOL)] == [
        row["numerator"] for row in split_rows(SYMBOL)
    ]
    assert fetched("HistoricalDividends", symbol=SYMBOL) == dividend_rows(SYMBOL, None, None) == []


def test_the_installed_package_names_it() -> None:
    points = [each for each in entry_points(group="openbb_provider_extension") if each.name == "champion"]
    assert not points or points[0].load() is PROVIDER

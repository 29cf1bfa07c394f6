"""Who touched a band that is known: by hand on both sides, and where nothing is known nothing is said."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from champion_assets.portfolio.price_bands import with_bands
from champion_assets.simulation.account import BandHits

DAY = dt.date(2023, 12, 1)
INDEX = {name: place for place, name in enumerate("ABCD")}


def bands(**of: float | None) -> pl.DataFrame:
    """Rows of silver/price_bands."""
    return pl.DataFrame(list(of.items()), schema={"instrument_id": pl.String, "band": pl.Float64}, orient="row")


def prices(high: float, low: float, previous: float = 100.0) -> dict[str, np.ndarray]:
    """The same prices for all four names."""
    of = {"high": high, "low": low, "previous": previous, "tick": np.nan}
    return {name: np.full(4, value) for name, value in of.items()}


def test_only_the_edge_of_its_own_band_counts() -> None:
    found = with_bands(None, bands(A=0.05, B=0.2, C=None), INDEX, DAY, prices(105.0, 80.0))
    assert found is not None
    assert found.known.tolist() == [True, True, True, False]
    assert found.upper.tolist() == [True, False, False, False]
    assert found.lower.tolist() == [False, True, False, False]


def test_what_the_exchange_lists_wins() -> None:
    listed = np.array([True, False, False, False])
    hits = BandHits(np.array([True, True, False, False]), np.zeros(4, dtype=bool), listed)
    found = with_bands(hits, bands(A=0.05, B=0.05, C=0.05), INDEX, DAY, prices(105.0, 99.0))
    assert found is not None
    assert found.upper.tolist() == [False, False, True, False]
    assert found.lower.tolist() == [True, False, False, False]


def test_nothing_is_known_without_a_band_or_a_close_before() -> None:
    assert with_bands(None, bands(Z=0.05), INDEX, DAY, prices(105.0, 99.0)) is None
    found = with_bands(None, bands(A=0.05, B=None), INDEX, DAY, prices(105.0, 99.0, np.nan))
    assert found is not None
    assert found.known.tolist() == [False, True, False, False]
    assert not found.upper.any()


@given(st.sampled_from([0.02, 0.05, 0.1, 0.2]), st.integers(20, 100_000))
def test_the_day_reaches_the_edge_or_it_does_not(band: float, ticks: int) -> None:
    previous = ticks * 0.05
    top = max(np.floor(previous * (1 + band) / 0.05 + 1e-9) * 0.05, previous + 0.05)
    for high, is_hit in ((top, True), (top - 0.05, False), (top + 0.05, False)):
        found = with_bands(None, bands(A=band), INDEX, DAY, prices(high, previous, previous))
        assert found is not None
        assert found.upper[0] == is_hit


@pytest.mark.parametrize("side", ["upper", "lower"])
def test_a_stock_without_a_band_is_never_at_one(side: str) -> None:
    found = with_bands(None, bands(A=None), INDEX, DAY, prices(120.0, 80.0))
    assert found is not None
    assert not getattr(found, side).any()

"""Every setting that the portfolio depends on has words, and its value its unit."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from champion_assets.backtest.sheet.terms import (
    PLAIN,
    SHARE,
    TERMS,
    source_in_words,
    strategy_in_words,
    term_of,
    terms_table,
    value_in_words,
)
from champion_assets.settings import Settings
from champion_assets.settings.simulation import SimulationSettings
from champion_assets.settings.strategy import Strategy
from champion_assets.settings.universe import UniverseSettings


def test_every_field_has_a_label() -> None:
    assert set(TERMS) == {*Strategy.model_fields, *SimulationSettings.model_fields, *UniverseSettings.model_fields}
    labels = [label for label, _ in TERMS.values()]
    assert len(set(labels)) == len(labels)
    assert len(terms_table(Settings.model_construct()).rows) == len(TERMS)
    assert term_of("thin_cap") == ("thin cap", PLAIN)


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (None, SHARE, "none"),
        (0.07, SHARE, "7 %"),
        (0.075, SHARE, "7.50 %"),
        (True, "", "yes"),
        ("mean_variance", "", "mean variance"),
        ((), "", "none"),
        (("A", "B"), "", "A, B"),
        ({"features/x:y": 0.02}, "", "features/x:y: 0.02"),
        (5.0, "basis points", "5 basis points"),
        (10_000_000.0, "rupees", "₹1.00 crore"),
        (13.5, "plain rupees", "₹13.5"),
        (252, "sessions", "252 sessions"),
    ],
)
def test_values_have_their_units(value: Any, unit: str, words: str) -> None:
    assert value_in_words(value, unit) == words


def test_the_strategy_is_one_sentence_and_the_source_names_no_machine(settings: Settings) -> None:
    ruled = settings.model_copy(
        update={"sector_cap": 0.25, "esg_floor": 60.0, "objective": "minimum_variance", "rebalance": "quarterly"}
    )
    assert strategy_in_words(ruled) == (
        "A long-only portfolio of Indian shares with the least variance, at most 7 % in a name and 25 % "
        "in a sector and on ESG "
        "scores, chosen from the 60 most traded names at the last session of each quarter, traded in the next session."
    )
    days = pl.DataFrame({"trade_date": [1, 2, 3]})
    assert source_in_words(settings, days) == "Data: files of the exchange from a folder, 1 to 3, 3 sessions."
    assert "bucket" in source_in_words(settings.model_copy(update={"source": "s3://x/y"}), days)

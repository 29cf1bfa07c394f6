"""Constraints and what loosening them would bring, in words and units."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any, cast

import polars as pl
import pytest

from champion_assets.backtest.sheet.rules import constraint_blocks, constraint_words
from champion_assets.backtest.tear_sheet_data import Story
from champion_assets.backtest.tear_sheet_details import Details
from champion_assets.lake.schema import empty_frame
from champion_assets.pages.blocks import Table, Text
from champion_assets.portfolio.audit import Audit
from champion_assets.settings import Settings

DAYS = [dt.date(2024, 1, 31), dt.date(2024, 2, 29)]


def audited() -> pl.DataFrame:
    rows: list[dict[str, Any]] = []
    for day, binds in zip(DAYS, (True, False), strict=True):
        for name, value, low, high, at in (
            ("budget", 1.0, 1.0, 1.0, True),
            ("cap", 0.0, None, 0.0, True),
            ("sector Metals", 0.25, None, 0.25, binds),
            ("ESG score", 60.0, 60.0, None, binds),
            ("turnover", 0.1, 0.0, 0.3, False),
            ("optimality gap", 1e-12, -1e-8, 1e-8, False),
        ):
            rows.append(
                {
                    "trade_date": day,
                    "constraint_name": name,
                    "value": value,
                    "low": low,
                    "high": high,
                    "violation": 0.0,
                    "binds": at,
                }
            )
    return pl.DataFrame(rows, schema=empty_frame(Audit).schema)


def blocks(rows: pl.DataFrame, prices: pl.DataFrame) -> list[Table | Text]:
    story, details = (
        SimpleNamespace(constraints=rows),
        SimpleNamespace(prices=prices, settings=Settings.model_construct()),
    )
    return constraint_blocks(cast("Story", story), cast("Details", details))


PRICES = pl.DataFrame(
    {"trade_date": [DAYS[0]] * 2, "constraint_name": ["sector Metals", "ESG score"], "price": [0.0004, 0.00001]}
)


def test_each_constraint_has_its_bound_and_its_price() -> None:
    lead, table, _ = blocks(audited(), PRICES)
    assert isinstance(table, Table)
    assert isinstance(lead, Text)
    assert lead.text.startswith("2 decisions, each recomputed")
    assert "no bound was missed. The worst distance of a decision from the best was 1e-12" in lead.text
    rows = {row[0].text: row for row in table.rows}
    assert list(rows) == [
        "Largest weight of a name",
        "Weight of the sector Metals",
        "ESG score of the portfolio",
        "Turnover at a rebalance",
    ]
    sector = rows["Weight of the sector Metals"]
    assert [each.text for each in sector[1:5]] == ["at most 25.0 %", "2", "50 %", "25.0 %"]
    assert sector[5].value == pytest.approx(0.0004 * 252 * 10_000 / 100)  # one percentage point
    assert rows["ESG score of the portfolio"][5].value == pytest.approx(
        0.00001 * 252 * 10_000
    )  # one point of the score
    assert rows["Turnover at a rebalance"][5].text == "–"
    assert [list(row[6].strip) for row in table.rows] == [[True, True], [True, False], [True, False], [False, False]]


def test_without_an_audit_it_says_so() -> None:
    (only,) = blocks(empty_frame(Audit), PRICES)
    assert isinstance(only, Text)
    assert only.text == "No decision was audited."


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("sector Metals", "Weight of the sector Metals"),
        ("ESG score above 60 of the covered part", "ESG score above 60 of the covered part"),
        ("covered by ESG", "Weight of names with an ESG score"),
        ("a constraint of a plug-in", "a constraint of a plug-in"),
    ],
)
def test_names_are_words(name: str, words: str) -> None:
    assert constraint_words(name) == words

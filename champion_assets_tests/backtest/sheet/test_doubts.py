"""What the figures rest on: each doubt is told with its number, the warnings first, and nothing is told that is not
so."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any, cast

import polars as pl
import pytest

from champion_assets.backtest.index import IndexHistory
from champion_assets.backtest.sheet.doubts import doubt_table, notes
from champion_assets.backtest.tear_sheet_data import Story
from champion_assets.pages.blocks import Table, Text
from champion_assets.settings import Settings

DATES = [dt.date(2024, 1, day) for day in (1, 2, 3)]
HELD = [{"symbol": "HERE", "idle": 0}, {"symbol": "GONE", "idle": 40}]
DOUBT = pl.DataFrame(
    {
        "symbol": ["HERE"],
        "ex_session": [DATES[1]],
        "doubt": ["unread across it"],
        "weight": [0.1],
        "holding_days": [2],
        "new_days": [2],
    }
)


def index(*, is_assumed: bool = False, gap: bool = False) -> IndexHistory:
    closes = [100.0, 101.0, None if gap else 102.0]
    rows = {"trade_date": DATES, "close": closes, "price_return": [0.0, 0.01, 0.0], "total_return": [0.0, 0.01, 0.0]}
    return IndexHistory("Nifty 50", pl.DataFrame(rows | {"route": ["leverage"] * 3, "is_assumed": [is_assumed] * 3}))


def story(**changed: Any) -> Story:
    columns = {"stale_value": 0.0, "value": 100.0, "unexplained_gaps": 0, "late_actions": 0} | changed.pop(
        "columns", {}
    )
    days = pl.DataFrame(
        {"trade_date": DATES, "holdings": [HELD] * 3} | {name: [value] * 3 for name, value in columns.items()}
    )
    plain: dict[str, Any] = {
        "days": days,
        "looks_ahead": False,
        "written_down": pl.DataFrame(schema={"trade_date": pl.Date, "symbol": pl.String, "loss": pl.Float64}),
        "in_doubt": DOUBT.clear(),
        "measures": SimpleNamespace(index=changed.pop("index", index()), assumed_rates=changed.pop("assumed_rates", 0)),
    }
    return cast("Story", SimpleNamespace(**(plain | changed)))


def told(of: Story) -> list[tuple[str, str, str]]:
    return [(each.tone, each.tag, each.text) for each in notes(of, Settings.model_construct()).items]


def test_a_history_without_doubt_has_no_warning() -> None:
    found = told(story())
    assert {tone for tone, _, _ in found} == {"quiet"}
    assert [tag for _, tag, _ in found].count("Assumed") == 1  # how orders fill
    assert any("before income and capital gains tax" in text for _, _, text in found)
    assert isinstance(doubt_table(story()), Text)


@pytest.mark.parametrize(
    ("changed", "tag", "words"),
    [
        ({"looks_ahead": True}, "Look-ahead", "of a later day"),
        (
            {"columns": {"stale_value": 12.5}},
            "Marked",
            "12.50 % of the value is based on the last prices of names that have not traded",
        ),
        ({"columns": {"unexplained_gaps": 2}}, "Marked", "6 opening gaps of holdings beyond any price band"),
        ({"columns": {"late_actions": 1}}, "Marked", "3 actions became known too late"),
        (
            {"in_doubt": DOUBT},
            "Unconfirmed",
            "2 of 6 holding days, of 1 names, come after a session whose action is unread",
        ),
        ({"index": index(gap=True)}, "Marked", "1 of 3 sessions, the first 2024-01-03, the last 2024-01-03"),
        (
            {"written_down": pl.DataFrame({"trade_date": [DATES[2]], "symbol": ["GONE"], "loss": [5000.0]})},
            "Marked",
            "no longer traded: GONE on 2024-01-03 (₹5,000)",
        ),
    ],
)
def test_a_doubt_warns_first_with_its_number(changed: dict[str, Any], tag: str, words: str) -> None:
    found = told(story(**changed))
    assert found[0][:2] == ("warning", tag)
    assert words in found[0][2]
    assert [tone for tone, _, _ in found].count("warning") == 1


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"assumed_rates": 2}, "On 2 of 3 sessions the overnight rate is"),
        ({"index": index(is_assumed=True)}, "The index is Nifty 50"),
    ],
)
def test_what_is_assumed_is_said_without_alarm(changed: dict[str, Any], words: str) -> None:
    assert any(
        tone == "quiet" and tag == "Assumed" and text.startswith(words) for tone, tag, text in told(story(**changed))
    )


def test_the_holdings_in_doubt_are_listed() -> None:
    table = doubt_table(story(in_doubt=DOUBT))
    assert isinstance(table, Table)
    assert [each.text for each in table.rows[0]] == ["HERE", "2024-01-02", "10.0 %", "2", "unread across it"]

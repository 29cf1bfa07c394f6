"""`silver/doubts`: what is in doubt since when, what ends a doubt, and what is none; by rows, by files, and by the case
folder."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from champion_assets.catalog import TABLES, open_workspace
from champion_assets.common.dates import calendar_days
from champion_assets.lake.build import build_range
from champion_assets.lake.schema import empty_frame, violations
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.synthetic.exchange import Exchange
from champion_assets.settings import Settings
from champion_assets.silver.corporate_actions import CorporateActions
from champion_assets.silver.doubts import NAME, Doubts, transform
from champion_assets.silver.suspects import Suspects
from champion_assets_tests.helpers import build_until
from champion_assets_tests.silver.test_corporate_actions import own_source, row

DAY = dt.date(2024, 5, 10)
EX = DAY - dt.timedelta(days=3)
START, END = dt.date(2023, 11, 1), dt.date(2023, 11, 30)
LINES = "symbol,ex_date,action,f,q,known_on,why\n"


def actions(*rows: dict[str, Any]) -> pl.DataFrame:
    base = {
        "trade_date": DAY, "instrument_id": "A", "symbol": "AAA", "ex_date": DAY, "ex_session": DAY, "kind": "bonus",
        "f_capital_special": 1.0, "method": "ratio", "subject": "Bonus 1:1",
    }  # fmt: skip
    return pl.DataFrame([base | each for each in rows], schema=empty_frame(CorporateActions).schema)


def suspects(*rows: dict[str, Any]) -> pl.DataFrame:
    base = {
        "trade_date": DAY, "instrument_id": "A", "symbol": "AAA", "suspicion": "unexplained_gap", "witness": 0.1,
        "factor": 1.0, "nearest": "split 10:1", "reading": "x", "subject": "Bonus 1:1",
    }  # fmt: skip
    return pl.DataFrame([base | each for each in rows], schema=empty_frame(Suspects).schema)


def refused(*rows: dict[str, Any]) -> pl.DataFrame:
    names = ["trade_date", "instrument_id", "symbol", "ex_session", "subject", "reason"]
    base = dict(zip(names, [DAY, "A", "AAA", DAY, "BON X", "no known kind of action"], strict=True))
    schema = {name: pl.Date if name in ("trade_date", "ex_session") else pl.String for name in names}
    return pl.DataFrame([base | each for each in rows], schema=schema)


def resumed(*rows: tuple[str, dt.date]) -> pl.DataFrame:
    schema = {"trade_date": pl.Date, "instrument_id": pl.String, "prior_date": pl.Date}
    return pl.DataFrame([(DAY, *each) for each in rows], schema=schema, orient="row")


def doubts(
    told: pl.DataFrame | None = None,
    found: pl.DataFrame | None = None,
    unread: pl.DataFrame | None = None,
    traded: pl.DataFrame | None = None,
) -> list[tuple[dt.date, str, str]]:
    """(ex_session, doubt, level) of what comes out, which must satisfy the model."""
    given = [told, found, unread, traded]
    empty = [actions(), suspects(), refused(), resumed()]
    frames = [default if each is None else each for each, default in zip(given, empty, strict=True)]
    rows = transform(*frames)
    assert violations(Doubts, rows) is None
    return list(rows.select("ex_session", "doubt", "level").iter_rows())


def test_what_was_handed_out_without_a_price_is_unexplained() -> None:
    assert doubts(found=suspects({"suspicion": "value_handed_out"})) == [(DAY, "unexplained", "capital")]


def test_an_unread_text_a_gap_and_a_held_factor_are_doubts() -> None:
    held = actions({"held": "the market contradicts it", "f_proposed": 0.5})
    assert doubts(held, suspects({}), refused({})) == [
        (DAY, "unconfirmed", "capital"), (DAY, "unexplained", "capital"), (DAY, "unread", "capital"),
    ]  # fmt: skip
    rows = transform(held, suspects({}), refused({}), resumed())
    assert rows["reason"].to_list() == [
        "'Bonus 1:1', a factor of 0.5, is not applied: the market contradicts it",
        "opened at 0.1 of its adjusted previous close, near split 10:1; x",
        "no known kind of action ('BON X')",
    ]


def test_a_payment_in_doubt_leaves_the_level_capital_alone() -> None:
    assert doubts(unread=refused({"subject": "Dividend - 50%"})) == [(DAY, "unread", "capital_special")]
    paid = {"kind": "dividend", "held": "x"}
    assert doubts(actions(paid)) == [(DAY, "unconfirmed", "capital_special")]
    assert doubts(actions(paid), None, refused({})) == [
        (DAY, "unconfirmed", "capital_special"), (DAY, "unread", "capital"),
    ]  # fmt: skip


def test_of_two_texts_of_an_event_the_lowest_level_counts() -> None:
    both = refused({"subject": "Dividend - 50%", "reason": "a"}, {"reason": "b"})
    rows = transform(actions(), suspects(), both, resumed())
    assert rows.select("level", "reason").rows() == [("capital", "a ('Dividend - 50%'); b ('BON X')")]


def test_a_refused_row_of_nobody_is_nobodys_doubt_and_a_broken_chain_is_none() -> None:
    assert doubts(unread=refused({"instrument_id": None}), found=suspects({"suspicion": "chain_break"})) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, [(DAY, "unconfirmed", "capital")]),
        ({"held": "x"}, [(DAY, "unconfirmed", "capital")]),
        ({"method": "override: stated"}, []),
        ({"method": "override: dividend", "kind": "dividend"}, [(DAY, "unconfirmed", "capital_special")]),
    ],
)
def test_an_action_that_the_market_did_not_follow(change: dict[str, Any], expected: list[Any]) -> None:
    found = suspects({"suspicion": "doubtful_action", "verdict": "no_reprice"})
    assert doubts(actions({"verdict": "no_reprice"} | change), found) == expected


@pytest.mark.parametrize(("method", "subject", "is_open"), [
    ("override: confirm", "BON X", False), ("override: cancel", "BON X", False), ("override: stated", "BON X", False),
    ("override: dividend", "BON X", True), ("override: dividend", "Dividend - 50%", False), ("ratio", "BON X", True),
])  # fmt: skip
def test_a_line_of_the_same_evening_answers_an_unread_text(method: str, subject: str, is_open: bool) -> None:
    assert bool(doubts(actions({"method": method}), None, refused({"subject": subject}))) == is_open


def test_a_line_that_cannot_be_applied_answers_nothing() -> None:
    failed = refused({"reason": "override: no close before the ex-date"})
    assert doubts(actions({"method": "override: confirm"}), None, failed) == [(DAY, "unread", "capital")]


LATE = {"ex_date": EX, "ex_session": EX, "last_close": 100.0, "witness": 0.5, "f_capital_special": 0.5, "verdict": "ok"}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, "settled"),
        ({"held": "x"}, "unconfirmed"),
        ({"f_capital_special": 1.0, "verdict": None}, "unexplained"),
        ({"f_capital_special": 1.0, "method": "override: confirm"}, "settled"),
        ({"witness": None, "verdict": "untradable"}, "settled"),
        ({"witness": 0.6, "verdict": "ratio_mismatch"}, "unconfirmed"),
        ({"witness": 0.6, "verdict": "ratio_mismatch", "method": "override: stated"}, "settled"),
    ],
)
def test_what_is_told_late_ends_a_doubt_or_goes_on_with_it(change: dict[str, Any], expected: str) -> None:
    assert doubts(actions(LATE | change)) == [(EX, expected, "capital")]


def test_of_a_name_that_trades_again_the_gap_is_told_by_the_suspects_alone() -> None:
    told = actions(LATE | {"f_capital_special": 1.0, "verdict": None})
    again = resumed(("A", EX - dt.timedelta(days=30)))
    assert doubts(told, suspects({}), None, again) == [(EX, "settled", "capital"), (DAY, "unexplained", "capital")]
    assert doubts(told, None, None, resumed(("A", EX))) == [(EX, "unexplained", "capital")]


def built(workspace: Workspace) -> pl.DataFrame:
    build_until(workspace, NAME, START, END)
    return workspace.lake.read(NAME, workspace.sessions(START, END))


def test_an_unread_text_is_a_doubt_until_a_later_line_settles_it(
    workspace: Workspace, exchange: Exchange, tmp_path: Path
) -> None:
    """And no object before the line is touched by it."""
    one, other = (exchange.market.companies[number].symbol for number in (20, 21))
    warrants = "Rights 1:50 @ Premium Rs 690/- With 17 Warrants For 50 Equity Shares"
    told = row(one, "BON 1:1 GIVEN AWAY") + row(other, warrants) + row("NOBODY", "Gobbledygook 1:2")
    own = own_source(workspace, exchange, tmp_path / "s", told)
    before = built(own)
    session = dt.date(2023, 11, 15)
    assert sorted(before.select("trade_date", "symbol", "ex_session", "doubt").iter_rows()) == sorted(
        (session, symbol, session, "unread") for symbol in (one, other)
    )
    assert warrants in before.filter(pl.col("symbol") == other)["reason"][0]
    lines = tmp_path / "lines.csv"
    lines.write_text(f"{LINES}{one},2023-11-15,cancel,,,2023-11-20,it never happened\n")
    lined = replace(own, settings=own.settings.model_copy(update={"action_overrides": lines}))
    for name in ("silver/corporate_actions", "silver/suspects", NAME):
        report = build_range(TABLES[name], lined, calendar_days(START, END))
        assert not report.failed
    written = [day for day, outcome in report.outcomes.items() if outcome.status == "written"]
    assert written == [dt.date(2023, 11, 20)]
    after = lined.lake.read(NAME, lined.sessions(START, END))
    assert after.filter(pl.col("trade_date") == written[0]).select(
        "symbol", "ex_session", "doubt", "reason"
    ).rows() == [
        (one, session, "settled", "override: cancel: it never happened"),
    ]
    assert after.filter(pl.col("trade_date") < written[0]).equals(before)


@pytest.mark.real
def test_the_case_of_a_unit_split_that_no_feed_holds(real: Path, tmp_path: Path) -> None:
    folder = real.parents[1] / "cases" / "uel_demerger_up_and_etf_split"
    start, end = dt.date(2024, 5, 8), dt.date(2024, 5, 28)
    workspace = open_workspace(Settings(data_dir=tmp_path, source=str(folder), start_date=start))
    build_until(workspace, NAME, start, end)
    rows = workspace.lake.read(NAME, workspace.sessions(start, end))
    gaps = rows.filter(pl.col("symbol") == "MIDCAPIETF")
    assert gaps.select("trade_date", "ex_session", "doubt", "level").rows() == [(DAY, DAY, "unexplained", "capital")]
    assert "split 10:1" in gaps["reason"][0]
    demerged = rows.filter((pl.col("symbol") == "UEL") & (pl.col("trade_date") == dt.date(2024, 5, 22)))
    assert demerged.select("ex_session", "doubt").rows() == [(dt.date(2024, 5, 22), "unread")]

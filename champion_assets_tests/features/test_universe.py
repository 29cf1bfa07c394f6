"""Who could be held: each rule of the universe on rows made by hand, and the largest on the synthetic exchange."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from champion_assets.features.panel import Panel, panel
from champion_assets.features.universe import NAME, TABLE, Sectors, doubts_of, index_members, qualified
from champion_assets.features.universe import members as members_of
from champion_assets.lake.fingerprints import recipe_of
from champion_assets.lake.parameters import Parameters
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.instrument_class import instrument_class
from champion_assets.settings import Settings
from champion_assets_tests.daily_folder import DAYS, built
from champion_assets_tests.helpers import build_until

DAY = dt.date(2024, 1, 15)
START, END = dt.date(2023, 11, 1), dt.date(2024, 1, 15)


def _today(**changes: Any) -> pl.DataFrame:
    row = {
        "trade_date": DAY,
        "instrument_id": "INE040A01",
        "symbol": "ABC",
        "series": "EQ",
        "close": 100.0,
        "isin": None,
    } | changes
    return pl.DataFrame([row], schema_overrides={"isin": pl.String}).with_columns(instrument_class())


def _rules(**changes: Any) -> Parameters:
    usual = {"cov_window_days": 20, "universe_warmup": 10, "universe_min_turnover": 1000, "universe_min_coverage": 0.9}
    return Parameters(NAME, TABLE.parameters(Settings(**usual | changes)))


def _doubts(**told: str) -> pl.DataFrame:
    """By instrument, in words."""
    return pl.DataFrame(list(told.items()), schema={"instrument_id": pl.String, "doubt": pl.String}, orient="row")


def members(
    turnover: Panel,
    today: pl.DataFrame,
    row: int,
    rules: Parameters,
    sectors: dict[str, str],
    **told: str,
) -> pl.DataFrame:
    return members_of(qualified(turnover, today, row, rules, _doubts(**told)), rules, Sectors(sectors))


def _turnover(values: np.ndarray, instrument: str = "INE040A01"):  # type: ignore[no-untyped-def]
    days = [DAY - dt.timedelta(days=len(values) - 1 - number) for number in range(len(values))]
    rows = pl.DataFrame(
        {"trade_date": days, "instrument_id": [instrument] * len(values), "turnover": values}
    ).drop_nans()
    return panel(rows, "turnover", days)


def test_a_plain_share_is_a_member() -> None:
    row = members(_turnover(np.full(20, 5000.0)), _today(), 19, _rules(), {}).row(0, named=True)
    assert (row["rank"], row["sessions_traded"], row["window_sessions"], row["median_turnover"]) == (1, 20, 20, 5000.0)


@pytest.mark.parametrize(
    "change",
    [
        {"series": "BE"},
        {"close": 9.99},
        {"symbol": "ABFRL-RE"},
        {"symbol": "AJOONI-RE1"},
        {"isin": "INF204KB17I5"},
        {"isin": "INE041025011", "series": "RR"},
        {"isin": "INE041025011"},
        {"isin": "IN9081A01010", "series": "E1"},
        {"isin": "INE647O20011"},
    ],
)
def test_who_is_no_member(change: dict[str, Any]) -> None:
    today = _today(**change)
    assert members(_turnover(np.full(20, 5000.0), today["instrument_id"][0]), today, 19, _rules(), {}).is_empty()


def test_shares_with_differential_voting_rights_are_members() -> None:
    assert (
        members(
            _turnover(np.full(20, 5000.0)), _today(symbol="TATAMTRDVR", isin="IN9155A01020"), 19, _rules(), {}
        ).height
        == 1
    )


def test_the_sector_is_that_of_the_security_whatever_it_is_called() -> None:
    named = _today(isin="INE040A01034", instrument_id="SYM:OLD")
    sectors = {"INE040A01": "Financial Services"}
    assert members(_turnover(np.full(20, 5000.0), "SYM:OLD"), named, 19, _rules(), sectors)["sector"].to_list() == [
        "Financial Services"
    ]
    assert members(_turnover(np.full(20, 5000.0)), _today(), 19, _rules(), {})["sector"].to_list() == ["Unclassified"]


def test_a_reit_is_not_taken_for_a_rights_entitlement() -> None:
    assert re.search(r"-RE\d*$", "EMBASSY-RR") is None
    assert members(_turnover(np.full(20, 5000.0)), _today(symbol="NEXUS-REIT"), 19, _rules(), {}).height == 1


def test_too_little_history_turnover_or_coverage() -> None:
    gaps = np.full(20, 5000.0)
    gaps[3:6] = np.nan
    assert members(_turnover(gaps), _today(), 19, _rules(), {}).is_empty()
    assert members(_turnover(np.full(20, 999.0)), _today(), 19, _rules(), {}).is_empty()
    assert members(_turnover(np.full(9, 5000.0)), _today(), 8, _rules(), {}).is_empty()


def test_a_name_in_doubt_is_left_out_unless_it_is_asked_for() -> None:
    told = {"INE040A01": "unread across 2024-01-10: x"}
    turnover = _turnover(np.full(20, 5000.0))
    assert members(turnover, _today(), 19, _rules(), {}, **told).is_empty()
    assert members(turnover, _today(), 19, _rules(), {}, OTHER="x")["doubt"].to_list() == [None]
    kept = members(turnover, _today(), 19, _rules(universe_in_doubt="keep"), {}, **told)
    assert kept["doubt"].to_list() == [told["INE040A01"]]


def test_the_place_of_a_name_in_doubt_goes_to_the_next() -> None:
    days = [DAY - dt.timedelta(days=19 - number) for number in range(20)]
    sizes = {"A": 3000.0, "B": 2000.0, "C": 1500.0}
    told = [(day, name, size) for day in days for name, size in sizes.items()]
    rows = pl.DataFrame(told, schema=["trade_date", "instrument_id", "turnover"], orient="row")
    today = pl.concat(_today(instrument_id=name, symbol=name) for name in sizes)
    two = _rules(universe_size=2, weight_cap=0.5)
    chosen = members(panel(rows, "turnover", days), today, 19, two, {}, A="unread")
    assert chosen.select("instrument_id", "rank").rows() == [("B", 1), ("C", 2)]


def test_what_is_in_doubt_is_known_on_the_day_open_and_in_the_window() -> None:
    window = [DAY - dt.timedelta(days=number) for number in (10, 5, 3, 0)]
    told = [
        ("old", window[0], DAY - dt.timedelta(days=11), "unread"), ("open", window[1], window[1], "unread"),
        ("later", DAY + dt.timedelta(days=1), DAY, "unread"), ("settled", window[1], window[1], "unread"),
        ("settled", window[2], window[1], "settled"), ("first", window[0], window[0], "unexplained"),
    ]  # fmt: skip
    rows = pl.DataFrame(told, schema=["instrument_id", "trade_date", "ex_session", "doubt"], orient="row")
    rows = rows.with_columns(level=pl.lit("capital_special"), reason=pl.lit("x"))
    assert sorted(doubts_of(rows, window)["instrument_id"]) == ["first", "open"]


def test_the_largest_are_chosen(workspace: Workspace) -> None:
    build_until(workspace, "features/universe", START, END)
    universe = workspace.lake.read("features/universe", [END]).sort("rank")
    assert universe.height == 60
    assert universe["median_turnover"].is_sorted(descending=True)
    assert workspace.lake.read("features/universe", [dt.date(2023, 11, 20)]).is_empty()  # not warm yet


def test_members_of_an_index_are_those_of_the_newest_list_up_to_the_day() -> None:
    days = [DAY - dt.timedelta(days=number) for number in (3, 2, 1, 0)]
    rows = [
        (days[0], "A", True),
        (days[0], "B", False),
        (days[1], "B", True),
        (days[1], "A", False),
        (days[3], "A", False),
    ]
    status = pl.DataFrame(
        rows, schema={"trade_date": pl.Date, "instrument_id": pl.String, "is_nifty_50": pl.Boolean}, orient="row"
    )
    assert index_members(status, days) == (days[1], ["B"])
    assert index_members(status, days[:1]) == (days[0], ["A"])
    assert index_members(status, days[2:]) == (None, [])


def test_the_index_is_an_input_only_if_it_is_asked_for() -> None:
    plain, asked = Settings(), Settings(universe_index="nifty50")
    assert "silver/security_status" not in {each.table for each in TABLE.inputs(plain)}
    assert {each.table: each.sessions for each in TABLE.inputs(asked)}["silver/security_status"] == 10
    assert recipe_of(TABLE, plain) != recipe_of(TABLE, asked)


def test_the_universe_of_an_index_is_among_its_members_of_the_day(workspace: Workspace) -> None:
    day = dt.date(2023, 12, 6)
    asked = replace(workspace, settings=workspace.settings.model_copy(update={"universe_index": "nifty50"}))
    outcome = build_until(asked, NAME, START, day)[NAME].outcomes[day]
    listed = asked.lake.read("silver/security_status", [day]).filter("is_nifty_50")["instrument_id"]
    assert 0 < outcome.rows <= listed.len() == 50
    assert set(asked.lake.read(NAME, [day])["instrument_id"]) <= set(listed)
    assert outcome.facts["index_list_of"] == str(day)


@pytest.mark.real
def test_the_genuine_nifty_50_of_a_day(real: Path, tmp_path: Path) -> None:
    workspace = built(real, tmp_path, "silver/security_status")
    status = workspace.lake.read("silver/security_status", DAYS)
    assert [len(index_members(status, [day])[1]) for day in DAYS] == [50, 50]

"""Derivatives and surveillance as filters of the universe: by hand, without a list, and on the synthetic exchange."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import polars as pl
import pytest

from champion_assets.catalog import TABLES
from champion_assets.features.universe import NAME, TABLE
from champion_assets.features.universe_lists import by_derivatives, by_surveillance, stale_words
from champion_assets.lake.build import build_range
from champion_assets.lake.fingerprints import recipe_of
from champion_assets.lake.workspace import Workspace
from champion_assets.settings import Settings
from champion_assets.settings.universe import Surveillance
from champion_assets.silver.trading_activity import STAGES
from champion_assets_tests.helpers import build_until, put_day

DAY = dt.date(2024, 1, 16)
WINDOW = [DAY - dt.timedelta(days=number) for number in (3, 2, 1, 0)]
START, END = dt.date(2023, 11, 1), dt.date(2023, 12, 6)


def status(*rows: tuple[dt.date, str, bool | None]) -> pl.DataFrame:
    return pl.DataFrame(
        rows, schema={"trade_date": pl.Date, "instrument_id": pl.String, "has_derivatives": pl.Boolean}, orient="row"
    )


def activity(*rows: dict[str, Any]) -> pl.DataFrame:
    kinds = {"trade_date": pl.Date, "instrument_id": pl.String, "symbol": pl.String, "is_watched": pl.Boolean}
    return pl.DataFrame(rows, schema=kinds | dict.fromkeys(STAGES, pl.Int64))


def test_stocks_with_derivatives_and_without() -> None:
    rows = status((WINDOW[1], "OLD", True), (WINDOW[2], "A", True), (WINDOW[2], "B", False), (DAY, "A", None))
    only, without = by_derivatives(rows, WINDOW, "only"), by_derivatives(rows, WINDOW, "without")
    assert (only.list_of, only.instruments, without.instruments) == (WINDOW[2], {"A"}, {"B"})
    assert by_derivatives(rows, WINDOW[:1], "without").instruments == frozenset()
    assert by_derivatives(rows, WINDOW[:1], "without").facts == {"derivatives_list_of": "no day: the universe is empty"}


def test_stages_from_which_a_name_is_kept_out() -> None:
    one = {"trade_date": DAY, "is_watched": False}
    rows = activity(
        one | {"instrument_id": "FREE", "symbol": "FREE"},
        one | {"instrument_id": "GSM0", "symbol": "GSM0", "gsm": 0, "is_watched": True},
        one | {"instrument_id": "ASM1", "symbol": "ASM1", "long_term_asm": 1, "is_watched": True},
        one | {"instrument_id": "ASM2", "symbol": "ASM2", "long_term_asm": 2, "is_watched": True},
        one | {"instrument_id": "OFF", "symbol": "OFF", "is_watched": None},
    )
    permitted = by_surveillance(rows, WINDOW, {"gsm": 0, "long_term_asm": 2})
    assert (permitted.list_of, permitted.instruments) == (DAY, {"FREE", "ASM1"})
    assert permitted.facts["kept_out_by_surveillance_symbols"] == "ASM2, GSM0"
    assert by_surveillance(rows, WINDOW[:2], {"gsm": 0}).instruments == frozenset()


def test_a_list_of_an_earlier_session_is_named() -> None:
    rows = status((WINDOW[2], "A", True))
    old = by_derivatives(rows, WINDOW, "only")
    assert stale_words(DAY, {"derivatives": old}) == f"derivatives as of {WINDOW[2]}"
    assert stale_words(WINDOW[2], {"derivatives": old}) is None
    assert stale_words(DAY, {"derivatives": by_derivatives(rows, [DAY], "only")}) is None  # nobody to say it


def test_settings_name_the_measures_that_there_are() -> None:
    assert get_args(get_args(Surveillance)[0]) == STAGES
    assert Settings(universe_surveillance="gsm, long_term_asm=2").universe_surveillance == {
        "gsm": 0,
        "long_term_asm": 2,
    }
    for wrong in ("guess", "gsm=-1", "gsm=x"):
        with pytest.raises(ValueError, match=r"(?i)universe_surveillance"):
            Settings(universe_surveillance=wrong)


def test_they_come_from_the_environment(environment: Any) -> None:
    from champion_assets.settings import get_settings

    environment("UNIVERSE_SURVEILLANCE", "esm,gsm=3")
    environment("UNIVERSE_DERIVATIVES", "only")
    assert (get_settings().universe_surveillance, get_settings().universe_derivatives) == ({"esm": 0, "gsm": 3}, "only")


def test_the_lists_are_inputs_only_if_they_are_asked_for() -> None:
    plain, asked = Settings(), Settings(universe_derivatives="only", universe_surveillance="gsm")
    lists = {"silver/security_status", "silver/trading_activity"}
    assert lists.isdisjoint(each.table for each in TABLE.inputs(plain))
    assert lists < {each.table for each in TABLE.inputs(asked)}
    assert recipe_of(TABLE, plain) != recipe_of(TABLE, asked)


def test_the_fictional_universe_without_watched_names(workspace: Workspace) -> None:
    changed = {"universe_derivatives": "without", "universe_surveillance": {"gsm": 0, "long_term_asm": 0}}
    build_until(workspace, NAME, START, END)
    plain = set(workspace.lake.read(NAME, [END])["instrument_id"])
    asked = replace(workspace, settings=workspace.settings.model_copy(update=changed))
    outcome = build_range(TABLES[NAME], asked, [END]).outcomes[END]
    members = set(asked.lake.read(NAME, [END])["instrument_id"])
    of = set(asked.lake.read("silver/trading_activity", [END]).filter("is_watched")["instrument_id"])
    contracts = set(asked.lake.read("silver/security_status", [END]).filter("has_derivatives")["instrument_id"])
    assert members
    assert members.isdisjoint(of | contracts)
    assert plain & of
    assert plain & contracts
    assert outcome.facts["surveillance_list_of"] == outcome.facts["derivatives_list_of"] == str(END)


def test_a_day_without_lists_says_so_and_is_never_unfiltered(workspace: Workspace) -> None:
    """The lists of the last two days are missing: the newest one counts, and every member names its day; without any
    nobody is a member."""
    build_until(workspace, NAME, START, END)
    lake, sessions = workspace.lake, workspace.sessions(START, END)
    asked = replace(
        workspace, settings=workspace.settings.model_copy(update={"universe_surveillance": {"gsm": 0, "esm": 0}})
    )
    for missing in (2, 10):
        for date in sessions[-missing:]:
            rows = lake.read("silver/trading_activity", [date])
            put_day(lake, "silver/trading_activity", date, rows.clear(), fingerprint=f"{missing}")
        outcome = build_range(TABLES[NAME], asked, [END]).outcomes[END]
        members = lake.read(NAME, [END])
        if missing == 2:
            assert members.height
            assert members["doubt"].unique().to_list() == [f"surveillance as of {sessions[-3]}"]
        else:
            assert members.is_empty()
            assert "universe is empty" in outcome.facts["surveillance_list_of"]


@pytest.mark.real
def test_genuine_stages_of_a_day(real: Path) -> None:
    """Of the list of 2025-01-16, as the exchange counts them."""
    from champion_assets.nse.daily_file_reader import read_daily_file
    from champion_assets.nse.market_lists import SURVEILLANCE
    from champion_assets.raw.daily_file import file_text

    path = real / "surveillance" / "REG1_IND160125.csv.gz"
    rows = read_daily_file(SURVEILLANCE, file_text(path.read_bytes(), path.name), path.name).rows
    listed = rows.select(
        pl.col("symbol").alias("instrument_id"), "symbol", pl.lit(DAY).alias("trade_date"),
        pl.lit(value=False).alias("is_watched"), *STAGES,
    ).unique("symbol", maintain_order=True)  # fmt: skip
    told = {
        name: listed.height - len(by_surveillance(listed, [DAY], {name: 0}).instruments)
        for name in ("gsm", "long_term_asm", "short_term_asm", "esm", "insolvency")
    }
    assert told == {"gsm": 46, "long_term_asm": 89, "short_term_asm": 12, "esm": 371, "insolvency": 30}

"""The account that decisions read: what was not filled is not held, and mandates hold by instrument."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from champion_assets.catalog import TABLES
from champion_assets.common.dates import calendar_days
from champion_assets.common.errors import ConfigurationError
from champion_assets.lake.build import build_range
from champion_assets.lake.schema import violations
from champion_assets.lake.workspace import Workspace
from champion_assets.portfolio.account import AccountDay
from champion_assets.portfolio.mandates import named
from champion_assets_tests.helpers import ORDER, build_until, register_of

START, END = dt.date(2023, 11, 1), dt.date(2024, 1, 31)
FIRST, SECOND, THIRD = dt.date(2023, 11, 30), dt.date(2023, 12, 29), dt.date(2024, 1, 31)
OWN = tuple(name for name in ORDER if name.startswith(("portfolio/", "backtest/")))


def with_settings(workspace: Workspace, end: dt.date = END, **changed: Any) -> Workspace:
    """The inputs built by the usual settings, the portfolio by others."""
    build_until(workspace, "features/covariance", START, end)
    other = replace(workspace, settings=workspace.settings.model_copy(update=changed))
    for name in OWN:
        failed = build_range(TABLES[name], other, calendar_days(START, end)).failed
        assert not failed, failed
    return other


def test_decisions_start_from_what_was_filled(workspace: Workspace) -> None:
    """With a thousandth of the volume per fill the account is far from the first decision when the second is made."""
    slow = with_settings(workspace, participation=1e-4, turnover_max=0.1)
    account = {row["trade_date"]: row for row in slow.lake.read("portfolio/account", [SECOND]).iter_rows(named=True)}[
        SECOND
    ]
    held = {each["instrument_id"]: each["value"] / account["value"] for each in account["holdings"]}
    assert sum(held.values()) < 0.5  # most is cash still
    rows = slow.lake.read("portfolio/target_weights", [SECOND])
    assert dict(rows.select("instrument_id", "held").iter_rows()) == {
        name: pytest.approx(held.get(name, 0.0)) for name in rows["instrument_id"]
    }
    audit = slow.lake.read("portfolio/audit", [SECOND])
    assert (
        audit.filter(pl.col("constraint_name") == "turnover")["value"].item()
        <= 0.1 + (1 - sum(held.values())) / 2 + 1e-9
    )


def test_what_the_names_brought_adds_up(workspace: Workspace) -> None:
    build_until(workspace, "portfolio/account", START, END)
    rows = workspace.lake.read("portfolio/account", [THIRD])
    assert violations(AccountDay, rows) is None
    assert violations(AccountDay, rows.with_columns(pnl=pl.col("pnl") + 1.0)) is not None


INSTRUMENTS = pl.DataFrame(
    {
        "trade_date": [START] * 3,
        "instrument_id": ["INE001A01", "INE002A01", "SYM:THIRD"],
        "symbol": ["NEWNAME", "OLDNAME", "THIRD"],
        "isin": ["INE001A01036", "INE002A01018", None],
        "former_symbols": ["OLDNAME MIDNAME", None, None],
    },
)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("NEWNAME", ["INE001A01"]),
        ("MIDNAME", ["INE001A01"]),
        ("OLDNAME", ["INE001A01", "INE002A01"]),
        ("INE002A01018", ["INE002A01"]),
        ("SYM:THIRD", ["SYM:THIRD"]),
        ("third", ["SYM:THIRD"]),
        ("NOBODY", []),
        ("", []),
    ],
)
def test_a_name_means_every_instrument_that_bears_it_or_has_borne_it(name: str, found: list[str]) -> None:
    assert sorted(named(INSTRUMENTS, [name])["instrument_id"].unique()) == found


def test_who_changes_its_symbol_stays_excluded(workspace: Workspace) -> None:
    last = dt.date(2024, 2, 29)
    plain = with_settings(workspace, last, weight_floor=0.001)
    renamed = register_of(workspace.lake, last).filter(pl.col("former_symbols").is_not_null())
    held = plain.lake.read("portfolio/target_weights", [last])
    company = renamed.join(held, on="instrument_id", how="semi").row(
        0, named=True
    )  # the synthetic exchange renames a member
    assert company["former_symbols"].split()[-1] == company["previous_symbol"]
    other = with_settings(workspace, last, exclude=(company["former_symbols"].split()[0],), weight_floor=0.001)
    for date in (SECOND, THIRD, last):
        weights = other.lake.read("portfolio/target_weights", [date])
        assert weights.height > 40
        assert company["instrument_id"] not in weights["instrument_id"]


@pytest.mark.parametrize("setting", ["exclude", "universe"])
def test_a_name_that_nobody_bears_is_refused_with_the_nearest(workspace: Workspace, setting: str) -> None:
    build_until(workspace, "features/covariance", START, FIRST)
    real = _known(workspace)
    wrong = replace(workspace, settings=workspace.settings.model_copy(update={setting: (f"{real}X",)}))
    report = build_range(TABLES["portfolio/account"], wrong, calendar_days(START, FIRST))
    error = report.failed[FIRST]
    assert isinstance(error, ConfigurationError)
    assert f"{setting.upper()} names {real}X" in str(error)
    assert real in str(error).split("did you mean", 1)[1]
    later = replace(
        workspace, settings=workspace.settings.model_copy(update={"exclude": ("INE009A01021",)})
    )  # may list one day
    assert not build_range(TABLES["portfolio/account"], later, calendar_days(START, FIRST)).failed


def _known(workspace: Workspace) -> str:
    symbols = register_of(workspace.lake, FIRST)["symbol"].sort().to_list()
    return next(each for each in symbols if each.isalpha())

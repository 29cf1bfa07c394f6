"""Genuine events on which a factor without a second opinion was wrong: a demerger that raised the price, a unit split
in no feed."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from champion_assets.catalog import open_workspace
from champion_assets.lake.workspace import Workspace
from champion_assets.operations.corporate_action_report import audit
from champion_assets.settings import Settings
from champion_assets_tests.helpers import build_until

pytestmark = pytest.mark.real
START, END = dt.date(2024, 5, 8), dt.date(2024, 5, 28)


@pytest.fixture(scope="module")
def case(real: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """UEL, `Demerger` with ex-date 2024-05-22, next trade 27 May at 153.30 after 43.80; MIDCAPIETF, 186.92 to 19.47 on
    10 May."""
    source = real.parents[1] / "cases" / "uel_demerger_up_and_etf_split"
    workspace = open_workspace(
        Settings(data_dir=tmp_path_factory.mktemp("case"), source=str(source), start_date=START, retry_delay_scale=0)
    )
    build_until(workspace, "silver/suspects", START, END)
    return workspace


def test_a_demerger_never_raises_a_price(case: Workspace) -> None:
    (row,) = case.lake.read("silver/corporate_actions", case.sessions(START, END)).iter_rows(named=True)
    assert (row["symbol"], row["trade_date"], row["f_capital"], row["f_proposed"]) == (
        "UEL",
        dt.date(2024, 5, 27),
        1.0,
        153.3 / 43.8,
    )
    assert row["held"] == "a demerger cannot raise the price, and it opened at 153.3 after 43.8"
    suspects = case.lake.read("silver/suspects", case.sessions(START, END)).filter(pl.col("symbol") == "UEL")
    assert set(suspects["suspicion"]) == {"doubtful_action", "unexplained_gap"}
    held = audit(case, START, END).held
    assert held.select("symbol", "ex_date", "f_proposed").rows() == [("UEL", dt.date(2024, 5, 22), 153.3 / 43.8)]


def test_a_unit_split_that_no_feed_holds_is_a_suspect(case: Workspace) -> None:
    suspects = case.lake.read("silver/suspects", case.sessions(START, END)).filter(pl.col("symbol") == "MIDCAPIETF")
    assert suspects.select("trade_date", "suspicion", "nearest").rows() == [
        (dt.date(2024, 5, 10), "unexplained_gap", "split 10:1")
    ]

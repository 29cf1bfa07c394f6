"""The quarantine: rows with file, line, rule and reason; what is released flows on, what is dropped stays out."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from champion_assets.cli.main import main
from champion_assets.lake.quarantine import QuarantineError, decide, decisions, held, listed
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.names import legacy_bhavcopy
from champion_assets.nse.synthetic import files
from champion_assets.nse.synthetic.exchange import Exchange
from champion_assets_tests.helpers import build_until

START, END = dt.date(2023, 11, 1), dt.date(2023, 11, 10)
DAY, TABLE, TODAY = dt.date(2023, 11, 8), "silver/equity_eod", dt.date(2023, 11, 11)


@pytest.fixture
def bad(workspace: Workspace, exchange: Exchange, tmp_path: Path) -> tuple[Workspace, str]:
    """A file whose first EQ row has a dummy ISIN."""
    folder = tmp_path / "source"
    shutil.copytree(exchange.folder, folder, ignore=shutil.ignore_patterns(".republished"))
    rows = exchange.market.rows(exchange.market.sessions.index(DAY))
    symbol = rows.filter(pl.col("series") == "EQ")["symbol"][0]
    rows = rows.with_columns(isin=pl.when(pl.col("symbol") == symbol).then(pl.lit("INE")).otherwise("isin"))
    place = folder / legacy_bhavcopy(DAY).path
    place.write_bytes(files.zipped(place.name.removesuffix(".zip"), files.legacy(rows)))
    mine = replace(workspace, settings=workspace.settings.model_copy(update={"source": str(folder)}))
    build_until(mine, TABLE, START, END)
    return mine, symbol


def symbols(workspace: Workspace, date: dt.date = DAY) -> set[str]:
    return set(workspace.lake.read(TABLE, [date])["symbol"])


def test_a_row_is_listed_with_file_line_rule_and_reason(bad: tuple[Workspace, str]) -> None:
    workspace, symbol = bad
    assert symbol not in symbols(workspace)
    (line,) = listed(workspace.lake).filter(pl.col("table") == TABLE).iter_rows(named=True)
    assert (line["trade_date"], line["rows"], line["open"], line["rules"]) == (DAY, 1, 1, "S8")
    (row,) = held(workspace.lake, TABLE, DAY).iter_rows(named=True)
    assert row["who"] == symbol
    assert "INE is no valid ISIN" in row["reason"]
    assert len(row["file"]) == 64
    assert row["line"] > 0


def test_a_released_row_flows_on_by_its_symbol_and_keeps_its_identity(bad: tuple[Workspace, str]) -> None:
    workspace, symbol = bad
    decide(workspace, TABLE, DAY, "release", "a misprint of the exchange", None, TODAY)
    reports = build_until(workspace, TABLE, START, END)
    assert reports[TABLE].outcomes[DAY].status == "written"
    day = workspace.lake.read(TABLE, [DAY]).filter(pl.col("symbol") == symbol)
    before = workspace.lake.read(TABLE, [dt.date(2023, 11, 7)]).filter(pl.col("symbol") == symbol)
    assert day["instrument_id"].item() == before["instrument_id"].item()
    assert day["isin"].item() is None
    after = workspace.lake.read(TABLE, [dt.date(2023, 11, 9)]).filter(pl.col("symbol") == symbol)
    assert after["instrument_id"].item() == before["instrument_id"].item()
    assert after["prior_close"].item() == day["close"].item()
    assert listed(workspace.lake).filter(pl.col("table") == TABLE).is_empty()
    decide_back = decisions(workspace.lake)[-1]
    assert (decide_back.decision, decide_back.why) == ("release", "a misprint of the exchange")


def test_a_dropped_row_stays_out_and_is_no_longer_open(bad: tuple[Workspace, str]) -> None:
    workspace, symbol = bad
    decide(workspace, TABLE, DAY, "drop", "never traded", None, TODAY)
    build_until(workspace, TABLE, START, END)
    assert symbol not in symbols(workspace)
    assert listed(workspace.lake).filter(pl.col("table") == TABLE)["open"].to_list() == [0]


@pytest.mark.parametrize(
    ("table", "verdict", "why", "line", "words"),
    [
        (TABLE, "release", "  ", None, "give a reason"),
        (TABLE, "drop", "x", 99_999, "has no line 99999"),
        ("silver/corporate_actions", "release", "x", None, "CHAMPION_CORPORATE_ACTIONS"),
        ("raw/delivery", "release", "x", None, "get the right one"),
        ("silver/index_eod", "drop", "x", None, "has nothing of"),
    ],
)
def test_what_cannot_be_decided_says_what_to_do(
    bad: tuple[Workspace, str], table: str, verdict, why: str, line: int | None, words: str
) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(QuarantineError, match=words):
        decide(bad[0], table, DAY, verdict, why, line, TODAY)
    assert decisions(bad[0].lake) == []


def test_the_commands(bad: tuple[Workspace, str], environment: Callable[[str, str], None]) -> None:
    environment("CHAMPION_SOURCE", bad[0].settings.source)
    run = CliRunner().invoke
    assert "silver/equity_eod" in run(main, ["quarantine", "list"]).output
    assert "INE is no valid ISIN" in run(main, ["quarantine", "show", TABLE, str(DAY)]).output
    released = run(main, ["quarantine", "release", TABLE, str(DAY), "--why", "misprint"])
    assert released.exit_code == 0, released.output
    assert f"champion backfill {DAY} LAST" in released.output
    assert run(main, ["quarantine", "show", TABLE, "2023-11-09"]).exit_code == 1

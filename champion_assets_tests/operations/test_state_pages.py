"""The pages beside the doctor's: quarantine, suspects and file versions, in labels, with links to each other."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl

from champion_assets.lake.schema import empty_frame
from champion_assets.operations.doctor import Report
from champion_assets.operations.doctor_findings import Finding
from champion_assets.operations.state_pages import LINKS, quarantine_page, suspects_page, write_pages
from champion_assets.operations.version_pages import versions_page
from champion_assets.pages.render import render
from champion_assets.silver.suspects import SUSPICIONS, Suspects
from champion_assets_tests.operations.test_file_versions import Exchange, Workspace, twice
from champion_assets_tests.pages.parsed import parsed

__all__ = ["twice"]
DAY = dt.date(2019, 12, 19)


def test_the_quarantine_shows_line_rule_reason_and_what_was_decided() -> None:
    days = pl.DataFrame(
        {"trade_date": [DAY], "table": ["silver/equity_eod"], "rows": [2], "open": [1], "rules": ["S8"]}
    )
    rows = pl.DataFrame(
        {
            "trade_date": [DAY] * 2,
            "table": ["silver/equity_eod"] * 2,
            "file": ["ab" * 32] * 2,
            "line": [7, 1200],
            "who": ["OLD", "NEW"],
            "rule": ["S8"] * 2,
            "reason": ["INE is no valid ISIN", "<b>"],
            "decision": ["", "drop"],
        }
    )
    found = parsed(render(quarantine_page(days, rows)))
    assert found.column("quarantine-table", "Line") == ["7", "1,200"]
    assert found.column("quarantine-table", "Decision") == ["waiting", "drop"]
    assert found.column("quarantine-table", "Reason")[1] == "<b>"
    assert found.column("quarantine-table", "File") == ["ab" * 6] * 2
    assert "champion quarantine release" in found.text


def test_a_suspect_has_words_for_its_kind() -> None:
    one = {
        "trade_date": DAY,
        "instrument_id": "I",
        "symbol": "GOLDBEES",
        "series": "EQ",
        "witness": 0.01,
        "factor": 1.0,
        "verdict": None,
        "nearest": "split 100:1",
        "nearest_factor": 0.01,
        "candidates": "",
        "days_since_traded": 1,
        "reading": "a unit split",
        "subject": "",
    }
    rows = pl.DataFrame([one | {"suspicion": kind} for kind in SUSPICIONS], schema=empty_frame(Suspects).schema)
    found = parsed(render(suspects_page(rows)))
    assert len(set(found.column("suspects-table", "What"))) == len(SUSPICIONS)
    assert not set(found.column("suspects-table", "What")) & set(SUSPICIONS)
    assert "Nothing is suspect" in parsed(render(suspects_page(rows.clear()))).text


def test_a_republished_file_stands_beside_the_one_that_it_replaced(
    twice: Workspace, exchange: Exchange, tmp_path: Path
) -> None:
    report = Report([Finding("lake", "ok", "all is well")], pl.DataFrame())
    files = write_pages(tmp_path / "state", twice, report)
    assert [file.name for file in files] == [name for name, _ in LINKS]
    for file in files:
        assert [name for name, _ in LINKS] == [
            each for each in parsed(file.read_text("utf-8")).addresses if each.endswith(".html")
        ]
    found = parsed(files[-1].read_text("utf-8"))
    assert found.column("versions-table", "In force") == ["replaced", "yes"]
    assert set(found.column("versions-table", "Day")) == {str(exchange.republished)}
    assert found.tables["changes-table"][1:]
    assert "The quarantine is empty" in parsed(files[1].read_text("utf-8")).text


def test_a_lake_without_a_second_version_says_so() -> None:
    files = pl.DataFrame(schema={"trade_date": pl.Date, "is_current": pl.Boolean})
    assert "No file of the lake was published again" in parsed(render(versions_page(files, pl.DataFrame()))).text

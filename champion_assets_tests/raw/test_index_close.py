"""`raw/index_close`: kept as received, refused when it is of another day."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

from champion_assets.lake.build import build_range
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.names import index_close_file
from champion_assets.nse.synthetic.exchange import Exchange
from champion_assets.raw.index_close import NAME, TABLE

DAY = dt.date(2023, 11, 8)


def test_the_file_of_the_day_is_kept(workspace: Workspace, exchange: Exchange) -> None:
    outcome = build_range(TABLE, workspace, [DAY]).outcomes[DAY]
    lines = (exchange.folder / index_close_file(DAY).path).read_text().splitlines()
    assert (outcome.rows, outcome.facts["format"]) == (len(lines) - 1, "ind_close_all")


def test_a_file_of_another_day_is_refused(workspace: Workspace, exchange: Exchange, tmp_path: Path) -> None:
    other = exchange.folder / index_close_file(dt.date(2023, 11, 7)).path
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / index_close_file(DAY).name).write_bytes(other.read_bytes())
    wrong = replace(workspace, settings=workspace.settings.model_copy(update={"source": str(tmp_path / "s")}))
    report = build_range(TABLE, wrong, [DAY])
    assert "2023-11-07" in report.outcomes[DAY].facts["absent"]
    assert wrong.lake.read(NAME, [DAY]).is_empty()

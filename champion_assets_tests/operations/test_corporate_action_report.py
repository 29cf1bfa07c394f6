"""The audit counts what the tables say, and the command prints it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from click.testing import CliRunner

from champion_assets.cli.main import main
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.synthetic.exchange import Exchange
from champion_assets.operations.corporate_action_report import audit
from champion_assets_tests.helpers import build_until

START, END = dt.date(2023, 11, 1), dt.date(2024, 4, 30)


def test_the_story_is_counted(
    workspace: Workspace, exchange: Exchange, environment: Callable[[str, str], None]
) -> None:
    build_until(workspace, "features/returns", START, END)
    found = audit(workspace, START, END)
    assert found.covered == found.sessions == len(exchange.market.sessions)
    assert dict(found.kinds.iter_rows())["bonus"] == 2
    assert found.hit_rate == 1.0
    assert found.rejects.is_empty()
    shown = CliRunner().invoke(main, ["audit", str(START), str(END)])
    assert shown.exit_code == 0, shown.output
    assert "whose factor the open followed: 100.0%" in shown.output


def test_an_empty_lake_says_what_to_run(workspace: Workspace) -> None:
    with pytest.raises(LookupError, match="champion backfill"):
        audit(workspace, START, END)

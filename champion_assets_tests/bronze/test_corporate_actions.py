"""`bronze/corporate_actions`: rows of exports on their ex-date, rows of bundles on the day they were published."""

from __future__ import annotations

import datetime as dt

import polars as pl

from champion_assets.lake.workspace import Workspace
from champion_assets_tests.helpers import build_until

START, END = dt.date(2023, 11, 1), dt.date(2023, 12, 29)


def test_who_said_what_when(workspace: Workspace) -> None:
    build_until(workspace, "bronze/corporate_actions", START, END)
    rows = workspace.lake.read("bronze/corporate_actions", workspace.sessions(START, END))
    split = rows.filter(pl.col("subject").str.to_lowercase().str.contains("face value split"))
    export, bundle = (split.filter(pl.col("source_kind") == kind) for kind in ("export", "bundle"))
    assert export.height == 1
    assert export["trade_date"][0] == export["ex_date"][0]
    assert (export["known_basis"][0], export["face_value"][0]) == ("assumed", 10.0)
    assert bundle.height > 10  # two series, day after day
    assert bundle["known_on"].min() < export["ex_date"][0]  # type: ignore[operator]
    assert set(bundle["known_basis"]) == {"published"}
    assert (rows["known_on"] <= rows["trade_date"]).all()

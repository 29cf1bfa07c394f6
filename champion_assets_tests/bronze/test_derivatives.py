"""`bronze/derivatives`: every line of the file is a row or refused; what an option or a future must have."""

from __future__ import annotations

import datetime as dt

import polars as pl

from champion_assets.bronze.derivatives import CONTRACT_KINDS, NAME, Derivatives
from champion_assets.lake.schema import violations
from champion_assets.lake.workspace import Workspace
from champion_assets_tests.helpers import build_until

START, END = dt.date(2023, 11, 1), dt.date(2023, 12, 6)


def test_rows_and_refused_rows_are_those_of_the_file(workspace: Workspace) -> None:
    build_until(workspace, NAME, START, END)
    days = workspace.sessions(START, END)
    rows = workspace.lake.read(NAME, days)
    refused = workspace.lake.read(f"quarantine/{NAME}", workspace.lake.dates(f"quarantine/{NAME}"))
    assert refused["reason"].str.contains("kind fails .* FUTXYZ").all()
    files = workspace.lake.read("raw/derivatives", days).filter("is_current")
    accounted = (
        pl.concat([rows.select("trade_date", "source_row"), refused.select("trade_date", "source_row")])
        .group_by("trade_date")
        .len()
    )
    assert dict(accounted.iter_rows()) == dict(files.select("trade_date", "rows").iter_rows())
    assert set(rows["kind"]) == set(CONTRACT_KINDS)


def test_an_option_without_a_right_and_a_future_with_a_strike_are_no_rows(workspace: Workspace) -> None:
    build_until(workspace, NAME, START, START)
    rows = workspace.lake.read(NAME, [START])
    is_option = pl.col("kind").str.ends_with("option")
    assert violations(Derivatives, rows) is None
    assert violations(Derivatives, rows.with_columns(option_type=pl.lit(None, pl.String))) is not None
    assert (
        violations(Derivatives, rows.with_columns(strike=pl.when(~is_option).then(1.0).otherwise("strike"))) is not None
    )

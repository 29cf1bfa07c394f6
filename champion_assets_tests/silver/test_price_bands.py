"""`silver/price_bands`: by the list where there is one, none for stocks with derivatives where there is not."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from champion_assets.bronze.price_bands import TABLE as LIST
from champion_assets.lake.schema import empty_frame, violations
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.synthetic.security_lists import NO_LIST
from champion_assets.silver.price_bands import NAME, PriceBands, transform
from champion_assets_tests.helpers import build_until

DAY = dt.date(2025, 1, 16)
REGISTER = pl.DataFrame(
    [(name, name, series, "share", DAY, DAY) for name, series in (("A", "EQ"), ("B", "BE"), ("F", "EQ"))],
    schema=["instrument_id", "symbol", "series", "instrument_class", "last_seen", "trade_date"], orient="row",
)  # fmt: skip


def made(*lines: tuple[str, str, str], contracts: tuple[str, ...] = ()) -> list[tuple[str, float | None, str]]:
    listed = pl.DataFrame(
        [
            {"trade_date": DAY, "symbol": symbol, "series": series, "band": band, "source_row": 1}
            for symbol, series, band in lines
        ],
        schema=empty_frame(LIST.model).schema,
    )
    known = pl.DataFrame({"trade_date": [DAY] * len(contracts), "instrument_id": contracts, "symbol": contracts},
                         schema=dict(zip(("trade_date", "instrument_id", "symbol"), (pl.Date, pl.String, pl.String),
                                         strict=True)))  # fmt: skip
    frame, _, _ = transform(listed, REGISTER, known)
    assert violations(PriceBands, frame) is None
    return list(frame.select("instrument_id", "band", "basis").iter_rows())


def test_the_list_counts_in_the_series_of_the_day() -> None:
    lines = [("A", "EQ", "20"), ("A", "BE", "5"), ("B", "BE", "5"), ("F", "EQ", "none")]
    assert made(*lines) == [("A", 0.2, "list"), ("B", 0.05, "list"), ("F", None, "list")]


def test_a_contract_says_that_there_is_no_band_where_no_list_says_more() -> None:
    assert made(contracts=("F", "F")) == [("F", None, "derivatives")]
    assert made(("F", "EQ", "20"), ("A", "EQ", "2"), contracts=("F",)) == [("A", 0.02, "list"), ("F", 0.2, "list")]


@pytest.mark.parametrize("column", ["band", "basis"])
def test_a_band_that_no_list_says_is_refused(column: str) -> None:
    row = {"trade_date": DAY, "instrument_id": "A", "symbol": "A", "band": 0.2, "basis": "derivatives", "remarks": None}
    frame = pl.DataFrame([row], schema=empty_frame(PriceBands).schema)
    assert violations(PriceBands, frame) is not None
    good = {"band": None, "basis": "list"}[column]
    assert violations(PriceBands, frame.with_columns(pl.lit(good, frame.schema[column]).alias(column))) is None


def test_the_fictional_bands(workspace: Workspace) -> None:
    start, end = dt.date(2023, 11, 1), dt.date(2023, 12, 29)
    build_until(workspace, NAME, start, end)
    sessions = workspace.sessions(start, end)
    rows = workspace.lake.read(NAME, sessions)
    of = rows.group_by("trade_date").agg(pl.col("basis").unique()).sort("trade_date")
    alone = [date for date, basis in of.iter_rows() if basis == ["derivatives"]]
    assert alone == [sessions[NO_LIST]]
    listed = rows.filter(pl.col("basis") == "list")
    contracts = workspace.lake.read("silver/derivatives", sessions).drop_nulls("instrument_id")
    both = listed.join(contracts, on=["trade_date", "instrument_id"], how="semi")
    assert both.height
    assert both["band"].is_null().all()

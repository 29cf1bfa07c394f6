"""REITs and InvITs on genuine files, and whose action a row of the feed is where a partly paid share has the symbol of
the share."""

from __future__ import annotations

import datetime as dt
import shutil
import tarfile
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from champion_assets.catalog import TABLES, open_workspace
from champion_assets.lake.build import build_range
from champion_assets.settings import Settings
from champion_assets.silver.corporate_actions_market import Market
from champion_assets_tests.helpers import ORDER

EVENING, EX_DATE = dt.date(2017, 8, 2), dt.date(2017, 8, 3)


@pytest.mark.real
def test_the_distributions_of_trusts_act(real: Path, tmp_path: Path) -> None:
    """INDIGRID 0.92 of 97.80; IRBINVIT interest 1.05 and return of capital 0.50 of 99.69, on 2017-08-03."""
    source = tmp_path / "source"
    source.mkdir()
    shutil.copy(next((real / "corporate_actions").glob("CF-CA*")), source)
    with tarfile.open(real / "runs/cm_2017.tar.xz") as run:
        for name in ("2017/cm02AUG2017bhav.csv", "2017/cm03AUG2017bhav.csv"):
            member = run.extractfile(name)
            assert member is not None
            (source / Path(name).name).write_bytes(member.read())
    workspace = open_workspace(
        Settings(data_dir=tmp_path / "data", source=str(source), start_date=EVENING, retry_delay_scale=0)
    )
    for table in ORDER[: ORDER.index("silver/corporate_actions") + 1]:
        assert not build_range(TABLES[table], workspace, [EVENING, EX_DATE]).failed
    units = workspace.lake.read("silver/equity_eod", [EX_DATE]).filter(pl.col("instrument_class") == "trust")
    assert dict(units.select("symbol", "series").rows()) == {"INDIGRID": "IV", "IRBINVIT": "IV"}
    legs = workspace.lake.read("silver/corporate_actions", [EX_DATE]).filter(
        pl.col("symbol").is_in(["INDIGRID", "IRBINVIT"])
    )
    assert dict(legs.select("symbol", pl.col("cash").round(2)).rows()) == {"INDIGRID": 0.92, "IRBINVIT": 1.55}
    prior = dict(units.select("symbol", "prior_close").rows())
    for symbol, cash, factor in legs.select("symbol", "cash", "f_total_return").iter_rows():
        assert factor == pytest.approx(1 - cash / prior[symbol])


def _market() -> Market:
    known = pl.DataFrame(
        [("INE081A01", "TATASTEEL", "EQ", "INE081A01012"), ("IN9081A01010", "TATASTEEL", "E1", "IN9081A01010"),
         ("IN9397D01014", "AIRTELPP", "E1", "IN9397D01014")],
        schema=["instrument_id", "symbol", "series", "isin"], orient="row",
    ).with_columns(last_seen=pl.lit(EVENING), last_close=100.0)  # fmt: skip
    prices = pl.DataFrame(
        schema=dict.fromkeys(("open", "close", "prior_close", "prev_close"), pl.Float64) | {"instrument_id": pl.String}
    )
    return Market(EX_DATE, EVENING, known, known.reverse(), prices, lambda _name, _date: (None, None))


@pytest.mark.parametrize(("symbol", "series", "expected"), [
    ("TATASTEEL", "EQ", "INE081A01"), ("TATASTEEL", None, "INE081A01"), ("TATASTEEL", "BE", "INE081A01"),
    ("TATASTEEL", "E1", "IN9081A01010"),
    ("AIRTELPP", "E1", "IN9397D01014"), ("AIRTELPP", None, "IN9397D01014"), ("AIRTEL", "E1", None),
])  # fmt: skip
def test_a_row_of_the_feed_is_the_shares_unless_it_is_of_the_partly_paid_series(
    symbol: str, series: str | None, expected: str | None
) -> None:
    row: dict[str, Any] = {"symbol": symbol, "symbol_on_date": symbol, "series": series, "isin": None}
    assert _market().resolve(row) == expected
    assert _market().symbols["TATASTEEL"] == "INE081A01"

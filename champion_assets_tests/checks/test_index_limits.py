"""The limits of X10 and X11 on the one genuine day of which both the index file and every share are held."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import polars as pl
import pytest

from champion_assets.checks import thresholds as limits
from champion_assets.nse.indices import read_index_close


@pytest.mark.real
def test_a_genuine_day_lies_well_inside_the_limits(real: Path) -> None:
    text = gzip.decompress((real / "sec_bhavdata_full/sec_bhavdata_full_09012023.csv.gz").read_bytes())
    rows = pl.read_csv(io.BytesIO(text), infer_schema_length=0)
    rows = rows.rename({name: name.strip() for name in rows.columns}).with_columns(pl.col(pl.String).str.strip_chars())
    shares = rows.with_columns(pl.col("CLOSE_PRICE", "PREV_CLOSE", "TURNOVER_LACS").cast(pl.Float64, strict=False))
    most = shares.filter(pl.col("SERIES") == "EQ").sort("TURNOVER_LACS", descending=True).head(100)
    index = read_index_close(
        (real / "index_close/ind_close_all_09012023.csv").read_bytes(), "ind_close_all_09012023.csv"
    )
    fifty, five_hundred = (
        index.filter(pl.col("published_name") == name).row(0, named=True) for name in ("Nifty 50", "Nifty 500")
    )
    median = most.select((pl.col("CLOSE_PRICE") / pl.col("PREV_CLOSE") - 1).median()).item()
    moved = fifty["close"] / (fifty["close"] - fifty["points_change"]) - 1
    assert abs(median - moved) < limits.INDEX_AWAY / 5
    everything = float(shares.filter(pl.col("SERIES").is_in(["EQ", "BE", "BZ"]))["TURNOVER_LACS"].sum()) * 1e5
    assert five_hundred["turnover"] / everything == pytest.approx(0.874, abs=0.002)
    assert limits.INDEX_SHARE_LOW < five_hundred["turnover"] / everything < limits.INDEX_SHARE_HIGH

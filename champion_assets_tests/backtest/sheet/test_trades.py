"""Orders as a table and as a file inside the page, however many they are."""

from __future__ import annotations

import base64
import datetime as dt
import gzip
import io

import numpy as np
import polars as pl
import pytest

from champion_assets.backtest.sheet import trades
from champion_assets.backtest.sheet.trades import trades_file, trades_table
from champion_assets.backtest.sheet.words import REASON_WORDS
from champion_assets.simulation.fills import REASONS


def orders(number: int) -> pl.DataFrame:
    random = np.random.default_rng(5)
    wanted = random.integers(-500, 500, number).astype(float)
    return pl.DataFrame(
        {
            "trade_date": [dt.date(2020, 1, 1) + dt.timedelta(days=each // 20) for each in range(number)],
            "instrument_id": [f"INE{each:06d}" for each in range(number)],
            "symbol": [f"S{each % 97}" for each in range(number)],
            "wanted": wanted,
            "filled": wanted,
            "reason": [None] * number,
            "reference": random.uniform(10, 900, number),
            "price": random.uniform(10, 900, number),
            "value": random.uniform(1e4, 1e6, number),
            "charges": random.uniform(1, 900, number),
            "shortfall": random.normal(0, 100, number),
        },
        schema_overrides={"reason": pl.String},
    )


def unpacked(address: str) -> pl.DataFrame:
    kind, content = address.split(",")
    raw = base64.b64decode(content)
    return pl.read_csv(io.BytesIO(gzip.decompress(raw) if "gzip" in kind else raw), try_parse_dates=True)


@pytest.mark.parametrize(
    ("number", "file", "label"),
    [(50, "trades.csv", "All 50 orders as CSV"), (3000, "trades.csv.gz", "All 3,000 orders as CSV, packed")],
)
def test_the_file_has_every_order(number: int, file: str, label: str) -> None:
    rows = orders(number)
    found = trades_file(rows)
    assert (found.file, found.label) == (file, label)
    assert unpacked(found.address)["price"].to_list() == rows.sort("trade_date", "symbol")["price"].to_list()
    assert trades_file(rows) == found


def test_of_very_many_orders_the_later_ones_are_in_the_file_and_the_label_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(trades, "MOST_BYTES", 100_000)
    rows = orders(4000)
    found = trades_file(rows)
    kept = unpacked(found.address)
    assert found.label == f"The last {kept.height:,} of 4,000 orders as CSV, packed"
    assert kept["trade_date"].to_list() == sorted(rows["trade_date"])[-kept.height :]


def test_the_table_has_the_latest_and_says_why_an_order_was_not_filled() -> None:
    rows = orders(1000).with_columns(
        reason=pl.lit("at_band"), filled=pl.lit(0.0), price=pl.lit(None, pl.Float64), value=pl.lit(0.0), shortfall=None
    )
    table = trades_table(rows)
    assert table.caption == "The last 400 of 1,000 orders"
    assert {row[-1].text for row in table.rows} == {"at its price band"}
    assert {row[5].text for row in table.rows} == {"–"}
    assert table.rows[0][0].text == str(rows["trade_date"].max())
    assert set(REASON_WORDS) == {reason for reason in REASONS if reason}

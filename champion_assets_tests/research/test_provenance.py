"""Each number leads back to the file and the line that it was read from."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path
from urllib.parse import unquote, urlparse

import polars as pl
import pytest

from champion_assets import research
from champion_assets.common.errors import RequestError
from champion_assets.nse.container import csv_text

pytestmark = pytest.mark.usefixtures("lake")
DAY = "2024-01-15"


def _body(row: dict[str, str]) -> bytes:
    path = Path(unquote(urlparse(row["uri"].split("!/")[0]).path))
    body = path.read_bytes()
    assert zipfile.is_zipfile(path) or path.suffix != ".zip"
    return body


def test_the_line_of_a_price_is_the_line_of_the_file() -> None:
    close = dict(research.table("silver/equity_eod", DAY, DAY).select("symbol", "close").iter_rows())
    rows = research.provenance("silver/equity_eod", DAY)
    assert rows.height == len(close)
    assert rows["is_current"].all()
    (sha256,) = set(rows["sha256"])
    body = _body(rows.row(0, named=True))
    assert hashlib.sha256(body).hexdigest() == sha256
    lines = csv_text(body, rows["file"][0]).decode().splitlines()
    for row in rows.sample(20, seed=1).iter_rows(named=True):
        fields = [field.strip() for field in lines[row["line"]].split(",")]
        assert row["symbol"] in fields
        assert close[row["symbol"]] in [float(field) for field in fields if field.replace(".", "", 1).isdigit()]


def test_one_symbol_an_action_and_an_index() -> None:
    symbol = research.table("silver/equity_eod", DAY, DAY)["symbol"][3]
    assert research.provenance("silver/equity_eod", DAY, symbols=symbol.lower())["symbol"].to_list() == [symbol]
    index = research.provenance("silver/index_eod", DAY)
    assert index["file"].str.starts_with("ind_close_all").all()
    assert index["line"].null_count() == 0
    actions = research.table("silver/corporate_actions", "2023-11-01", "2024-04-30")
    day = actions.filter(pl.col("source_sha256") != "")["trade_date"][0]
    told = research.provenance("silver/corporate_actions", day)
    assert told["file"].null_count() == 0
    assert told.columns[-7:] == ["line", "sha256", "file", "uri", "format", "fetched_at", "is_current"]


@pytest.mark.parametrize(
    ("table", "error", "words"),
    [
        ("features/returns", RequestError, "is computed from silver/equity_eod"),
        ("raw/bhavcopy", RequestError, "holds files, not rows"),
        ("silver/equity_eo", research.UnknownTable, "did you mean silver/equity_eod"),
    ],
)
def test_what_has_no_lines_says_what_has(table: str, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        research.provenance(table, DAY)


def test_an_unknown_symbol_and_a_table_without_symbols() -> None:
    with pytest.raises(research.UnknownSymbol):
        research.provenance("silver/equity_eod", DAY, symbols="NOSUCH")
    with pytest.raises(RequestError, match="no column symbol"):
        research.provenance("silver/index_eod", DAY, symbols="INFY")

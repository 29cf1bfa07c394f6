"""Every check of a model runs, whatever the environment tells the libraries."""

from __future__ import annotations

import os
import subprocess
import sys

import pandera.polars as pa
import polars as pl
import pytest

from champion_assets.lake.schema import TableModel, violations


class Prices(TableModel):
    """A model with a check of the type, of the values and of the whole table."""

    symbol: str
    close: pl.Float64 = pa.Field(gt=0)

    class Config(TableModel.Config):
        """One row per symbol."""

        unique = ["symbol"]


GOOD = pl.DataFrame({"symbol": ["A", "B"], "close": [1.0, 2.0]})
BAD = {
    "a value": GOOD.with_columns(close=pl.lit(-1.0)),
    "a type": GOOD.with_columns(close=pl.lit(1)),
    "a double": GOOD.with_columns(symbol=pl.lit("A")),
    "a null": GOOD.with_columns(symbol=pl.lit(None, pl.String)),
    "an order": GOOD.select("close", "symbol"),
    "a column": GOOD.with_columns(more=pl.lit(1)),
}
PROGRAM = """
from champion_assets_tests.lake.test_schema import BAD, GOOD, Prices
from champion_assets.lake.schema import row_violations, violations
assert violations(Prices, GOOD) is None, violations(Prices, GOOD)
print([name for name, frame in BAD.items() if violations(Prices, frame) is None])
print(row_violations(Prices, BAD["a value"]).height)
"""


@pytest.mark.parametrize("name", BAD)
def test_what_breaks_the_model_is_said(name: str) -> None:
    assert violations(Prices, GOOD) is None
    assert violations(Prices, BAD[name]) is not None


@pytest.mark.parametrize("variables", [
    {"PANDERA_VALIDATION_ENABLED": "False", "PANDERA_USE_NARWHALS_BACKEND": "True"},
    {"PANDERA_VALIDATION_DEPTH": "SCHEMA_ONLY", "PANDERA_CACHE_DATAFRAME": "True"},
    {"PANDERA_VALIDATION_DEPTH": "DATA_ONLY", "PANDERA_VALIDATION_ENABLED": "0"},
])  # fmt: skip
def test_no_variable_of_pandera_disarms_a_check(variables: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["[]", "2"]

"""Features that tilt the expected returns: TILTS names columns of features and what one unit of each is worth a year.

What belongs here: reading what TILTS names. What does not: what the decision makes of it (`constraints.py`). So a new
feature can tilt the portfolio without a line here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import polars as pl

from champion_assets.common.errors import ConfigurationError
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.place import Input
from champion_assets.quant.metrics import SESSIONS_A_YEAR
from champion_assets.settings.strategy import Strategy, Tilts


def tilt_inputs(tilts: Tilts) -> tuple[Input, ...]:
    """The features that tilts use, as inputs.

    Args:
        tilts: annual return per unit of a column, by `stage/name:column`.
    """
    return tuple(Input(table) for table in sorted({column.split(":")[0] for column in tilts}))


def tilts_on(inputs: Inputs, dates: Sequence[dt.date], strategy: Strategy) -> pl.DataFrame:
    """What the strategy's tilts add to expected returns.

    Args:
        inputs: contains the features.
        dates: days of the block.
        strategy: has the tilts.

    Returns:
        trade_date, instrument_id, tilt (return of one session); only rows that have a tilt.

    Raises:
        ConfigurationError: a feature has no such column, or several rows per instrument.
    """
    parts = [pl.DataFrame(schema={"trade_date": pl.Date, "instrument_id": pl.String, "tilt": pl.Float64})]
    for named, worth in sorted(strategy.tilts.items()):
        table, column = named.split(":")
        rows = inputs.read(table, days=dates)
        if column not in rows.columns or not rows.schema[column].is_numeric():
            raise ConfigurationError(
                f"TILTS: {table} has no column {column} of numbers; it has {', '.join(rows.columns)}"
            )
        if rows.select(pl.struct("trade_date", "instrument_id").is_duplicated().any()).item():
            raise ConfigurationError(
                f"TILTS: {table} has several rows for one name and day; a tilt needs a feature with one"
            )
        tilt = (pl.col(column).fill_null(0.0) * worth / SESSIONS_A_YEAR).cast(pl.Float64)
        parts.append(rows.select("trade_date", "instrument_id", tilt.alias("tilt")))
    return pl.concat(parts).group_by("trade_date", "instrument_id", maintain_order=True).agg(pl.col("tilt").sum())

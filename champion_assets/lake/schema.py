"""Pandera on eager frames, and what its verdict says to a person.

What belongs here: running a model and wording the failure. What does not: the models (each stands in its table's
module). On a LazyFrame Pandera would check the column types only, so only eager frames are accepted. Pandera reads its
switches from the environment (PANDERA_VALIDATION_ENABLED, PANDERA_VALIDATION_DEPTH, PANDERA_USE_NARWHALS_BACKEND); here
every check runs whatever they say.
"""

from __future__ import annotations

from typing import cast

import pandera.polars as pa
import polars as pl
from pandera.config import ValidationDepth, config_context, set_config
from pandera.errors import SchemaErrors

from champion_assets.lake.schema_pass import plainly_satisfies

SAMPLE = 5
set_config(use_narwhals_backend=False)  # the models are written for the backend that reads Polars itself


class TableModel(pa.DataFrameModel):
    """Base of all tables' models: columns in the declared order, no others, of exactly the declared types."""

    class Config:
        """Strict and without coercion: a wrong type is an error of ours, not a thing to be mended silently."""

        strict = True
        ordered = True
        coerce = False


def violations(model: type[pa.DataFrameModel], frame: pl.DataFrame) -> str | None:
    """Validate a frame.

    Args:
        model: schema.
        frame: rows to check.

    Returns:
        None if the frame is valid, else which rules fail on how many rows, with a sample of the values.
    """
    if not isinstance(frame, pl.DataFrame):
        raise TypeError(
            "only an eager frame can be validated: on a LazyFrame Pandera checks nothing but the column types"
        )
    failures = _failures(model, frame)
    return None if failures is None else _words(failures)


def row_violations(model: type[pa.DataFrameModel], frame: pl.DataFrame) -> pl.DataFrame:
    """Rows that break a rule of a schema.

    Args:
        model: schema.
        frame: rows to check.

    Returns:
        One row per invalid row with `index` (from 0) and `reason`.
    """
    failures = _failures(model, frame)
    if failures is None:
        return pl.DataFrame(schema={"index": pl.Int64, "reason": pl.String})
    said = pl.format(
        "{} fails {}: {}", pl.col("column").fill_null("row"), "check", pl.col("failure_case").fill_null("null")
    )
    return (
        failures.filter(pl.col("index").is_not_null()).select(pl.col("index").cast(pl.Int64), said.alias("reason"))
        .group_by("index").agg(pl.col("reason").sort().str.join("; ")).sort("index")
    )  # fmt: skip


def split_rows(model: type[pa.DataFrameModel], frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame | None]:
    """Separate valid from invalid rows. Errors of the frame as a whole, such as a column's type, are left to the build.

    Args:
        model: schema.
        frame: rows to check.

    Returns:
        The valid rows, and the invalid ones with `rule` and `reason` (None if there are none).
    """
    faults = row_violations(model, frame)
    if faults.is_empty():
        return frame, None
    numbered = frame.with_row_index("index").with_columns(pl.col("index").cast(pl.Int64))
    rejects = numbered.join(faults, on="index", how="inner", maintain_order="left").with_columns(rule=pl.lit("schema"))
    good = numbered.join(faults, on="index", how="anti", maintain_order="left")
    return good.select(frame.columns), rejects.select(*frame.columns, "rule", "reason")


def _failures(model: type[pa.DataFrameModel], frame: pl.DataFrame) -> pl.DataFrame | None:
    """Pandera's table of what fails, or None; whatever Pandera's switches say."""
    if plainly_satisfies(model, frame):
        return None
    try:
        with config_context(validation_enabled=True, validation_depth=ValidationDepth.SCHEMA_AND_DATA):
            model.validate(frame, lazy=True)
    except SchemaErrors as errors:
        return cast("pl.DataFrame", errors.failure_cases)
    return None


def _words(cases: pl.DataFrame) -> str:
    parts = []
    for (column, check), group in cases.group_by(["column", "check"], maintain_order=True):
        sample = ", ".join(str(value) for value in group["failure_case"].head(SAMPLE))
        rows = [str(index) for index in group["index"].head(SAMPLE) if index is not None]
        where = f" (rows {', '.join(rows)})" if rows else ""
        parts.append(f"{column or 'table'} fails {check} in {group.height} case(s): {sample}{where}")
    return "; ".join(parts)


def empty_frame(model: type[pa.DataFrameModel]) -> pl.DataFrame:
    """A frame without rows in the columns and types of a schema.

    Args:
        model: schema.
    """
    return pl.DataFrame(schema={name: column.dtype.type for name, column in model.to_schema().columns.items()})

"""`bronze/corporate_actions`: what the feeds say of a session, row by row.

Of exports the rows that take effect, of bundles all.

Symbols and face values of exports are those of the day of the export; what they were on the ex-date stands beside them.
When an event became known: the evening of its bundle, or the broadcast date of the API; an export does not say, so the
session before the ex-date is assumed (exchanges announce record dates at least days ahead), and `known_basis` says so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pandera.polars as pa
import polars as pl

from champion_assets.lake.constants import values_of
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.place import Input
from champion_assets.lake.schema import TableModel, empty_frame
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.nse.actions import overlap, vocabulary
from champion_assets.nse.actions.exports import Export, effective_rows
from champion_assets.nse.actions.overlap import contradictions
from champion_assets.raw.corporate_actions import NAME as RAW
from champion_assets.raw.corporate_actions import day_files
from champion_assets.raw.files import current_versions

NAME = "bronze/corporate_actions"


class CorporateActions(TableModel):
    """A row of a corporate-action feed."""

    trade_date: pl.Date = pa.Field(
        description="Session on which the row takes effect (export) or was published (bundle)"
    )
    symbol: str = pa.Field(description="Symbol as the feed writes it")
    symbol_on_date: str = pa.Field(
        description="Symbol of the company on the ex-date, by the register of symbol changes"
    )
    series: str = pa.Field(nullable=True, description="Series as the feed writes it")
    company: str = pa.Field(nullable=True, description="Name")
    isin: str = pa.Field(
        nullable=True, description="ISIN as in the API, or the symbol's current ISIN; it can be outdated"
    )
    subject: str = pa.Field(description="The text, as published")
    face_value: float = pa.Field(nullable=True, ge=0, description="Face value on the ex-date, rupees; null in bundles")
    ex_date: pl.Date = pa.Field(nullable=True, description="Ex-date as published")
    record_date: pl.Date = pa.Field(nullable=True, description="Record date as published")
    known_on: pl.Date = pa.Field(description="Day by whose end the row was known")
    known_basis: str = pa.Field(isin=["published", "broadcast", "assumed"], description="How `known_on` was found")
    source_kind: str = pa.Field(isin=["export", "bundle"], description="Kind of file")
    source_row: pl.Int32 = pa.Field(gt=0, description="Row number in the file")
    source_sha256: str = pa.Field(description="SHA-256 of the file, see raw/corporate_actions")
    refused_rows: pl.Int32 = pa.Field(
        nullable=True, ge=0, description="Rows of the bundle that could not be read; null for an export"
    )
    contradiction: str = pa.Field(
        nullable=True, description="Contradiction by an export that covers the day; null if none"
    )


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """Rows of `dates`.

    Args:
        inputs: declared inputs of the block.
        dates: sessions to compute, in order.

    Returns:
        The rows of all `dates`, with metadata by day.
    """
    frames = [empty_frame(CorporateActions)]
    compared: dict[tuple[str, ...], dict[str, dict[int, str]]] = {}
    for date, files in day_files(inputs.originals(RAW), current_versions(inputs.read(RAW), dates)).items():
        before = inputs.calendar.previous_session(date) or date
        exports = [content for _, _, content in files if isinstance(content, Export)]
        together = tuple(export.sha256 for export in exports)
        if together not in compared:
            compared[together] = contradictions(exports)
        for kind, sha256, content in files:
            if isinstance(content, Export):
                said = compared[together][sha256]
                rows = effective_rows(content, inputs.calendar, date).with_columns(
                    face_value=pl.col("face_value_on_date"),
                    refused_rows=pl.lit(None, pl.Int32),
                    contradiction=pl.col("source_row").replace_strict(said, default=None, return_dtype=pl.String),
                )
                broadcast = pl.col("announced_on").is_not_null() & (pl.col("announced_on") < date)
                known, basis = (
                    pl.when(broadcast).then(pl.col("announced_on")).otherwise(pl.lit(before)),
                    pl.when(broadcast).then(pl.lit("broadcast")).otherwise(pl.lit("assumed")),
                )
            else:
                rows = content.with_columns(symbol_on_date=pl.col("symbol"), contradiction=pl.lit(None, pl.String))
                known, basis = pl.lit(date), pl.lit("published")
            frames.append(
                rows.with_columns(
                    trade_date=pl.lit(date),
                    known_on=known,
                    known_basis=basis,
                    source_kind=pl.lit(kind),
                    source_sha256=pl.lit(sha256),
                ).select(list(CorporateActions.to_schema().columns))
            )
    return Computed(pl.concat(frames))


TABLE = DailyTable(
    name=NAME,
    description="Every row on corporate actions of the session in the exports and PR bundles, unfiltered.",
    model=CorporateActions,
    code_version="2",
    inputs=lambda _: (Input(RAW),),
    constants={**values_of(vocabulary), **values_of(overlap)},
    compute=compute,
    may_be_empty=True,
    kinds=frozenset({"parquet", "polars"}),
    peak_megabytes=224,
)

"""`bronze/index_constituents`.

Every row of the lists of index members that are in force on the session, nothing filtered.

Which lists those are says `raw/index_constituents`. The earliest one stands for the sessions before it, too; there
`is_look_ahead` is true. A list without a date in its name is of the day on which it was received; it counts as known in
the sessions of the week before. The industries' names are those of the list, in one spelling of case and blanks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pandera.polars as pa
import polars as pl

from champion_assets.common.clock import INDIA
from champion_assets.lake.errors import CorruptObject
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.originals import Originals
from champion_assets.lake.place import Input
from champion_assets.lake.schema import TableModel, empty_frame
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.nse.boundary import read_outside
from champion_assets.nse.constituents import list_date, read_constituents
from champion_assets.nse.errors import BadPayload
from champion_assets.raw.files import current_versions
from champion_assets.raw.index_constituents import NAME as RAW

NAME = "bronze/index_constituents"
RECEIVED_WITHIN = dt.timedelta(days=7)
"""How much later than a session a list without a date may be received and count as known then."""


class IndexConstituents(TableModel):
    """A row of a list of index members."""

    trade_date: pl.Date = pa.Field(description="Session on which the list is in force")
    company: str = pa.Field(description="Name of the company as published")
    industry: str = pa.Field(description="NSE's industry as named in the list")
    symbol: str = pa.Field(description="Ticker on the day of the list")
    series: str = pa.Field(description="Series as published")
    isin: str = pa.Field(description="ISIN as published, not corrected")
    list_name: str = pa.Field(description="Name of the file")
    list_date: pl.Date = pa.Field(
        nullable=True, description="Date of the list, from its file name; null for the current list"
    )
    is_look_ahead: bool = pa.Field(description="The list is of a day after the session, so it was not known then")
    list_order: pl.Int32 = pa.Field(ge=0, description="Priority where lists disagree; the highest wins")
    source_row: pl.Int32 = pa.Field(gt=0, description="Row number in the list; the first row after the header is 1")
    source_sha256: str = pa.Field(description="SHA-256 of the list, see raw/index_constituents")

    class Config(TableModel.Config):
        """One row per row of a list and session."""

        unique = ["trade_date", "source_sha256", "source_row"]


_COLUMNS = list(IndexConstituents.to_schema().columns)
_SCHEMA = empty_frame(IndexConstituents).schema


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """Rows of `dates`; a day of which a list has other rows than were accepted fails.

    Args:
        inputs: declared inputs of the block.
        dates: sessions to compute, in order.

    Returns:
        The rows of all `dates`, with metadata by day.
    """
    files, read = inputs.originals(RAW), dict[str, pl.DataFrame]()
    frames: list[pl.DataFrame] = [empty_frame(IndexConstituents)]
    failed: dict[dt.date, Exception] = {}
    for date, versions in current_versions(inputs.read(RAW), dates).items():
        for order, version in enumerate(versions):
            try:
                if version["sha256"] not in read:
                    read[version["sha256"]] = _rows(files, version)
            except (BadPayload, CorruptObject) as error:
                failed[date] = error
                break
            rows = read[version["sha256"]]
            if rows.height != version["rows"]:
                failed[date] = BadPayload(f"{version['name']}: {rows.height} rows read, {version['rows']} accepted")
                continue
            ahead = _is_ahead(rows["list_date"].first(), version["fetched_at"], date)
            marks = {"trade_date": pl.lit(date), "list_order": pl.lit(order, pl.Int32), "is_look_ahead": pl.lit(ahead)}
            frames.append(rows.with_columns(**marks).select(_COLUMNS))
    return Computed(pl.concat(frames).filter(~pl.col("trade_date").is_in(list(failed))), failed=failed)


def _is_ahead(list_day: Any, received: dt.datetime, date: dt.date) -> bool:
    return list_day > date if list_day is not None else received.astimezone(INDIA).date() - RECEIVED_WITHIN > date


def _rows(files: Originals, version: dict[str, Any]) -> pl.DataFrame:
    name, sha256 = version["name"], version["sha256"]
    members = read_outside(read_constituents, files.read(sha256, name), name)
    rows = [
        (each.company, each.industry, each.symbol, each.series, each.isin, name, list_date(name), number, sha256)
        for number, each in enumerate(members, start=1)
    ]
    columns = [column for column in _COLUMNS if column not in ("trade_date", "list_order", "is_look_ahead")]
    return pl.DataFrame(rows, schema={column: _SCHEMA[column] for column in columns}, orient="row")


TABLE = DailyTable(
    name=NAME,
    description="Every row of the lists of index members in force on the session, with industries, unfiltered.",
    model=IndexConstituents,
    code_version="2",
    inputs=lambda _: (Input(RAW),),
    compute=compute,
    may_be_empty=True,
    kinds=frozenset({"parquet", "polars"}),
    peak_megabytes=231,
)

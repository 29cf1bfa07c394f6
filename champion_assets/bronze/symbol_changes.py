"""`bronze/symbol_changes`: the lines of NSE's register of symbol changes that take effect on the session.

A line takes effect on its own date, or on the first session after it. Of several saved registers each gives its lines.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pandera.polars as pa
import polars as pl

from champion_assets.lake.errors import CorruptObject
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.place import Input
from champion_assets.lake.schema import TableModel, empty_frame
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.nse.boundary import read_outside
from champion_assets.nse.errors import BadPayload
from champion_assets.nse.symbol_changes import SymbolChange, readable_symbol_changes
from champion_assets.raw.files import current_versions
from champion_assets.raw.security_master import NAME as RAW
from champion_assets.raw.security_master import lines_of

NAME = "bronze/symbol_changes"


class SymbolChanges(TableModel):
    """A line of a register of symbol changes."""

    trade_date: pl.Date = pa.Field(description="Session on which the line takes effect")
    change_date: pl.Date = pa.Field(description="Date of the change as published")
    old_symbol: str = pa.Field(str_length={"min_value": 1}, description="Symbol until then")
    new_symbol: str = pa.Field(str_length={"min_value": 1}, description="Symbol since then")
    source_sha256: str = pa.Field(description="SHA-256 of the register, see raw/security_master")

    class Config(TableModel.Config):
        """One row per line and register."""

        unique = ["trade_date", "change_date", "old_symbol", "new_symbol", "source_sha256"]

    @pa.dataframe_check(description="a line takes effect on its date or on the next session")
    def not_before_its_date(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805 (Pandera passes the class)
        """No session knows a change of a later day."""
        return data.lazyframe.select(pl.col("change_date") <= pl.col("trade_date"))


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """Lines of `dates`; a day on which a register has other lines than were accepted fails.

    Args:
        inputs: declared inputs of the block.
        dates: sessions to compute, in order.

    Returns:
        The rows of all `dates`, with metadata by day.
    """
    files, read = inputs.originals(RAW), dict[str, list[SymbolChange]]()
    rows: list[tuple[dt.date, dt.date, str, str, str]] = []
    failed: dict[dt.date, Exception] = {}
    for date, versions in current_versions(inputs.read(RAW), dates).items():
        for version in versions:
            sha256 = version["sha256"]
            try:
                if sha256 not in read:
                    body = files.read(sha256, version["name"])
                    read[sha256] = read_outside(readable_symbol_changes, body, version["name"])[0]
            except (BadPayload, CorruptObject) as error:
                failed[date] = error
                break
            lines = lines_of(read[sha256], inputs.calendar.previous_session(date), date)
            if len(lines) != version["rows"]:
                failed[date] = BadPayload(
                    f"{version['name']}: {len(lines)} lines of {date} read, {version['rows']} accepted"
                )
            rows += [(date, line.date, line.old, line.new, sha256) for line in lines]
    frame = pl.DataFrame(rows, schema=empty_frame(SymbolChanges).schema, orient="row")
    return Computed(frame.filter(~pl.col("trade_date").is_in(list(failed))), failed=failed)


TABLE = DailyTable(
    name=NAME,
    description="Rows of NSE's register of symbol changes, on the session on which they take effect.",
    model=SymbolChanges,
    code_version="1",
    inputs=lambda _: (Input(RAW),),
    compute=compute,
    may_be_empty=True,
    kinds=frozenset({"parquet", "polars"}),
    peak_megabytes=215,
)

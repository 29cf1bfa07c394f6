"""From accepted files to bronze rows: the loop that the bronze tables of one file per day share.

What belongs here: reading the version in force, counting its rows, stamping its hash, taking out bad rows.
What does not: the formats (`nse/`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pandera.polars as pa
import polars as pl

from champion_assets.lake.errors import CorruptObject
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.schema import empty_frame, row_violations
from champion_assets.lake.table import Computed
from champion_assets.nse.boundary import read_outside
from champion_assets.nse.errors import BadPayload
from champion_assets.raw.files import current_versions

Read = Callable[[bytes, str], pl.DataFrame]


def parse_days(
    inputs: Inputs,
    raw: str,
    dates: Sequence[dt.date],
    read: Read,
    model: type[pa.DataFrameModel],
    *,
    rows_stand_alone: bool = True,
) -> Computed:
    """Parse the file in force of each of `dates`; a day without one has no rows.

    Args:
        inputs: of the bronze table.
        raw: the raw table that has the files.
        dates: sessions.
        read: parses a file to its rows.
        model: the bronze table's model.
        rows_stand_alone: a row that breaks the model goes to the quarantine and the others stay; otherwise it
            fails its day.
    """
    versions = {date: rows[0] for date, rows in current_versions(inputs.read(raw), dates).items() if rows}
    columns, files = list(model.to_schema().columns), inputs.originals(raw)

    def day(version: dict[str, Any]) -> pl.DataFrame:
        frame = read_outside(read, files.read(version["sha256"], version["name"]), version["name"])
        if frame.height != version["rows"]:
            raise BadPayload(f"{version['name']}: {frame.height} rows read, {version['rows']} accepted into {version['sha256']}")
        return frame.with_columns(trade_date=pl.lit(version["trade_date"]), source_sha256=pl.lit(version["sha256"])).select(columns)

    frames, failed = [empty_frame(model)], {}
    with ThreadPoolExecutor(max_workers=2) as pool:
        for date, future in [(date, pool.submit(day, version)) for date, version in versions.items()]:
            try:
                frames.append(future.result())
            except (BadPayload, CorruptObject) as error:
                failed[date] = error
    facts = {date: {"source_sha256": version["sha256"], "source": version["uri"]} for date, version in versions.items()}
    frame, rejects = split_rows(model, pl.concat(frames)) if rows_stand_alone else (pl.concat(frames), None)
    return Computed(frame, rejects, facts, failed)


def split_rows(model: type[pa.DataFrameModel], frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame | None]:
    """The rows that satisfy the model, and the others with `rule` and `reason` (None if there are none).

    What is wrong with the frame as a whole, such as a column's type, is nobody's row and is left for the build to refuse.
    """
    faults = row_violations(model, frame)
    if faults.is_empty():
        return frame, None
    numbered = frame.with_row_index("index").with_columns(pl.col("index").cast(pl.Int64))
    rejects = numbered.join(faults, on="index", how="inner", maintain_order="left").with_columns(rule=pl.lit("schema"))
    good = numbered.join(faults, on="index", how="anti", maintain_order="left")
    return good.select(frame.columns), rejects.select(*frame.columns, "rule", "reason")

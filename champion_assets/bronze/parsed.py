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
from champion_assets.lake.schema import empty_frame, split_rows
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
            raise BadPayload(
                f"{version['name']}: {frame.height} rows read, {version['rows']} accepted into {version['sha256']}"
            )
        return frame.with_columns(
            trade_date=pl.lit(version["trade_date"]), source_sha256=pl.lit(version["sha256"])
        ).select(columns)

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

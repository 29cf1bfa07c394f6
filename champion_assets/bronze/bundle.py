"""What the tables of the PR bundle's members have in common: the bundle of each day, read by a member's reader.

What belongs here: from `raw/corporate_actions` to the rows of any member. What does not: a member's columns (each stands in its table).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

import polars as pl

from champion_assets.lake.inputs import Inputs
from champion_assets.lake.schema import TableModel, empty_frame
from champion_assets.lake.table import Computed
from champion_assets.nse.errors import BadPayload
from champion_assets.raw.corporate_actions import BUNDLE
from champion_assets.raw.corporate_actions import NAME as RAW
from champion_assets.raw.files import current_versions

Reader = Callable[[bytes, str], tuple[pl.DataFrame, pl.DataFrame]]
"""From a bundle and its name to the rows of a member and those refused: source_row, reason, text."""


def parse_bundles(inputs: Inputs, dates: Sequence[dt.date], model: type[TableModel], read: Reader) -> Computed:
    """The rows of a member of the bundles of `dates`; a day without a bundle, or with one that cannot be read, has none."""
    files, columns = inputs.originals(RAW), list(empty_frame(model).columns)
    frames, facts, rejects = [empty_frame(model)], {}, []
    for date, versions in current_versions(inputs.read(RAW), dates).items():
        bundle = next((version for version in versions if version["format"] == BUNDLE), None)
        if bundle is None:
            continue
        marks: dict[str, Any] = {"trade_date": date, "name": bundle["name"], "source_sha256": bundle["sha256"]}
        try:
            rows, refused = read(files.read(bundle["sha256"], bundle["name"]), bundle["name"])
        except BadPayload as error:
            rejects.append(marks | {"rule": error.rule, "reason": str(error), "source_row": 0, "text": ""})
            continue
        rejects += [marks | {"rule": "B5"} | row for row in refused.iter_rows(named=True)]
        frames.append(rows.with_columns(trade_date=pl.lit(date), source_sha256=pl.lit(bundle["sha256"])).select(columns))
        facts[date] = {"rows": rows.height, "refused": refused.height}
    return Computed(pl.concat(frames), pl.DataFrame(rejects) if rejects else None, facts)

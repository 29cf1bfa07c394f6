"""The raw table of a declared daily file that the archive serves under a name of its own: every version, byte for byte.

What belongs here: from a declaration to a raw table. What does not: members of the PR bundle, which
`raw/corporate_actions` and `raw/bundle_members` keep.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from champion_assets.lake.inputs import Inputs
from champion_assets.lake.table import Computed, DailyTable, Publication
from champion_assets.nse.boundary import read_outside
from champion_assets.nse.container import csv_text
from champion_assets.nse.daily_file import DailyFile
from champion_assets.nse.daily_file_reader import ReadFile, read_daily_file
from champion_assets.nse.errors import EmptyPayload
from champion_assets.nse.file_dates import date_in_name
from champion_assets.nse.source.base import Fetched
from champion_assets.raw.files import RawFile, block_size, fetch_days, source_of


def file_text(body: bytes, name: str) -> str:
    """The text of a file as received: plain, gzip or a zip with one file.

    Raises:
        BadPayload: it is no text.
    """
    return csv_text(body, name, may_end_open=True).decode("utf-8", errors="replace")


def raw_table(file: DailyFile) -> DailyTable:
    """`raw/NAME` of a file that the archive serves. A day without one has no rows and says why.

    Args:
        file: its declaration; `place` is `Served`, for members of the PR bundle have their raw tables already.
    """

    def read(body: bytes, name: str) -> ReadFile:
        return read_daily_file(file, file_text(body, name), name)

    def accept(fetched: Fetched) -> tuple[dt.date, str, int]:
        """The day that the rows name, else that of the name under which the file is published.

        With `lag` the name's, too.
        """
        found = read_outside(read, fetched.body, fetched.name)
        if found.rows.is_empty():
            raise EmptyPayload(f"{fetched.name}: a header without a single row that can be read")
        named = date_in_name(fetched.name, fetched.name)
        date = named if file.lag or found.date is None else found.date
        if date is None:
            raise EmptyPayload(f"{fetched.name}: neither its rows nor its name say which day it is of")
        return date, file.name, found.rows.height + found.refused.height

    def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
        wanted = [date for date in dates if file.first is None or date >= file.first]
        return fetch_days(inputs, wanted, file.candidates, accept, optional=True)

    model = type(
        f"Raw{file.name.title().replace('_', '')}",
        (RawFile,),
        {"__doc__": "A received version of the day's file.", "__module__": __name__},
    )
    return DailyTable(
        name=f"raw/{file.name}",
        description=f"{file.description} Exactly as published; a day without a file has no rows and says why.",
        model=model,
        code_version="1",
        compute=compute,
        outside=source_of,
        constants={"file": file.declared()},
        block=block_size,
        may_be_empty=True,
        kinds=frozenset({"file"}),
        peak_megabytes=250,
        published=Publication(file.candidates, accept),
    )

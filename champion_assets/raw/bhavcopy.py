"""`raw/bhavcopy`: the bhavcopy of a day as published, byte for byte, with its provenance.

The bytes lie under `raw/bhavcopy/files/`, named by their SHA-256. The day's object lists every version ever received,
the current one marked. A body is accepted only after it parsed completely and its rows carry the wanted date; otherwise
nothing is written.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from champion_assets.lake.inputs import Inputs
from champion_assets.lake.place import Place
from champion_assets.lake.table import Computed, DailyTable, Publication
from champion_assets.nse.boundary import read_outside
from champion_assets.nse.errors import BadPayload, NotYetPublished, UnexpectedSession
from champion_assets.nse.formats import read_bhavcopy
from champion_assets.nse.names import price_files
from champion_assets.nse.source.base import Fetched
from champion_assets.raw.files import RawFile, block_size, fetch_days, is_server, source_of

NAME = "raw/bhavcopy"


class RawBhavcopy(RawFile):
    """A received version of the day's bhavcopy."""


def accept(fetched: Fetched) -> tuple[dt.date, str, int]:
    """Parse the whole file: its date, format and number of rows."""
    parsed = read_outside(read_bhavcopy, fetched.body, fetched.name)
    return cast("dt.date", parsed.frame["trade_date"][0]), parsed.format, parsed.frame.height


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """Fetch and accept the files of `dates`; what was refused is in `failed`.

    Args:
        inputs: declared inputs of the block.
        dates: sessions to compute, in order.

    Returns:
        The rows of all `dates`, with metadata by day.
    """
    computed = fetch_days(inputs, dates, price_files, accept, optional=False)
    return replace(computed, failed={date: _with_doubt(inputs, date, error) for date, error in computed.failed.items()})


def _with_doubt(inputs: Inputs, date: dt.date, error: Exception) -> Exception:
    """The error; of a day whose session is not confirmed it says so."""
    if not isinstance(error, NotYetPublished) or inputs.calendar.day(date).confirmed:
        return error
    return NotYetPublished(
        f"{error}. That {date} was a session is not confirmed; if it was none, the line is "
        f"`{date},closed,<why>,,,<evidence>`"
    )


def contradict(place: Place, closed: Sequence[dt.date]) -> dict[dt.date, Exception]:
    """Closed days for which the source holds a valid file of that very day.

    A folder or a bucket is looked into, since that costs nothing; an archive server is not asked for closed days. A
    file with rows of another day (the holiday echo) proves nothing and is left alone.
    """
    if is_server(place.settings):
        return {}
    found: dict[dt.date, Exception] = {}
    for date, fetched in source_of(place.settings).fetch(closed, price_files):
        if isinstance(fetched, Exception):
            continue
        try:
            in_rows, _, rows = accept(fetched)
        except BadPayload:
            continue
        if in_rows == date:
            found[date] = UnexpectedSession(
                f"{date} is closed by the calendar "
                f"({place.calendar.why_closed(date)}), but {fetched.uri} holds {rows} rows of "
                f"that day. If it was a session, put the line "
                f"`{date},special,<what it was>,,,{fetched.name}` into the file in "
                "CHAMPION_CALENDAR; if not, remove the file"
            )
    return found


TABLE = DailyTable(
    name=NAME,
    description="NSE's bhavcopy of the day exactly as published, every version received, stored by SHA-256.",
    model=RawBhavcopy,
    code_version="1",
    compute=compute,
    outside=source_of,
    contradict=contradict,
    block=block_size,
    kinds=frozenset({"file"}),
    peak_megabytes=331,
    mlflow_names=("scrape_duration_seconds", None),
    published=Publication(price_files, accept),
)

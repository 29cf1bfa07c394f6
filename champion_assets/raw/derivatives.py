"""`raw/derivatives`: the bhavcopy of the derivatives, legacy or UDiFF, byte for byte and in every version.

It is taken where it lies in a folder or bucket; the archive is asked for it if `CHAMPION_ARCHIVE_FILES` names
`derivatives`, for one has about a megabyte, and most lakes do without. A day without one, or with one that is
refused, has no rows and says why; it costs nothing else.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from champion_assets.lake.inputs import Inputs
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.nse.archive_lists import DERIVATIVES
from champion_assets.nse.boundary import read_outside
from champion_assets.nse.derivatives import read_derivatives
from champion_assets.nse.names import NamedFile, derivatives_files
from champion_assets.nse.source.base import Fetched
from champion_assets.raw.files import RawFile, block_size, fetch_days, source_of

NAME = "raw/derivatives"


class RawDerivatives(RawFile):
    """A received version of the day's file."""


def accept(fetched: Fetched) -> tuple[dt.date, str, int]:
    """Parse the whole file: its date, format and number of rows."""
    parsed = read_outside(read_derivatives, fetched.body, fetched.name)
    return cast("dt.date", parsed.frame["trade_date"][0]), parsed.format, parsed.frame.height


def candidates(date: dt.date) -> tuple[NamedFile, ...]:
    """The files of a day as the archive serves them."""
    return tuple(replace(file, is_served=True) for file in derivatives_files(date))


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """Find the files of `dates`.

    Args:
        inputs: declared inputs of the block.
        dates: sessions to compute, in order.

    Returns:
        The rows of all `dates`, with metadata by day.
    """
    names = candidates if inputs.parameters.is_asked_for else derivatives_files
    return fetch_days(inputs, dates, names, accept, optional=True)


TABLE = DailyTable(
    name=NAME,
    description="NSE's derivatives bhavcopy as published, if the source has one; the metadata say why if not.",
    model=RawDerivatives,
    code_version="1",
    compute=compute,
    outside=source_of,
    parameters=lambda settings: {"is_asked_for": DERIVATIVES in settings.archive_files},
    block=block_size,
    may_be_empty=True,
    kinds=frozenset({"file"}),
    peak_megabytes=900,
)

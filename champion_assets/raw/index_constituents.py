"""`raw/index_constituents`.

The lists of index members that say which industry a company belonged to on a session, byte for byte.

Of several saved lists a session takes the newest of its day or before; before the first, that one, which then looks
ahead (its `trade_date` lies before the list's date), since NSE publishes no history. A session's fingerprint is that of
the list it takes, so a newer list makes nothing before its day stale.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from typing import Any

from champion_assets.lake.inputs import Inputs
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.nse.constituents import list_date, read_constituents
from champion_assets.nse.names import CONSTITUENTS, CONSTITUENTS_NAMES
from champion_assets.nse.source.base import Fetched, Source
from champion_assets.raw.files import (
    RawFile,
    absent,
    block_size,
    readable,
    refusals,
    source_of,
    version_frame,
    version_row,
)

NAME = "raw/index_constituents"
FORMAT = "ind_list"


class RawIndexConstituents(RawFile):
    """A list of index members that a session takes."""


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """Choose the lists of `dates`.

    Args:
        inputs: declared inputs of the block.
        dates: sessions to compute, in order.

    Returns:
        The rows of all `dates`, with metadata by day.
    """
    source: Source = inputs.outside
    found = source.registers(CONSTITUENTS_NAMES, (CONSTITUENTS,))
    rejects: list[dict[str, Any]] = []
    read = readable(found, lambda body, name: (list_date(name), read_constituents(body, name)), dates[-1], rejects)
    found, counts = [each for each, _ in read], {id(each): len(members) for each, (_, members) in read}
    for each in found:
        inputs.own.keep(each.body)
    none = "the source has no list of index members (ind_nifty...list.csv)"
    if rejects:
        none = "every list of index members was refused"
    versions: list[dict[str, Any]] = []
    facts = {}
    for date in dates:
        chosen = chosen_lists(found, date)
        if not chosen:
            facts[date] = absent(none)
            continue
        mark = hashlib.sha256("".join(each.sha256 for each in chosen).encode()).hexdigest()
        versions += [version_row(date, each, FORMAT, counts[id(each)]) for each in chosen]
        rows = sum(counts[id(each)] for each in chosen)
        facts[date] = {"sha256": mark, "uri": ", ".join(each.uri for each in chosen), "rows": rows}
    return Computed(version_frame(versions), refusals(rejects), facts)


def chosen_lists(found: Sequence[Fetched], date: dt.date) -> list[Fetched]:
    """The lists that `date` takes: those of the newest day up to it, else of the first day of all.

    The largest last, so that it wins.
    """
    by_day: dict[dt.date, list[Fetched]] = {}
    for each in found:
        by_day.setdefault(list_date(each.name) or dt.date.max, []).append(each)
    if not by_day:
        return []
    past = [day for day in by_day if day <= date]
    return sorted(by_day[max(past) if past else min(by_day)], key=lambda each: (len(each.body), each.name))


TABLE = DailyTable(
    name=NAME,
    description="Lists of index members with industries that are in force on the session, exactly as received.",
    model=RawIndexConstituents,
    code_version="1",
    compute=compute,
    outside=source_of,
    block=block_size,
    may_be_empty=True,
    kinds=frozenset({"file"}),
    peak_megabytes=215,
)

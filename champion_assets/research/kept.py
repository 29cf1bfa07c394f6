"""Small tables that were read once stay in memory: their rows of the same files are the same rows.

What belongs here: rows that a question for a few prices needs whole, such as all corporate actions. A file of the lake
is named by its content and was compared with its checksum when it was read, so what is kept is what a new read would
give.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

from champion_assets.research.stored import read

if TYPE_CHECKING:
    from champion_assets.lake.workspace import Workspace

MOST_BYTES = 128 * 2**20
_kept: OrderedDict[object, pl.DataFrame] = OrderedDict()
_lock = threading.Lock()


def read_kept(workspace: Workspace, table: str, dates: Sequence[dt.date], columns: Sequence[str]) -> pl.DataFrame:
    """`stored.read` with a cache in memory: the same files of the same days are read once.

    Args:
        workspace: where the tables are.
        table: `stage/name`.
        dates: days that the lake has.
        columns: columns to read.

    Returns:
        The rows, in the order of `dates`.

    Raises:
        NotBuilt, CorruptObject: see `stored.read`.
    """
    file_of = workspace.lake.state(table).file_of
    files = tuple(dict.fromkeys((file.path, file.crc32) for date in dates if (file := file_of.get(date)) is not None))
    key = (workspace.lake.root, table, files, tuple(dates), tuple(columns))
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    rows = read(workspace, table, dates, columns)
    with _lock:
        _kept[key] = rows
        while sum(each.estimated_size() for each in _kept.values()) > MOST_BYTES:
            _kept.popitem(last=False)
    return rows

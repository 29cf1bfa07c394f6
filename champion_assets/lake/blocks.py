"""How many days of a table are computed and written at once.

What belongs here: the choice of the next block. What does not: building it (`build.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from itertools import accumulate

from champion_assets.lake.table import DailyTable
from champion_assets.lake.workspace import Workspace


def next_block(table: DailyTable, workspace: Workspace, stale: Sequence[dt.date]) -> list[dt.date]:
    """The first of some days, as many as are computed at once.

    At most `block` days, and of a table with `block_rows` no more than read so many rows; up to the end of a month if
    that is not far: a month that is cut is written twice.

    Args:
        table: the table.
        workspace: with the lake in which its inputs lie.
        stale: days to be built, in order, one at least.
    """
    size = table.block_size(workspace.settings)
    if table.block_rows is not None:
        read = table.inputs(workspace.settings)[0].table
        infos = workspace.lake.infos(read, stale[:size]).values()
        rows = accumulate(0 if info is None else info.rows for info in infos)
        size = min(size, max(1, sum(each <= table.block_rows for each in rows)))
    block = list(stale[:size])
    if len(stale) > size and (month := (block[-1].year, block[-1].month)) == (stale[size].year, stale[size].month):
        whole = [date for date in block if (date.year, date.month) != month]
        return whole if 2 * len(whole) >= size else block
    return block

"""Which sessions wait to be built now: those of `champion run` and of `run_day`.

What belongs here: asking the lake, the clock and the source's folder. What does not: building
(`orchestration/backfill.py`), and the sensors, which ask the same of a server (`orchestration/publication.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from champion_assets.catalog import open_workspace
from champion_assets.common.clock import now
from champion_assets.common.errors import RequestError
from champion_assets.lake.originals import file_key
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.names import ACTION_REGISTERS
from champion_assets.operations.history import find_history, price_days
from champion_assets.orchestration.publication import (
    EVERY,
    LOOK_BACK,
    REPUBLISHED,
    changed_files,
    due_sessions,
    stale_days,
    unusable_days,
    waiting_sessions,
)
from champion_assets.raw.files import source_of
from champion_assets.settings import Settings

ACTIONS = "raw/corporate_actions"
_BEGINNING = dt.date(1990, 1, 1)


@dataclass(frozen=True)
class Pending:
    """The range to build, and what a person should know of it.

    Attributes:
        first: the first session that waits, or the last that is out if none does.
        last: the last session that is out and that the source can have.
        said: sentences, such as that the folder ends before the last session.
        refetch: True if the folder has another file of a built day than the lake, so that the source has to be looked
            at again.
    """

    first: dt.date
    last: dt.date
    said: tuple[str, ...] = field(default=())
    refetch: bool = False


def pending_sessions(settings: Settings) -> Pending:
    """The sessions that are out and not built, as one range; of a folder also the last five whose files have changed.

    A file of a folder that has a bhavcopy's name and is none counts as out, so that the build refuses it in words.

    Args:
        settings: those of the process; a history without a first day gets it from the source's folder.

    Raises:
        RequestError: no session can be built: the folder has no price file, or the history has not begun.
    """
    instant, said = now(settings), []
    settings, found = find_history(settings, _BEGINNING, instant.date())
    if found:
        said.append(found)
    workspace, days = open_workspace(settings), price_days(settings)
    due = due_sessions(workspace, instant, EVERY)
    if days is not None:
        beyond = unusable_days(workspace, [day for day in due if not days or day > days[-1]])
        there = [day for day in due if day <= max([*days[-1:], *beyond], default=dt.date.min)]
        if due and len(there) < len(due) and not beyond:
            ends = f"ends on {days[-1]}" if days else "has no price file"
            said.append(f"{settings.source} {ends}; {len(due) - len(there)} session(s) since then are out")
        due = there
    if not due:
        raise RequestError(
            f"no session to build: none from {settings.start_date} on is out and in {settings.source}; see "
            f"`champion source`"
        )
    if not workspace.lake.dates("raw/bhavcopy"):
        said.append(
            f"the lake {workspace.lake.root} is empty, and a new one begins there on {due[0]}; if it should hold days "
            "already, look whether its disk is mounted, and at DATA_DIR and CHAMPION_LAKE in `champion settings --set`"
        )
    waiting = set(waiting_sessions(workspace, instant)) & set(due)
    built = [day for day in due if day not in waiting]
    if lacking := _lacking(workspace, built):
        waiting |= set(lacking)
        said.append(f"{len(lacking)} built day(s) from {lacking[0]} on lack some table; they are built again")
    elif built and (stale := stale_days(workspace, built[-LOOK_BACK:])):
        first = stale[0] if stale[0] != built[-LOOK_BACK:][0] else built[0]  # older ones may be, too
        said.append(
            f"days from {first} on rest on other input, code or settings than the present ones, and are left so here: "
            f"`champion doctor` names the tables, `champion backfill {first} {due[-1]}` builds them again"
        )
    if days is not None and (exports := _unread_exports(workspace)) and (known := workspace.lake.dates(ACTIONS)):
        said.append(
            f"{', '.join(exports)} not read before: only days that are built now know it; for all days: `champion "
            f"backfill {known[0]} {known[-1]} --refetch --assets '{ACTIONS}+'`"
        )
    files = {} if days is None else changed_files(workspace, due[-REPUBLISHED:])
    changed = [day for (day, _), problem in files.items() if problem is None]
    for (day, table), problem in files.items():
        said.append(
            f"{day}: the file of {table} came late or was published again; it is read again"
            if problem is None
            else f"{day}: the lake keeps its file of {table}, for the one in the folder is refused: {problem}"
        )
    first = min([*waiting, *changed], default=due[-1])
    return Pending(first, due[-1] if changed else max(waiting, default=due[-1]), tuple(said), bool(changed))


def _lacking(workspace: Workspace, built: Sequence[dt.date]) -> list[dt.date]:
    """Those of `built` that some table lacks: its folder was deleted, or is of an older copy.

    A gap in the files is another matter.
    """
    whole = set.intersection(*(set(workspace.lake.dates(name)) for name in workspace.tables))
    files = set(workspace.lake.dates("raw/bhavcopy"))
    return [day for day in built if day in files and day not in whole]


def _unread_exports(workspace: Workspace) -> list[str]:
    """The names of the exports of corporate actions in the folder whose content the lake has never had."""
    files = source_of(workspace.settings).registers(ACTION_REGISTERS, ())
    return [each.name for each in files if each.body and not workspace.lake.exists(file_key(ACTIONS, each.sha256))]

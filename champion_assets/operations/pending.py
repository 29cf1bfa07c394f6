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
    waiting = set(waiting_sessions(workspace, instant)) & set(due)
    if (first := _first_unfit(workspace, [day for day in due if day not in waiting])) is not None:
        waiting = {day for day in due if day >= first}
        said.append(f"from {first} on some table lacks days, or rests on other input, code or settings; built again")
    if days is not None and (exports := _unread_exports(workspace)) and (built := workspace.lake.dates(ACTIONS)):
        said.append(
            f"{', '.join(exports)} not read before: only days that are built now know it; for all days: `champion "
            f"backfill {built[0]} {built[-1]} --refetch --assets '{ACTIONS}+'`"
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


def _first_unfit(workspace: Workspace, due: Sequence[dt.date]) -> dt.date | None:
    """The first of the built sessions `due` that some table lacks, or that is not made of what is there now.

    Of the last ten each is looked at for the latter; if already the first of them is stale, older ones may be, too.
    """
    lake = workspace.lake
    whole = set.intersection(*(set(lake.dates(name)) for name in workspace.tables))
    files = set(lake.dates("raw/bhavcopy"))  # a gap in the files is another matter
    if lacking := [day for day in due if day in files and day not in whole]:
        return lacking[0]
    recent = list(due[-LOOK_BACK:])
    stale = stale_days(workspace, recent) if recent else []
    return None if not stale else due[0] if stale[0] == recent[0] else stale[0]


def _unread_exports(workspace: Workspace) -> list[str]:
    """The names of the exports of corporate actions in the folder whose content the lake has never had."""
    files = source_of(workspace.settings).registers(ACTION_REGISTERS, ())
    return [each.name for each in files if each.body and not workspace.lake.exists(file_key(ACTIONS, each.sha256))]

"""Which sessions wait to be built now: those of `champion run` and of `run_day`.

What belongs here: asking the lake, the clock and the source's folder. What does not: building
(`orchestration/backfill.py`), and the sensors, which ask the same of a server (`orchestration/publication.py`).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from champion_assets.catalog import open_workspace
from champion_assets.common.clock import now
from champion_assets.common.errors import RequestError
from champion_assets.operations.history import find_history, price_days
from champion_assets.orchestration.publication import EVERY, due_sessions, waiting_sessions
from champion_assets.settings import Settings

_BEGINNING = dt.date(1990, 1, 1)


@dataclass(frozen=True)
class Pending:
    """The range to build, and what a person should know of it.

    Attributes:
        first: the first session that waits, or the last that is out if none does.
        last: the last session that is out and that the source can have.
        said: sentences, such as that the folder ends before the last session.
    """

    first: dt.date
    last: dt.date
    said: tuple[str, ...] = field(default=())


def pending_sessions(settings: Settings) -> Pending:
    """The sessions that are out and not built, as one range.

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
        there = [day for day in due if days and day <= days[-1]]
        if due and len(there) < len(due):
            ends = f"ends on {days[-1]}" if days else "has no price file"
            said.append(f"{settings.source} {ends}; {len(due) - len(there)} session(s) since then are out")
        due = there
    if not due:
        raise RequestError(
            f"no session to build: none from {settings.start_date} on is out and in {settings.source}; see "
            f"`champion source`"
        )
    waiting = set(waiting_sessions(workspace, instant)) & set(due)
    return Pending(min(waiting, default=due[-1]), max(waiting, default=due[-1]), tuple(said))

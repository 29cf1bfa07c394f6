"""What a daemon that lives for years cannot settle by itself, in words for a person.

What belongs here: finding such matters. What does not: telling them, or telling them once (`reporting_sensors.py`).

Settings and everything that a person edits are read at every look. Some settings shape the graph itself: sensors, grid,
and what a code location holds. Those wait until the code location is loaded again, and that is said.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from champion_assets.catalog import open_workspace
from champion_assets.common.clock import now, today
from champion_assets.common.dates import calendar_days
from champion_assets.common.errors import ChampionError
from champion_assets.lake.workspace import Workspace
from champion_assets.orchestration.freshness import calendar_end
from champion_assets.settings import Settings, current_settings

SHAPE_THE_GRAPH = (
    "start_date",
    "partitions_per_run",
    "executor",
    "load_to_clickhouse",
    "automation",
    "sensor_seconds",
    "retry_delay_scale",
    "data_dir",
    "source",
    "lake",
    "duckdb",
    "mlflow_tracking_uri",
)
"""Settings that the graph was made with."""


LOOK_BACK_DAYS = 30
"""Days within which a file of a closed day is looked for."""


@dataclass(frozen=True)
class Matter:
    """Something that a person has to know; an alarm if the daemon cannot go on without them."""

    title: str
    text: str
    is_alarm: bool = True


def matters(loaded: Settings) -> list[Matter]:
    """What needs a person now.

    Args:
        loaded: the settings with which the code location was loaded.
    """
    try:
        settings = current_settings()
        workspace = open_workspace(settings)
    except ChampionError as error:
        return [Matter("nothing can be built until this is corrected", str(error))]
    problems = workspace.calendar.problems
    found = [Matter("a file in the source is left out", problem, is_alarm=False) for problem in problems]
    for date, contradiction in _contradicted(workspace):
        found.append(Matter(f"{date} is closed by the calendar, and its file is there", str(contradiction)))
    if (end := calendar_end(workspace, now(settings))) is not None:
        found.append(Matter(end.says, end.do, is_alarm=end.level == "error"))
    if waiting := changed_shape(loaded, settings):
        text = (
            f"{', '.join(waiting)}: restart `champion ui`, or reload the code location on the page Deployment; "
            "all other settings already apply"
        )
        found.append(Matter("changed settings need a restart", text))
    return found


def _contradicted(workspace: Workspace) -> list[tuple[dt.date, Exception]]:
    """Closed days of the last weeks for which the source has a valid file: sessions that no list had."""
    settings, judge = workspace.settings, workspace.tables["raw/bhavcopy"].contradict
    last = min(today(settings), workspace.calendar.last)
    days = calendar_days(max(settings.start_date, last - dt.timedelta(days=LOOK_BACK_DAYS)), last)
    closed = [day for day in days if workspace.calendar.why_closed(day) is not None]
    return sorted(judge(workspace, closed).items()) if judge is not None and closed else []


def changed_shape(loaded: Settings, settings: Settings) -> list[str]:
    """The variables of the settings that shape the graph and have changed since it was made."""
    fields = Settings.model_fields
    changed = [name for name in SHAPE_THE_GRAPH if getattr(loaded, name) != getattr(settings, name)]
    return [str(fields[name].validation_alias.choices[0]) for name in changed]  # type: ignore[union-attr]

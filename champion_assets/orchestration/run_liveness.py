"""Runs whose process is gone: Dagster's own launcher does not notice, and such a run would be "under way" for ever.

What belongs here: a mark while a run works (`DATA_DIR/runs/RUN`: host, process, its start), and reporting runs as
failed whose process no longer exists on this host. Runs on other hosts are their launcher's business.
"""

from __future__ import annotations

import os
import socket

import dagster as dg

from champion_assets.common.processes import started
from champion_assets.settings import Settings


def mark(settings: Settings, run_id: str) -> None:
    """Note that this process works on the run."""
    path = settings.data_dir / "runs" / run_id
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.parent.with_name(f"runs-{run_id}.part")  # a look must never find half a mark
    temporary.write_text(f"{socket.gethostname()} {os.getpid()} {started(os.getpid())}")
    temporary.replace(path)


def marked(settings: Settings) -> set[str]:
    """The runs that a process has taken up and not ended.

    Call `bury` before, which removes the marks of those that have ended.
    """
    return {path.name for path in (settings.data_dir / "runs").glob("*")}


def bury(settings: Settings, instance: dg.DagsterInstance) -> list[str]:
    """Report runs of this host whose process is gone as failed; returns their ids. Marks of ended runs are removed."""
    dead = []
    for path in sorted((settings.data_dir / "runs").glob("*")):
        run = instance.get_run_by_id(path.name)
        if run is None or run.is_finished:
            path.unlink(missing_ok=True)
            continue
        try:
            host, process, since = path.read_text().split(" ", 2)
        except FileNotFoundError:  # another sensor has just seen that the run has ended
            continue
        if host == socket.gethostname() and started(int(process)) != since:
            instance.report_run_failed(
                run, f"the process {process} that worked on this run is gone (killed, or the machine restarted)"
            )
            path.unlink(missing_ok=True)
            dead.append(path.name)
    return dead

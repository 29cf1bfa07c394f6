"""A run whose process was killed is reported as failed, one that works is left alone."""

from __future__ import annotations

import subprocess
import sys
import threading

import dagster as dg

from champion_assets.orchestration.run_liveness import bury, mark
from champion_assets.settings import Settings


def test_the_dead_are_reported_and_the_living_are_not(settings: Settings) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        for name in ("alive", "dead", "ended"):
            instance.add_run(dg.DagsterRun("nse_daily", name, status=dg.DagsterRunStatus.STARTED))
            mark(settings, name)
        instance.report_run_failed(instance.get_run_by_id("ended"))  # type: ignore[arg-type]
        process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        path = settings.data_dir / "runs" / "dead"
        host = path.read_text().split()[0]
        started = open(f"/proc/{process.pid}/stat").read().rsplit(")", 1)[1].split()[19]  # noqa: PTH123, SIM115
        path.write_text(f"{host} {process.pid} {started}")
        assert bury(settings, instance) == []
        process.kill()
        process.wait()
        assert bury(settings, instance) == ["dead"]
        assert instance.get_run_by_id("dead").status == dg.DagsterRunStatus.FAILURE  # type: ignore[union-attr]
        assert instance.get_run_by_id("alive").status == dg.DagsterRunStatus.STARTED  # type: ignore[union-attr]
        assert sorted(each.name for each in (settings.data_dir / "runs").glob("*")) == ["alive"]


def test_a_look_never_finds_half_a_mark(settings: Settings) -> None:
    """A run renews its mark with every asset while the sensors look."""
    mark(settings, "run")
    path, found = settings.data_dir / "runs" / "run", set[int]()

    def renew() -> None:
        for _ in range(500):
            mark(settings, "run")

    thread = threading.Thread(target=renew)
    thread.start()
    while thread.is_alive():
        found.add(len(path.read_text().split()))
        assert [each.name for each in path.parent.iterdir()] == ["run"]
    thread.join()
    assert found == {3}


def test_another_hosts_runs_are_its_launchers_business(settings: Settings) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_run(dg.DagsterRun("nse_daily", "far", status=dg.DagsterRunStatus.STARTED))
        mark(settings, "far")
        (settings.data_dir / "runs" / "far").write_text("elsewhere 1 1")
        assert bury(settings, instance) == []

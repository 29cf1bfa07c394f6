"""What Dagster keeps of a run holds no credentials, whichever library's words they came in."""

from __future__ import annotations

from collections.abc import Callable

import dagster as dg

from champion_assets.common.redaction import install
from champion_assets.orchestration.dagster_home import prepare_dagster_home
from champion_assets.settings import Settings, get_settings


def test_an_error_that_quotes_an_address_is_stored_without_its_password(
    environment: Callable[[str, str], None], settings: Settings
) -> None:
    environment("CLICKHOUSE_PASSWORD", "Geheim77xyz")
    install()  # as every process does that loads the definitions
    get_settings()
    home = prepare_dagster_home(settings)

    @dg.op
    def fails() -> None:
        raise ValueError("no answer from http://me:other55@host/x, and Geheim77xyz is wrong")

    @dg.job
    def job() -> None:
        fails()

    with dg.DagsterInstance.get() as instance:
        done = job.execute_in_process(instance=instance, raise_on_error=False)
        assert not done.success
        (failure,) = [
            each.dagster_event.step_failure_data for each in instance.all_logs(done.run_id)
            if each.dagster_event is not None and each.dagster_event.is_step_failure
        ]  # fmt: skip
        assert "no answer from http://***@host/x, and *** is wrong" in str(failure.error)
    bodies = [path.read_bytes() for path in home.rglob("*") if path.is_file()]
    assert any(b"no answer from" in body for body in bodies)
    assert not any(b"other55" in body or b"Geheim77xyz" in body for body in bodies)

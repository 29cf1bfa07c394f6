"""What a step's failure says at its last attempt."""

import errno
import os

import dagster as dg

from champion_assets.catalog import TABLES
from champion_assets.orchestration.asset_failures import as_dagster_error
from champion_assets.orchestration.in_process_run import _error_text
from champion_assets.settings import Settings


def test_a_disk_that_is_full_is_tried_again_and_then_said_in_words(settings: Settings) -> None:
    table, attempts = TABLES["silver/equity_eod"], list[int]()

    @dg.asset(retry_policy=dg.RetryPolicy(max_retries=2))
    def full(context: dg.AssetExecutionContext) -> None:
        attempts.append(context.retry_number)
        error = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/data/lake/x")
        raise as_dagster_error(context, settings, table, error) from error

    result = dg.materialize([full], raise_on_error=False)
    (failure,) = [event for event in result.all_events if event.is_step_failure]
    assert attempts == [0, 1, 2]
    assert _error_text(failure) == "silver/equity_eod: OSError: [Errno 28] No space left on device: '/data/lake/x'"

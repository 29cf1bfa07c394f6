"""Runs of a backfill whose inputs are built by earlier runs of the same backfill.

What belongs here: telling such a run from one that fails, and giving its slot back. Dagster starts the runs of a
backfill side by side and does not know that a day reads the days before it. A run that comes too early looks again for
two minutes. Then it ends in words and leaves its slot to others; Dagster's run retries start it again, from the step
that waited. Without run retries in the instance's `dagster.yaml` it goes on looking in its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import dagster as dg

from champion_assets.lake.errors import MissingInput
from champion_assets.lake.range_report import RangeReport

BACKFILL_ID_TAG, MAX_RETRIES_TAG, WILL_RETRY_TAG = "dagster/backfill", "dagster/max_retries", "dagster/will_retry"
LOOKS, LOOK_SECONDS = 6, 20.0
"""A run looks so often, so many seconds apart, before it gives its slot back."""
LOOKS_WITHOUT_RETRIES = 100_000
"""How often it looks if nothing would start it again; it ends when the earlier runs have ended."""
RETURNS = 500
"""How often Dagster may start such a run again."""
WAITING_TAG = "champion/waiting"
"""Its value is the run that waits: a retry inherits the tag, and with it the value of its parent."""


def must_wait(context: dg.AssetExecutionContext, report: RangeReport) -> bool:
    """True if days failed for nothing but absent inputs, and earlier runs of the same backfill, which may build
    them, still go on.
    """
    backfill = context.run.tags.get(BACKFILL_ID_TAG)
    if backfill is None or not all(isinstance(error, MissingInput) for error in report.failed.values()):
        return False
    return earlier_run_goes_on(
        context.instance.get_run_records(dg.RunsFilter(tags={BACKFILL_ID_TAG: backfill})), context.run
    )


def earlier_run_goes_on(records: Sequence[dg.RunRecord], run: dg.DagsterRun) -> bool:
    """True if a run that was asked for before `run` is unfinished or will be retried.

    A retry has the place of the run that it repeats. Otherwise two runs could each take the other for the earlier one,
    and a run could take the absence of an earlier run between two attempts for its end.
    """

    def origin(record: dg.RunRecord) -> str:
        return record.dagster_run.root_run_id or record.dagster_run.run_id

    groups = {
        name: sorted(group, key=lambda each: each.storage_id)
        for name, group in groupby(sorted(records, key=origin), origin)
    }
    own = groups[run.root_run_id or run.run_id][0].storage_id
    return any(group[0].storage_id < own and _goes_on(group[-1].dagster_run) for group in groups.values())


def _goes_on(newest: dg.DagsterRun) -> bool:
    return not newest.is_finished or newest.is_complete_and_waiting_to_retry


def wait(context: dg.AssetExecutionContext, scale: float, why: str) -> Exception:
    """What the step has to raise: a request to look again, or the failure that gives the slot back.

    Args:
        context: of the step.
        scale: factor on the seconds between two looks.
        why: the first of the days that cannot be built yet, and what they lack.
    """
    returns = context.instance.run_retries_enabled
    if context.retry_number < LOOKS or not returns:
        context.log.info(f"waiting for earlier runs of this backfill: {why}")
        return dg.RetryRequested(
            max_retries=LOOKS if returns else LOOKS_WITHOUT_RETRIES, seconds_to_wait=LOOK_SECONDS * scale or 1.0
        )
    context.instance.add_run_tags(context.run.run_id, {WAITING_TAG: context.run.run_id, MAX_RETRIES_TAG: str(RETURNS)})
    return dg.Failure(
        f"Earlier runs of this backfill build what this run needs. It ends now and is "
        f"started again automatically.\n{why}",
        allow_retries=False,
    )


def is_waiting(run: dg.DagsterRun) -> bool:
    """True for a run that ended to give its slot back and will be started again."""
    return run.tags.get(WAITING_TAG) == run.run_id and run.tags.get(WILL_RETRY_TAG) == "true"


def begin(context: dg.AssetExecutionContext) -> None:
    """Take the right to be started again, which a retry inherits from its parent, from this run.

    Its own failures are failures.
    """
    if context.run.tags.get(WAITING_TAG, context.run.run_id) == context.run.run_id:
        return
    now = context.instance.get_run_by_id(context.run.run_id)
    if now is not None and now.tags.get(WAITING_TAG) != now.run_id:
        context.instance.add_run_tags(now.run_id, {WAITING_TAG: "", MAX_RETRIES_TAG: "0"})

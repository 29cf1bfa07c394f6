"""Ctrl-C and a request to terminate end a step at once.

What belongs here: telling an interruption from a failure that may be tried again. Dagster treats both alike: it waits
as long as the retry policy says, builds the step all the same, and then those that do not need it. Here the step fails
for good, and every later step of the run as it begins.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import dagster as dg

INTERRUPTED = "interrupted; finished days are kept"
_ended: set[str] = set()
"""Runs of this process that were interrupted."""
Compute = Callable[[dg.AssetExecutionContext], Iterator[Any]]


def ended_by_interruption(compute: Compute) -> Compute:
    """Decorate the function of an asset: an interruption is a failure that is not tried again."""

    @functools.wraps(compute)
    def guarded(context: dg.AssetExecutionContext) -> Iterator[Any]:
        if context.run.run_id in _ended:
            raise dg.Failure(INTERRUPTED, allow_retries=False)
        try:
            yield from compute(context)
        except (KeyboardInterrupt, dg.DagsterExecutionInterruptedError) as error:
            _ended.add(context.run.run_id)
            raise dg.Failure(INTERRUPTED, allow_retries=False) from error

    return guarded

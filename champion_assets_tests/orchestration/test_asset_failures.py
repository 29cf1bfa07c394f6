"""What a message on failed days shows: each kind of error, in order of days, and the other days by date."""

import datetime as dt
import errno
import os

import dagster as dg

from champion_assets.catalog import TABLES
from champion_assets.nse.errors import HtmlPayload, NotYetPublished
from champion_assets.orchestration.asset_failures import NAMED, SHOWN, as_dagster_error, shown_of
from champion_assets.orchestration.in_process_run import _error_text
from champion_assets.settings import Settings


def day(number: int) -> dt.date:
    return dt.date(2024, 1, 1) + dt.timedelta(days=number)


def test_few_days_are_shown_with_their_errors() -> None:
    failed: dict[dt.date, Exception] = {day(1): HtmlPayload("b"), day(0): NotYetPublished("a")}
    assert shown_of(failed) == ["2024-01-01: NotYetPublished: a", "2024-01-02: HtmlPayload: b"]


def test_of_many_each_kind_is_shown_and_the_others_are_named() -> None:
    failed: dict[dt.date, Exception] = {day(number): NotYetPublished("a") for number in range(30)}
    failed[day(25)] = HtmlPayload("page")
    *shown, last = shown_of(failed)
    assert [line[:10] for line in shown] == [str(day(number)) for number in (0, 1, 2, 3, 25)]
    assert shown[-1].endswith("HtmlPayload: page")
    assert last.startswith(f"... and {30 - SHOWN} more days: 2024-01-05, ")
    assert last.endswith(f"{day(4 + NAMED - 1)} to {day(29)}")


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

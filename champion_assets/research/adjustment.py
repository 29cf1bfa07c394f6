"""Raw prices to adjusted prices, with a mark on rows in doubt.

What belongs here: reading events and doubts, and refusing days without a source of corporate actions. What does not:
 the arithmetic (`quant/adjust.py`, `quant/doubts.py`).
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import polars as pl

from champion_assets.quant.adjust import Level, adjust
from champion_assets.quant.doubts import doubtful_sessions, mark, open_doubts
from champion_assets.quant.prior import with_prior
from champion_assets.research.errors import NotCovered
from champion_assets.research.kept import read_kept
from champion_assets.research.stored import read, stored_of

if TYPE_CHECKING:
    from champion_assets.lake.workspace import Workspace

_ACTIONS, _DOUBTS, _SOURCES = "silver/corporate_actions", "silver/doubts", "raw/corporate_actions"
_EVENT_COLUMNS = [
    *("trade_date", "instrument_id", "ex_date", "ex_session"),
    *("f_capital", "f_capital_special", "f_total_return", "q"),
]
_DOUBT_COLUMNS = ["trade_date", "instrument_id", "ex_session", "doubt", "level", "reason"]


def adjusted(
    workspace: Workspace,
    rows: pl.DataFrame,
    level: Level,
    first: dt.date,
    anchor: dt.date,
    *,
    allow_uncovered: bool,
    allow_missing: bool,
) -> pl.DataFrame:
    """Adjusted prices beside raw prices, with doubts.

    Args:
        workspace: where the tables are.
        rows: rows of silver/equity_eod from `first` to `anchor`, in order of the dates.
        level: see `quant.adjust.LEVELS`.
        first: first day of the range.
        anchor: the day A that prices are adjusted to.
        allow_uncovered: see `research.prices`.
        allow_missing: see `research.prices`.

    Returns:
        The rows with the columns of `quant.adjust.adjust` and `quant.prior.with_prior`, `is_complete` and `doubt`.

    Raises:
        NotBuilt: the lake lacks sessions after `first`.
        NotCovered: no source of corporate actions was read for some of them.
    """
    if level == "none":
        none = read(workspace, _ACTIONS, [], _EVENT_COLUMNS)
        plain = with_prior(adjust(rows, none, level, anchor), none, none, [], level, anchor)
        return plain.with_columns(is_complete=pl.lit(value=True), doubt=pl.lit(None, pl.String))
    after = [day for day in workspace.sessions(first, anchor) if day > first]
    may_lack = allow_missing or allow_uncovered
    dates = stored_of(workspace, _ACTIONS, after, allow_missing=may_lack)
    covered = _covered(workspace, stored_of(workspace, _SOURCES, dates, allow_missing=may_lack))
    if not allow_uncovered:
        _require_covered(dates, covered)
    told = stored_of(workspace, _DOUBTS, after, allow_missing=may_lack)
    events = read_kept(workspace, _ACTIONS, dates, _EVENT_COLUMNS).filter(pl.col("ex_session") > first)
    doubts = open_doubts(read_kept(workspace, _DOUBTS, told, _DOUBT_COLUMNS), anchor)
    unknown = sorted(set(after) - (covered & set(told)))
    answer = adjust(rows, events, level, anchor)
    answer = _with_prior(workspace, answer, [*dates], unknown, level, first, anchor)
    marked = mark(answer, doubtful_sessions(doubts, level))
    return _before_unknown(marked, unknown[-1]) if unknown else marked


def _with_prior(
    workspace: Workspace,
    rows: pl.DataFrame,
    dates: list[dt.date],
    unknown: list[dt.date],
    level: Level,
    first: dt.date,
    anchor: dt.date,
) -> pl.DataFrame:
    """The close before each row, adjusted: what lies between the first row of an instrument and it is read, too."""
    oldest = rows["prior_date"].min()
    begin = oldest + dt.timedelta(days=1) if isinstance(oldest, dt.date) else first
    earlier = [day for day in workspace.sessions(begin, first) if begin <= day <= first]
    told = set(workspace.lake.dates(_ACTIONS)) & set(workspace.lake.dates(_DOUBTS))
    there = sorted(told & set(earlier))
    unread = set(earlier) - _covered(workspace, sorted(set(there) & set(workspace.lake.dates(_SOURCES))))
    days = sorted(told & {*there, *dates})
    events = read_kept(workspace, _ACTIONS, days, _EVENT_COLUMNS)
    doubts = open_doubts(read_kept(workspace, _DOUBTS, days, _DOUBT_COLUMNS), anchor)
    return with_prior(rows, events, doubtful_sessions(doubts, level), [*unread, *unknown], level, anchor)


def _before_unknown(rows: pl.DataFrame, last: dt.date) -> pl.DataFrame:
    """What lies before a session whose actions were never read is incomplete, of whatever instrument it is."""
    text = pl.lit(f"unknown across {last}: no source of corporate actions was read for it")
    is_before = pl.col("trade_date") < last
    return rows.with_columns(
        is_complete=pl.col("is_complete") & ~is_before,
        doubt=pl.coalesce("doubt", pl.when(is_before).then(text)),
    )


def _covered(workspace: Workspace, sessions: list[dt.date]) -> set[dt.date]:
    """The sessions for which some source of corporate actions was read."""
    return set(read_kept(workspace, _SOURCES, sessions, ["trade_date"])["trade_date"].unique())


def _require_covered(sessions: list[dt.date], covered: set[dt.date]) -> None:
    """The actions of these sessions were read from some source, or it is said of which they were not."""
    missing = sorted(set(sessions) - covered)
    if missing:
        raise NotCovered(
            f"no source of corporate actions was read for {len(missing)} of {len(sessions)} sessions, from "
            f"{missing[0]} to {missing[-1]}: prices across them cannot be adjusted. Put an export of NSE's "
            "corporate-actions page that covers them (CF-CA-equities-...csv), or the PR bundles of the days, into the "
            "source and run `champion backfill`; or pass allow_uncovered=True"
        )

"""Was it luck? The figures of `quant/luck.py` over the stored trials of an experiment.

What belongs here: which trials are compared over which sessions, and what is left out and why. What does not: the
arithmetic (`quant/luck.py`), how it is said (`luck_words.py`). Trials of earlier runs under the same name count, too:
whoever tried a hundred strategies chose among a hundred.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import polars as pl

from champion_assets.backtest.daily import NAME as DAILY
from champion_assets.backtest.tear_sheet_figures import invested_days
from champion_assets.experiments.results import FOLDER, TrialResult, kept_results, once
from champion_assets.experiments.stored import stored_days
from champion_assets.lake.store import Lake
from champion_assets.quant.luck import BLOCKS, Overfitting, minimum_length, overfitting
from champion_assets.quant.metrics import calendar_years

SESSIONS_A_BLOCK = 5
"""Fewer sessions a block say nothing: a week."""


@dataclass(frozen=True)
class Series:
    """The days of a trial.

    Attributes:
        result: the trial.
        days: trade_date and `excess`, the return less that of an overnight deposit, one row per session from the first
            fill on.
        sessions: all sessions of the trial, those before the first fill included.
    """

    result: TrialResult
    days: pl.DataFrame
    sessions: tuple[dt.date, ...]

    @property
    def first(self) -> dt.date:
        """The session of the first fill."""
        return self.sessions[-self.days.height]

    @property
    def last(self) -> dt.date:
        """The last session."""
        return self.sessions[-1]

    def between(self, first: dt.date, last: dt.date) -> pl.DataFrame:
        """The rows of a range of days.

        Args:
            first: first day.
            last: last day.
        """
        return self.days.filter(pl.col("trade_date").is_between(first, last))


@dataclass(frozen=True, eq=False)
class Comparison:
    """The figures of trials over the sessions that they share.

    Attributes:
        first: of the sessions compared.
        last: of them.
        years: calendar years that they lasted.
        unused: sessions of the trials compared that not all of them share.
        overfitting: see `quant/luck.py`; ratios are daily and in excess of the overnight rate.
        sharpe: annual Sharpe ratio of the best trial over these sessions, in excess of the overnight rate.
        minimum_years: minimum backtest length for that ratio and all trials made; None if the ratio is not positive.
    """

    first: dt.date
    last: dt.date
    years: float
    unused: int
    overfitting: Overfitting
    sharpe: float
    minimum_years: float | None

    @property
    def sessions(self) -> int:
        """Sessions compared."""
        return self.overfitting.rows + self.overfitting.left_out

    @property
    def root_sessions_a_year(self) -> float:
        """What a daily Sharpe ratio is multiplied with to be an annual one."""
        return float((self.sessions / self.years) ** 0.5)


@dataclass(frozen=True)
class Luck:
    """What the trials of an experiment say about luck.

    Attributes:
        compared: labels of the trials compared.
        left_out: label and reason of each that is not.
        earlier: labels of those compared whose days an earlier run left; nobody checked whether they still are what
            they would be.
        made: trials ever made on this lake that have a Sharpe ratio.
        comparison: the figures; None if there are none.
        why_not: why there are none, in words.
    """

    compared: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...]
    earlier: tuple[str, ...]
    made: int
    comparison: Comparison | None = None
    why_not: str = ""


def luck_of(lake: Lake, experiment: str, now: Collection[str], made: int, blocks: int = BLOCKS) -> Luck:
    """The figures over all stored trials of an experiment that can be compared.

    Args:
        lake: has the trials.
        experiment: its name.
        now: identities of the trials that this run made or brought up to date.
        made: trials ever made on this lake that have a Sharpe ratio.
        blocks: see `overfitting`.
    """
    results = once(sorted(kept_results(lake, experiment), key=lambda each: each.identity not in now))
    found, left_out = _comparable(lake, experiment, results)
    series, first, last, outside = _shared(found)
    earlier = tuple(each.result.label for each in series if each.result.identity not in now)
    luck = Luck(tuple(each.result.label for each in series), (*left_out, *outside), earlier, made)
    if len(series) < 2:
        return replace(luck, why_not=f"at least two trials are needed that can be compared; there are {len(series)}")
    returns = np.column_stack([each.between(first, last)["excess"].to_numpy() for each in series])
    if returns.shape[0] < blocks * SESSIONS_A_BLOCK:
        needed = f"{blocks * SESSIONS_A_BLOCK} are needed, {SESSIONS_A_BLOCK} in each of {blocks} blocks"
        return replace(luck, why_not=f"the trials share {returns.shape[0]} sessions; at least {needed}")
    try:
        figures = overfitting(returns, blocks)
    except ValueError as error:
        return replace(luck, why_not=f"{error}; the trials, counted from 0: {', '.join(luck.compared)}")
    dates = {date for each in series for date in each.sessions}
    years = calendar_years(max(date for date in dates if date < first), last)
    sharpe = float((returns.mean(axis=0) / returns.std(axis=0, ddof=1)).max() * (returns.shape[0] / years) ** 0.5)
    length = minimum_length(max(made, len(series)), sharpe) if sharpe > 0 else None
    unused = len({date for each in series for date in each.days["trade_date"]}) - returns.shape[0]
    return replace(luck, comparison=Comparison(first, last, years, unused, figures, sharpe, length))


def _comparable(
    lake: Lake, experiment: str, results: Sequence[TrialResult]
) -> tuple[list[Series], list[tuple[str, str]]]:
    """The trials that begin on the day on which most do, and why the others are none of them."""
    good = [each for each in results if not each.error]
    begin = max(sorted(Counter(each.begin for each in good).items()), key=lambda item: item[1])[0] if good else ""
    series: list[Series] = []
    left_out = []
    for each in results:
        if each.error:
            left_out.append((each.label, f"it failed: {each.error}"))
        elif each.begin != begin:
            left_out.append((each.label, f"it begins on {each.begin}, most begin on {begin}"))
        elif isinstance(found := _series(lake, experiment, each), str):
            left_out.append((each.label, found))
        else:
            series.append(found)
    return series, left_out


def _series(lake: Lake, experiment: str, result: TrialResult) -> Series | str:
    """The days of a trial, or why there are none."""
    columns = ["trade_date", "buys", "portfolio_return", "overnight_return"]
    rows = stored_days(lake, f"{FOLDER}/{experiment}/{result.identity}", DAILY, columns)
    if rows is None:
        return "its days are no longer in the lake"
    rows = rows.filter(
        pl.col("trade_date").is_between(dt.date.fromisoformat(result.begin), dt.date.fromisoformat(result.end))
    )
    if rows.is_empty():
        return "its days are no longer in the lake"
    invested = invested_days(rows)
    if invested.is_empty():
        return "it never invested"
    days = invested.select("trade_date", excess=pl.col("portfolio_return") - pl.col("overnight_return"))
    return Series(result, days, tuple(rows["trade_date"]))


def _shared(series: Sequence[Series]) -> tuple[list[Series], dt.date, dt.date, list[tuple[str, str]]]:
    """The trials and the first and last session that make the largest matrix, and why the others are not in it."""
    if len(series) < 2:
        return list(series), dt.date.max, dt.date.min, []
    sessions = sorted({date for each in series for date in each.days["trade_date"]})

    def size(span: tuple[dt.date, dt.date]) -> tuple[int, int]:
        among = sum(each.first <= span[0] and each.last >= span[1] for each in series)
        return (among * sum(span[0] <= date <= span[1] for date in sessions) if among > 1 else 0), among

    first, last = max(
        product(sorted({each.first for each in series}), sorted({each.last for each in series})), key=size
    )
    wanted = [date for date in sessions if first <= date <= last]
    kept, left_out = [], []
    for each in series:
        missing = len(wanted) - each.between(first, last).height
        if each.first > first:
            left_out.append(
                (each.result.label, f"it first invested on {each.first}; the others are compared from {first}")
            )
        elif each.last < last:
            left_out.append((each.result.label, f"it ends on {each.last}; the others are compared to {last}"))
        elif missing:
            left_out.append((each.result.label, f"it lacks {missing} of {len(wanted)} sessions"))
        else:
            kept.append(each)
    return kept, first, last, left_out

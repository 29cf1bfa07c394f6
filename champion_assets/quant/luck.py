"""Was it luck? What the best of many trials is worth, given that it was chosen as the best.

What belongs here: the arithmetic on a matrix of returns, one column per trial. What does not: which trials there are
(`experiments/luck.py`), the deflated Sharpe ratio (`metrics.py`). Definitions: Bailey, Borwein, López de Prado and Zhu,
"The probability of backtest overfitting" and "Pseudo-mathematics and financial charlatanism". Where the papers leave a
choice it is that of pypbo: a relative rank is rank / (N + 1), equal ratios share the mean of their ranks, the earliest
rows are left out if the blocks are not full, a logit of 0 counts as overfit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from champion_assets.quant.risk import Array

BLOCKS = 16
"""Blocks of a history, as the paper has it: 12,870 splits."""
MOST_BLOCKS = 20
"""184,756 splits; two blocks more are four times as many."""
_AT_ONCE = 2048
_STILL = 1e-10
"""Share of a sum of squares below which its scatter about the mean is the rounding's."""
_EULER = 0.5772156649015329
_NORMAL = NormalDist()


@dataclass(frozen=True, eq=False)
class Overfitting:
    """What choosing the best trial by one half of a history was worth in the other half.

    Over all halves that the blocks allow.

    Attributes:
        probability: share of splits in which the trial chosen is at or below the median of all in the other half (logit
            <= 0); PBO.
        loss: share of splits in which the Sharpe ratio of the trial chosen is below 0 in the other half.
        degradation: slope of the line through (`chosen`, `kept`) by least squares; NaN if `chosen` does not vary. It is
            below 0 even without overfitting, near -1 if one trial is always chosen: both halves share one total, so
            what one has the other lacks.
        logits: ln(w / (1 - w)) of the relative rank w of the trial chosen in the other half, shape (splits,).
        chosen: Sharpe ratio of the trial chosen in the half that it was chosen by, a row, not annualised, shape
            (splits,).
        kept: its Sharpe ratio in the other half, shape (splits,).
        blocks: of the history.
        rows: rows counted, a multiple of `blocks`.
        left_out: earliest rows that fill no block.
    """

    probability: float
    loss: float
    degradation: float
    logits: Array
    chosen: Array
    kept: Array
    blocks: int
    rows: int
    left_out: int


def overfitting(returns: Array, blocks: int = BLOCKS) -> Overfitting:
    """The probability of backtest overfitting by combinatorially symmetric cross-validation.

    The history is cut into blocks of equal length; every choice of half of them is a training half, the others are the
    test half. Sums and sums of squares of the blocks give the Sharpe ratios of all halves, so nothing is computed anew
    for a split.

    Args:
        returns: simple returns of a row (a day), in excess of the overnight rate if ratios are to be, shape (T, N): N
            trials.
        blocks: even, from 2 to `MOST_BLOCKS`.

    Raises:
        ValueError: a return is not a number, fewer than two trials, an odd number of blocks, fewer than two rows a
            block, or a trial whose returns do not vary in some half.

    Example:
        >>> noise = np.random.default_rng(1).normal(0.0, 0.01, (480, 10))
        >>> better = noise + np.where(np.arange(10) == 3, 0.005, 0.0)
        >>> overfitting(better).probability
        0.0
        >>> found = overfitting(noise)
        >>> found.logits.shape, 0.1 < found.probability < 0.9
        ((12870,), True)
    """
    _refuse(returns, blocks)
    left_out = returns.shape[0] % blocks
    parts = returns[left_out:].reshape(blocks, -1, returns.shape[1])
    # trials that are alike share a column, so that rounding does not rank one above the other
    alone, twins = np.unique(parts.reshape(-1, parts.shape[2]), axis=1, return_inverse=True)
    mean = alone.mean(axis=0)
    centred = (alone - mean).reshape(blocks, parts.shape[1], -1)
    sums, squares = centred.sum(axis=1), (centred**2).sum(axis=1)
    halves = _halves(blocks)
    found = [_chosen(half, sums, squares, mean, parts.shape[1], twins.ravel()) for half in _portions(halves)]
    chosen, kept, rank = (np.concatenate(each) for each in zip(*found, strict=True))
    relative = rank / (returns.shape[1] + 1)
    logits = np.log(relative / (1 - relative))
    return Overfitting(
        # a rank in the middle is exactly 1/2, but its logit may be rounded to either side of 0
        probability=float((relative <= 0.5).mean()),
        loss=float((kept < 0).mean()),
        degradation=_slope(chosen, kept),
        logits=logits, chosen=chosen, kept=kept, blocks=blocks, rows=returns.shape[0] - left_out, left_out=left_out,
    )  # fmt: skip


def _refuse(returns: Array, blocks: int) -> None:
    if returns.ndim != 2 or returns.shape[1] < 2:
        raise ValueError(f"the returns of at least two trials are needed, shape (T, N), got the shape {returns.shape}")
    if blocks % 2 or not 2 <= blocks <= MOST_BLOCKS:
        raise ValueError(
            f"a history is cut into an even number of blocks from 2 to {MOST_BLOCKS}, not {blocks}: half of them train"
        )
    if returns.shape[0] < 2 * blocks:
        raise ValueError(
            f"{blocks} blocks need at least two rows each, {2 * blocks} in all; there are {returns.shape[0]}"
        )
    if wrong := int((~np.isfinite(returns)).sum()):
        first = _first(~np.isfinite(returns).all(axis=0))
        raise ValueError(f"{wrong} of {returns.size} returns are not numbers, the first in trial {first}")


def _first(flags: ArrayLike) -> int:
    return int(np.flatnonzero(flags)[0])


def _halves(blocks: int) -> Array:
    """1 where a block trains, shape (splits, blocks), in the order of `itertools.combinations`."""
    members = np.array(list(combinations(range(blocks), blocks // 2)))
    halves = np.zeros((members.shape[0], blocks))
    np.put_along_axis(halves, members, 1.0, axis=1)
    return halves


def _portions(halves: Array) -> list[Array]:
    return [halves[start : start + _AT_ONCE] for start in range(0, halves.shape[0], _AT_ONCE)]


def _chosen(
    half: Array, sums: Array, squares: Array, mean: Array, length: int, twins: NDArray[np.intp]
) -> tuple[Array, Array, Array]:
    """Of each split: the best ratio in training, that trial's ratio in the test and its rank there, 1 the worst."""
    rows = length * half.shape[1] // 2
    train, test = (
        _ratio((each @ sums)[:, twins], (each @ squares)[:, twins], mean[twins], rows) for each in (half, 1.0 - half)
    )
    best = train.argmax(axis=1)[:, None]
    kept = np.take_along_axis(test, best, axis=1)
    rank = (test < kept).sum(axis=1) + ((test == kept).sum(axis=1) + 1) / 2
    return np.take_along_axis(train, best, axis=1)[:, 0], kept[:, 0], rank


def _ratio(total: Array, square: Array, mean: Array, rows: int) -> Array:
    """Sharpe ratios of a row from sums of returns less `mean`."""
    scatter = square - total**2 / rows
    if (still := (scatter <= _STILL * square).any(axis=0)).any():
        raise ValueError(
            f"the returns of trial {_first(still)} do not vary in half of the blocks: it has no Sharpe ratio there"
        )
    return np.asarray((total / rows + mean) / np.sqrt(scatter / (rows - 1)))


def _slope(chosen: Array, kept: Array) -> float:
    deviation = chosen - chosen.mean()
    variance = float(deviation @ deviation)
    return float(deviation @ (kept - kept.mean())) / variance if variance > 0 else math.nan


def expected_best(trials: int) -> float:
    """The expected maximum of `trials` independent standard normal variables.

    It is what the best of so many trials without skill shows, in standard deviations. An approximation for many
    trials: 8 % too low for two, at most 3 % off for more.

    Args:
        trials: number of trials, at least 2.

    Returns:
        Standard deviations above the mean.

    Raises:
        ValueError: fewer than two trials.

    >>> round(expected_best(100), 2)
    2.53
    """
    if trials < 2:
        raise ValueError(f"at least two trials are needed, not {trials}")
    return (1 - _EULER) * _NORMAL.inv_cdf(1 - 1 / trials) + _EULER * _NORMAL.inv_cdf(1 - 1 / (trials * math.e))


def minimum_length(trials: int, sharpe: float) -> float:
    """The minimum backtest length in years: in a shorter history luck alone is expected to reach `sharpe`.

    Args:
        trials: made, taken as independent; those that resemble each other count for fewer, so the length is on the safe
            side.
        sharpe: the annual Sharpe ratio of the best of them.

    Raises:
        ValueError: fewer than two trials, or a ratio that is not a positive number.

    Example:
        >>> round(minimum_length(45, 1.0), 2)
        5.0
    """
    if not (math.isfinite(sharpe) and sharpe > 0):
        raise ValueError(f"the Sharpe ratio must be positive, not {sharpe}")
    return (expected_best(trials) / sharpe) ** 2

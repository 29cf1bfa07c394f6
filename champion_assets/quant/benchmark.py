"""Weights of a benchmark over the whole universe.

What belongs here: benchmarks by rule. What does not: index levels (`silver/index_eod`).
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from champion_assets.quant.risk import Array


def benchmark_weights(turnover: Array, tracked: Literal["equal", "turnover"]) -> Array:
    """Weights of a benchmark that holds the whole universe.

    Args:
        turnover: median value traded per name, rupees, shape (n,).
        tracked: `equal` for equal weights; `turnover` for weights in proportion to `turnover`, the nearest to size
            that the daily files contain.

    Returns:
        Weights that add up to 1, shape (n,).

    >>> benchmark_weights(np.array([1e7, 3e7]), "turnover").tolist()
    [0.25, 0.75]
    """
    if tracked == "equal":
        return np.full(turnover.size, 1.0 / turnover.size)
    return np.asarray(turnover / turnover.sum())

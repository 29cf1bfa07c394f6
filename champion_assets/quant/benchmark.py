"""Weights of a benchmark over the whole universe.

What belongs here: benchmarks by rule. What does not: index levels (`silver/index_eod`).
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from champion_assets.quant.risk import Array


def benchmark_weights(turnover: Array, tracked: Literal["equal", "turnover"]) -> Array:
    """Weights of the whole universe.

    All equal, or in proportion to the median turnover, the nearest to a size that the files have.
    """
    if tracked == "equal":
        return np.full(turnover.size, 1.0 / turnover.size)
    return np.asarray(turnover / turnover.sum())

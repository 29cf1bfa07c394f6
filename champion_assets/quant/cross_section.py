"""A day's names compared with each other: z-score, percentile, min-max; over all, or within groups.

What belongs here: Polars expressions. Missing stays missing everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

WINSOR = 3.0
LEAST_IN_GROUP = 5
"""Names that a group needs for a z-score of its own."""


def z_score(value: pl.Expr, over: Sequence[str]) -> pl.Expr:
    """(s - mean) / standard deviation (n) within `over`, cut at ±3; 0 where all are equal.

    Args:
        value: a column of numbers.
        over: names of the columns that a group shares, such as the day.

    Returns:
        Standard deviations from the mean, -3 to 3; null where `value` is.

    Example:
        >>> day = pl.DataFrame({"day": [1, 1, 1], "s": [1.0, 3.0, None]})
        >>> day.select(z_score(pl.col("s"), ["day"])).to_series().to_list()
        [-1.0, 1.0, None]
    """
    deviation = value.std(ddof=0).over(over)
    score = (value - value.mean().over(over)) / deviation
    return pl.when(value.is_null()).then(None).when(deviation > 0).then(score.clip(-WINSOR, WINSOR)).otherwise(0.0)


def percentile(value: pl.Expr, over: Sequence[str]) -> pl.Expr:
    """(rank - 0.5) / n within `over`; equal values share the mean of their ranks.

    Args:
        value: a column of numbers.
        over: names of the columns that a group shares, such as the day.

    Returns:
        A share between 0 and 1; null where `value` is.

    Example:
        >>> day = pl.DataFrame({"day": [1, 1, 1], "s": [1.0, 3.0, None]})
        >>> day.select(percentile(pl.col("s"), ["day"])).to_series().to_list()
        [0.25, 0.75, None]
    """
    return (value.rank("average").over(over) - 0.5) / value.count().over(over)


def min_max(value: pl.Expr, over: Sequence[str]) -> pl.Expr:
    """(s - min) / (max - min) within `over`, 0.5 where all are equal. For display: it is based anew every day.

    Args:
        value: a column of numbers.
        over: names of the columns that a group shares, such as the day.

    Returns:
        A share from 0 to 1; null where `value` is.

    Example:
        >>> day = pl.DataFrame({"day": [1, 1, 1], "s": [1.0, 3.0, None]})
        >>> day.select(min_max(pl.col("s"), ["day"])).to_series().to_list()
        [0.0, 1.0, None]
    """
    low, high = value.min().over(over), value.max().over(over)
    return pl.when(value.is_null()).then(None).when(high > low).then((value - low) / (high - low)).otherwise(0.5)

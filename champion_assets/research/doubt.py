"""What happens to adjusted prices in doubt: marked, refused or left out.

What belongs here: the choice and its words. What does not: which rows are in doubt (`quant/doubts.py`).
"""

from __future__ import annotations

import warnings
from typing import Literal

import polars as pl

from champion_assets.common.errors import RequestError
from champion_assets.research.errors import DoubtfulPrices

OnDoubt = Literal["mark", "raise", "drop"]
CHOICES: tuple[OnDoubt, ...] = OnDoubt.__args__  # type: ignore[attr-defined]
SHOWN = 5
"""Instruments that a message names."""


def require_choice(on_doubt: str) -> None:
    """Check that `on_doubt` is one of `CHOICES`.

    Args:
        on_doubt: the argument of `research.prices`.

    Raises:
        RequestError: it is not.
    """
    if on_doubt not in CHOICES:
        raise RequestError(f"on_doubt={on_doubt!r} is not one of {', '.join(CHOICES)}")


def as_chosen(rows: pl.DataFrame, on_doubt: OnDoubt) -> pl.DataFrame:
    """The rows by the choice.

    Args:
        rows: prices with `is_complete` and `doubt`, sorted by date.
        on_doubt: `mark`: as they are; `raise`: refused if one is incomplete; `drop`: only the complete ones, and a
            warning that says what is left out.

    Raises:
        DoubtfulPrices: see `raise`; names symbols, sessions and reasons, and what settles them.
    """
    if on_doubt == "mark" or rows["is_complete"].all():
        return rows
    doubtful = rows.filter(~pl.col("is_complete"))
    if on_doubt == "raise":
        raise DoubtfulPrices(_words(doubtful))
    names = doubtful.group_by("instrument_id").agg(pl.col("symbol").last())["symbol"].sort().to_list()
    warnings.warn(f"{doubtful.height} rows of {_some(names)} are before a doubt and are left out", stacklevel=3)
    return rows.filter("is_complete")


def _words(doubtful: pl.DataFrame) -> str:
    reasons = pl.col("doubt").unique(maintain_order=True).str.join(" | ")
    names = doubtful.group_by("instrument_id").agg(pl.col("symbol").last(), reasons).sort("symbol", "instrument_id")
    told = ". ".join(names.head(SHOWN).select(pl.format("{}: {}", "symbol", "doubt")).to_series())
    more = f". {names.height - SHOWN} more instruments" if names.height > SHOWN else ""
    first, last = doubtful["trade_date"][0], doubtful["trade_date"][-1]
    return (
        f"adjusted prices of {names.height} instrument(s) from {first} to {last} are in doubt. "
        f"{told}{more}. `champion audit START END` shows the details. A line in CHAMPION_CORPORATE_ACTIONS with the "
        "session as ex_date settles a doubt: `factor` states the action, `cancel` that there was none, `confirm` that "
        "the gap or the factor is genuine (docs/runbook.md); then run `champion backfill`. "
        'on_doubt="mark" gives all rows with a mark, on_doubt="drop" those after the newest doubt'
    )


def _some(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more

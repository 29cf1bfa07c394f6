"""Corporate actions, endings and band hits as tables have them, in the form in which `portfolio/market.py` asks.

What belongs here: reading and ordering them. What does not: prices and volumes (`market.py`), any rule of trading.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import polars as pl

from champion_assets.lake.inputs import Inputs
from champion_assets.nse.trading_rules import listing_sessions
from champion_assets.silver.endings import NAME as ENDINGS
from champion_assets.simulation.account import BandHits

ORDER = {
    "dividend": 0,
    "distribution": 0,
    "rights": 1,
    "capital_reduction": 2,
    "bonus": 3,
    "split": 4,
    "consolidation": 4,
}


EVENT_COLUMNS = [
    "trade_date",
    "instrument_id",
    "ex_date",
    "ex_session",
    "leg",
    "kind",
    "f_capital",
    "q",
    "cash",
    "ratio_a",
    "ratio_b",
    "premium",
    "face_value",
    "child_instrument_id",
    "method",
    "held",
]


def band_hits(told: pl.DataFrame, index: Mapping[str, int]) -> BandHits:
    """Who hit a band by a day's rows of silver/security_status; `index` says which place a name has."""
    numbers = [index[name] for name in told["instrument_id"]]
    known, upper, lower = (np.zeros(len(index), dtype=bool) for _ in range(3))
    known[numbers] = (told["hit_upper"].is_not_null() & told["hit_lower"].is_not_null()).to_numpy()
    upper[numbers] = told["hit_upper"].fill_null(value=False).to_numpy()
    lower[numbers] = told["hit_lower"].fill_null(value=False).to_numpy()
    return BandHits(known, upper, lower)


class Before(Protocol):
    """Who trades on a session, and the session before on which each traded."""

    def __contains__(self, name: str) -> bool:
        """True if the name trades."""

    def get(self, name: str) -> dt.date | None:
        """The session before on which it traded, None if there is none."""


def merger_wait(date: dt.date, child: str, traded: Before) -> int:
    """Sessions until the shares of a child can be sold: none if it first trades on `date`."""
    return 0 if child in traded and traded.get(child) is None else listing_sessions("merger", date)


def newest(legs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of each ex-date the legs that were said last."""
    last: dict[dt.date, dt.date] = {}
    for leg in legs:
        last[leg["ex_date"]] = max(last.get(leg["ex_date"], leg["trade_date"]), leg["trade_date"])
    return [leg for leg in legs if leg["trade_date"] == last[leg["ex_date"]]]


def events_by_name(inputs: Inputs) -> dict[str, list[dict[str, Any]]]:
    """The legs of corporate actions by instrument, in the order of the table."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for leg in inputs.read("silver/corporate_actions", EVENT_COLUMNS).iter_rows(named=True):
        found[leg["instrument_id"]].append(leg)
    return dict(found)


def endings_by_session(inputs: Inputs) -> tuple[dict[tuple[dt.date, str], list[dict[str, Any]]], dict[str, str]]:
    """By session and ended name what its holders get, where that is known; and the children with their symbols."""
    columns = ["trade_date", "instrument_id", "child_instrument_id", "child_symbol", "ratio", "cash", "confidence"]
    rows = inputs.read(ENDINGS, columns).filter(pl.col("confidence") != "unknown")  # a documented nothing is known, too
    found: dict[tuple[dt.date, str], list[dict[str, Any]]] = defaultdict(list)
    for row in rows.iter_rows(named=True):
        found[row["trade_date"], row["instrument_id"]].append(row)
    children = rows.drop_nulls("child_instrument_id").select("child_instrument_id", "child_symbol")
    return dict(found), dict(children.iter_rows())

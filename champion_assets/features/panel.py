"""From rows to matrices and back: the (session x instrument) view that window features work on.

What belongs here: reshaping. What does not: any formula.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray


@dataclass(frozen=True)
class Panel:
    """Values by session and instrument, NaN where there is no row; both axes sorted."""

    sessions: list[dt.date]
    instruments: list[str]
    values: NDArray[np.float64]

    def row(self, session: dt.date) -> int:
        """The position of a session.

        Args:
            session: a session of the panel.
        """
        return self.sessions.index(session)

    def columns(self, instruments: Sequence[str]) -> NDArray[np.intp]:
        """The positions of instruments.

        Args:
            instruments: ids that are all in the panel.
        """
        return np.searchsorted(np.asarray(self.instruments, dtype=object), np.asarray(instruments, dtype=object))


def panel(rows: pl.DataFrame, value: str, sessions: Sequence[dt.date]) -> Panel:
    """A matrix of one column's values by session and instrument.

    Args:
        rows: with trade_date, instrument_id and `value`.
        value: name of the column.
        sessions: rows of the matrix, in order.

    Returns:
        The panel, shape (sessions, instruments), NaN where there is no row.
    """
    instruments = rows["instrument_id"].unique().sort()
    codes = rows["instrument_id"].cast(pl.Enum(instruments)).to_physical().to_numpy()
    days = np.asarray(sessions, dtype="datetime64[D]")
    lines = np.searchsorted(days, rows["trade_date"].to_numpy().astype("datetime64[D]"))
    values = np.full((len(sessions), len(instruments)), np.nan)
    values[lines, codes] = rows[value].cast(pl.Float64).to_numpy()
    return Panel(list(sessions), instruments.to_list(), values)

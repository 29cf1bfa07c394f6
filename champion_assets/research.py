"""The Python API for notebooks: the lake's tables as Polars frames, and the risk model of any day.

What belongs here: what a person types. What does not: any computation of its own.

    from champion_assets import research
    research.table("features/returns", "2020-01-01", "2020-03-31", symbols=["RELIANCE"])
    sigma, names = research.covariance("2020-03-31")
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import polars as pl

from champion_assets.features.covariance import risk_model
from champion_assets.lake.schema import empty_frame
from champion_assets.lake.table import Workspace, open_workspace
from champion_assets.quant.risk import Array
from champion_assets.settings import get_settings

Day = dt.date | str


def _day(value: Day) -> dt.date:
    return value if isinstance(value, dt.date) else dt.date.fromisoformat(value)


def _workspace() -> Workspace:
    return open_workspace(get_settings())


def table(name: str, start: Day, end: Day, *, columns: Sequence[str] | None = None, symbols: Sequence[str] | None = None) -> pl.DataFrame:
    """Rows of a table between two dates, both included.

    Args:
        name: `stage/name`, see docs/data_dictionary.md.
        start: first day, a date or ISO text.
        end: last day.
        columns: only these; all by default.
        symbols: only these tickers, as traded on the date.

    Returns:
        A frame in the order of the dates; without rows but with the right columns if the lake has none of these days.

    Raises:
        KeyError: no such table.
    """
    from champion_assets.definitions import defs  # noqa: F401  (fills the register of tables)
    from champion_assets.lake.table import TABLES

    if name not in TABLES:
        raise KeyError(f"no table {name!r}; there are {', '.join(sorted(TABLES))}")
    workspace = _workspace()
    stored = set(workspace.lake.dates(name))
    dates = [day for day in workspace.calendar.sessions_between(_day(start), _day(end)) if day in stored]
    frame = workspace.lake.read(name, dates) if dates else empty_frame(TABLES[name].model)
    if symbols is not None:
        frame = frame.filter(pl.col("symbol").is_in(list(symbols)))
    return frame if columns is None else frame.select(columns)


def covariance(date: Day) -> tuple[Array, list[str]]:
    """Σ of a day's universe per session, shape (n, n), and the symbols of its rows.

    Raises:
        ValueError: the day's universe is empty.
    """
    dated = risk_model(_workspace(), _day(date))
    return dated.model.matrix(), dated.symbols

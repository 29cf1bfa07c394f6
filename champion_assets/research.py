"""The Python API for notebooks: the lake's tables as Polars frames, and the risk model of any day.

What belongs here: what a person types. What does not: any computation of its own.

    from champion_assets import research
    research.table("features/returns", "2020-01-01", "2020-03-31", symbols=["RELIANCE"])
    research.prices("2016-01-01", "2020-12-31", adjust="capital", as_of="2020-12-31", symbols=["INFY"])
    research.instrument_history("2020-12-31", symbols=["HDFCBANK"])
    sigma, names = research.covariance("2020-03-31")
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import polars as pl

from champion_assets.catalog import TABLES, open_workspace
from champion_assets.common.errors import ChampionError
from champion_assets.features.covariance import risk_model
from champion_assets.lake.schema import empty_frame
from champion_assets.lake.workspace import Workspace
from champion_assets.quant.adjust import LEVELS, Level
from champion_assets.quant.adjust import adjust as apply_factors
from champion_assets.quant.risk import Array
from champion_assets.settings import get_settings
from champion_assets.silver.corporate_actions import CorporateActions
from champion_assets.silver.instruments import Instruments

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
    if name not in TABLES:
        raise KeyError(f"no table {name!r}; there are {', '.join(sorted(TABLES))}")
    workspace = _workspace()
    stored = set(workspace.lake.dates(name))
    dates = [day for day in workspace.calendar.sessions_between(_day(start), _day(end)) if day in stored]
    frame = workspace.lake.read(name, dates) if dates else empty_frame(TABLES[name].model)
    if symbols is not None:
        frame = frame.filter(pl.col("symbol").is_in(list(symbols)))
    return frame if columns is None else frame.select(columns)


class NotCovered(ChampionError, LookupError):
    """Adjusted prices were asked for over sessions for which no source of corporate actions was read."""


def prices(
    start: Day, end: Day, *, adjust: Level = "capital", as_of: Day | None = None, symbols: Sequence[str] | None = None,
    allow_uncovered: bool = False,
) -> pl.DataFrame:  # fmt: skip
    """Prices between two dates, raw and adjusted side by side, as they were known on a day; never rounded.

    Args:
        start: first day.
        end: last day.
        adjust: `none`, `capital` (splits, bonuses, rights, demergers), `capital_special` (and extraordinary dividends) or `total_return`.
        as_of: the day A that prices are adjusted to; only actions known by its end are used, and no session after it is read. `end` by
            default.
        symbols: only the instruments that carried one of these symbols on some day up to A, under all their names.
        allow_uncovered: adjust with what there is although some sessions have no source of corporate actions.

    Returns:
        Rows of silver/equity_eod in order of dates with `adj_open` ... `adj_vwap`, `adj_volume`, `factor` (adj = raw x factor) and
        `share_factor`. Turnover is never adjusted.

    Raises:
        NotCovered: names the sessions for which no source of corporate actions was read.
        ValueError: an unknown level, or A before `start`.
    """
    if adjust not in LEVELS:
        raise ValueError(f"adjust={adjust!r} is none of {', '.join(LEVELS)}")
    first, last = _day(start), _day(end)
    anchor = last if as_of is None else _day(as_of)
    if anchor < first:
        raise ValueError(f"as_of {anchor} lies before the first day {first}")
    workspace = _workspace()
    rows = _ids_only(workspace, table("silver/equity_eod", first, min(last, anchor)), symbols, anchor)
    events = empty_frame(CorporateActions).select(_EVENT_COLUMNS)
    if adjust != "none":
        sessions = _covered(workspace, first, anchor, allow_uncovered=allow_uncovered)
        if sessions:
            events = workspace.lake.read("silver/corporate_actions", sessions, _EVENT_COLUMNS)
    return apply_factors(rows, events.filter(pl.col("ex_session") > first), adjust, anchor)


_EVENT_COLUMNS = ["trade_date", "instrument_id", "ex_date", "ex_session", "f_capital", "f_capital_special", "f_total_return", "q"]


def _covered(workspace: Workspace, first: dt.date, last: dt.date, *, allow_uncovered: bool) -> list[dt.date]:
    """The sessions after `first` whose actions were read; all of them, or it is said which are not."""
    stored = set(workspace.lake.dates("silver/corporate_actions"))
    sessions = [day for day in workspace.sessions(first, last) if day > first]
    known = [day for day in sessions if day in stored]
    sources = (
        workspace.lake.read("raw/corporate_actions", known, ["trade_date"])["trade_date"].unique()
        if known
        else pl.Series([], dtype=pl.Date)
    )
    missing = sorted(set(sessions) - set(sources))
    if missing and not allow_uncovered:
        raise NotCovered(
            f"no source of corporate actions was read for {len(missing)} of {len(sessions)} sessions, from {missing[0]} to {missing[-1]}: "
            "prices across them cannot be adjusted. Put an export of NSE's corporate-actions page that covers them "
            "(CF-CA-equities-...csv), or "
            "the PR bundles of the days, into the source and run `champion backfill`; or pass allow_uncovered=True"
        )
    return known


def _ids_only(workspace: Workspace, rows: pl.DataFrame, symbols: Sequence[str] | None, anchor: dt.date) -> pl.DataFrame:
    """The rows of every instrument that carried one of the symbols up to `anchor`."""
    if symbols is None:
        return rows
    ids = set(rows.filter(pl.col("symbol").is_in(list(symbols)))["instrument_id"])
    days = [day for day in workspace.lake.dates("silver/instruments") if day <= anchor]
    if days:
        now = workspace.lake.read("silver/instruments", days[-1:], ["instrument_id", "symbol"])
        ids |= set(now.filter(pl.col("symbol").is_in(list(symbols)))["instrument_id"])
    return rows.filter(pl.col("instrument_id").is_in(sorted(ids)))


def instrument_history(as_of: Day, *, symbols: Sequence[str] | None = None) -> pl.DataFrame:
    """Who was who up to a day: a row for each stretch of time in which an instrument had one symbol, ISIN and series.

    Args:
        as_of: what was known at the end of this day.
        symbols: only instruments that carried one of these symbols at some time.

    Returns:
        instrument_id, symbol, isin, series, name, valid_from, valid_to (null for the present), evidence of the link to the stretch
        before, sorted by instrument and date.
    """
    workspace = _workspace()
    days = [day for day in workspace.lake.dates("silver/instruments") if day <= _day(as_of)]
    if not days:
        return empty_frame(Instruments).select("instrument_id", "symbol", "isin", "series", "name", "valid_from").clear()
    columns = ["trade_date", "instrument_id", "symbol", "isin", "series", "name", "valid_from", "evidence"]
    changes = workspace.lake.read("silver/instruments", days, columns).filter(pl.col("valid_from") == pl.col("trade_date"))
    ordered = changes.drop("trade_date").sort("instrument_id", "valid_from")
    history = ordered.with_columns(valid_to=pl.col("valid_from").shift(-1).over("instrument_id") - pl.duration(days=1))
    if symbols is not None:
        wanted = history.filter(pl.col("symbol").is_in(list(symbols)))["instrument_id"].unique()
        history = history.filter(pl.col("instrument_id").is_in(wanted.implode()))
    return history


def covariance(date: Day) -> tuple[Array, list[str]]:
    """Σ of a day's universe per session, shape (n, n), and the symbols of its rows.

    Raises:
        ValueError: the day's universe is empty.
    """
    dated = risk_model(_workspace(), _day(date))
    return dated.model.matrix(), dated.symbols

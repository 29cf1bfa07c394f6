"""The functions for notebooks: tables, prices, the register of instruments.

What belongs here: what a user calls. What does not: computations (the other modules here), and which lake is read
(`opening.py`, `lake.py`).
"""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import TYPE_CHECKING

import polars as pl

from champion_assets.common.errors import RequestError
from champion_assets.quant.adjust import LEVELS, Level
from champion_assets.research.adjustment import adjusted
from champion_assets.research.arguments import Day, Names, as_columns, as_day, as_span, as_symbols, did_you_mean
from champion_assets.research.doubt import OnDoubt, as_chosen, require_choice
from champion_assets.research.errors import UnknownTable
from champion_assets.research.kept import read_kept
from champion_assets.research.opening import open_for_reading
from champion_assets.research.stored import read, sessions_of, stored_of
from champion_assets.research.symbols import (
    instruments_of,
    known_symbols,
    registered_on,
    require_known,
    rows_of,
    warn_of_absent,
)
from champion_assets.research.versions import state_as_of

if TYPE_CHECKING:
    from champion_assets.lake.manifest import TableState
    from champion_assets.lake.workspace import Workspace


def _workspace() -> Workspace:
    return open_for_reading()


def table(
    name: str,
    start: Day,
    end: Day,
    *,
    columns: Names | None = None,
    symbols: Names | None = None,
    allow_missing: bool = False,
    lake_as_of: str | dt.date | None = None,
) -> pl.DataFrame:
    """Rows of a table between two dates, both included.

    Args:
        name: `stage/name`, see docs/data_dictionary.md; units are there, too.
        start: first day.
        end: last day.
        columns: only these; all by default.
        symbols: only these tickers, as traded on the date.
        allow_missing: return the days that the lake has although some are missing.
        lake_as_of: the table as the lake had it at the end of this day in India, at this time, or under this tag
            (`champion tag`); the current one by default. It does not contain later corrections.

    Returns:
        A frame in the order of the dates.

    Raises:
        UnknownTable: no such table.
        RequestError: the range ends before it begins, `start` or `end` is not a day, or the table has no such column.
        NotASession: the market was closed on all of these days.
        NotBuilt: the lake lacks some of the days.
        UnknownSymbol: no instrument has had one of the symbols up to `end`.
        NoLake: there is no lake where the settings say.
        NoSuchVersion: `champion prune` removed this version.
        TagError: no such tag.

    Example:
        >>> research.table("features/returns", "2024-01-01", "2024-03-28", symbols="INFY", columns="simple_return")
    """
    from champion_assets.catalog import HISTORY_TABLES, TABLES

    if name in {each.name for each in HISTORY_TABLES}:
        where = "its figures: champion_assets.backtest.tear_sheet.read_figures"
        raise UnknownTable(f"{name} covers the whole history and has no days; {where}")
    if name not in TABLES:
        near = did_you_mean(name, TABLES)
        raise UnknownTable(f"no table {name!r}; {near or 'there are ' + ', '.join(sorted(TABLES))}")
    first, last = as_span(start, end)
    wanted = as_symbols(symbols)
    known = list(TABLES[name].model.to_schema().columns)
    chosen = as_columns(columns, known, name)
    if wanted is not None and "symbol" not in known:
        raise RequestError(f"{name} has no column symbol, so symbols cannot be chosen; it has {', '.join(known)}")
    workspace = _workspace()
    state = None if lake_as_of is None else state_as_of(workspace.lake, name, lake_as_of)
    dates = stored_of(workspace, name, sessions_of(workspace, first, last), allow_missing=allow_missing, state=state)
    if wanted is None:
        return read(workspace, name, dates, chosen, state)
    if not dates:  # nobody can tell who had a symbol on days that are not there
        stored_of(workspace, name, sessions_of(workspace, first, last), allow_missing=False, state=state)
    needed = None if chosen is None else list(dict.fromkeys([*chosen, "symbol"]))
    rows = read(workspace, name, dates, needed, state, where=pl.col("symbol").is_in(wanted))
    if absent := [symbol for symbol in wanted if symbol not in set(rows["symbol"])]:
        known_to = known_symbols(workspace, absent, last)
        require_known(workspace, absent, known_to, last, partial(_symbols_in, workspace, name, dates, state))
        warn_of_absent(absent)
    return rows if chosen is None else rows.select(chosen)


def _symbols_in(workspace: Workspace, name: str, dates: list[dt.date], state: TableState | None = None) -> list[str]:
    return read(workspace, name, dates, ["symbol"], state)["symbol"].unique().drop_nulls().to_list()


def prices(
    start: Day,
    end: Day,
    *,
    adjust: Level = "capital",
    as_of: Day | None = None,
    symbols: Names | None = None,
    on_doubt: OnDoubt = "mark",
    allow_uncovered: bool = False,
    allow_missing: bool = False,
) -> pl.DataFrame:
    """Prices between two dates, raw and adjusted side by side, as they were known on a day; never rounded.

    Args:
        start: first day.
        end: last day.
        adjust: `none`, `capital` (splits, bonuses, rights, demergers), `capital_special` (and extraordinary dividends)
            or `total_return`.
        as_of: the day A that prices are adjusted to; only actions known by its end are used, and no session after it is
            read. `end` by default.
        symbols: only the instruments that carried one of these symbols on some day up to A, under all their names.
        on_doubt: what happens to rows before a session with an uncertain factor (an unread action, an unexplained gap,
            an unconfirmed factor; see silver/doubts): `mark` them, `raise` an error that names them, or `drop` them
            with a warning.
        allow_uncovered: adjust with the known actions although some sessions have no source of corporate actions. Rows
            before such a session are in doubt.
        allow_missing: return the days that the lake has although some are missing. The factors then lack the actions
            of the missing days, and rows before them are in doubt.

    Returns:
        Rows of silver/equity_eod (rupees, shares) in order of dates with `adj_open` ... `adj_vwap`, `adj_volume`,
        `factor` (adj = raw x factor), `share_factor`, `prior_factor` (that of the instrument's session before),
        `adj_prev_close` and `adj_prior_close` (raw x prior_factor, so that they compare with `adj_close` across an
        ex-date, too; null where something between the two sessions is in doubt or was not read), `is_complete` (nothing
        between the row and A is in doubt at this level; always true at `none`) and `doubt` (the first such doubt after
        the row, in words). Turnover is never adjusted.

    Raises:
        DoubtfulPrices: a row is in doubt, and on_doubt="raise".
        NotCovered: names the sessions for which no source of corporate actions was read.
        RequestError: an unknown level or choice, a range that ends before it begins, A before `start`, or an argument
            that is not a day.
        NotASession: the market was closed on all of these days.
        NotBuilt: the lake lacks some of the days.
        UnknownSymbol: no instrument has had one of the symbols up to A.
        NoLake: there is no lake where the settings say.

    Example:
        >>> frame = research.prices("2024-01-01", "2024-03-28", symbols=["INFY", "TCS"])
        >>> frame.select("trade_date", "symbol", "adj_close").to_pandas()
    """
    if adjust not in LEVELS:
        raise RequestError(f"adjust={adjust!r} is not one of {', '.join(LEVELS)}")
    require_choice(on_doubt)
    first, last = as_span(start, end)
    anchor = last if as_of is None else as_day(as_of, "as_of")
    if anchor < first:
        raise RequestError(f"as_of {anchor} is before the first day {first}")
    wanted = as_symbols(symbols)
    workspace = _workspace()
    sessions = sessions_of(workspace, first, min(last, anchor))
    dates = stored_of(workspace, _EQUITY, sessions, allow_missing=allow_missing)
    if wanted is not None and not dates:
        stored_of(workspace, _EQUITY, sessions, allow_missing=False)
    rows = rows_of(workspace, _EQUITY, wanted, dates, anchor) if wanted and dates else read(workspace, _EQUITY, dates)
    if wanted is not None:
        ids = instruments_of(workspace, wanted, rows, anchor, partial(_symbols_in, workspace, _EQUITY, dates))
        rows = rows.filter(pl.col("instrument_id").is_in(sorted(ids)))
    answer = adjusted(
        workspace,
        rows,
        adjust,
        first,
        anchor,
        allow_uncovered=allow_uncovered,
        allow_missing=allow_missing,
    )
    return as_chosen(answer, on_doubt)


_EQUITY = "silver/equity_eod"


def instrument_history(
    as_of: Day,
    *,
    symbols: Names | None = None,
    allow_missing: bool = False,
) -> pl.DataFrame:
    """Identifiers of instruments up to a day: one row per period with the same symbol, ISIN and series.

    Args:
        as_of: the day, which need not be a session; only what was known by its end is used.
        symbols: only instruments that had one of these symbols at some time.
        allow_missing: return what the lake has although it lacks sessions up to `as_of`.

    Returns:
        instrument_id, symbol, isin, series, name, valid_from, evidence (of the link to the period before), valid_to
        (null for the current period), sorted by instrument and date.

    Raises:
        RequestError: `as_of` is not a day.
        NotBuilt: the lake lacks sessions up to `as_of`.
        UnknownSymbol: no instrument has had one of the symbols up to `as_of`.
        NoLake: there is no lake where the settings say.

    Example:
        >>> research.instrument_history("2024-03-28", symbols="HDFCBANK")
    """
    day = as_day(as_of, "as_of")
    wanted = as_symbols(symbols)
    workspace = _workspace()
    stored = workspace.lake.dates(_REGISTER)
    begin = stored[0] if stored else workspace.settings.start_date
    before = workspace.calendar.trailing_sessions(day, 1)
    sessions = sessions_of(workspace, begin, day) if begin <= day else before
    days = stored_of(workspace, _REGISTER, sessions, allow_missing=allow_missing)
    columns = ["trade_date", "instrument_id", "symbol", "isin", "series", "name", "valid_from", "evidence"]
    changes = read_kept(workspace, _REGISTER, days, columns).filter(pl.col("valid_from") == pl.col("trade_date"))
    ordered = changes.drop("trade_date").sort("instrument_id", "valid_from")
    history = ordered.with_columns(
        valid_to=pl.col("valid_from").shift(-1).over("instrument_id") - pl.duration(days=1),
    )
    if wanted is not None:
        known = set(history["symbol"])
        require_known(workspace, wanted, known, day)
        ids = history.filter(pl.col("symbol").is_in(wanted))["instrument_id"].unique()
        history = history.filter(pl.col("instrument_id").is_in(ids.implode()))
    return history


_REGISTER = "silver/instruments"


def instruments(as_of: Day, *, symbols: Names | None = None) -> pl.DataFrame:
    """All instruments known at the end of a session, with the identifiers of that day: the register.

    Args:
        as_of: a session.
        symbols: only the instruments that had one of these symbols then.

    Returns:
        The columns of silver/instruments, one row per instrument, sorted by `instrument_id`. `trade_date` is `as_of`;
        `last_seen` and `last_close` (rupees) are of the last session up to then on which it traded.

    Raises:
        RequestError: `as_of` is not a day.
        NotASession: the market was closed on that day.
        NotBuilt: the lake lacks the session, or an earlier one of its month.
        UnknownSymbol: no instrument has had one of the symbols up to `as_of`.
        NoLake: there is no lake where the settings say.

    Example:
        >>> research.instruments("2024-03-28").filter(pl.col("last_seen") == dt.date(2024, 3, 28))
    """
    from champion_assets.catalog import TABLES

    day = as_day(as_of, "as_of")
    wanted = as_symbols(symbols)
    workspace = _workspace()
    sessions = [date for date in workspace.sessions(day.replace(day=1), day) if date < day]
    stored_of(workspace, _REGISTER, [*sessions, *sessions_of(workspace, day, day)], allow_missing=False)
    found = registered_on(workspace, [day], list(TABLES[_REGISTER].model.to_schema().columns))
    if wanted is None:
        return found
    absent = [symbol for symbol in wanted if symbol not in set(found["symbol"])]
    if absent:
        require_known(workspace, absent, known_symbols(workspace, absent, day), day)
        warn_of_absent(absent)
    return found.filter(pl.col("symbol").is_in(wanted))

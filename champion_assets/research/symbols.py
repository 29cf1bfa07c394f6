"""From symbols to the instruments that have or had them.

What belongs here: finding instruments, and naming the nearest symbols to one that nobody has had.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import warnings
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import polars as pl

from champion_assets.lake.by_instrument import SortedCopies
from champion_assets.lake.errors import CacheUnusable
from champion_assets.research.arguments import did_you_mean
from champion_assets.research.errors import UnknownSymbol
from champion_assets.research.kept import read_kept
from champion_assets.research.stored import read, taken

if TYPE_CHECKING:
    from champion_assets.lake.workspace import Workspace

REGISTER = "silver/instruments"
EXPLAINED = 5
"""Unknown symbols that a message explains one by one."""
_PAIR = ["instrument_id", "symbol"]


def instruments_of(
    workspace: Workspace,
    symbols: Sequence[str],
    rows: pl.DataFrame,
    as_of: dt.date,
    others: Callable[[], Iterable[str]],
) -> set[str]:
    """The instruments that carry one of the symbols in `rows` or at the end of `as_of`.

    Of a symbol that none of them carries it is those that carried it before.

    Args:
        workspace: where the register of instruments is.
        symbols: in capitals.
        rows: rows with `instrument_id` and `symbol`.
        as_of: nothing that became known after this day counts.
        others: symbols that an unknown one may be meant to be.

    Raises:
        UnknownSymbol: no instrument has had one of them up to `as_of`.
    """
    now = _registered(workspace, symbols, as_of, earlier=False)
    found = pl.concat([_with(rows, symbols), now])
    if missing := sorted(set(symbols) - set(found["symbol"])):
        found = pl.concat([found, _registered(workspace, missing, as_of, earlier=True)])
    require_known(workspace, symbols, set(found["symbol"]), as_of, others)
    ids = sorted(set(found["instrument_id"]))
    traded = rows.filter(pl.col("instrument_id").is_in(ids))["instrument_id"].unique()
    present = found.filter(pl.col("instrument_id").is_in(traded.implode()))["symbol"]
    warn_of_absent(sorted(set(symbols) - set(present)), stacklevel=4)
    return set(ids)


def rows_of(
    workspace: Workspace, table: str, symbols: Sequence[str], dates: Sequence[dt.date], as_of: dt.date
) -> pl.DataFrame:
    """Rows of every instrument that had one of the symbols at some time up to `as_of`, in the order of `dates`.

    Args:
        workspace: where the tables are.
        table: one with a row per instrument and day, sorted so.
        symbols: in capitals.
        dates: days that the lake has.
        as_of: the last of them, or a later day.

    Raises:
        NotBuilt: a day was taken away while it was read.
        CorruptObject: a file cannot be read.

    Warns:
        UserWarning: a copy sorted by instrument cannot be kept on this machine.
    """
    built = workspace.lake.dates(REGISTER)
    if not {*dates, *workspace.sessions(dates[0].replace(day=1), dates[-1])} <= set(built):
        return read(workspace, table, dates)  # the register has a hole, and cannot tell who had a symbol on some day
    days = [day for day in built if day <= as_of]
    ids = set(_with(read_kept(workspace, REGISTER, days, _PAIR), symbols)["instrument_id"])
    settings = workspace.settings
    if settings.lake_cache_gb and ids:
        name = hashlib.sha256(workspace.lake.root.encode()).hexdigest()[:16]
        copies = SortedCopies(workspace.lake, settings.data_dir / "cache" / "by_instrument" / name)
        try:
            return taken(workspace, table, dates, lambda: copies.rows(table, dates, ids))
        except CacheUnusable as error:
            warnings.warn(
                f"{error.strerror}; the answer is the same, but every question reads all instruments", stacklevel=4
            )
    return read(workspace, table, dates, where=pl.col("instrument_id").is_in(sorted(ids)))


def known_symbols(workspace: Workspace, symbols: Sequence[str], as_of: dt.date) -> set[str]:
    """Those of `symbols` that an equity instrument has had up to a day.

    Args:
        workspace: has the register of instruments.
        symbols: in capitals.
        as_of: the day; nothing later is used.
    """
    now = set(_registered(workspace, symbols, as_of, earlier=False)["symbol"])
    missing = sorted(set(symbols) - now)
    return now | (set(_registered(workspace, missing, as_of, earlier=True)["symbol"]) if missing else set())


def require_known(
    workspace: Workspace,
    symbols: Iterable[str],
    known: set[str],
    as_of: dt.date,
    others: Callable[[], Iterable[str]] = tuple,
) -> None:
    """Check that every symbol is known.

    Args:
        workspace: has the register of instruments.
        symbols: in capitals.
        known: symbols that an instrument has had up to `as_of`.
        as_of: the day, for the message.
        others: further symbols that may be suggested.

    Raises:
        UnknownSymbol: names similar symbols and those of companies with that name, or the day on which a symbol first
            traded.
    """
    unknown = [symbol for symbol in symbols if symbol not in known]
    if not unknown:
        return
    register = registered_on(
        workspace, workspace.lake.dates(REGISTER)[-1:], ["symbol", "previous_symbol", "isin", "name", "first_seen"]
    )
    candidates = sorted({*known, *others(), *register["symbol"], *register["previous_symbol"].drop_nulls()})
    sentences = []
    for symbol in unknown[:EXPLAINED]:
        later = register.filter((pl.col("symbol") == symbol) & (pl.col("first_seen") > as_of))["first_seen"]
        if later.len():
            sentences.append(f"{symbol} first traded on {later[0]}, after {as_of}")
            continue
        parts = symbol.replace(",", " ").split()
        is_named = pl.col("name").str.to_uppercase().str.starts_with(symbol) | (pl.col("isin") == symbol)
        named = register.filter(is_named)["symbol"].head(3).to_list()
        if len(parts) > 1 and set(parts) <= set(candidates):
            hint = f"several symbols are given as a list: {parts}"
        else:
            hint = f"did you mean {', '.join(named)}?" if named else did_you_mean(symbol, candidates)
        sentence = f"no equity instrument has had the symbol {symbol!r} up to {as_of}"
        sentences.append(f"{sentence}; {hint}" if hint else sentence)
    if more := unknown[EXPLAINED:]:
        sentences.append(f"{len(more)} more are unknown: {', '.join(more)}")
    raise UnknownSymbol(". ".join(sentences))


def warn_of_absent(symbols: Sequence[str], stacklevel: int = 3) -> None:
    """Warn that known symbols have no rows, which is easily overlooked among others.

    Args:
        symbols: in capitals.
        stacklevel: of the warning.
    """
    if symbols:
        more = len(symbols) - EXPLAINED
        shown = ", ".join(symbols[:EXPLAINED]) + (f" and {more} more" if more > 0 else "")
        warnings.warn(f"no rows of {shown} on these days", stacklevel=stacklevel)


def _registered(
    workspace: Workspace,
    symbols: Sequence[str],
    as_of: dt.date,
    *,
    earlier: bool,
) -> pl.DataFrame:
    """Instruments and symbols at the end of `as_of`; with `earlier` of every day up to it."""
    days = [day for day in workspace.lake.dates(REGISTER) if day <= as_of]
    return _with(
        read_kept(workspace, REGISTER, days, _PAIR) if earlier else registered_on(workspace, days[-1:], _PAIR), symbols
    )


def registered_on(workspace: Workspace, day: Sequence[dt.date], columns: Sequence[str]) -> pl.DataFrame:
    """The whole register at the end of a day.

    Args:
        workspace: has the register of instruments.
        day: one day that the lake has, or none.
        columns: columns to read.

    Returns:
        One row per instrument; no rows without a day.
    """
    from champion_assets.silver.instruments_register import stored_register

    if not day:
        return read(workspace, REGISTER, [], columns)
    return stored_register(partial(read_kept, workspace), workspace.lake.dates(REGISTER), day[0], columns)


def _with(rows: pl.DataFrame, symbols: Iterable[str]) -> pl.DataFrame:
    return rows.select(_PAIR).filter(pl.col("symbol").is_in(list(symbols))).unique()

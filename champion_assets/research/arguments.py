"""What people type in a notebook, as dates and lists of names.

What belongs here: reading arguments without a look at the lake. What does not: whether the lake has what they name.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from difflib import get_close_matches

from champion_assets.common.clock import INDIA
from champion_assets.common.errors import RequestError

Day = dt.date | str
"""A date, a datetime (so also a pandas Timestamp), a NumPy datetime64, or ISO text."""
Names = str | Iterable[str]
"""One name, or several."""


def as_day(value: object, argument: str) -> dt.date:
    """The day that `value` names. An instant with a time zone counts by India's clock, one without as it is written.

    Args:
        value: a date, datetime, Timestamp, datetime64, or ISO text such as `2024-01-15`.
        argument: the name of the argument, for the message.

    Raises:
        RequestError: it names no day.

    Example:
        >>> as_day("2024-01-15T09:15", "start")
        datetime.date(2024, 1, 15)
    """
    try:
        day = _day_of(value)
    except (ValueError, TypeError):
        day = None
    if day is None:
        raise RequestError(f"{argument}={value!r} is not a day; give a date, or text as YYYY-MM-DD")
    return day


def _day_of(value: object) -> dt.date | None:
    if isinstance(value, str):
        text = value.strip()
        try:
            return dt.date.fromisoformat(text)
        except ValueError:
            value = dt.datetime.fromisoformat(text)
    elif type(value).__name__ == "datetime64" and hasattr(value, "astype"):  # NumPy itself is not needed to read it
        value = value.astype("datetime64[D]").item()
    if value != value:  # pandas' NaT, which is a datetime that only differs from itself
        return None
    if isinstance(value, dt.datetime):
        return (value if value.tzinfo is None else value.astimezone(INDIA)).date()
    return value if isinstance(value, dt.date) else None


def as_span(start: object, end: object) -> tuple[dt.date, dt.date]:
    """First and last day of a range.

    Args:
        start: first day, as for `as_day`.
        end: last day, as for `as_day`.

    Returns:
        Both as dates.

    Raises:
        RequestError: one of them is not a day, or the range ends before it begins.

    Example:
        >>> as_span("2024-01-01", "2024-01-31")
        (datetime.date(2024, 1, 1), datetime.date(2024, 1, 31))
    """
    first, last = as_day(start, "start"), as_day(end, "end")
    if last < first:
        raise RequestError(f"the range ends before it begins: start={first}, end={last}; exchange the two")
    return first, last


def as_symbols(symbols: Names | None) -> list[str] | None:
    """Symbols in capitals, without duplicates.

    Args:
        symbols: one symbol, several, or None.

    Returns:
        The symbols in the given order; None if none were given.

    Raises:
        RequestError: an element is not text, or is empty.

    Example:
        >>> as_symbols(["infy", "TCS", "INFY"])
        ['INFY', 'TCS']
    """
    found = _as_names(symbols, "symbols")
    return None if found is None else list(dict.fromkeys(name.upper() for name in found))


def as_columns(columns: Names | None, known: Iterable[str], table: str) -> list[str] | None:
    """Column names, checked against those of a table.

    Args:
        columns: one name, several, or None.
        known: columns of the table.
        table: name of the table, for the message.

    Returns:
        The names in the given order; None if none were given.

    Raises:
        RequestError: the table has no such column; the message names similar ones, or all.

    Example:
        >>> as_columns("close", ["open", "close"], "silver/equity_eod")
        ['close']
    """
    found = _as_names(columns, "columns")
    names = list(known)
    for name in found or ():
        if name not in names:
            hint = did_you_mean(name, names) or f"it has {', '.join(names)}"
            raise RequestError(f"{table} has no column {name!r}; {hint}")
    return found


def did_you_mean(typed: str, known: Iterable[str]) -> str:
    """A hint with similar names.

    Args:
        typed: the unknown name.
        known: names that exist.

    Returns:
        `did you mean A, B?` with up to three names; empty if none is similar.

    Example:
        >>> did_you_mean("INFI", ["INFY", "TCS"])
        'did you mean INFY?'
    """
    near = get_close_matches(typed, list(known), n=3, cutoff=0.6)
    return f"did you mean {', '.join(near)}?" if near else ""


def _as_names(names: Names | None, argument: str) -> list[str] | None:
    if names is None:
        return None
    try:
        found = [names] if isinstance(names, str) else list(names)
    except TypeError:
        found = []
        names = repr(names)
    for name in found:
        if not isinstance(name, str) or not name.strip():
            raise RequestError(f"{argument} has {name!r} in it; give one name, or a list of names")
    if not found and isinstance(names, str):
        raise RequestError(f"{argument}={names} is neither a name nor a list of names")
    return [name.strip() for name in found]

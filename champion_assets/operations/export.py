"""`champion export`: prices of the lake, adjusted as known on the last day, in the files of another tool.

What belongs here: which rows, under which names, and the folder. What does not: the files (`export_formats.py`).

An instrument is written under its newest symbol. Where two had the same one, the other is called by it and its
identity, so no history is cut or mixed. Rows whose adjustment is in doubt are left out, as
`research.prices(on_doubt="drop")` does, and counted.
"""

from __future__ import annotations

import datetime as dt
import re
import warnings
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from champion_assets.common.errors import RequestError
from champion_assets.operations.export_formats import WRITERS, Exported
from champion_assets.quant.adjust import Level
from champion_assets.research import prices, table

STATUS = "silver/security_status"


@dataclass(frozen=True)
class Export:
    """What was written: instruments, rows, and rows that were left out because their adjustment is in doubt."""

    instruments: int
    rows: int
    left_out: int


def names_of(rows: pl.DataFrame) -> dict[str, str]:
    """By instrument the name under which it is written.

    Its newest symbol, with its identity where an instrument that traded later has it.

    Args:
        rows: trade_date, instrument_id, symbol.
    """
    last = rows.sort("trade_date", "instrument_id").unique("instrument_id", keep="last")
    found: dict[str, str] = {}
    taken: set[str] = set()
    for instrument, symbol in (
        last.sort("trade_date", "instrument_id", descending=[True, False]).select("instrument_id", "symbol").iter_rows()
    ):
        plain = re.sub(r"[^A-Za-z0-9&_-]", "_", symbol)
        name = plain if plain.lower() not in taken else f"{plain}_{re.sub(r'[^A-Za-z0-9]', '_', instrument)}"
        taken.add(name.lower())
        found[instrument] = name
    return found


def spans(listed: pl.DataFrame, sessions: list[dt.date], names: dict[str, str]) -> list[tuple[str, dt.date, dt.date]]:
    """The unbroken spans of members over the days that have a list: name, first and last day.

    Args:
        listed: trade_date and instrument_id of the members.
        sessions: the days that have a list, in order.
        names: see `names_of`.
    """
    place = {date: number for number, date in enumerate(sessions)}
    found = []
    for instrument, name in sorted(names.items(), key=lambda each: each[1]):
        days = sorted(place[date] for date in listed.filter(pl.col("instrument_id") == instrument)["trade_date"])
        held = set(days)
        starts, ends = [day for day in days if day - 1 not in held], [day for day in days if day + 1 not in held]
        found += [(name, sessions[one], sessions[other]) for one, other in zip(starts, ends, strict=True)]
    return found


def export(
    form: str, folder: Path, start: dt.date, end: dt.date, level: Level, symbols: list[str] | None = None
) -> Export:
    """Write prices from `start` to `end` into the new or empty `folder`.

    Args:
        form: one of `WRITERS`.
        folder: where to.
        start: first day.
        end: last day, as of which prices are adjusted.
        level: see `research.prices`.
        symbols: only these; all by default.

    Raises:
        RequestError: no such format, or the folder holds something; see also `research.prices`.
    """
    if form not in WRITERS:
        raise RequestError(f"{form!r} is not one of {', '.join(WRITERS)}")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RequestError(f"{folder} holds something already; name a new or an empty folder")
    all_rows = prices(start, end, adjust=level, symbols=symbols)
    rows = all_rows.filter("is_complete").sort("instrument_id", "trade_date")
    if rows.is_empty():
        raise RequestError(f"from {start} to {end} there is no row whose adjustment is not in doubt")
    names = names_of(rows)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a name that is in no bundle is no member
        status = table(STATUS, start, end, symbols=symbols)
    listed = status.filter("is_nifty_50").select("trade_date", "instrument_id")
    members = {"nifty50": spans(listed, status["trade_date"].unique().sort().to_list(), names)} if listed.height else {}
    by_instrument = rows.partition_by("instrument_id", as_dict=True)
    chosen = {name: by_instrument[instrument,] for instrument, name in sorted(names.items(), key=lambda each: each[1])}
    folder.mkdir(parents=True, exist_ok=True)
    WRITERS[form](Exported(chosen, all_rows["trade_date"].unique().sort().to_list(), members), folder)
    return Export(len(chosen), rows.height, all_rows.height - rows.height)

"""`silver/instruments`: every instrument seen so far: its names, since when, by what evidence, and when it traded last.

A day has a row of each instrument of which it changed something, as known at its end: listed, renamed, new ISIN, other
series, other name; traded again after a session without it, or ceased to trade. The first session of a month has a row
of every instrument. So the register of any day is the newest rows since that session (`instruments_register.py`,
`research.instruments`), and that is what the next day continues from. The rows whose `valid_from` is the day itself are
the changes of names; together they are the history, with `evidence` for each link. `research.instrument_history` puts
them in order with `valid_to`.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandera.polars as pa
import polars as pl

from champion_assets.bronze.symbol_changes import NAME as CHANGES
from champion_assets.common.errors import ConfigurationError
from champion_assets.lake.constants import values_of
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.place import Input, Place
from champion_assets.lake.quarantine import decisions_by_day, is_released, released_rows, without_isin
from champion_assets.lake.schema import TableModel, empty_frame
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.nse import identity
from champion_assets.nse.identity import Registry
from champion_assets.nse.instrument import EVIDENCE, Instrument
from champion_assets.nse.instrument_class import CLASSES, instrument_class
from champion_assets.nse.schema import EQUITY_SERIES
from champion_assets.nse.sighting import Pair, SameAs, Sighting, refusal
from champion_assets.nse.symbol_changes import SymbolChange
from champion_assets.silver.instruments_register import NAME, PRICES, closes, read_registers, register_input

CHANGE_SESSIONS = 130
"""A suspended name can come back under its new symbol months after the register says it changed (94 sessions seen)."""


class Instruments(TableModel):
    """An instrument of which something changed, as known at the end of the day."""

    trade_date: pl.Date = pa.Field(description="Day by whose end this was known and from which it is valid")
    instrument_id: str = pa.Field(
        description="Permanent id: the security key of the first ISIN, or SYM: and the first symbol"
    )
    symbol: str = pa.Field(description="Current symbol")
    isin: str = pa.Field(nullable=True, description="Last known ISIN; null until a file has one")
    series: str = pa.Field(isin=EQUITY_SERIES, description="Current series")
    instrument_class: str = pa.Field(
        isin=CLASSES, description="Class by current series, ISIN and symbol, see nse/instrument_class.py"
    )
    name: str = pa.Field(nullable=True, description="Current name (UDiFF only)")
    first_seen: pl.Date = pa.Field(description="First session on which it traded")
    valid_from: pl.Date = pa.Field(description="First session with the current symbol, ISIN and series")
    last_seen: pl.Date = pa.Field(description="Last session on which it traded")
    last_close: float = pa.Field(gt=0, description="Unadjusted close of that session, rupees")
    evidence: str = pa.Field(
        isin=EVIDENCE,
        description="Evidence that links the current to the previous identifiers; `symbol`: the symbol alone",
    )
    previous_symbol: str = pa.Field(nullable=True, description="Symbol before `valid_from`")
    previous_isin: str = pa.Field(nullable=True, description="ISIN before `valid_from`")
    previous_series: str = pa.Field(nullable=True, description="Series before `valid_from`")
    former_symbols: str = pa.Field(nullable=True, description="Earlier symbols, oldest first, separated by blanks")

    class Config(TableModel.Config):
        """One row per instrument and day on which something of it changed.

        On the first session of a month one per instrument.
        """

        unique = ["trade_date", "instrument_id"]


_SCHEMA = empty_frame(Instruments).schema
_FIELDS = [column for column in _SCHEMA if column not in ("trade_date", "instrument_class")]
_RANK = {series: rank for rank, series in enumerate(EQUITY_SERIES)}


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """The registries of `dates`, in order.

    Args:
        inputs: declared inputs of the block.
        dates: sessions to compute, in order.

    Returns:
        The rows of all `dates`, with metadata by day.
    """
    columns = [
        "trade_date",
        "symbol",
        "series",
        "isin",
        "name",
        "prev_close",
        "close",
        "turnover",
        "source_sha256",
        "source_row",
    ]
    decided = {date: released_rows(inputs.facts[date]["decided"]) for date in dates}
    bronze = inputs.read(PRICES, columns, days=dates).filter(pl.col("series").is_in(EQUITY_SERIES))
    by_day = {key[0]: rows for key, rows in bronze.partition_by("trade_date", as_dict=True).items()}
    changes = _changes(inputs)
    registry: Registry | None = None
    stored: dict[str, list[Any]] = defaultdict(list)
    facts: dict[dt.date, dict[str, Any]] = {}
    for date in dates:
        before = inputs.before(date)
        if registry is None or before != registry.today:
            registry = _stored(inputs, date)
        known, rows = len(registry), by_day.get(date, bronze.clear())
        same_as = {line.symbol: line for line in inputs.facts[date]["same_as"]}
        pairs = registry.observe(date, sightings(rows, decided[date]), _newest(changes, date), same_as)
        is_first = before is None or before.replace(day=1) != date.replace(day=1)
        names = None if is_first else registry.changed | _untold(registry, pairs, rows)
        for column, values in registry.columns(names).items():
            stored[column] += values
        stored["trade_date"] += [date] * (len(stored["symbol"]) - len(stored["trade_date"]))
        facts[date] = {"instruments": len(registry), "new": len(registry) - known}
    frame = _frame(stored)
    changed = frame.filter(pl.col("valid_from") == pl.col("trade_date")).partition_by("trade_date", as_dict=True)
    for date in dates:
        mine = changed.get((date,), frame.clear())
        facts[date] |= {"renamed": _renamed(mine), "changes": mine.height}
    return Computed(frame, facts=facts)


def _untold(registry: Registry, pairs: Mapping[Pair, str], rows: pl.DataFrame) -> set[str]:
    """Those that traded, and whose last close the day's file alone does not tell whoever puts the register together
    from it.

    That is so where a row is believed to be another one than its ISIN says; never where each row has an ISIN and all
    are believed.
    """
    names = {
        name for name in pairs.values() if not (registry.last_close(name) or 0.0) > 0.0
    }  # it breaks the model, and the day
    if any(isin is None for _, isin, _ in pairs):
        told = {(symbol, series, isin): close for _, symbol, series, isin, close in closes(rows).iter_rows()}
        for name in set(pairs.values()) - names:
            mine = registry.key_of(name)
            close = told.get(mine, told.get((*mine[:2], None)))
            names |= {name} if close != registry.last_close(name) else set()
    return names


def sightings(rows: pl.DataFrame, released: Collection[tuple[str, int]] = ()) -> Iterable[Sighting]:
    """A day's equity rows that can be identified, the leading series of a symbol first.

    Of `released` ones the ISIN is not believed.
    """
    has_isins = rows["isin"].null_count() < rows.height
    rows = without_isin(rows, released).with_columns(released=is_released(released))
    ordered = rows.sort(
        ["symbol", pl.col("series").replace_strict(_RANK, return_dtype=pl.Int8), pl.col("turnover").neg()]
    )
    for symbol, isin, series, name, previous, close, is_free in ordered.select(
        "symbol", "isin", "series", "name", "prev_close", "close", "released"
    ).iter_rows():
        if refusal(isin, file_has_isins=has_isins and not is_free) is None:
            yield Sighting(
                symbol, isin, series, name, previous or 0.0, close or 0.0
            )  # a close of nothing breaks the model, and the day


def _renamed(changed: pl.DataFrame) -> str:
    rows = changed.filter(pl.col("previous_symbol") != pl.col("symbol"))
    return ", ".join(
        f"{old} -> {new} ({evidence})"
        for old, new, evidence in rows.select("previous_symbol", "symbol", "evidence").iter_rows()
    )


def _changes(inputs: Inputs) -> list[tuple[dt.date, SymbolChange]]:
    rows = inputs.read(CHANGES, ["trade_date", "change_date", "old_symbol", "new_symbol"]).unique().sort(pl.all())
    return [(day, SymbolChange(*change)) for day, *change in rows.iter_rows()]


def _newest(changes: list[tuple[dt.date, SymbolChange]], date: dt.date) -> Mapping[str, SymbolChange]:
    earliest = date - dt.timedelta(days=200)
    return {change.new: change for day, change in changes if earliest <= day <= date}


def _stored(inputs: Inputs, date: dt.date) -> Registry:
    before = inputs.before(date)
    if before is None:
        return Registry()
    rows = read_registers(inputs, [before], _FIELDS, for_date=date)
    return Registry((Instrument(**row) for row in rows.iter_rows(named=True)), before)


def _frame(stored: Mapping[str, list[Any]]) -> pl.DataFrame:
    kinds = {column: kind for column, kind in _SCHEMA.items() if column != "instrument_class"}
    rows = pl.DataFrame({column: stored.get(column, []) for column in kinds}, schema=kinds)
    return rows.with_columns(instrument_class()).select(list(_SCHEMA))


def overrides_of(path: Path | None) -> tuple[SameAs, ...]:
    """The user's lines `date,symbol,old_symbol,why,evidence`; a blank `old_symbol` makes the symbol a new instrument.

    The file is read at every call, so that an edit is seen at the next one.

    Raises:
        ConfigurationError: names file, line and what is wrong.
    """
    if path is None:
        return ()
    return _parsed(path.read_text("utf-8"), str(path))


@lru_cache(maxsize=4)
def _parsed(text: str, path: str) -> tuple[SameAs, ...]:
    reader = csv.DictReader(text.splitlines())
    if reader.fieldnames != ["date", "symbol", "old_symbol", "why", "evidence"]:
        raise ConfigurationError(
            f"{path}: the columns must be date,symbol,old_symbol,why,evidence, found {reader.fieldnames}"
        )
    lines = []
    for number, row in enumerate(reader, start=2):
        if not row["symbol"] or not row["why"]:
            raise ConfigurationError(f"{path}, line {number}: symbol and why must be given")
        try:
            lines.append(SameAs(dt.date.fromisoformat(row["date"]), row["symbol"], row["old_symbol"]))
        except ValueError as error:
            raise ConfigurationError(f"{path}, line {number}: {row['date']!r} is not a date YYYY-MM-DD") from error
    return tuple(lines)


def _day_facts(place: Place, dates: Sequence[dt.date]) -> dict[dt.date, dict[str, list[Any]]]:
    """By day the user's lines up to it, and what was decided of its rows in the quarantine."""
    decided, lines = decisions_by_day(place.lake, "silver/equity_eod"), overrides_of(place.settings.identity_overrides)
    return {
        date: {"same_as": [line for line in lines if line.date <= date], "decided": decided.get(date, [])}
        for date in dates
    }


TABLE = DailyTable(
    name=NAME,
    description="Identifiers of every instrument seen so far (symbol, ISIN, series), since when they are valid, and "
    "the evidence that links them.",
    model=Instruments,
    code_version="4",
    inputs=lambda _: (Input(PRICES, 2), Input(CHANGES, CHANGE_SESSIONS), register_input(lag=1)),
    day_facts=_day_facts,
    constants={**values_of(identity)},
    compute=compute,
    block=125,
    stateful=True,
    may_be_empty=True,
    kinds=frozenset({"parquet", "python"}),
    peak_megabytes=458,
    in_warehouse=True,
    warehouse_rows="valid_from = trade_date",
)

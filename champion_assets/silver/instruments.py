"""`silver/instruments`: every instrument seen so far, as known at the end of the day: its names, since when, and by what evidence.

A day's object is the whole registry, which is also what the next day continues from. The rows whose `valid_from` is the day itself are
the day's changes (listed, renamed, new ISIN, other series); together they are the history, with `evidence` for each link.
`research.instrument_history()` puts them in order with `valid_to`.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandera.polars as pa
import polars as pl

from champion_assets.bronze.symbol_changes import NAME as CHANGES
from champion_assets.common.errors import ConfigurationError
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.place import Input, Place
from champion_assets.lake.quarantine import decisions_by_day, is_released, released_rows, without_isin
from champion_assets.lake.schema import TableModel, empty_frame
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.nse.identity import EVIDENCE, Instrument, Registry, SameAs, Sighting, refusal
from champion_assets.nse.instrument_class import CLASSES, instrument_class
from champion_assets.nse.schema import EQUITY_SERIES
from champion_assets.nse.symbol_changes import SymbolChange

NAME = "silver/instruments"
CHANGE_SESSIONS = 130
"""A suspended name can come back under its new symbol months after the register says it changed (94 sessions seen)."""


class Instruments(TableModel):
    """An instrument, as known at the end of the day."""

    trade_date: pl.Date = pa.Field(description="Day at whose end this was known")
    instrument_id: str = pa.Field(description="Permanent identity: the security key of its first ISIN, or SYM: and its first symbol")
    symbol: str = pa.Field(description="Present symbol")
    isin: str = pa.Field(nullable=True, description="Last known ISIN; null until a file carried one")
    series: str = pa.Field(isin=EQUITY_SERIES, description="Present series")
    instrument_class: str = pa.Field(
        isin=CLASSES, description="What it is, by its present series, ISIN and symbol; nse/instrument_class.py"
    )
    name: str = pa.Field(nullable=True, description="Present name (UDiFF only)")
    first_seen: pl.Date = pa.Field(description="First session on which it traded")
    valid_from: pl.Date = pa.Field(description="Session since which symbol, ISIN and series are these")
    last_seen: pl.Date = pa.Field(description="Last session on which it traded")
    last_close: float = pa.Field(gt=0, description="Raw close of that session, rupees")
    evidence: str = pa.Field(isin=EVIDENCE, description="What links the present names to the previous ones; symbol: nothing but it")
    previous_symbol: str = pa.Field(nullable=True, description="Symbol before `valid_from`")
    previous_isin: str = pa.Field(nullable=True, description="ISIN before `valid_from`")
    previous_series: str = pa.Field(nullable=True, description="Series before `valid_from`")
    former_symbols: str = pa.Field(nullable=True, description="Symbols borne before the present one, oldest first, separated by blanks")

    class Config(TableModel.Config):
        """One row per instrument and day."""

        unique = ["trade_date", "instrument_id"]


_SCHEMA = empty_frame(Instruments).schema
_FIELDS = [column for column in _SCHEMA if column not in ("trade_date", "instrument_class")]
_RANK = {series: rank for rank, series in enumerate(EQUITY_SERIES)}


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """The registries of `dates`, in order."""
    columns = ["trade_date", "symbol", "series", "isin", "name", "prev_close", "close", "turnover", "source_sha256", "source_row"]
    released = released_rows(text for date in dates for text in inputs.facts[date]["decided"])
    bronze = inputs.read("bronze/bhavcopy", columns).filter(pl.col("series").is_in(EQUITY_SERIES))
    by_day = {key[0]: rows for key, rows in bronze.partition_by("trade_date", as_dict=True).items()}
    changes = _changes(inputs)
    registry: Registry | None = None
    frames, facts = [], {}
    for date in dates:
        if registry is None or inputs.window(NAME, date) != [registry.today]:
            registry = _stored(inputs, date)
        before = len(registry)
        rows = by_day.get(date, bronze.clear())
        registry.observe(
            date, sightings(rows, released), _newest(changes, date), {line.symbol: line for line in inputs.facts[date]["same_as"]}
        )
        frame = _frame(registry, date)
        frames.append(frame)
        changed = frame.filter(pl.col("valid_from") == date)
        facts[date] = {"instruments": frame.height, "new": frame.height - before, "renamed": _renamed(changed), "changes": changed.height}
    return Computed(pl.concat([empty_frame(Instruments), *frames]), facts=facts)


def sightings(rows: pl.DataFrame, released: Collection[tuple[str, int]] = ()) -> Iterable[Sighting]:
    """A day's equity rows that can be identified, the leading series of a symbol first; of `released` ones the ISIN is not believed."""
    has_isins = rows["isin"].null_count() < rows.height
    rows = without_isin(rows, released).with_columns(released=is_released(released))
    ordered = rows.sort(["symbol", pl.col("series").replace_strict(_RANK, return_dtype=pl.Int8), pl.col("turnover").neg()])
    for symbol, isin, series, name, previous, close, is_free in ordered.select(
        "symbol", "isin", "series", "name", "prev_close", "close", "released"
    ).iter_rows():
        if refusal(isin, file_has_isins=has_isins and not is_free) is None:
            yield Sighting(symbol, isin, series, name, previous or 0.0, close or 0.0)  # a close of nothing breaks the model, and the day


def _renamed(changed: pl.DataFrame) -> str:
    rows = changed.filter(pl.col("previous_symbol") != pl.col("symbol"))
    return ", ".join(
        f"{old} -> {new} ({evidence})" for old, new, evidence in rows.select("previous_symbol", "symbol", "evidence").iter_rows()
    )


def _changes(inputs: Inputs) -> list[tuple[dt.date, SymbolChange]]:
    rows = inputs.read(CHANGES, ["trade_date", "change_date", "old_symbol", "new_symbol"]).unique().sort(pl.all())
    return [(day, SymbolChange(*change)) for day, *change in rows.iter_rows()]


def _newest(changes: list[tuple[dt.date, SymbolChange]], date: dt.date) -> Mapping[str, SymbolChange]:
    earliest = date - dt.timedelta(days=200)
    return {change.new: change for day, change in changes if earliest <= day <= date}


def _stored(inputs: Inputs, date: dt.date) -> Registry:
    before = inputs.window(NAME, date)
    if not before:
        return Registry()
    rows = inputs.read(NAME, for_date=date)
    return Registry((Instrument(**row) for row in rows.select(_FIELDS).iter_rows(named=True)), before[0])


def _frame(registry: Registry, date: dt.date) -> pl.DataFrame:
    known = registry.columns()
    kinds = {column: kind for column, kind in _SCHEMA.items() if column != "instrument_class"}
    rows = pl.DataFrame({"trade_date": [date] * len(known["symbol"]), **known}, schema=kinds)
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
        raise ConfigurationError(f"{path}: the columns must be date,symbol,old_symbol,why,evidence, found {reader.fieldnames}")
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
    return {date: {"same_as": [line for line in lines if line.date <= date], "decided": decided.get(date, [])} for date in dates}


TABLE = DailyTable(
    name=NAME,
    description="Every instrument seen so far: symbol, ISIN, series, since when, linked to what it was before by which evidence.",
    model=Instruments,
    code_version="3",
    inputs=lambda _: (Input("bronze/bhavcopy"), Input(CHANGES, CHANGE_SESSIONS), Input(NAME, lag=1)),
    day_facts=_day_facts,
    compute=compute,
    block=125,
    stateful=True,
    kinds=frozenset({"parquet", "python"}),
    peak_megabytes=458,
    in_warehouse=True,
    warehouse_rows="valid_from = trade_date",
)

"""Whom EXCLUDE and UNIVERSE mean: instruments, not the symbols of a day.

What belongs here: names into instruments, and the refusal of a name that nobody bears. A name is a symbol, present or
former, an ISIN or an instrument id. It means every instrument that bears it or has borne it by that day, so a company
that changes its symbol stays excluded. A name that no instrument of the lake has borne is refused; a company that is
yet to list is named by its ISIN.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

import numpy as np
import polars as pl

from champion_assets.common.errors import ConfigurationError
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.place import Input, Place
from champion_assets.nse.isin import is_valid_isin
from champion_assets.settings.strategy import Strategy
from champion_assets.silver.instruments_register import NAME as INSTRUMENTS
from champion_assets.silver.instruments_register import read_registers, register_input, stored_register
from champion_assets.simulation.account import Flags

_COLUMNS = ["trade_date", "instrument_id", "symbol", "isin", "former_symbols"]


def mandate_inputs(strategy: Strategy) -> tuple[Input, ...]:
    """What is needed to know whom the strategy names."""
    return (register_input(),) if strategy.exclude or strategy.universe else ()


def named(instruments: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Who is meant, as known on the day: trade_date, instrument_id, name.

    Several rows where several instruments bore a name.

    Args:
        instruments: rows of silver/instruments.
        names: symbols, ISINs or instrument ids.
    """
    former = pl.col("former_symbols").fill_null("").str.split(" ")
    borne = pl.concat_list("symbol", "instrument_id", pl.col("isin").fill_null(""), former)
    rows = instruments.select("trade_date", "instrument_id", name=borne).explode("name")
    wanted = {name.upper() for name in names if name}
    return rows.filter(pl.col("name").is_in(sorted(wanted))).unique(maintain_order=True)


def permitted_on(
    inputs: Inputs, dates: Sequence[dt.date], strategy: Strategy
) -> dict[dt.date, tuple[frozenset[str], frozenset[str]]]:
    """By day the instruments that EXCLUDE names, and those that UNIVERSE names."""
    if not mandate_inputs(strategy):
        return {}
    rows = read_registers(inputs, dates, _COLUMNS)
    found = {}
    for date in dates:
        day = rows.filter(pl.col("trade_date") == date)
        out, only = (frozenset(named(day, names)["instrument_id"]) for names in (strategy.exclude, strategy.universe))
        found[date] = out, only
    return found


def flags(
    instruments: Sequence[str], strategy: Strategy, mandate: tuple[frozenset[str], frozenset[str]] | None
) -> Flags | None:
    """Whether each instrument may be held; None without a mandate."""
    if mandate is None:
        return None
    out, only = mandate
    return np.array([name not in out and (not strategy.universe or name in only) for name in instruments], dtype=bool)


def unknown_names(place: Place, dates: Sequence[dt.date]) -> Mapping[dt.date, Exception]:
    """An error for all days if EXCLUDE or UNIVERSE has a name that no instrument in the lake bears or bore."""
    strategy = place.settings.strategy
    built = place.lake.dates(INSTRUMENTS)
    if not mandate_inputs(strategy) or not built:
        return {}
    newest = stored_register(place.lake.read, built, built[-1], _COLUMNS)
    for setting, names in (("EXCLUDE", strategy.exclude), ("UNIVERSE", strategy.universe)):
        borne = set(named(newest, names)["name"])
        unknown = [name for name in names if name.upper() not in borne and not is_valid_isin(name.upper())]
        if unknown:
            symbols = [*newest["symbol"], *newest["former_symbols"].drop_nulls().str.split(" ").explode()]
            near = get_close_matches(unknown[0].upper(), symbols, 3, 0.6)
            meant = f"; did you mean {' or '.join(dict.fromkeys(near))}?" if near else ""
            error = ConfigurationError(
                f"{setting} names {unknown[0]}, which no instrument in "
                f"the lake bears or has borne until {built[-1]}{meant} "
                "A company that is yet to list is named by its ISIN."
            )
            return dict.fromkeys(dates, error)
    return {}

"""The silver table of a declared daily file: its rows with the permanent identity of each security.

What belongs here: from a declaration to identified rows, and what joins nothing. What does not: columns that are
computed (each stands in its table, as `derive`).

A security is found in the register of the day's evening (`silver/instruments`), by symbol and series as the file's key
says; by the symbol alone the share that traded last. What joins nothing (debt, names never traded since the history
begins, test rows) is counted and named among the facts of the day. A day of which less than the declared share joins
gives no rows and stands in the quarantine: its file is of another day or of another kind.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandera.polars as pa
import polars as pl

from champion_assets.bronze.daily_file import bronze_table, column_field, model_of
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.place import Input
from champion_assets.lake.schema import TableModel, empty_frame
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.nse.daily_file import TYPES, DailyFile, Served
from champion_assets.nse.schema import EQUITY_SERIES
from champion_assets.raw.daily_file import raw_table
from champion_assets.silver.instruments_register import read_registers, register_input

SHOWN = 20
"""How many securities are named among the facts of a day."""


@dataclass(frozen=True)
class Derived:
    """Columns that a silver table computes.

    Attributes:
        fields: by column its type and Pandera field, in order.
        compute: from the inputs and the identified rows to these rows with the columns.
        inputs: what that reads beside the bronze table and the register.
        constants: thresholds in it.
    """

    fields: Mapping[str, tuple[Any, Any]]
    compute: Callable[[Inputs, pl.DataFrame], pl.DataFrame]
    inputs: tuple[Input, ...] = ()
    constants: Mapping[str, Any] = field(default_factory=dict)


def silver_model(file: DailyFile, without: Sequence[str] = (), derived: Derived | None = None) -> type[TableModel]:
    """The Pandera model: identity, the file's key and columns, the computed ones.

    Args:
        file: the declaration.
        without: columns of the file that are left in bronze.
        derived: what is computed.
    """
    left = {*file.key, *without, file.date}
    given = {
        "trade_date": (pl.Date, pa.Field(description="Trading day by whose end this was known")),
        "instrument_id": (str, pa.Field(description="Permanent id of the instrument")),
        **{each.name: (TYPES[each.kind], column_field(each)) for each in file.columns if each.name in file.key},
        **{each.name: (TYPES[each.kind], column_field(each)) for each in file.columns if each.name not in left},
        **({} if derived is None else derived.fields),
    }
    each_row = ", ".join(["instrument", "day", *file.grain]) if file.grain else "instrument and day"
    words = {"__doc__": f"One row per {each_row}.", "unique": ["trade_date", "instrument_id", *file.grain]}
    return model_of(
        f"silver_{file.name}", f"{file.name} of an instrument.", given, type("Config", (TableModel.Config,), words)
    )


def silver_table(
    file: DailyFile,
    *,
    without: Sequence[str] = (),
    derived: Derived | None = None,
    description: str = "",
    code_version: str = "1",
    peak_megabytes: int = 300,
) -> DailyTable:
    """`silver/NAME` of a declared file.

    Args:
        file: its declaration; days and names come from `bronze/NAME`.
        without: columns of the file that are left in bronze.
        derived: columns that are computed.
        description: for people; that of the file by default.
        code_version: raised whenever the same inputs would give other rows.
        peak_megabytes: measured memory of a process that builds five years of it.
    """
    bronze, model = f"bronze/{file.name}", silver_model(file, without, derived)
    columns = [
        "trade_date",
        *(each.name for each in file.columns if each.name != file.date and each.name not in without),
    ]
    extra = () if derived is None else derived.inputs
    own = [each for each in extra if each.table == bronze]

    def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
        rows = inputs.read(bronze, columns, days=dates)
        days = rows["trade_date"].unique().sort().to_list()
        register = read_registers(
            inputs, days, ["trade_date", "instrument_id", "symbol", "series", "instrument_class", "last_seen"]
        )
        found, facts, rejects = identified(rows, register, file)
        if derived is not None:
            found = derived.compute(inputs, found)
        return Computed(
            found.select(list(empty_frame(model).columns)).sort("trade_date", "instrument_id", *file.grain),
            rejects,
            facts,
        )

    return DailyTable(
        name=f"silver/{file.name}",
        description=description or f"{file.description} With the identity of each security.",
        model=model,
        code_version=code_version,
        inputs=lambda _: (
            *(own or (Input(bronze),)),
            register_input(),
            *(each for each in extra if each.table != bronze),
        ),
        constants={"file": file.declared(), "without": list(without), **({} if derived is None else derived.constants)},
        compute=compute,
        may_be_empty=True,
        kinds=frozenset({"parquet", "polars"}),
        grain="instrument",
        peak_megabytes=peak_megabytes,
        in_warehouse=True,
    )


def tables_of(file: DailyFile) -> tuple[DailyTable, ...]:
    """All tables of a declared file, in order.

    `raw/NAME` if it is served under a name of its own, `bronze/NAME`, `silver/NAME`.

    Args:
        file: its declaration.

    Example:
        >>> from champion_assets.nse.market_files import EARNINGS
        >>> [table.name for table in tables_of(EARNINGS)]
        ['bronze/earnings', 'silver/earnings']
    """
    raw = (raw_table(file),) if isinstance(file.place, Served) else ()
    return (*raw, bronze_table(file), silver_table(file))


def identified(
    rows: pl.DataFrame, register: pl.DataFrame, file: DailyFile
) -> tuple[pl.DataFrame, dict[dt.date, dict[str, Any]], pl.DataFrame | None]:
    """Rows with `instrument_id`, facts by day, and the days of which too few join, as lines of the quarantine.

    Args:
        rows: of the bronze table.
        register: of each day: trade_date, instrument_id, symbol, series, instrument_class, last_seen.
        file: the declaration: key and share that must join.
    """
    key = ["trade_date", *file.key]
    if "series" in file.key:
        rows = rows.filter(pl.col("series").is_in(EQUITY_SERIES))
    else:
        register = register.filter(pl.col("instrument_class").is_in(file.classes))
    newest = register.sort("last_seen", "instrument_id", descending=[True, False]).unique(
        key, keep="first", maintain_order=True
    )
    joined = rows.join(newest.select(*key, "instrument_id"), on=key, how="left", maintain_order="left")
    name = pl.concat_str(list(file.key), separator=" ")
    unknown = pl.col("instrument_id").is_null()
    counted = joined.group_by("trade_date", maintain_order=True).agg(
        listed=pl.len(), joined=(~unknown).sum(), names=name.filter(unknown).unique().sort().head(SHOWN).str.join(", ")
    )
    found = joined.filter(~unknown).unique(
        ["trade_date", "instrument_id", *file.grain], keep="first", maintain_order=True
    )
    facts, poor = {}, []
    for date, listed, known, names in counted.iter_rows():
        facts[date] = {"listed": listed, "joined": known, "not_joined": listed - known, "not_joined_names": names}
        if known < file.joins * listed:
            poor.append(
                {
                    "trade_date": date,
                    "rule": "X16",
                    "name": file.name,
                    "source_row": 0,
                    "text": names,
                    "reason": (
                        f"{known} of {listed} rows name a known instrument, {file.joins:.0%} must: a file of another "
                        f"day, or the history begins "
                        "later than it"
                    ),
                }
            )
    bad = [each["trade_date"] for each in poor]
    return found.filter(~pl.col("trade_date").is_in(bad)), facts, pl.DataFrame(poor) if poor else None

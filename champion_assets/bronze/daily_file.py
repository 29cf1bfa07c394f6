"""The bronze table of a declared daily file: every line is a row, or stands in the quarantine with its reason.

What belongs here: from a declaration to a model and a table. What does not: reading (`nse/daily_file_reader.py`), or
identity (`silver/daily_file.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, cast

import pandera.polars as pa
import polars as pl

from champion_assets.bronze.bundle import DayText, day_texts, parse_texts, place_inputs
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.schema import TableModel
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.nse.boundary import read_outside
from champion_assets.nse.daily_file import TYPES, Column, DailyFile, Served
from champion_assets.nse.daily_file_reader import ReadFile, read_daily_file
from champion_assets.nse.errors import EmptyPayload, WrongDate


def bronze_model(file: DailyFile) -> type[TableModel]:
    """The Pandera model of a file's rows: its columns between `trade_date` and the line they stood in."""
    day = "Day of the file" if file.lag == 0 else f"Day of the file, whose rows are of {file.lag} session(s) before"
    given = {
        "trade_date": (pl.Date, pa.Field(description=day)),
        **{each.name: (TYPES[each.kind], column_field(each)) for each in file.columns},
        "source_row": (pl.Int32, pa.Field(gt=0, description="Line number in the file")),
        "source_sha256": (str, pa.Field(description="SHA-256 of the file, or of the bundle that holds it")),
    }  # fmt: skip
    config = type(
        "Config",
        (TableModel.Config,),
        {"__doc__": "One row per line of the file.", "unique": ["trade_date", "source_row"]},
    )
    return model_of(
        file.name, f"A line of {file.place.name if isinstance(file.place, Served) else file.place.kind}.", given, config
    )


def model_of(name: str, doc: str, fields: Mapping[str, tuple[Any, Any]], config: type) -> type[TableModel]:
    """A Pandera model made at run time.

    Args:
        name: of the table, without its stage.
        doc: what a row is.
        fields: by column its type and its field.
        config: the model's Config.
    """
    parts = {
        "__doc__": doc,
        "__module__": __name__,
        "Config": config,
        "__annotations__": {each: kind for each, (kind, _) in fields.items()},
    }
    made = type(
        name.title().replace("_", ""), (TableModel,), parts | {each: given for each, (_, given) in fields.items()}
    )
    return cast("type[TableModel]", made)


def column_field(column: Column) -> Any:
    """The Pandera field of a declared column."""
    rules: dict[str, Any] = {"nullable": not column.is_needed, "description": column.meaning}
    if column.values is not None:
        rules["isin"] = list(column.values.values())
    if column.kind == "count" or (column.low is not None and column.kind == "number"):
        rules["ge"] = column.low or 0
    return pa.Field(**rules)


def bronze_table(file: DailyFile, *, code_version: str = "1", peak_megabytes: int = 250) -> DailyTable:
    """`bronze/NAME` of a declared file.

    A file that is no such file (header, day, totals, no rows) gives its day no rows and stands in the quarantine; so
    does each line that cannot be read. Bundles and loose members are read from `raw/corporate_actions` and
    `raw/bundle_members`, a served file from `raw/NAME`, one that is kept loose from `raw/market_lists`.

    Args:
        file: its declaration, which is part of every day's fingerprint.
        code_version: raised whenever the same file and declaration would give other rows.
        peak_megabytes: measured memory of a process that builds five years of it.
    """
    model = bronze_model(file)

    def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
        def read(text: str, of: DayText) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, Any]]:
            found = read_whole(inputs, file, text, of)
            return found.rows, found.refused, {"totals": found.totals.height}

        return parse_texts(day_texts(inputs, dates, file), model, read)

    return DailyTable(
        name=f"bronze/{file.name}",
        description=file.description,
        model=model,
        code_version=code_version,
        inputs=lambda _: place_inputs(file),
        constants={"file": file.declared()},
        compute=compute,
        may_be_empty=True,
        kinds=frozenset({"parquet", "polars"}),
        peak_megabytes=peak_megabytes,
    )


def read_whole(inputs: Inputs, file: DailyFile, text: str, of: DayText) -> ReadFile:
    """Read a day's text by its declaration, and its day.

    Raises:
        BadPayload: it is no such file, has no rows, or its rows are of another day.
    """
    found = read_outside(lambda body, name: read_daily_file(file, body.decode(), name), text.encode(), of.name)
    _check_day(inputs, file, found, of)
    return found


def _check_day(inputs: Inputs, file: DailyFile, read: ReadFile, of: DayText) -> None:
    """Refuse a file without rows, and one whose rows are of another day."""
    if read.rows.is_empty() and not file.may_be_empty:
        raise EmptyPayload(f"{of.name}: a header without a single row that can be read")
    wanted = inputs.calendar.trailing_sessions(of.date, file.lag + 1)[0]
    if read.date not in (None, wanted):
        raise WrongDate(f"{of.name}: its rows are of {read.date}, those of {wanted} are wanted on {of.date}; refused")

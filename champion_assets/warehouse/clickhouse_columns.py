"""Frames as columns for ClickHouse's native protocol, NULL kept, and the checksum of `checksum.py` in ClickHouse's SQL.

What belongs here: encoding and expressions. What does not: whole loads (`clickhouse_load.py`). The driver's NumPy path
is five times faster than rows of tuples but turns NULL into NaN or zero, so columns with nulls travel with a mask
beside them and meet it again on the server, in `INSERT ... SELECT if(mask, NULL, value) FROM input(...)`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from champion_assets.clients.clickhouse import clickhouse
from champion_assets.settings import Settings
from champion_assets.warehouse.checksum import ELEMENT, NULL_BITS, dictionary, weight

_INPUT: dict[Any, str] = {pl.Float64: "Float64", pl.Int64: "Int64", pl.Int32: "Int32", pl.Boolean: "UInt8"}


def insert(settings: Settings, name: str, frame: pl.DataFrame) -> None:
    """Send rows to the table `name`; lists as Python values, for the driver has no NumPy path for them."""
    names = ", ".join(f"`{column}`" for column in frame.columns)
    nested = any(isinstance(kind, pl.List) for kind in frame.schema.values())
    with clickhouse(settings, columns=not nested) as client:
        if nested:
            client.execute(
                f"INSERT INTO {name} ({names}) VALUES",
                [_plain(column) for column in frame.iter_columns()],
                columnar=True,
            )
            return
        from clickhouse_driver.util.escape import escape_param

        structure, data, select = encode(frame)
        source = str(escape_param(structure, None))
        client.execute(
            f"INSERT INTO {name} ({names}) SELECT {select} FROM input({source}) FORMAT Native", data, columnar=True
        )


def _plain(column: pl.Series) -> list[Any]:
    """Python values, structs as tuples."""
    if isinstance(column.dtype, pl.List) and isinstance(column.dtype.inner, pl.Struct):
        return [[tuple(each.values()) for each in rows] for rows in column.to_list()]
    return column.to_list()


def encode(frame: pl.DataFrame) -> tuple[str, list[Any], str]:
    """A frame without lists for `input(...)`.

    The structure of what is sent, the data, and the expressions that make the columns of it.
    """
    structure, data, select = [], [], []
    for column in frame.iter_columns():
        kind, values, back = _sent(column)
        structure.append(f"`{column.name}` {kind}")
        data.append(values)
        if column.null_count():
            structure.append(f"`{column.name}__is_null` UInt8")
            data.append(column.is_null().to_numpy().view(np.uint8))
            back = f"if(`{column.name}__is_null`, NULL, {back})"
        select.append(back)
    return ", ".join(structure), data, ", ".join(select)


def _sent(column: pl.Series) -> tuple[str, Any, str]:
    """Type and values as they are sent, and the expression that makes the column of them."""
    name, kind = column.name, column.dtype
    if kind == pl.String:
        texts, codes = dictionary(column)
        return "LowCardinality(String)", np.array(texts, dtype=object)[codes], f"`{name}`"
    if kind == pl.Date:
        return "UInt16", column.to_physical().fill_null(0).cast(pl.UInt16).to_numpy(), f"toDate(`{name}`)"
    if isinstance(kind, pl.Datetime):
        return "Int64", column.dt.timestamp("us").fill_null(0).to_numpy(), f"fromUnixTimestamp64Micro(`{name}`, 'UTC')"
    if kind == pl.Boolean:
        return "UInt8", column.fill_null(value=False).cast(pl.UInt8).to_numpy(), f"`{name}`"
    return _INPUT[type(kind)], column.fill_null(0).to_numpy(), f"`{name}`"


def checksum_sql(schema: pl.Schema) -> str:
    """The checksum of rows with these columns, as an aggregate."""
    return f"sum(intHash64({_weighted((f'`{name}`', name, kind) for name, kind in schema.items())}))"


def _weighted(parts: Any) -> str:
    return " + ".join(f"{weight(name)} * {_bits(value, kind)}" for value, name, kind in parts)


def _bits(value: str, kind: Any) -> str:
    if isinstance(kind, pl.List):
        return (
            f"arraySum((each, place) -> intHash64(place * {ELEMENT} + {_bits('each', kind.inner)}), {value}, "
            f"arrayEnumerate({value}))"
        )
    if isinstance(kind, pl.Struct):
        parts = enumerate(kind.fields, 1)
        return f"({_weighted((f'tupleElement({value}, {place})', part.name, part.dtype) for place, part in parts)})"
    if kind == pl.String:
        found = f"toUInt64(CRC32({value}))"
    elif kind == pl.Float64:
        found = f"reinterpretAsUInt64({value})"
    elif isinstance(kind, pl.Datetime):
        found = f"reinterpretAsUInt64(toUnixTimestamp64Micro({value}))"
    elif kind == pl.Date:
        found = f"toUInt64(toUInt16({value}))"
    else:
        found = f"reinterpretAsUInt64(toInt64({value}))"
    return f"ifNull({found}, {NULL_BITS})"

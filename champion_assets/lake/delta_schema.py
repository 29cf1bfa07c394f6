"""The columns of a table in the words of the Delta Lake protocol.

What belongs here: types. A type that other engines do not know is refused, so that it never reaches a file.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import polars as pl

_PLAIN: dict[type[pl.DataType], str] = {
    pl.String: "string",
    pl.Float64: "double",
    pl.Float32: "float",
    pl.Int64: "long",
    pl.Int32: "integer",
    pl.Int16: "short",
    pl.Int8: "byte",
    pl.Boolean: "boolean",
    pl.Date: "date",
}


def delta_schema(frame: pl.DataFrame) -> str:
    """The `schemaString` of a table with these columns.

    Raises:
        TypeError: a column has a type that Delta Lake lacks, such as one without a sign.
    """
    return json.dumps(_struct(frame.schema), separators=(",", ":"))


def storable(frame: pl.DataFrame) -> pl.DataFrame:
    """Refused rows, whose types follow from what was found, with types that Delta Lake has.

    Nothing known is text, counts are integers.
    """
    unsigned = pl.col(pl.UInt8, pl.UInt16, pl.UInt32).cast(pl.Int64)
    return frame.with_columns(pl.col(pl.Null).cast(pl.String), unsigned)


def schema_name(schema: str) -> str:
    """A short name of a `schemaString`."""
    return hashlib.sha256(schema.encode()).hexdigest()[:12]


def _struct(fields: Any) -> dict[str, Any]:
    return {"type": "struct", "fields": [{"name": name, "type": _type(name, kind), "nullable": True, "metadata": {}}
                                         for name, kind in fields.items()]}  # fmt: skip


def _type(name: str, kind: pl.DataType) -> Any:
    if isinstance(kind, pl.List):
        return {"type": "array", "elementType": _type(name, kind.inner), "containsNull": True}  # type: ignore[arg-type]
    if isinstance(kind, pl.Struct):
        return _struct({field.name: field.dtype for field in kind.fields})
    if isinstance(kind, pl.Datetime) and kind.time_unit == "us" and kind.time_zone == "UTC":
        return "timestamp"
    if type(kind) in _PLAIN:
        return _PLAIN[type(kind)]
    raise TypeError(
        f"column {name!r} is of the type {kind}, which Delta Lake lacks; give the table a signed, plain one"
    )

"""The log of a table, in the form of Delta Lake.

One JSON file per commit, so that every engine reads the tables as they are.

What belongs here: reading the log into a `TableState`, and the bytes of commits and checkpoints. What does not: what a
commit changes (`commit.py`). A commit is one object that is created under the next number or not at all; its first line
begins with the checksum of the rest. Every `CHECKPOINT_EVERY` commits the whole state is written twice beside the log:
as Parquet for other engines, and as lines like those of a commit for us. Both are copies of what the commits say. The
head names the newest commit, so that one that was removed is missed; it is written after the commit, so after a crash
it may name the one before. Protocol: https://github.com/delta-io/delta/blob/master/PROTOCOL.md
"""

from __future__ import annotations

import datetime as dt
import io
import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from champion_assets.lake.errors import CorruptObject
from champion_assets.lake.manifest import DataFile, DayInfo, TableState

LOG, COPIES = "_delta_log", "_champion"
CHECKPOINT_EVERY = 32
DATED = '{"name":"trade_date"'
"""In the `schemaString` of a table whose rows say their day."""
_HEAD = b'{"commitInfo":{"checksum":"'
_DAYS, _CRC, _SCHEMA = "champion.days", "champion.crc32", "champion.schema"
Action = dict[str, Any]


def commit_key(table: str, version: int) -> str:
    """The object of a commit."""
    return f"{table}/{LOG}/{version:020}.json"


def copy_key(table: str, version: int) -> str:
    """The object with our own copy of the state at a version."""
    return f"{table}/{LOG}/{COPIES}/{version:020}.json"


def checkpoint_key(table: str, version: int) -> str:
    """The object with the state at a version for other engines."""
    return f"{table}/{LOG}/{version:020}.checkpoint.parquet"


def head_key(table: str) -> str:
    """The object that names the newest commit."""
    return f"{table}/{LOG}/{COPIES}/head"


def head(version: int, commit: bytes) -> bytes:
    """The bytes of the head.

    The version of the newest commit, the checksum that stands in it, and a checksum of both.
    """
    said = f"{version:020} ".encode() + mark_of(commit)
    return said + f" {zlib.crc32(said):08x}".encode()


def head_said(body: bytes, where: str) -> tuple[int, bytes]:
    """Version and checksum of the newest commit that the head names.

    Raises:
        CorruptObject: the head is damaged.
    """
    said, mark = body[:29], body[29:]
    if mark != f" {zlib.crc32(said):08x}".encode() or not said[:20].isdigit():
        raise CorruptObject(
            f"{where}: damaged (its checksum differs); `champion verify --repair` or the next commit writes it again"
        )
    return int(said[:20]), said[21:]


def mark_of(commit: bytes) -> bytes:
    """The checksum that stands in a commit."""
    return commit[len(_HEAD) : len(_HEAD) + 8]


@dataclass(frozen=True)
class Commit:
    """A commit: when, why, and what it changes."""

    instant: dt.datetime
    operation: str
    actions: list[Action]


def sealed(instant: dt.datetime, operation: str, actions: Iterable[Action], version: int) -> bytes:
    """The bytes of a commit or of a copy.

    The checksum holds for this version only, so that two that change places are noticed.
    """
    info = {"timestamp": round(instant.timestamp() * 1000), "operation": operation, "engineInfo": "champion"}
    first = json.dumps(info, separators=(",", ":"))[1:] + "}\n"
    lines = "".join(json.dumps(each, separators=(",", ":"), sort_keys=True) + "\n" for each in actions)
    rest = f'",{first}{lines}'.encode()
    return _HEAD + f"{zlib.crc32(rest, version):08x}".encode() + rest


def opened(body: bytes, where: str, version: int) -> Commit:
    """What the bytes say, which lie `where` as this version.

    Raises:
        CorruptObject: they are damaged, or another program wrote them.
    """
    digits, rest = body[len(_HEAD) : len(_HEAD) + 8], body[len(_HEAD) + 8 :]
    if not body.startswith(_HEAD):
        raise CorruptObject(
            f"{where}: not written by Champion, or damaged; other "
            f"programs may read the lake's tables, not write to them"
        )
    if f"{zlib.crc32(rest, version):08x}".encode() != digits:
        raise CorruptObject(
            f"{where}: damaged (its checksum differs); `champion verify --repair` says what can be done"
        )
    first, *lines = body.decode().splitlines()
    info = json.loads(first)["commitInfo"]
    instant = dt.datetime.fromtimestamp(info["timestamp"] / 1000, dt.UTC)
    return Commit(instant, info["operation"], [json.loads(line) for line in lines])


def applied(state: TableState, actions: Iterable[Action], version: int) -> TableState:
    """The state after a commit."""
    files, schema = dict(state.files), state.schema
    for action in actions:
        if "add" in action:
            file = _file(action["add"])
            files[file.path] = file
        elif "remove" in action:
            files.pop(action["remove"]["path"], None)
        elif "metaData" in action:
            schema = action["metaData"]["schemaString"]
    return TableState(version, files, schema)


def first_actions(table: str, schema: str, instant: dt.datetime) -> list[Action]:
    """What only the first commit has: the protocol, and the table's name and columns."""
    return [{"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}}, meta_data(table, schema, instant)]


def meta_data(table: str, schema: str, instant: dt.datetime) -> Action:
    """The table's name and columns."""
    digits = f"{zlib.crc32(table.encode()):08x}"
    return {
        "metaData": {
            "id": f"{digits}-0000-4000-8000-{digits}0000",
            "name": table,
            "format": {"provider": "parquet", "options": {}},
            "schemaString": schema,
            "partitionColumns": [],
            "configuration": {},
            "createdTime": round(instant.timestamp() * 1000),
        }
    }


def add(file: DataFile, schema: str, instant: dt.datetime, *, data_change: bool) -> Action:
    """A file that belongs to the table from now on, or about whose days something else is said."""
    with_rows = [date for date, info in sorted(file.days.items()) if info.stored_rows]
    stats: dict[str, Any] = {"numRecords": sum(info.stored_rows for info in file.days.values())}
    if with_rows and DATED in schema:
        stats |= {"minValues": {"trade_date": str(with_rows[0])}, "maxValues": {"trade_date": str(with_rows[-1])},
                  "nullCount": {"trade_date": 0}}  # fmt: skip
    days = {str(date): _packed(info) for date, info in sorted(file.days.items())}
    return {
        "add": {
            "path": file.path,
            "partitionValues": {},
            "size": file.size,
            "modificationTime": round(instant.timestamp() * 1000),
            "dataChange": data_change,
            "stats": json.dumps(stats, separators=(",", ":")),
            "tags": {_DAYS: json.dumps(days, separators=(",", ":")), _CRC: f"{file.crc32:08x}", _SCHEMA: file.schema},
        }
    }


def remove(file: DataFile, instant: dt.datetime) -> Action:
    """A file that belongs to the table no longer; it stays where it is for those who read an older version."""
    return {
        "remove": {
            "path": file.path,
            "deletionTimestamp": round(instant.timestamp() * 1000),
            "dataChange": True,
            "extendedFileMetadata": True,
            "partitionValues": {},
            "size": file.size,
        }
    }


def whole_state(table: str, state: TableState, instant: dt.datetime) -> list[Action]:
    """The actions that make the state out of nothing."""
    files = sorted(state.files.values(), key=lambda file: (min(file.days), file.path))
    return [
        *first_actions(table, state.schema, instant),
        *(add(file, state.schema, instant, data_change=False) for file in files),
    ]


def checkpoint(actions: Iterable[Action]) -> bytes:
    """A whole state as a Parquet checkpoint of the protocol.

    Without the removed files, which only a `VACUUM` of others would ask for.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    text, texts = pa.string(), pa.map_(pa.string(), pa.string())
    kinds = {
        "protocol": pa.struct([("minReaderVersion", pa.int32()), ("minWriterVersion", pa.int32())]),
        "metaData": pa.struct(
            [
                ("id", text),
                ("name", text),
                ("format", pa.struct([("provider", text), ("options", texts)])),
                ("schemaString", text),
                ("partitionColumns", pa.list_(text)),
                ("configuration", texts),
                ("createdTime", pa.int64()),
            ]
        ),
        "add": pa.struct(
            [
                ("path", text),
                ("partitionValues", texts),
                ("size", pa.int64()),
                ("modificationTime", pa.int64()),
                ("dataChange", pa.bool_()),
                ("stats", text),
                ("tags", texts),
            ]
        ),
    }
    rows = [{name: _mapped(value) for name, value in each.items()} for each in actions]
    columns = {name: pa.array([row.get(name) for row in rows], kind) for name, kind in kinds.items()}
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


def _mapped(value: Mapping[str, Any]) -> dict[str, Any]:
    """Maps as the pairs that Arrow wants."""
    maps = ("partitionValues", "tags", "options", "configuration")
    return {name: list(each.items()) if name in maps else _mapped(each) if isinstance(each, dict) else each
            for name, each in value.items()}  # fmt: skip


def _packed(info: DayInfo) -> list[Any]:
    exact = None if info.exact == info.content else info.exact
    return [info.fingerprint, info.code_version, info.recipe, info.content, exact, info.stored_rows, info.of_file]


def _file(said: Mapping[str, Any]) -> DataFile:
    tags = said["tags"]
    days = {}
    for date, (fingerprint, code_version, recipe, content, exact, stored_rows, of_file) in json.loads(
        tags[_DAYS]
    ).items():
        days[dt.date.fromisoformat(date)] = DayInfo(
            fingerprint, code_version, recipe, content, content if exact is None else exact, stored_rows, of_file
        )
    return DataFile(said["path"], said["size"], int(tags[_CRC], 16), tags[_SCHEMA], days)

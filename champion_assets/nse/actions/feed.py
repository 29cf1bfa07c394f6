"""The three shapes in which NSE publishes corporate actions, read into one.

CSV export, JSON API, `Bc` file of the PR bundle.

What belongs here: containers, headers, dates. What does not: the meaning of a text (`grammar.py`).
"""

from __future__ import annotations

import datetime as dt
import io
import json
import math
import re
import zipfile
from collections.abc import Mapping
from typing import Any

import polars as pl

from champion_assets.nse.container import BROKEN_ZIP, check_archive, check_text, csv_rows, gunzip, member_bytes
from champion_assets.nse.dates import parse_date
from champion_assets.nse.errors import BadPayload, BadValue, EmptyPayload, HtmlPayload, TruncatedPayload, UnknownHeader

ACTIONS: dict[str, pl.DataType] = {
    "symbol": pl.String(),
    "series": pl.String(),
    "company": pl.String(),
    "isin": pl.String(),
    "subject": pl.String(),
    "face_value": pl.Float64(),
    "ex_date": pl.Date(),
    "record_date": pl.Date(),
    "announced_on": pl.Date(),
    "source_row": pl.Int32(),
}
"""Canonical columns. `face_value` is the one at the time of the export, rupees; `announced_on` only where the feed says
it."""

_EXPORT = {
    "SYMBOL": "symbol",
    "COMPANY NAME": "company",
    "SERIES": "series",
    "PURPOSE": "subject",
    "FACE VALUE": "face_value",
    "EX-DATE": "ex_date",
    "RECORD DATE": "record_date",
}
_JSON = {
    "symbol": "symbol",
    "comp": "company",
    "series": "series",
    "subject": "subject",
    "faceVal": "face_value",
    "exDate": "ex_date",
    "recDate": "record_date",
    "isin": "isin",
    "caBroadcastDate": "announced_on",
}
_BC = {
    "SYMBOL": "symbol",
    "SECURITY": "company",
    "SERIES": "series",
    "PURPOSE": "subject",
    "EX_DT": "ex_date",
    "RECORD_DT": "record_date",
}
_BC_MEMBER = re.compile(r"(?:.*/)?bc\d{6,8}\.csv", re.IGNORECASE)
_GZIP, _ZIP = b"\x1f\x8b", b"PK"


Rows = list[tuple[int, Mapping[str, Any]]]
Faults = list[tuple[int, BadValue]]
"""Rows that cannot be read: number (the first after the header is 1) and why."""


def read_actions(body: bytes, name: str, faults: Faults | None = None) -> pl.DataFrame:
    """Read a file of corporate actions: one row per readable row of the file, columns of `ACTIONS`.

    Args:
        body: the bytes as fetched.
        name: how to call the file in errors.
        faults: takes the rows that cannot be read, which are left out. Without it the first of them refuses the file.

    Raises:
        BadPayload: one of its subclasses; each says what is wrong and where. A file of which no row can be read is
            refused.
    """
    text = _text(body, name)
    stripped = text.lstrip("\ufeff \r\n\t")
    if not stripped:
        raise EmptyPayload(f"{name}: no content")
    if stripped.startswith("<"):
        raise HtmlPayload(f"{name}: an HTML page instead of corporate actions")
    found: Faults = []
    if stripped[0] in "[{":
        frame = _frame(list(enumerate(_json_rows(stripped, name), start=1)), _JSON, name, found)
    else:
        frame = _frame(*_csv_rows(stripped, name, found), name, found)
    found.sort(key=lambda fault: fault[0])
    if found and (faults is None or frame.is_empty()):
        raise found[0][1]
    if faults is not None:
        faults += found
    return frame


def _text(body: bytes, name: str) -> str:
    try:
        if body.startswith(_GZIP):
            body = gunzip(body, name)
        elif body.startswith(_ZIP):
            with zipfile.ZipFile(io.BytesIO(body)) as bundle:
                check_archive(bundle, name)
                members = [each for each in bundle.namelist() if _BC_MEMBER.fullmatch(each)]
                if len(members) != 1:
                    raise BadPayload(f"{name}: {len(members)} members are called bcDDMMYY.csv, expected one")
                body = member_bytes(bundle, members[0], name)
    except BROKEN_ZIP as error:
        raise TruncatedPayload(f"{name}: not a readable archive ({error})") from error
    if body.lstrip()[:1] not in (b"[", b"{"):  # a JSON text is one line
        check_text(body, name)
    return body.decode("utf-8-sig", errors="replace")  # the export itself holds bytes that are no UTF-8


def _json_rows(text: str, name: str) -> list[Mapping[str, Any]]:
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError) as error:  # the second one: thousands of brackets in each other
        raise BadPayload(f"{name}: not JSON ({error})") from error
    if isinstance(rows, dict):
        rows = rows.get("data")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise UnknownHeader(f"{name}: JSON, but no list of corporate actions")
    for number, row in enumerate(rows, start=1):
        if absent := [key for key in ("symbol", "subject", "exDate") if key not in row]:
            raise UnknownHeader(f"{name}, row {number}: without {', '.join(absent)}")
    return rows


def _csv_rows(text: str, name: str, faults: Faults) -> tuple[Rows, Mapping[str, str]]:
    lines = csv_rows(text, name)
    header = [column.strip() for column in lines[0]]
    for columns in (_EXPORT, _BC):
        if columns.keys() <= set(header):
            break
    else:
        raise UnknownHeader(f"{name}: not a file of corporate actions, it begins with {','.join(header)[:120]!r}")
    rows: Rows = []
    for number, fields in enumerate(lines[1:], start=1):
        if not any(field.strip() for field in fields):
            continue
        if len(fields) != len(header):
            reason = f"{name}, row {number}: {len(fields)} fields where the header has {len(header)}"
            faults.append((number, BadValue(reason)))
            continue
        rows.append((number, dict(zip(header, fields, strict=True))))
    return rows, columns


def _frame(rows: Rows, columns: Mapping[str, str], name: str, faults: Faults) -> pl.DataFrame:
    records = []
    for number, row in rows:
        try:
            records.append(_record(row, columns, name, number))
        except BadValue as error:
            faults.append((number, error))
    return pl.DataFrame(records, schema=ACTIONS, orient="row")


def _record(row: Mapping[str, Any], columns: Mapping[str, str], name: str, number: int) -> dict[str, Any]:
    record: dict[str, Any] = dict.fromkeys(ACTIONS)
    for source, target in columns.items():
        value = row.get(source)
        text = "" if value is None else str(value).strip()
        record[target] = None if text in ("", "-") else text
    if record["symbol"] is None:
        raise BadValue(f"{name}, row {number}: no symbol")
    for column in ("ex_date", "record_date", "announced_on"):
        record[column] = _date(record[column], name, number)
    record["face_value"] = _face_value(record["face_value"], name, number)
    record["subject"] = record["subject"] or ""
    record["source_row"] = number
    return record


def _date(text: str | None, name: str, number: int) -> dt.date | None:
    if text is None:
        return None
    text = text.split(" ")[0]
    for form in ("%d/%m/%Y", "%Y-%m-%d"):
        try:
            return dt.datetime.strptime(text, form).replace(tzinfo=dt.UTC).date()
        except ValueError:
            continue
    return parse_date(text, f"{name}, row {number}")


def _face_value(text: str | None, name: str, number: int) -> float | None:
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError as error:
        raise BadValue(f"{name}, row {number}: face value {text!r}") from error
    if not 0 <= value < math.inf:
        raise BadValue(f"{name}, row {number}: face value {text!r}")
    return value

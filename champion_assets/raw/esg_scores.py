"""`raw/esg_scores`: the ESG files in the folder CHAMPION_ESG, byte for byte.

By the session from which each of their rows was known.

A folder holds CSV files of any providers and, for each provider, a mapping (`esg/mapping.py`). The first receipt of
every file is noted in a ledger in the lake. A row that restates an earlier file's row (same company, provider, product,
dates) is a revision: it counts from the session after its receipt on, not from the day it claims, since nobody knew it
before. A session's fingerprint is that of the rows that become known on it. A file that no mapping covers, and one that
is not what its mapping says, is listed in the quarantine.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import polars as pl

from champion_assets.common.errors import FolderAbsent
from champion_assets.esg.mapping import EsgMapping, MappingError, read_mapping
from champion_assets.esg.records import RECORDS, read_records
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.originals import Originals, OwnOriginals
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.nse.boundary import read_outside
from champion_assets.nse.errors import BadPayload
from champion_assets.nse.source.base import Fetched
from champion_assets.raw.files import RawFile, absent, version_frame, version_row

NAME = "raw/esg_scores"
LEDGER = "ledger.json"
_KEY = ["provider", "product", "isin", "symbol", "name", "rating_date", "available_from"]


class RawEsgScores(RawFile):
    """A file with rows that become known on the session."""


@dataclass(frozen=True)
class Received:
    """A file of the ledger: its hash, name, address, the hash and name of its mapping, the day of its receipt."""

    sha256: str
    name: str
    uri: str
    mapping_sha256: str
    mapping_name: str
    received_on: str


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """Cut the files into sessions.

    Args:
        inputs: declared inputs of the block.
        dates: sessions to compute, in order.

    Returns:
        The rows of all `dates`, with metadata by day.
    """
    folder: Path | None = inputs.outside
    if folder is not None and not folder.is_dir():
        raise FolderAbsent(f"CHAMPION_ESG: there is no folder {folder}")
    problems = [] if folder is None else _receive(folder, inputs.own)
    rows, refused = known_rows(inputs.own)
    versions: list[dict[str, Any]] = []
    facts = {}
    by_name = {each.sha256: each for each in ledger(inputs.own)}
    for date in dates:
        today = became_known(rows, inputs.before(date), date)
        if today.is_empty():
            facts[date] = absent("no rating became known" if by_name else "no folder in CHAMPION_ESG, or nothing in it")
            continue
        mark = hashlib.sha256(today.sort("source_sha256", "source_row").write_csv().encode()).hexdigest()
        for sha, count in today.group_by("source_sha256").len().sort("source_sha256").iter_rows():
            body = inputs.own.read(sha, by_name[sha].name)
            versions.append(version_row(date, Fetched(by_name[sha].name, by_name[sha].uri, body), "esg", count))
        facts[date] = {
            "sha256": mark,
            "uri": ", ".join(sorted(each.uri for each in by_name.values())),
            "rows": today.height,
        }
    listed = [
        {"trade_date": dates[-1], "name": name, "rule": "ESG", "reason": reason, "line": ""}
        for name, reason in problems
    ]
    listed += [
        {"trade_date": dates[-1], "name": name, "rule": "ESG", "reason": f"row {row}: {reason}", "line": line}
        for name, row, reason, line in refused.select("name", "source_row", "reason", "line").iter_rows()
    ]
    return Computed(version_frame(versions), pl.DataFrame(listed) if listed else None, facts)


def ledger(files: Originals) -> list[Received]:
    """All files ever received, in order of receipt."""
    text = files.note(LEDGER)
    return [] if text is None else [Received(**each) for each in json.loads(text)]


def _receive(folder: Path, own: OwnOriginals) -> list[tuple[str, str]]:
    """Note new files in the ledger; returns files and mappings that cannot be used, with the reason."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    mappings, problems = _mappings([path for path in paths if path.suffix in (".yaml", ".yml")])
    have, new = {each.sha256 for each in ledger(own)}, []
    for path in (each for each in paths if each.suffix.lower() == ".csv"):
        body = path.read_bytes()
        sha = hashlib.sha256(body).hexdigest()
        if sha in have:
            continue
        covering = [(place, mapping) for place, mapping in mappings if mapping.covers(path.name)]
        if len(covering) != 1:
            problems.append((path.name, f"{len(covering)} mappings cover this file, exactly one must"))
            continue
        place, mapping = covering[0]
        try:
            read_outside(partial(read_records, mapping=mapping), body, path.name)
        except BadPayload as error:
            problems.append((path.name, str(error)))
            continue
        own.keep(body)
        declared = own.keep(place.read_bytes())
        today = dt.datetime.now(dt.UTC).date()
        new.append(Received(sha, path.name, path.as_uri(), declared, place.name, today.isoformat()))
        have.add(sha)
    if new:
        own.update_note(LEDGER, lambda body: _with(body, new))
    return problems


def _mappings(paths: Sequence[Path]) -> tuple[list[tuple[Path, EsgMapping]], list[tuple[str, str]]]:
    """The mappings that can be meant so with their places, and the others with the reason.

    Of a refused mapping only its provider's new files wait.
    """
    mappings, problems = [], []
    for path in paths:
        try:
            mapping = read_outside(_read_mapping, path.read_bytes(), path.name)
        except BadPayload as error:
            problems.append((path.name, str(error)))
        else:
            mappings.append((path, mapping))
    return mappings, problems


def _read_mapping(body: bytes, name: str) -> EsgMapping:
    try:
        return read_mapping(body.decode("utf-8"), name)
    except UnicodeDecodeError as error:
        raise MappingError(f"{name}: not UTF-8 ({error})") from error


def _with(body: bytes | None, new: list[Received]) -> bytes:
    """The ledger with the files that nobody else has entered meanwhile."""
    known = json.loads(body or b"[]")
    have = {each["sha256"] for each in known}
    return json.dumps([*known, *(vars(each) for each in new if each.sha256 not in have)], indent=1).encode()


def became_known(rows: pl.DataFrame, before: dt.date | None, date: dt.date) -> pl.DataFrame:
    """The rows that the session `date` knows and the session `before` did not.

    For the first session of the grid all that it knows.
    """
    return rows.filter((pl.col("known_on") <= date) & (pl.col("known_on") > before if before is not None else True))


def known_rows(files: Originals) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Every record of every received file with `known_on`, `revision` and `source_sha256`.

    And the rejected rows with `name`.
    """
    return _known_rows(Originals(files.lake, files.table), tuple(ledger(files)))


@lru_cache(maxsize=2)
def _known_rows(files: Originals, received: tuple[Received, ...]) -> tuple[pl.DataFrame, pl.DataFrame]:
    records, rejects = [], []
    for order, each in enumerate(received):
        mapping = _mapping(files, each)
        found, refused = read_records(files.read(each.sha256, each.name), each.name, mapping)
        records.append(
            found.with_columns(
                order=pl.lit(order),
                received_on=pl.lit(each.received_on).str.to_date(),
                source_sha256=pl.lit(each.sha256),
            )
        )
        rejects.append(refused.with_columns(name=pl.lit(each.name)))
    if not records:
        extra = {
            "order": pl.Int32,
            "received_on": pl.Date,
            "source_sha256": pl.String,
            "revision": pl.Int32,
            "known_on": pl.Date,
        }
        return pl.DataFrame(schema={**RECORDS, **extra}), pl.DataFrame(
            schema={"source_row": pl.Int32, "reason": pl.String, "line": pl.String, "name": pl.String}
        )
    rows = pl.concat(records).with_columns(pl.col("order").cast(pl.Int32))
    revision = (pl.col("order").rank("dense").over(_KEY) - 1).cast(pl.Int32)
    known = pl.when(revision > 0).then(pl.max_horizontal("available_from", "received_on")).otherwise("available_from")
    return rows.with_columns(revision=revision, known_on=known), pl.concat(rejects)


def _mapping(files: Originals, received: Received) -> EsgMapping:
    text = files.read(received.mapping_sha256, received.mapping_name).decode("utf-8")
    try:
        return read_mapping(text, received.mapping_name)
    except MappingError as error:
        raise MappingError(f"{error} (as it was when {received.name} was received)") from error


TABLE = DailyTable(
    name=NAME,
    description="ESG files of the folder CHAMPION_ESG exactly as received, on the session from which their rows "
    "were known.",
    model=RawEsgScores,
    code_version="1",
    compute=compute,
    outside=lambda settings: settings.esg_folder,
    block=366,
    may_be_empty=True,
    kinds=frozenset({"file"}),
    peak_megabytes=201,
    not_released_because="mend the file or its mapping (docs/esg.md) and drop it again",
)

"""`raw/corporate_actions`: the files that say which corporate actions take effect on a session, byte for byte.

Two kinds of file serve: NSE's PR bundle of the day (from 2010), whose `Bc` member lists what was known that evening,
and exports of the corporate-actions page or saved answers of its API, which span years; the page's lists of small
companies and of funds count beside either, and alone they cover nothing. An export belongs to every session it covers;
the fingerprint of a session is that of its rows alone, so a longer export with the same rows makes nothing stale. A
session without any file has no row, and adjusted prices across it are refused.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import polars as pl

from champion_assets.lake.inputs import Inputs
from champion_assets.lake.originals import Originals
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.nse.actions.exports import Export, effective_rows, extract_hash, make_export
from champion_assets.nse.actions.feed import Faults, read_actions
from champion_assets.nse.errors import BadPayload, NotYetPublished
from champion_assets.nse.names import (
    ACTION_REGISTERS,
    MASTER_NAMES,
    SYMBOL_CHANGES,
    SYMBOL_CHANGES_NAMES,
    action_bundles,
)
from champion_assets.nse.security_lists import merged_isins, read_isins
from champion_assets.nse.source.base import Fetched, Source
from champion_assets.nse.symbol_changes import SymbolHistory, readable_symbol_changes
from champion_assets.raw.files import (
    RawFile,
    absent,
    block_size,
    readable,
    refusal,
    refusals,
    source_of,
    version_frame,
    version_row,
)

NAME = "raw/corporate_actions"
DayFile = tuple[str, str, Export | pl.DataFrame]
EXPORT, BUNDLE, CHANGES, MASTER = "export", "bundle", "symbolchange", "security list"


class RawCorporateActions(RawFile):
    """A file that says something of the session: an export, the day's bundle, or a register that is read with them."""


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """Find the files of `dates`.

    Args:
        inputs: declared inputs of the block.
        dates: sessions to compute, in order.

    Returns:
        The rows of all `dates`, with metadata by day.
    """
    source: Source = inputs.outside
    rejects: list[dict[str, Any]] = []
    registers = source.registers(SYMBOL_CHANGES_NAMES, (SYMBOL_CHANGES,))
    changes = [each for each, _ in readable(registers, readable_symbol_changes, dates[-1], rejects)]
    history = _history([(each.body, each.name) for each in changes])
    masters = [each for each, _ in readable(source.registers(MASTER_NAMES, ()), read_isins, dates[-1], rejects)]
    isins = merged_isins((each.body, each.name) for each in masters)
    read = readable(source.registers(ACTION_REGISTERS, ()), _export_reader(history, isins), dates[-1], rejects)
    rejects += [refusal(dates[-1], each, error, row) for each, (_, bad) in read for row, error in bad]
    exports = [(each, export) for each, (export, _) in read]
    for each in (*changes, *masters, *(each for each, _ in exports)):
        inputs.own.keep(each.body)
    versions: list[dict[str, Any]] = []
    facts, failed = {}, {}
    for date, bundle in source.fetch(dates, action_bundles):
        parts: list[pl.DataFrame] = []
        rows: list[dict[str, Any]] = []
        for each, export in exports:
            if export.covers(date):
                parts.append(effective_rows(export, inputs.calendar, date))
                rows.append(version_row(date, each, EXPORT, parts[-1].height))
        if isinstance(bundle, Exception) and not isinstance(bundle, NotYetPublished | BadPayload):
            failed[date] = bundle
            continue
        for each, frame in _bundle_rows(bundle, date, rejects):
            inputs.own.keep(each.body)
            parts.append(frame)
            rows.append(version_row(date, each, BUNDLE, frame.height))
        is_of_shares = any(export.is_of_shares and export.covers(date) for _, export in exports)
        if is_of_shares or any(row["format"] == BUNDLE for row in rows):
            rows += [version_row(date, each, CHANGES, 0) for each in changes] + [
                version_row(date, each, MASTER, 0) for each in masters
            ]
            facts[date] = _facts(parts, rows)
            versions += rows
        else:
            facts[date] = absent("neither an export of shares that covers the day nor its PR bundle")
    return Computed(version_frame(versions).sort("trade_date", maintain_order=True), refusals(rejects), facts, failed)


def _bundle_rows(
    bundle: Fetched | Exception, date: dt.date, rejects: list[dict[str, Any]]
) -> list[tuple[Fetched, pl.DataFrame]]:
    """The bundle with its readable rows, or nothing; what is refused is added to `rejects`."""
    if isinstance(bundle, BadPayload):
        rejects.append(refusal(date, action_bundles(date)[0].name, bundle))
    found = readable([bundle], _read_rows, date, rejects) if isinstance(bundle, Fetched) else []
    rejects += [refusal(date, each, error, row) for each, (_, bad) in found for row, error in bad]
    return [(each, frame) for each, (frame, _) in found]


def _read_rows(body: bytes, name: str) -> tuple[pl.DataFrame, Faults]:
    """The readable rows of a file, and the others."""
    faults: Faults = []
    return read_actions(body, name, faults), faults


def _export_reader(history: SymbolHistory, isins: Mapping[str, str]) -> Callable[[bytes, str], tuple[Export, Faults]]:
    """A reader of exports: what `_read_rows` reads, with symbols and face values of the ex-date."""

    def read(body: bytes, name: str) -> tuple[Export, Faults]:
        rows, faults = _read_rows(body, name)
        return make_export(hashlib.sha256(body).hexdigest(), rows, name, history, isins), faults

    return read


def _facts(parts: list[pl.DataFrame], rows: list[dict[str, Any]]) -> dict[str, Any]:
    count = sum(part.height for part in parts)
    return {
        "sha256": extract_hash(parts),
        "uri": ", ".join(row["uri"] for row in rows),
        "rows": count,
        "files": len(rows),
    }


def _history(files: Sequence[tuple[bytes, str]]) -> SymbolHistory:
    return SymbolHistory({change for body, name in files for change in readable_symbol_changes(body, name)[0]})


def day_files(files: Originals, versions: Mapping[dt.date, list[dict[str, Any]]]) -> dict[dt.date, list[DayFile]]:
    """For each date its files as (kind, hash, what they hold): exports read whole, once; bundles as their rows,
    each with `refused_rows`, how many rows of the bundle could not be read.

    Args:
        files: the original files of this table.
        versions: by date the versions in force, see `current_versions`.
    """
    found: dict[dt.date, list[DayFile]] = {}
    for date, rows in versions.items():
        registers = tuple(
            sorted((row["format"], row["sha256"], row["name"]) for row in rows if row["format"] in (CHANGES, MASTER))
        )
        found[date] = []
        for row in rows:
            if row["format"] == EXPORT:
                found[date].append(
                    (EXPORT, row["sha256"], _stored_export(files, row["sha256"], row["name"], registers))
                )
            elif row["format"] == BUNDLE:
                body = files.read(row["sha256"], row["name"])
                read, faults = _read_rows(body, row["name"])
                found[date].append(
                    (BUNDLE, row["sha256"], read.with_columns(refused_rows=pl.lit(len(faults), pl.Int32)))
                )
    return found


@lru_cache(maxsize=8)
def _stored_export(files: Originals, sha256: str, name: str, registers: tuple[tuple[str, str, str], ...]) -> Export:
    history, isins = _stored_registers(files, registers)
    return make_export(sha256, _read_rows(files.read(sha256, name), name)[0], name, history, isins)


@lru_cache(maxsize=2)
def _stored_registers(
    files: Originals, registers: tuple[tuple[str, str, str], ...]
) -> tuple[SymbolHistory, Mapping[str, str]]:
    """What all exports of a day share; one list of securities may stand beside hundreds of exports."""
    bodies = [(form, files.read(sha, each), each) for form, sha, each in registers]
    history = _history([(body, each) for form, body, each in bodies if form == CHANGES])
    return history, merged_isins((body, each) for form, body, each in bodies if form == MASTER)


TABLE = DailyTable(
    name=NAME,
    description="Exports and PR bundles with the corporate actions that take effect on the session, exactly as "
    "received.",
    model=RawCorporateActions,
    code_version="1",
    compute=compute,
    outside=source_of,
    block=block_size,
    may_be_empty=True,
    kinds=frozenset({"file"}),
    peak_megabytes=324,
    in_warehouse=True,
    warehouse_rows="is_current",
)

"""`raw/security_master`: NSE's register of symbol changes, byte for byte.

By the session on which its lines take effect.

The register (`symbolchange.csv`) always holds all changes since 1999. A session's fingerprint is that of its own lines,
so a newer register makes only those sessions stale of which it says something else.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from typing import Any

from champion_assets.lake.inputs import Inputs
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.nse.names import SYMBOL_CHANGES, SYMBOL_CHANGES_NAMES
from champion_assets.nse.source.base import Source
from champion_assets.nse.symbol_changes import SymbolChange, readable_symbol_changes
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

NAME = "raw/security_master"


class RawSecurityMaster(RawFile):
    """A register with lines for the session."""


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """Cut the registers into sessions.

    Args:
        inputs: declared inputs of the block.
        dates: sessions to compute, in order.

    Returns:
        The rows of all `dates`, with metadata by day.
    """
    source: Source = inputs.outside
    registers = source.registers(SYMBOL_CHANGES_NAMES, (SYMBOL_CHANGES,))
    rejects: list[dict[str, Any]] = []
    found = readable(registers, readable_symbol_changes, dates[-1], rejects)
    rejects += [refusal(dates[-1], each, error, row) for each, (_, bad) in found for row, error in bad]
    read = [(each, changes) for each, (changes, _) in found]
    for each, _ in read:
        inputs.own.keep(each.body)
    none = "every symbolchange.csv of the source was refused" if registers else "the source has no symbolchange.csv"
    versions: list[dict[str, Any]] = []
    facts = {}
    for date in dates:
        lines = [(each, lines_of(changes, inputs.calendar.previous_session(date), date)) for each, changes in read]
        with_lines = [(each, found) for each, found in lines if found]
        if not with_lines:
            facts[date] = absent("no symbol changed" if read else none)
            continue
        mark = hashlib.sha256(
            repr(sorted({change for _, found in with_lines for change in found})).encode()
        ).hexdigest()
        versions += [version_row(date, each, "symbolchange", len(found)) for each, found in with_lines]
        facts[date] = {
            "sha256": mark,
            "uri": ", ".join(each.uri for each, _ in with_lines),
            "rows": len(with_lines[0][1]),
        }
    return Computed(version_frame(versions), refusals(rejects), facts)


def lines_of(changes: Sequence[SymbolChange], before: dt.date | None, date: dt.date) -> list[SymbolChange]:
    """The changes that take effect on the session `date`.

    Those of the day itself and of the closed days since the session `before`.
    """
    return [change for change in changes if (before or dt.date.min) < change.date <= date]


TABLE = DailyTable(
    name=NAME,
    description="NSE's register of symbol changes exactly as received, by the session on which its lines take effect.",
    model=RawSecurityMaster,
    code_version="1",
    compute=compute,
    outside=source_of,
    block=block_size,
    may_be_empty=True,
    kinds=frozenset({"file"}),
    peak_megabytes=205,
)

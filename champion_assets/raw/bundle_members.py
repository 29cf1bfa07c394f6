"""`raw/bundle_members`.

Members of the PR bundle that lie loose in the source, as people keep a folder for each day, byte for byte.

The bundle itself is kept by `raw/corporate_actions`. A member inside it comes first; these are for days of which the
folder has members and no bundle, or a bundle without the member. The archive serves none of them, so a server is never
asked. A session has a row for each kind of member found; a member that cannot be read is listed in the quarantine by
the bronze table that reads it, not here.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from champion_assets.lake.inputs import Inputs
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.nse.daily_file import Member
from champion_assets.nse.errors import BadPayload, NotYetPublished, NseError
from champion_assets.nse.source.base import Candidates, Fetched, Source
from champion_assets.raw.files import (
    RawFile,
    absent,
    block_size,
    refusal,
    refusals,
    source_of,
    version_frame,
    version_row,
)

NAME = "raw/bundle_members"
MEMBERS = {
    "pd": Member("Pd"),
    "bh": Member("bh"),
    "mcap": Member("MCAP"),
    "pe": Member("PE", "_"),
    "hl": Member("HL"),
    "gl": Member("Gl"),
    "tt": Member("Tt"),
    "etf": Member("etf"),
    "sme": Member("sme"),
    "bm": Member("Bm", suffix=".txt"),
}
"""Members that are kept, by their kind in lower case. `Bc` is read by raw/corporate_actions; `Pr` says what `Pd`
says."""


class RawBundleMembers(RawFile):
    """A loose member of the day's bundle; `format` is its kind."""


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """Find the loose members of `dates`.

    Args:
        inputs: declared inputs of the block.
        dates: sessions to compute, in order.

    Returns:
        The rows of all `dates`, with metadata by day.
    """
    return find_kinds(
        inputs, dates, {kind: member.names for kind, member in MEMBERS.items()}, "no loose member of a PR bundle"
    )


def find_kinds(
    inputs: Inputs, dates: Sequence[dt.date], kinds: Mapping[str, Candidates], why: str,
    change: Callable[[str, Fetched], Fetched] = lambda _, found: found,
) -> Computed:  # fmt: skip
    """A row for each kind of file that a source has of each of `dates`.

    Args:
        inputs: of the raw table.
        dates: sessions.
        kinds: by kind the names of its file of a day.
        why: facts of a day without any.
        change: from a kind and its file to what is kept of it; raises BadPayload.
    """
    source: Source = inputs.outside
    rejects: list[dict[str, Any]] = []
    rows: dict[dt.date, list[dict[str, Any]]] = {date: [] for date in dates}
    failed: dict[dt.date, Exception] = {}
    for kind, names in kinds.items():
        for date, found in source.fetch(dates, names):
            try:
                if not isinstance(found, Fetched):
                    raise found
                kept = change(kind, found)
                inputs.own.keep(kept.body)
                rows[date].append(version_row(date, kept, kind, 0))
            except BadPayload as error:
                rejects.append(refusal(date, names(date)[0].name, error))
            except NotYetPublished:
                continue
            except NseError as error:
                failed[date] = error
    facts = {date: _facts(found, why) for date, found in rows.items() if date not in failed}
    whole = [row for date in facts for row in rows[date]]
    return Computed(version_frame(whole).sort("trade_date", maintain_order=True), refusals(rejects), facts, failed)


def _facts(rows: Sequence[dict[str, Any]], why: str) -> dict[str, Any]:
    if not rows:
        return absent(why)
    mark = hashlib.sha256(" ".join(f"{row['format']} {row['sha256']}" for row in rows).encode()).hexdigest()
    return {"sha256": mark, "uri": ", ".join(row["uri"] for row in rows), "rows": len(rows), "files": len(rows)}


TABLE = DailyTable(
    name=NAME,
    description="Members of the PR bundle that are separate files in the source, exactly as received.",
    model=RawBundleMembers,
    code_version="1",
    compute=compute,
    outside=source_of,
    block=block_size,
    may_be_empty=True,
    kinds=frozenset({"file"}),
    peak_megabytes=250,
)

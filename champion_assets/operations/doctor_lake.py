"""What `champion doctor` finds in the lake: days, staleness, checks, suspects, quarantine, integrity, room on the disk.

What belongs here: findings of what was built; each says what to do next. What does not: everything around the lake
(`doctor_surroundings.py`).
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from champion_assets.common.errors import HelperUnavailable
from champion_assets.lake.fingerprints import Fingerprints
from champion_assets.lake.plan import plan_range
from champion_assets.lake.quarantine import listed, refused_files
from champion_assets.lake.verify import last_verified
from champion_assets.lake.workspace import Workspace
from champion_assets.operations.doctor_findings import Finding
from champion_assets.operations.left_out import absent_files

MAX_REFUSED = 20
"""Refused files that are named one by one."""


RECENT = 30
"""Sessions whose failed checks are named one by one."""
LATELY = 10
"""Sessions whose absent files are named."""


def missing_findings(workspace: Workspace, built: dict[str, list[dt.date]]) -> Iterator[Finding]:
    """Sessions that an asset lacks."""
    begun = [dates[0] for dates in built.values() if dates]
    if not begun:
        yield Finding("coverage", "error", "the lake is empty", "champion backfill START END")
        return
    first, last = min(begun), max(dates[-1] for dates in built.values() if dates)
    sessions = set(workspace.sessions(first, last))
    holes = {name: sorted(sessions - set(dates)) for name, dates in built.items()}
    alike: dict[tuple[dt.date, ...], list[str]] = {}
    for name, dates in holes.items():
        if dates:
            alike.setdefault(tuple(dates), []).append(name)
    for absent, names in alike.items():  # one day that failed is one finding, whatever it has held up
        span = f"{len(absent)} of {len(sessions)} sessions, {absent[0]} to {absent[-1]}"
        if len(names) == 1:
            says, only = f"{names[0]} lacks {span}", f" --assets '+{names[0]}'"
        else:
            says, only = f"{len(names)} tables lack {span}: {', '.join(names)}", ""
        yield Finding("coverage", "error", says, f"champion backfill {absent[0]} {absent[-1]}{only}")
    if not any(holes.values()):
        yield Finding("coverage", "ok", f"every asset has all {len(sessions)} sessions from {first} to {last}")


def stale_findings(workspace: Workspace, built: dict[str, list[dt.date]]) -> Iterator[Finding]:
    """Days that were made of other input, code or settings than the present ones."""
    marks = Fingerprints(workspace.lake)
    found = False
    for name in (each for each in workspace.tables if not workspace.tables[each].is_source and built[each]):
        try:
            plan = plan_range(workspace.tables[name], workspace, built[name], marks)
        except HelperUnavailable as error:
            found = True
            yield Finding("staleness", "error", f"{name}: cannot be looked at ({type(error).__name__})", str(error))
            continue
        bad = sorted([*plan.stale, *plan.missing])
        if bad:
            found = True
            yield Finding(
                "staleness",
                "warning",
                f"{name}: {len(bad)} days, {bad[0]} to {bad[-1]}, were built from other input, code or settings",
                f"champion backfill {bad[0]} {bad[-1]} --assets '{name}+'",
            )
    if not found:
        yield Finding("staleness", "ok", "every day was built from the current input, code and settings")


def checks_findings(workspace: Workspace, built: dict[str, list[dt.date]]) -> Iterator[Finding]:
    """Checks that block a day, those that failed lately, and how many were overridden."""
    dates = built["checks/results"]
    if not dates:
        return
    rows = workspace.lake.read(
        "checks/results", dates, ["trade_date", "check_name", "severity", "passed", "sample", "override"]
    )
    failed = rows.filter(~pl.col("passed"))
    for date, check, sample in (
        failed.filter(pl.col("severity") == "block").select("trade_date", "check_name", "sample").iter_rows()
    ):
        yield Finding(
            "checks",
            "error",
            f"{check} blocks {date}: {sample}",
            "get the right file, or accept the failure by a line in the CSV in CHAMPION_CHECKS",
        )
    recent = failed.filter(
        pl.col("trade_date").is_in(dates[-RECENT:]) & pl.col("severity").is_in(["warn", "quarantine"])
    )
    for check, count, last in (
        recent.group_by("check_name").agg(pl.len(), pl.col("trade_date").max()).sort("check_name").iter_rows()
    ):
        yield Finding(
            "checks",
            "note",
            f"{check} failed on {count} of the last {RECENT} sessions, last on {last}",
            f"champion sql \"SELECT * FROM checks.results WHERE NOT passed AND trade_date = '{last}'\"",
        )
    overridden = rows.filter(pl.col("override") != "").height
    blocks, warnings = (failed.filter(pl.col("severity") == each).height for each in ("block", "warn"))
    yield Finding(
        "checks",
        "note" if blocks else "ok",
        f"{rows.height} outcomes of {len(dates)} days; {warnings} warnings, {overridden} overridden",
    )


def suspects_findings(workspace: Workspace, built: dict[str, list[dt.date]]) -> Iterator[Finding]:
    """Rows of `silver/suspects`, by suspicion."""
    dates = built["silver/suspects"]
    if not dates:
        return
    rows = workspace.lake.read("silver/suspects", dates, ["trade_date", "suspicion"])
    for suspicion, count in rows.group_by("suspicion").len().sort("suspicion").iter_rows():
        yield Finding("suspects", "note", f"{count} rows of {suspicion}", f"champion audit {dates[0]} {dates[-1]}")


def quarantine_findings(workspace: Workspace) -> Iterator[Finding]:
    """Refused rows that wait for a decision."""
    rows = listed(workspace.lake)
    waiting = rows.filter(pl.col("open") > 0)
    if waiting.is_empty():
        yield Finding(
            "quarantine",
            "ok",
            f"no row waits for a decision ({rows['rows'].sum()} rows decided)" if rows.height else "empty",
        )
    for table, days, count in waiting.group_by("table").agg(pl.len(), pl.col("open").sum()).sort("table").iter_rows():
        yield Finding(
            "quarantine",
            "note",
            f"{table}: {count} rows on {days} days wait for a decision",
            "champion quarantine list",
        )


def refused_findings(workspace: Workspace) -> Iterator[Finding]:
    """Files that the source has and that are not used, or not wholly."""
    rows = refused_files(workspace.lake)
    for each in rows.head(MAX_REFUSED).iter_rows(named=True):
        where = f"row {each['line']} of {each['name']}" if each["line"] else each["name"]
        span = f"{each['first']}" if each["days"] == 1 else f"{each['days']} days, {each['first']} to {each['last']}"
        yield Finding("refused files", "warning", f"{each['table']}: {where} is not used ({span}): {each['reason']}",
                      f"get the right file, then champion backfill {each['first']} {each['last']} --refetch; "
                      f"or champion quarantine drop {each['table']} {each['first']} --why ...")  # fmt: skip
    if rows.height > MAX_REFUSED:
        yield Finding("refused files", "warning", f"{rows.height - MAX_REFUSED} more", "champion quarantine list")


def absent_findings(workspace: Workspace, built: dict[str, list[dt.date]]) -> Iterator[Finding]:
    """Daily files that the last sessions lack, although the sessions before them have them."""
    for each in absent_files(workspace, built["raw/bhavcopy"][-LATELY:]):
        again = f"champion backfill {each.date} {each.date} --refetch"
        yield Finding("absent files", "warning", each.says, f"put it into the source, then {again}")


def verified_findings(workspace: Workspace) -> Iterator[Finding]:
    """When the lake was last compared with its checksums; every read compares what it reads."""
    said = last_verified(workspace.lake)
    if said is None:
        yield Finding("integrity", "note", "the lake has not been compared with its checksums yet", "champion verify")
        return
    when = f"{said.finished[:10]}: {said.objects} objects, {said.bytes / 1e6:.0f} MB" + (
        f", days since {said.since}" if said.since else ""
    )
    if said.damaged:
        yield Finding("integrity", "error", f"{when}; {said.damaged} damaged", "champion verify --repair")
    else:
        yield Finding("integrity", "ok", f"{when}; none was changed")


def disk_findings(workspace: Workspace) -> Iterator[Finding]:
    """The size of a local lake, and the room beside it."""
    if not workspace.lake.is_local:
        return
    size = sum(path.stat().st_size for path in Path(workspace.lake.root).rglob("*") if path.is_file())
    free = shutil.disk_usage(workspace.lake.root).free
    short = free < max(size / 10, 2**30)
    yield Finding(
        "disk",
        "warning" if short else "ok",
        f"the lake takes {size / 2**30:.2f} GiB, {free / 2**30:.1f} GiB are free",
        "make room, or move the lake: CHAMPION_LAKE" if short else "",
    )

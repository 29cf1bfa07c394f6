"""What a change costs: days written, days looked at and CPU seconds of bringing the whole graph up to date after it.

Four changes of a built lake, each on a copy of its own: one volume and one close of a bhavcopy that was published
again, a corporate action that an export has a year back, and a setting. Baselines in the same run: the same walk over
the graph when nothing changed, and the days that the lake holds.

    DATA_DIR=data CHAMPION_START_DATE=2016-01-01 python -m champion_assets_tests.benchmarks.changes 2016-01-01
    2020-12-31
"""

from __future__ import annotations

import datetime as dt
import gzip
import io
import os
import shutil
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from champion_assets.catalog import TABLES, open_workspace
from champion_assets.common.dates import calendar_days
from champion_assets.lake.build import build_range
from champion_assets.lake.originals import Originals
from champion_assets.lake.store import Lake
from champion_assets.lake.workspace import Workspace
from champion_assets.settings import get_settings
from champion_assets_tests.helpers import ORDER, version_in_force

Changed = dict[str, object]
"""Settings that are other than those of the lake."""
BUILT = [name for name in ORDER if not name.startswith("warehouse/")]


def lines_of(body: bytes) -> list[str]:
    """The lines of an original file, a zip of one member or a gzip included."""
    if zipfile.is_zipfile(io.BytesIO(body)):
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            return archive.read(archive.namelist()[0]).decode("utf-8-sig").splitlines()
    return (gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body).decode("utf-8-sig").splitlines()


def republished(workspace: Workspace, folder: Path, day: dt.date, column: str, change: Callable[[str], str]) -> Changed:
    """In `folder` the bhavcopy of `day`, with one value of its most traded share changed."""
    version = version_in_force("raw/bhavcopy", workspace, day)
    head, *rows = lines_of(Originals(workspace.lake, "raw/bhavcopy").read(version["sha256"], version["name"]))
    names = [each.strip() for each in head.split(",")]
    place = max(
        (number for number, row in enumerate(rows) if row.split(",")[names.index("SERIES")] == "EQ"),
        key=lambda number: float(rows[number].split(",")[names.index("TOTTRDVAL")]),
    )
    values = rows[place].split(",")
    values[names.index(column)] = change(values[names.index(column)])
    rows[place] = ",".join(values)
    with zipfile.ZipFile(folder / version["name"], "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(version["name"].removesuffix(".zip"), "\n".join([head, *rows]) + "\n")
    return {}


def one_action_more(workspace: Workspace, folder: Path, first: dt.date, day: dt.date) -> Changed:
    """In `folder` the export of corporate actions with a bonus of one share for one, ex on `day`, that it did not
    have."""
    version = version_in_force("raw/corporate_actions", workspace, first)
    body = Originals(workspace.lake, "raw/corporate_actions").read(version["sha256"], version["name"])
    head, *rows = lines_of(body)
    like = next(row for row in rows if '"EQ"' in row and "Bonus" in row)
    values = [each.strip('"') for each in like.split('","')]
    names = [each.strip().strip('"').upper() for each in head.split('","')]
    values[names.index("EX-DATE")] = values[names.index("RECORD DATE")] = f"{day:%d-%b-%Y}"
    text = "\n".join([head, *rows, ",".join(f'"{each}"' for each in values)]) + "\n"
    (folder / version["name"].removesuffix(".gz")).write_text(text)
    return {}


def bring_up_to_date(
    workspace: Workspace, dates: Sequence[dt.date], looked_at: dict[str, Sequence[dt.date]]
) -> tuple[Counter[str], float]:
    """Days written of each table, and CPU seconds."""
    written, used = Counter[str](), time.process_time()
    for name in BUILT:
        if TABLES[name].is_enabled(workspace.settings):
            report = build_range(TABLES[name], workspace, dates, refetch=looked_at.get(name, ()))
            written[name] = report.count("written")
            if report.failed:
                print(f"  {name}: {len(report.failed)} days failed, {next(iter(report.failed.values()))}")  # noqa: T201
    return written, time.process_time() - used


def main(start: dt.date, end: dt.date) -> None:
    """Print the table."""
    workspace, dates = open_workspace(get_settings()), calendar_days(start, end)
    sessions = workspace.sessions(start, end)
    middle, year_back = (
        sessions[len(sessions) // 2],
        next(day for day in sessions if day >= end - dt.timedelta(days=366)),
    )
    held = sum(len(workspace.lake.dates(name)) for name in BUILT)
    print(f"{held:,} days of {len(BUILT)} tables; changed days {middle} and {year_back}")  # noqa: T201
    print(f"{'change':34} {'days written':>12} {'share':>8} {'CPU s':>8}   tables")  # noqa: T201

    def tried(
        what: str, looked_at: dict[str, Sequence[dt.date]], prepare: Callable[[Workspace, Path], Changed]
    ) -> None:
        with tempfile.TemporaryDirectory(dir=workspace.settings.data_dir) as name:
            folder, source = Path(name), Path(name, "source")
            source.mkdir()
            shutil.copytree(
                workspace.lake.root, folder / "lake", copy_function=os.link
            )  # files are replaced, never altered
            changed = prepare(workspace, source)
            settings = workspace.settings.model_copy(update={"source": str(source), "data_dir": folder, **changed})
            there = replace(workspace, lake=Lake(str(folder / "lake")), settings=settings)
            written, seconds = bring_up_to_date(there, dates, looked_at)
            tables = ", ".join(f"{table} {days}" for table, days in written.items() if days)
            total = sum(written.values())
            print(f"{what:34} {total:>12,} {total / held:>8.2%} {seconds:>8.1f}   {tables}", flush=True)  # noqa: T201

    tried("nothing", {}, lambda there, folder: {})
    tried(
        "one volume",
        {"raw/bhavcopy": [middle]},
        lambda there, folder: republished(there, folder, middle, "TOTTRDQTY", lambda text: str(int(text) + 1)),
    )
    tried(
        "one close",
        {"raw/bhavcopy": [middle]},
        lambda there, folder: republished(there, folder, middle, "CLOSE", lambda text: f"{float(text) + 0.05:.2f}"),
    )
    tried("a bonus a year back", {"raw/corporate_actions": sessions},
          lambda there, folder: one_action_more(there, folder, sessions[0], year_back))  # fmt: skip
    tried("WEIGHT_CAP", {}, lambda there, folder: {"weight_cap": there.settings.weight_cap * 0.9})


if __name__ == "__main__":
    main(*(dt.date.fromisoformat(text) for text in sys.argv[1:3]))

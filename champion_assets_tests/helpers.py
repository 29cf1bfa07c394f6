"""What several tests need: building tables in order, and a lake's content to compare."""

from __future__ import annotations

import datetime as dt
import fcntl
import hashlib
import pickle
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import polars as pl

from champion_assets.catalog import LAKE_TABLES, TABLES, all_tables, open_workspace
from champion_assets.common.dates import calendar_days
from champion_assets.lake.build import build_range
from champion_assets.lake.commit import DayRows, day_rows, write_days
from champion_assets.lake.content_hash import content_hash
from champion_assets.lake.delta_log import LOG
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.manifest import DayInfo, Stamp
from champion_assets.lake.objects import TEMPORARY
from champion_assets.lake.originals import Originals
from champion_assets.lake.range_report import RangeReport
from champion_assets.lake.store import Lake
from champion_assets.lake.table import DailyTable
from champion_assets.lake.workspace import Workspace, open_inputs
from champion_assets.raw.files import current_versions
from champion_assets.settings import Settings
from champion_assets.silver.instruments_register import NAME as INSTRUMENTS
from champion_assets.silver.instruments_register import stored_register

_TABLES = dict(TABLES)
ORDER = [name for name in TABLES if name != "warehouse/clickhouse"]


def build_until(workspace: Workspace, last: str, start: dt.date, end: dt.date) -> dict[str, RangeReport]:
    """Build all tables up to `last`; every day must succeed.

    In an empty lake with the settings of the fixture what `last` stands on is copied from a lake that was built once
    for all processes; `build_range` would give the same. A lake that was built so before is copied whole, with what its
    building said.
    """
    order = [name for name in TABLES if name != "warehouse/clickhouse"]
    built = _built_before(workspace, last, start, end)
    if built is not None and built.is_dir():
        shutil.copytree(built / "lake", workspace.lake.root, dirs_exist_ok=True)
        return cast("dict[str, RangeReport]", pickle.loads((built / "reports").read_bytes()))
    if last in ORDER:
        _link_inputs(workspace, last, start, end)
    reports = {}
    for name in order[: order.index(last) + 1]:
        reports[name] = build_range(TABLES[name], workspace, calendar_days(start, end))
        assert not reports[name].failed, reports[name].failed
    if built is not None:
        _keep(workspace, reports, built)
    return reports


def _built_before(workspace: Workspace, last: str, start: dt.date, end: dt.date) -> Path | None:
    """Where the lake that `build_until` gives in an empty lake lies once it was built; None if it depends on more than
    its arguments."""
    settings, lake = workspace.settings, workspace.lake
    is_plain = TABLES.keys() == _TABLES.keys() and all(TABLES[name] is _TABLES[name] for name in TABLES)
    if (
        not is_plain
        or last.startswith("warehouse/")
        or workspace.begin is not None
        or not lake.is_local
        or type(lake) is not Lake
    ):
        return None
    if any(Path(lake.root).iterdir()) or start != settings.start_date or not _usual(settings):
        return None
    if _usual(settings) != settings.model_dump_json(exclude={"data_dir"}):
        return None
    return Path(settings.source).parent / "built" / f"{last.replace('/', '.')}_{start}_{end}"


def _keep(workspace: Workspace, reports: dict[str, RangeReport], built: Path) -> None:
    built.parent.mkdir(exist_ok=True)
    with one_at_a_time(built.with_suffix(".lock")):
        if not built.is_dir():
            beside = Path(tempfile.mkdtemp(dir=built.parent))
            shutil.copytree(workspace.lake.root, beside / "lake")
            (beside / "reports").write_bytes(pickle.dumps(reports))
            beside.rename(built)


def inputs_of(name: str, workspace: Workspace, dates: Sequence[dt.date]) -> Inputs:
    """What the table's computation is handed for `dates`."""
    return open_inputs(TABLES[name], workspace, dates)


def originals(name: str, workspace: Workspace) -> Originals:
    """The original files of a raw table."""
    return Originals(workspace.lake, name)


def version_in_force(name: str, workspace: Workspace, date: dt.date) -> dict[str, Any]:
    """The only version in force of a raw table's day."""
    (version,) = current_versions(workspace.lake.read(name, [date]), [date])[date]
    return version


@contextmanager
def in_catalog(*tables: DailyTable) -> Iterator[None]:
    """Inside the `with` block the catalog has these tables, too, as if each had its line there, after the tables that
    it reads."""
    before, lines = dict(TABLES), list(LAKE_TABLES)
    for table in tables:
        read = {wanted.table for wanted in table.inputs(Settings.model_construct())}
        lines.insert(max((place for place, each in enumerate(lines, 1) if each.name in read), default=0), table)
    TABLES.clear()
    TABLES.update(all_tables(tuple(lines)))
    try:
        yield
    finally:
        TABLES.clear()
        TABLES.update(before)


DATED = ("bronze/esg_scores", "silver/esg_scores")
"""They hold the day of receipt, or are made of it; midnight may fall between two lakes that are compared."""


def content(root: Path, leave_out: Sequence[str] = ("raw/", "warehouse/", "tracking/", "state/")) -> dict[str, str]:
    """What lies under a folder, to be compared with another lake.

    Of a table of a lake each day's rows and fingerprint, without the day of receipt, and the files of closed months,
    which are the same bytes in every lake of the same rows; of every other object the hash of its bytes.
    Left out: raw tables, for they hold the instant of receipt; notes for MLflow and the indexes in `state/`, which are
    made of the others.
    """
    files = [
        path
        for path in sorted(root.rglob("*"))
        if path.is_file() and not str(path.relative_to(root)).startswith(tuple(leave_out))
    ]
    tables = {path.parents[len(path.parts) - 1 - path.parts.index(LOG)] for path in files if LOG in path.parts}
    found: dict[str, str] = {}
    for table in sorted(tables):
        state = Lake(str(table.parent)).state(table.name)
        name = str(table.relative_to(root))
        newest = max(map(_month, state.file_of), default=None)
        if name in DATED:
            rows = {
                date: Lake(str(root)).read(name, [date]).drop("received_on", strict=False) for date in state.file_of
            }
            found |= {f"{name}/{date}": content_hash(frame) for date, frame in rows.items()}
            continue
        found |= {
            f"{name}/{date}": f"{(info := file.days[date]).exact} {info.fingerprint}"
            for date, file in state.file_of.items()
        }
        found |= {
            f"{name}/{file.path}": str(file.crc32) for file in state.files.values() if _month(min(file.days)) != newest
        }
    for path in files:
        of_a_table = LOG in path.parts or (path.suffix == ".parquet" and any(table in path.parents for table in tables))
        if not of_a_table and TEMPORARY not in path.parts:
            found[str(path.relative_to(root))] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def _month(date: dt.date) -> tuple[int, int]:
    return date.year, date.month


def put_day(lake: Lake, table: str, date: dt.date, rows: pl.DataFrame, **stamp: str) -> None:
    """Make `rows` the table's day, as if a build had; what `stamp` does not say (fingerprint, code_version, recipe)
    stays as it is."""
    now = lake.info(table, date) or DayInfo("", "1")
    said = Stamp(**{"fingerprint": now.fingerprint, "code_version": now.code_version, "recipe": now.recipe} | stamp)
    write_days(lake, table, {date: day_rows({date: rows})[date].stamped(said)})


def register_of(lake: Lake, date: dt.date) -> pl.DataFrame:
    """All instruments as known at the end of `date`."""
    return stored_register(
        lake.read, lake.dates(INSTRUMENTS), date, list(TABLES[INSTRUMENTS].model.to_schema().columns)
    )


def drop_days(lake: Lake, table: str, dates: Sequence[dt.date]) -> None:
    """Take days out of a table."""
    write_days(lake, table, {}, drop=dates)


def copy_days(source: Lake, target: Lake, table: str, dates: Sequence[dt.date]) -> None:
    """The days of a table in another lake, as they are."""
    held = [date for date in dates if source.has(table, date)]
    if not held:
        return
    state, rows = source.state(table), source.read(table, held)
    by_day = {key[0]: day for key, day in rows.partition_by("trade_date", as_dict=True).items()}
    days = {}
    for date in held:
        info = state.file_of[date].days[date]
        stamp = Stamp(info.fingerprint, info.code_version, info.recipe)
        days[date] = DayRows(by_day.get(date, rows.clear()), stamp, info.content, info.exact, info.of_file)
    write_days(target, table, days)


@contextmanager
def one_at_a_time(lock: Path) -> Iterator[None]:
    """Inside the `with` block no other process is in one with the same file; the kernel frees it when a process
    dies."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _link_inputs(workspace: Workspace, last: str, start: dt.date, end: dt.date) -> None:
    if not workspace.lake.is_local:
        return
    lake, settings = Path(workspace.lake.root), workspace.settings
    if start != settings.start_date or any(lake.iterdir()) or ORDER.index(last) < ORDER.index("bronze/bhavcopy"):
        return
    if _usual(settings) != settings.model_dump_json(exclude={"data_dir"}):
        return
    for name in ORDER[: ORDER.index(last)]:
        shutil.copytree(_cut(workspace, name, end), lake, dirs_exist_ok=True)


def _cut(workspace: Workspace, name: str, end: dt.date) -> Path:
    """A lake that holds one table up to `end`, with its files and notes; cut out of the whole by whichever process
    needs it first."""
    whole = template(workspace.settings)
    folder = Path(whole.root).parents[1] / "cut" / str(end) / name.replace("/", ".")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with one_at_a_time(folder.with_name(f"{folder.name}.lock")):
        if not folder.is_dir():
            beside = Path(tempfile.mkdtemp(dir=folder.parent))
            for kept in ("_files", "_notes"):
                if (of_whole := Path(whole.root, name, kept)).is_dir():
                    shutil.copytree(of_whole, beside / name / kept)
            for table in (name, f"quarantine/{name}"):
                copy_days(whole, Lake(str(beside)), table, workspace.sessions(workspace.settings.start_date, end))
            beside.rename(folder)
    return folder


def template(settings: Settings) -> Lake:
    """A lake of the whole synthetic exchange, beside it; built by whichever process needs it first."""
    folder = Path(settings.source).with_name("template")
    whole = folder / "whole"
    with one_at_a_time(folder.with_suffix(".lock")):
        if not whole.is_file():
            shutil.rmtree(folder, ignore_errors=True)  # a process died in the middle
            folder.mkdir()
            workspace = open_workspace(settings.model_copy(update={"data_dir": folder}))
            for name in ORDER[: ORDER.index("warehouse/duckdb")]:
                failed = build_range(
                    TABLES[name], workspace, calendar_days(settings.start_date, dt.date(2024, 4, 30))
                ).failed
                assert not failed, failed
            whole.touch()
    return Lake(str(folder / "lake"))


def _usual(settings: Settings) -> str:
    """The fixture's settings for the same source, as the key of its template; other settings get no template."""
    usual = Settings(source=settings.source, esg_folder=Path(settings.source) / "esg", start_date=dt.date(2023, 11, 1),
                     cov_window_days=40, expected_return_lookback=40,
                     universe_warmup=20, universe_size=60, retry_delay_scale=0, http_interval_seconds=0)  # fmt: skip
    is_exchange = (Path(settings.source) / ".republished").is_dir()
    return usual.model_dump_json(exclude={"data_dir"}) if is_exchange else ""

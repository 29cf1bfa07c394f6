"""Whether what lies in the lake is what was put there: every file, every original, every log.

What belongs here: looking, and saying what is damaged and which days it costs. What does not: mending (`repair.py`).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass

from champion_assets.common.errors import ChampionError
from champion_assets.lake.delta_log import LOG
from champion_assets.lake.errors import CorruptObject
from champion_assets.lake.originals import file_key
from champion_assets.lake.store import Lake

NOTE = "state/verified.json"


@dataclass(frozen=True)
class Damage:
    """Something that is not what it should be: the object, the table, what is wrong, and the days that it costs.

    `elsewhere` is what is wrong in a database beside the lake: no object, and no day of the lake is lost.
    """

    key: str
    table: str
    says: str
    days: tuple[dt.date, ...] = ()
    elsewhere: bool = False


@dataclass(frozen=True)
class Verified:
    """When all was looked at last, how many objects and bytes, and how much of it was damaged."""

    finished: str
    since: str
    objects: int
    bytes: int
    damaged: int


def verify(
    lake: Lake, since: dt.date = dt.date.min, advance: Callable[[str, int], None] = lambda _table, _bytes: None,
    elsewhere: Iterable[tuple[Damage | None, int]] = (),
) -> list[Damage]:  # fmt: skip
    """Look at the log and the files of every table, and at every original.

    Args:
        lake: the lake.
        since: leave out files of which every day is earlier; originals and logs are looked at in any case.
        advance: called with the table and the bytes of each object that was looked at.
        elsewhere: what else is looked at, after the lake: databases that hold its rows.

    Returns:
        What is damaged, in the order of the tables.
    """
    found: list[Damage] = []
    objects = size = 0
    for table in lake.tables():
        for damage, read in _of_table(lake, table, since):
            objects, size = objects + 1, size + read
            advance(table, read)
            found += [damage] if damage is not None else []
    for name in lake.folders("raw"):
        for damage, read in _of_originals(lake, f"raw/{name}"):
            objects, size = objects + 1, size + read
            advance(f"raw/{name}", read)
            found += [damage] if damage is not None else []
    for damage, read in elsewhere:
        objects, size = objects + 1, size + read
        advance("warehouse" if damage is None else damage.table, read)
        found += [damage] if damage is not None else []
    limit = "" if since == dt.date.min else since.isoformat()
    said = Verified(dt.datetime.now(dt.UTC).isoformat(timespec="seconds"), limit, objects, size, len(found))
    lake.put(NOTE, json.dumps(asdict(said)).encode())
    return found


def last_verified(lake: Lake) -> Verified | None:
    """What the last `verify` said; None if there was none."""
    body = lake.get(NOTE)
    return None if body is None else Verified(**json.loads(body))


def expected_bytes(lake: Lake) -> int:
    """About how many bytes `verify` will read, for a progress bar; originals are not counted."""
    total = 0
    for table in lake.tables():
        try:
            total += sum(file.size for file in lake.state(table).files.values())
        except ChampionError:  # verify says it
            continue
    return total


def _of_table(lake: Lake, table: str, since: dt.date) -> Iterator[tuple[Damage | None, int]]:
    try:
        for _ in lake.commits(table):
            yield None, 0
        state = type(lake)(lake.root, lake.storage_options).state(table)
    except ChampionError as error:
        yield Damage(f"{table}/{LOG}", table, str(error)), 0
        return
    for file in state.files.values():
        if max(file.days) < since:
            continue
        try:
            lake.verified(table, file)
        except CorruptObject as error:
            yield Damage(f"{table}/{file.path}", table, str(error), tuple(sorted(file.days))), file.size
        else:
            yield None, file.size


def _of_originals(lake: Lake, table: str) -> Iterator[tuple[Damage | None, int]]:
    """The originals that lie there, and those that the table names and that do not."""
    named = _named_originals(lake, table)
    for key in lake.keys(f"{table}/_files"):
        body = lake.get(key) or b""
        sha256 = key.rsplit("/", 1)[-1]
        days = named.pop(sha256, ())
        if hashlib.sha256(body).hexdigest() == sha256:
            yield None, len(body)
        else:
            yield Damage(key, table, f"{lake.uri(key)} is damaged: its SHA-256 is not its name", days), len(body)
    for sha256, days in sorted(named.items()):
        key = file_key(table, sha256)
        yield Damage(key, table, f"{lake.uri(key)} is gone", days), 0


def _named_originals(lake: Lake, table: str) -> dict[str, tuple[dt.date, ...]]:
    """The days of each original that the table names; none if the table cannot be read, which is said elsewhere."""
    try:
        dates = lake.dates(table)
        rows = lake.read(table, dates, ["trade_date", "sha256"]) if dates else None
    except ChampionError:
        return {}
    if rows is None:
        return {}
    return {sha256: tuple(sorted(days)) for sha256, days in rows.group_by("sha256").agg("trade_date").iter_rows()}

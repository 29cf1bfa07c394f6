"""Whether what lies in the lake is what was put there: every file, every original, every log.

What belongs here: looking, and saying what is damaged and which days it costs. What does not: mending (`repair.py`).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import partial

from champion_assets.common.errors import ChampionError
from champion_assets.lake.delta_log import LOG, head_key, head_said
from champion_assets.lake.errors import CorruptObject
from champion_assets.lake.originals import file_key
from champion_assets.lake.store import Lake

NOTE, UNDERWAY = "state/verified.json", "state/verifying.json"
GOES_ON_FOR = dt.timedelta(days=1)
"""How long after its beginning a look that was cut off is gone on with."""


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
    """When all was looked at last, how many objects and bytes, how much of it was damaged, and the version of each
    table.
    """

    finished: str
    since: str
    objects: int
    bytes: int
    damaged: int
    versions: Mapping[str, int] = field(default_factory=dict)


@dataclass
class Look:
    """A look under way.

    When it began, what it is limited to, which parts it has done at which version, and what it found.
    """

    started: str
    since: str
    done: dict[str, int] = field(default_factory=dict)
    objects: int = 0
    size: int = 0
    found: list[Damage] = field(default_factory=list)


def verify(
    lake: Lake, since: dt.date = dt.date.min, advance: Callable[[str, int], None] = lambda _table, _bytes: None,
    elsewhere: Iterable[tuple[Damage | None, int]] = (), *, anew: bool = False,
) -> list[Damage]:  # fmt: skip
    """Look at the log and the files of every table, and at every original.

    A look that was cut off less than `GOES_ON_FOR` ago is gone on with: tables that it has done are left out if they
    have not changed.

    Args:
        lake: the lake.
        since: leave out files of which every day is earlier; originals and logs are looked at in any case.
        advance: called with the table and the bytes of each object that was looked at.
        elsewhere: what else is looked at, after the lake: databases that hold its rows.
        anew: look at everything, whatever was cut off.

    Returns:
        What is damaged, in the order of the tables.
    """
    limit = "" if since == dt.date.min else since.isoformat()
    look = (None if anew else under_way(lake, since)) or Look(_now(), limit)
    tables, before = lake.tables(), last_verified(lake)
    parts: list[tuple[str, int, Callable[[], Iterator[tuple[Damage | None, int]]]]] = [
        *((table, _version(lake, table), partial(_of_table, lake, table, since)) for table in tables),
        *((f"raw/{name}/_files", 0, partial(_of_originals, lake, f"raw/{name}")) for name in lake.folders("raw")),
    ]
    for name, version, objects in parts:
        if look.done.get(name) != version or version == -1:
            look.found = [damage for damage in look.found if _part_of(damage) != name]
            _look_at(look, name, objects(), advance)
            look.done[name] = version
            lake.put(UNDERWAY, json.dumps(asdict(look), default=str).encode())
    order = {name: place for place, (name, _, _) in enumerate(parts)}
    found = sorted((each for each in look.found if _part_of(each) in order), key=lambda damage: order[_part_of(damage)])
    versions = {name: version for name, version in look.done.items() if name in tables and version >= 0}
    found += _older(lake, before, versions, {damage.table for damage in found})
    look.found = []
    _look_at(look, "warehouse", elsewhere, advance)
    found += look.found
    lake.put(NOTE, json.dumps(asdict(Verified(_now(), limit, look.objects, look.size, len(found), versions))).encode())
    lake.delete(UNDERWAY)
    return found


def under_way(lake: Lake, since: dt.date = dt.date.min) -> Look | None:
    """The look with this limit that was cut off lately, if there is one."""
    body = lake.get(UNDERWAY)
    if body is None:
        return None
    said = json.loads(body)
    is_old = dt.datetime.now(dt.UTC) - dt.datetime.fromisoformat(said["started"]) > GOES_ON_FOR
    if is_old or said["since"] != ("" if since == dt.date.min else since.isoformat()):
        return None
    damages = [Damage(**each | {"days": tuple(map(dt.date.fromisoformat, each["days"]))}) for each in said["found"]]
    return Look(**said | {"found": damages})


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")


def _version(lake: Lake, table: str) -> int:
    """-1 where the log cannot be read, which the look says."""
    try:
        return lake.state(table).version
    except ChampionError:
        return -1


def _part_of(damage: Damage) -> str:
    return f"{damage.table}/_files" if "/_files/" in damage.key else damage.table


def _look_at(
    look: Look, name: str, objects: Iterable[tuple[Damage | None, int]], advance: Callable[[str, int], None]
) -> None:
    for damage, read in objects:
        look.objects, look.size = look.objects + 1, look.size + read
        advance(name if damage is None else damage.table, read)
        look.found += [damage] if damage is not None else []


def _older(lake: Lake, before: Verified | None, versions: Mapping[str, int], known: Collection[str]) -> list[Damage]:
    """Tables that have gone back, or gone, since the last look, unless they were built anew after it."""
    found = []
    for table, version in ({} if before is None else before.versions).items():
        if table in known or versions.get(table, -1) >= version:
            continue
        newest = max((commit.instant for _, commit in lake.commits(table)), default=None) if table in versions else None
        if before is not None and (newest is None or newest < dt.datetime.fromisoformat(before.finished)):
            says = (
                f"{lake.uri(f'{table}/{LOG}')}: version {version} was there at the last look, now it is "
                f"{versions.get(table, 'gone')}"
            )
            found.append(Damage(f"{table}/{LOG}", table, f"{says}; `champion verify --repair` builds the table again"))
    return found


def forget(lake: Lake, table: str) -> None:
    """Expect nothing of a table that was put aside."""
    said = last_verified(lake)
    if said is not None:
        rest = {name: version for name, version in said.versions.items() if name != table}
        lake.put(NOTE, json.dumps(asdict(replace(said, versions=rest))).encode())


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
    if (body := lake.get(head_key(table))) is not None:
        try:
            head_said(body, lake.uri(head_key(table)))
        except CorruptObject as error:
            yield Damage(head_key(table), table, str(error)), 0
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

"""Hostile files through the pipeline: no undeclared exception, no day lost that does not need the file, nothing absent.

What belongs here: hostile folders, the builds over them and what must hold then. Mutations of bytes are in `fuzz.py`.
The long form, here with at least 200,000 files:

    python -m champion_assets_tests.pipeline_fuzz 200000
"""

from __future__ import annotations

import datetime as dt
import io
import logging
import os
import random
import resource
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from champion_assets.catalog import TABLES, open_workspace
from champion_assets.lake.build import build_range
from champion_assets.lake.quarantine import refused_files
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.calendar import load_calendar
from champion_assets.nse.names import (
    action_bundles,
    bhavcopy_files,
    delivery_file,
    index_close_file,
    mto_file,
)
from champion_assets.nse.synthetic.exchange import write_exchange
from champion_assets.settings import Settings
from champion_assets_tests.fuzz import mutate

START, END = dt.date(2023, 11, 1), dt.date(2024, 1, 31)
SESSIONS = 20
"""Sessions of a round; each has hostile daily files."""
REGISTERS = {
    "symbolchange": "symbolchange_{}.csv", "EQUITY_L": "EQUITY_L_{}.csv", "CF-CA": "CF-CA-{}.csv",
    "actions": "transactions_{}.json", "ind_nifty": "ind_nifty{}list.csv",
}  # fmt: skip
"""Kinds of files that belong to no day, and how a hostile one is called."""
_HOSTILE = [
    b"",
    b"\n",
    b"<html>Access denied</html>",
    b"\x00" * 200,
    b"[" * 20_000,
    b'{"data":' * 5_000,
    b'[{"symbol": [[]]}]',
    b'[{"symbol":"X","subject":"Bonus 1:1","exDate":"31-Feb-2024","faceVal":"1e999"}]',
    b"," * 5000 + b"\n",
    b"1" * 2_000_000,
    b'"' * 999,
    b"SYMBOL,SERIES\n" + b"(" * 8000 + b"\n",
    b"20,1,X,EQ," + b"9" * 20 + b",1,1\n",
    b"10,MTO,32132023,1\n",
    b"PK\x03\x04" + b"\xff" * 64,
    b"\x1f\x8b\x08",
    b"\xff\xfe" + "a,b\n".encode("utf-16-le"),
    "٣,٤\n".encode(),
]
_VALUES = [
    b"",
    b"-",
    b"0",
    b"-1",
    b"-0.01",
    b"101.5",
    b"0.0000001",
    b"1e15",
    b"1e308",
    b"999999999999999",
    b"9" * 20,
    b"nan",
    b"X",
    b"EQ",
    b"INE000A01020",
    b"Bonus 1:1",
    b"Face Value Split From Rs 10/- To Rs 0/-",
    b"Interim Dividend - Rs 1e9 Per Share",
    b"[/x]",
    b"Rights 1:0 @ Premium Rs 5/-",
    b"01-Jan-0001",
    b"31-Dec-9999",
    b"2023-11-08",
    b"08-NOV-2023",
    b"Bonus " + b"9" * 300 + b":1",
]
"""Values that a row can have without ceasing to be one."""
_MTO = (
    b"Security Wise Delivery Position\n10,MTO,%s,1,1\nTrade Date <%s>,Settlement Type <N>\n"
    b"Record Type,Sr No,Name of Security,Quantity Traded,Deliverable Quantity,%% of Deliverable\n"
    b"20,1,AAA,EQ,100,50,50.00\n20,2,BBB,EQ,300,30,10.00\n"
)


@dataclass(frozen=True)
class Genuine:
    """The files of a fictional exchange."""

    folder: Path
    sessions: list[dt.date]

    def daily(self, kind: str, date: dt.date) -> tuple[str, bytes]:
        """Name and bytes of a day's file."""
        if kind == "mto":
            day = f"{date:%d-%b-%Y}".upper().encode()
            return mto_file(date).name, _MTO % (f"{date:%d%m%Y}".encode(), day)
        files = {
            "bhavcopy": bhavcopy_files(date),
            "delivery": (delivery_file(date),),
            "index": (index_close_file(date),),
            "bundle": action_bundles(date),
        }[kind]
        found = next(file for file in files if (self.folder / file.path).is_file())
        return found.name, (self.folder / found.path).read_bytes()


def hostile(body: bytes, chance: random.Random) -> bytes:
    """Arbitrary bytes, a hostile text, or the genuine body with damages; an archive is often damaged inside."""
    kind = chance.random()
    if kind < 0.1:
        return chance.randbytes(chance.randrange(400))
    if kind < 0.25:
        return chance.choice(_HOSTILE)
    if body[:2] != b"PK" or kind < 0.5:
        return one_field(body, chance) if kind > 0.7 else mutate(body, chance)
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(body)) as old,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new,
    ):
        for info in old.infolist():
            damage = mutate if chance.random() < 0.5 else one_field
            new.writestr(info.filename, damage(old.read(info), chance))
    return buffer.getvalue()


def one_field(body: bytes, chance: random.Random) -> bytes:
    """The body with one field of one row below the header exchanged, which most readers let through to the next
    stage."""
    lines = body.split(b"\n")
    place = chance.randrange(min(1, len(lines) - 1), len(lines))
    fields = lines[place].split(b",")
    fields[chance.randrange(len(fields))] = chance.choice(_VALUES)
    lines[place] = b",".join(fields)
    return b"\n".join(lines)


def _registers(genuine: Genuine, source: Path, chance: random.Random, count: int) -> int:
    """Write hostile registers, lists and exports beside the genuine ones; how many."""
    paths = sorted(each for each in genuine.folder.rglob("*.csv") if not each.name.startswith("."))
    for start, pattern in REGISTERS.items():
        seeds = [each.read_bytes() for each in paths if each.name.startswith(start)]
        if start == "actions":
            seeds = [b'[{"symbol":"AAA","series":"EQ","subject":"Bonus 1:1","exDate":"08-Nov-2023","faceVal":"10"}]']
        seeds = seeds or [b"Company Name,Industry,Symbol,Series,ISIN Code\nA,BANKS,AAA,EQ,INE000A01015\n"]
        for number in range(count):
            (source / pattern.format(number)).write_bytes(hostile(chance.choice(seeds), chance))
    return count * len(REGISTERS)


def _esg(genuine: Genuine, folder: Path, chance: random.Random, count: int) -> int:
    seeds = sorted((genuine.folder / "esg").rglob("*.csv"))
    mapping = (genuine.folder / "esg/fictional_provider.yaml").read_bytes()
    (folder / "fictional_provider.yaml").write_bytes(mapping)
    (folder / "other.yaml").write_bytes(hostile(mapping, chance))
    for number in range(count):
        seed = chance.choice(seeds)
        (folder / f"{seed.stem}_{number}.csv").write_bytes(hostile(seed.read_bytes(), chance))
    return count + 1


def one_round(genuine: Genuine, home: Path, chance: random.Random, with_prices: bool, registers: int) -> Counter[str]:
    """Build raw and bronze over a folder of hostile files, and silver and checks too unless prices are hostile.

    Raises:
        AssertionError: what must hold does not; `home` is left as it is.
    """
    source, esg = home / "source", home / "esg"
    source.mkdir(parents=True)
    esg.mkdir()
    days, prices, daily, counts = (
        genuine.sessions[:SESSIONS],
        set[dt.date](),
        list[tuple[str, dt.date, str]](),
        Counter[str](),
    )
    for date in days:
        for kind in (chance.choice(["mto", "delivery"]), "index", "bundle"):
            name, body = _named(genuine, kind, date)
            (source / name).write_bytes(hostile(body, chance))
            daily.append((f"raw/{_RAW[kind]}", date, name))
        name, body = genuine.daily("bhavcopy", date)
        if with_prices and chance.random() < 0.5:
            prices.add(date)
            body = hostile(body, chance)
        (source / name).write_bytes(body)
    counts["files"] = len(daily) + len(prices)
    counts["files"] += _registers(genuine, source, chance, registers) + _esg(genuine, esg, chance, registers // 4)
    settings = Settings(
        data_dir=home / "data", source=str(source), esg_folder=esg, start_date=days[0], retry_delay_scale=0,
    )  # fmt: skip
    workspace = open_workspace(settings)
    stages = ("raw/", "bronze/") if prices else ("raw/", "bronze/", "silver/", "checks/")
    for name in (each for each in TABLES if each.startswith(stages)):
        report = build_range(TABLES[name], workspace, days)
        lost = set(report.failed) - (prices if name.endswith("/bhavcopy") else set())
        assert not lost, f"{name} lost {sorted(lost)}: {report.failed[min(lost)]!r}"
    counts += _nothing_absent(workspace, daily, prices, days)
    return counts


_RAW = {"mto": "delivery", "delivery": "delivery", "index": "index_close", "bundle": "corporate_actions"}


def _named(genuine: Genuine, kind: str, date: dt.date) -> tuple[str, bytes]:
    try:
        return genuine.daily(kind, date)
    except StopIteration:  # the fictional exchange has a bundle on some days only
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr(
                f"Bc{date:%d%m%y}.csv",
                "SERIES,SYMBOL,SECURITY,RECORD_DT,BC_STRT_DT,BC_END_DT,EX_DT,ND_STRT_DT,"
                "ND_END_DT,PURPOSE\nEQ,AAA,Aaa Limited,,,,08/11/2023,,,BONUS 1:1\n",
            )
        return action_bundles(date)[0].name, buffer.getvalue()


def _nothing_absent(
    workspace: Workspace, daily: list[tuple[str, dt.date, str]], prices: set[dt.date], days: list[dt.date]
) -> Counter[str]:
    """Each hostile file of a day is used or listed, and no refusal is a defect of a reader."""
    refused = refused_files(workspace.lake)
    defects = refused.filter(pl.col("reason").str.contains("the reader failed"))
    assert defects.is_empty(), defects["reason"].to_list()
    listed = {(table, name) for table, name, line in refused.select("table", "name", "line").iter_rows() if line == 0}
    used = {table: workspace.lake.read(table, days).filter("is_current") for table in {each[0] for each in daily}}
    names = {table: set(frame.select("trade_date", "name").iter_rows()) for table, frame in used.items()}
    counts = Counter[str]()
    for table, date, name in daily:
        is_listed, is_used = (table, name) in listed, (date, name) in names[table]
        assert is_listed or is_used, f"{table}: {name} is neither used nor listed"
        counts["listed" if is_listed else "used"] += 1
    built = set(workspace.lake.dates("bronze/bhavcopy"))
    assert set(days) - prices <= built
    counts["refused rows"] = refused.filter(pl.col("line") > 0).height
    return counts


def genuine_files(folder: Path) -> Genuine:
    """A small fictional exchange, written into `folder`."""
    written = write_exchange(folder, load_calendar(), START, END, 5)
    return Genuine(folder, list(written.market.sessions))


def run(
    count: int, seed: int, folder: Path, registers: int = 150, tell: Callable[[str], object] | None = None
) -> Counter[str]:
    """Rounds until `count` hostile files went through the pipeline.

    Raises:
        AssertionError: see `one_round`; the message names the round that repeats it.
    """
    logging.getLogger("champion_assets.nse.boundary").setLevel(logging.CRITICAL)  # the assertion has the reason
    genuine, total, number = genuine_files(folder / "genuine"), Counter[str](), 0
    while total["files"] < count:
        home = folder / f"round{number}"
        try:
            total += one_round(genuine, home, random.Random(f"{seed}:{number}"), number % 2 == 0, registers)
        except Exception as error:
            raise AssertionError(f"round {number} of seed {seed} in {home}: {type(error).__name__}: {error}") from error
        _remove(home)
        number += 1
        if tell is not None:
            tell(f"{number} rounds: {dict(total)}\n")
    return total


def _remove(folder: Path) -> None:
    for place, folders, names in os.walk(folder, topdown=False):
        for name in names:
            (Path(place) / name).unlink()
        for name in folders:
            (Path(place) / name).rmdir()
    folder.rmdir()


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def main(count: int, seed: int) -> None:
    """Print outcomes, time and peak memory."""
    started, folder = time.perf_counter(), Path(tempfile.mkdtemp(prefix="champion-fuzz-"))
    total = run(count, seed, folder, registers=600, tell=_say)
    seconds, peak = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(f"{dict(total)} in {seconds:.0f} s, peak {peak:.0f} MB\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)

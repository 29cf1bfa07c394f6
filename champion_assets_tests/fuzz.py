"""Mutated files for every reader: only the declared exceptions, no hang, bounded memory.

What belongs here: mutations, readers, and one loop, for the short test and the long benchmark:

    python -m champion_assets_tests.fuzz 1000000
"""

from __future__ import annotations

import datetime as dt
import gzip
import io
import random
import resource
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from champion_assets.esg.mapping import MappingError, read_mapping
from champion_assets.esg.records import EsgFileError, read_records
from champion_assets.nse.actions.feed import read_actions
from champion_assets.nse.actions.grammar import read_subject
from champion_assets.nse.calendar import load_calendar
from champion_assets.nse.calendar_files import CalendarError, read_holiday_master
from champion_assets.nse.constituents import read_constituents
from champion_assets.nse.delivery import read_delivery
from champion_assets.nse.errors import NseError
from champion_assets.nse.formats import read_bhavcopy
from champion_assets.nse.indices import read_index_close
from champion_assets.nse.names import bhavcopy_files, delivery_file, index_close_file
from champion_assets.nse.security_lists import read_isins
from champion_assets.nse.symbol_changes import read_symbol_changes
from champion_assets.nse.synthetic.exchange import write_exchange

DECLARED = (NseError, EsgFileError, MappingError, CalendarError)
SLOW_SECONDS = 20.0
_TOKENS = [
    b"",
    b"-",
    b"nan",
    b"NaN",
    b"inf",
    b"-1",
    b"1e309",
    b"99999999999999999999",
    b"0",
    b" ",
    b'"',
    b"\x00",
    b"\xff\xfe",
    b"\n",
    b"\r\n",
    b",,,,",
    b"31-FEB-2024",
    b"INE",
    "₹".encode(),
    b"<html>",
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"1/0",
    b"Rs 5 per share",
    b"NULL",
]


def seeds(folder: Path) -> list[tuple[str, bytes, Callable[[bytes, str], object]]]:
    """(name, body, reader) of a small fictional exchange's files; containers and their texts."""
    calendar = load_calendar()
    exchange = write_exchange(folder, calendar, dt.date(2023, 12, 18), dt.date(2024, 1, 19), 5)
    mapping = read_mapping((folder / "esg/fictional_provider.yaml").read_text(), "fictional_provider.yaml")
    found: list[tuple[str, bytes, Callable[[bytes, str], object]]] = []
    for date in exchange.market.sessions[5:14]:
        for files, reader in (
            (bhavcopy_files(date), read_bhavcopy),
            ((delivery_file(date),), read_delivery),
            ((index_close_file(date),), read_index_close),
        ):
            there = [file for file in files if (folder / file.path).is_file()]
            found += [(file.name, (folder / file.path).read_bytes(), reader) for file in there]
    others: dict[str, Callable[[bytes, str], object]] = {
        "CF-CA": read_actions,
        "EQUITY_L": read_isins,
        "symbolchange": read_symbol_changes,
        "ind_nifty": read_constituents,
        "fictional_provider.csv": lambda body, name: read_records(body, name, mapping),
    }
    for path in sorted(folder.rglob("*.csv")):
        found += [
            (path.name, path.read_bytes(), reader) for start, reader in others.items() if path.name.startswith(start)
        ]
    found += [(name, _inside(body), reader) for name, body, reader in found if body[:2] == b"PK"]
    found.append(
        (
            "mapping.yaml",
            (folder / "esg/fictional_provider.yaml").read_bytes(),
            lambda body, name: read_mapping(body.decode("utf-8", "replace"), name),
        )
    )
    holidays = b'{"CM": [{"tradingDate": "26-Jan-2026", "description": "Republic Day", "Sr_no": 1}]}'
    found.append(
        ("holidays.json", holidays, lambda body, name: read_holiday_master(body.decode("utf-8", "replace"), name))
    )
    subject = b"Bonus 1:2 / Face Value Split From Rs 10/- To Rs 2/- / Interim Dividend Rs 5 Per Share"
    found.append(("subject", subject, lambda body, _: read_subject(body.decode("utf-8", "replace"))))
    return found


def _inside(body: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return archive.read(archive.namelist()[0])


def mutate(body: bytes, chance: random.Random) -> bytes:
    """The body with one to four damages."""
    data = bytearray(body)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(data) + 1)
        length = min(len(data) - place, int(chance.expovariate(1 / 20)))
        kind = chance.randrange(8)
        if kind == 0 and data:
            data[place % len(data)] ^= 1 << chance.randrange(8)
        elif kind == 1:
            del data[place : place + length]
        elif kind == 2:
            data[place:place] = data[place : place + length] * chance.randint(1, 3)
        elif kind == 3:
            data[place:place] = chance.choice(_TOKENS)
        elif kind == 4:
            del data[place:]
        elif kind == 5:
            _field(data, chance)
        elif kind == 6:
            lines = bytes(data).split(b"\n")
            chance.shuffle(lines) if chance.random() < 0.1 else lines.insert(
                chance.randrange(len(lines) + 1), chance.choice(lines)
            )
            data = bytearray(b"\n".join(lines))
        else:
            data = bytearray(_packed(bytes(data), chance))
    return bytes(data)


def _field(data: bytearray, chance: random.Random) -> None:
    """One field of the text replaced."""
    parts = bytes(data).split(b",")
    parts[chance.randrange(len(parts))] = chance.choice(_TOKENS)
    data[:] = b",".join(parts)


def _packed(body: bytes, chance: random.Random) -> bytes:
    if chance.random() < 0.5:
        return gzip.compress(body, 1)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number in range(chance.randint(1, 2)):
            archive.writestr(chance.choice(["x.csv", "../x.csv", "/etc/x", "xl/workbook.xml", f"{number}.csv"]), body)
    return buffer.getvalue()


def run(count: int, seed: int, folder: Path) -> Counter[str]:
    """Read `count` mutated files; how often each outcome came.

    Raises:
        AssertionError: a reader raised what it does not declare, or took too long; the message has what repeats it.
    """
    chance, cases, outcomes = random.Random(seed), seeds(folder), Counter[str]()
    for number in range(count):
        name, body, reader = chance.choice(cases)
        damaged = mutate(body, chance)
        started = time.perf_counter()
        try:
            reader(damaged, name)
            outcomes["read"] += 1
        except DECLARED as error:
            outcomes[type(error).__name__] += 1
        except Exception as error:
            path = Path(tempfile.gettempdir()) / f"champion-fuzz-{seed}-{number}"
            path.write_bytes(damaged)
            raise AssertionError(
                f"{name}, seed {seed}, number {number}: {type(error).__name__}: {error}; the file is {path}"
            ) from error
        if (took := time.perf_counter() - started) > SLOW_SECONDS:
            raise AssertionError(f"{name}, seed {seed}, number {number}: {took:.0f} s")
    return outcomes


def main(count: int, seed: int) -> None:
    """Print outcomes, speed and peak memory."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        outcomes = run(count, seed, Path(folder))
    seconds, peak = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(f"{count} mutated files in {seconds:.0f} s, peak {peak:.0f} MB: {dict(outcomes.most_common())}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)

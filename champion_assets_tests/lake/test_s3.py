"""A lake on S3 behaves as a local one, and says what is wrong when it cannot: real requests, signed, against moto's
server."""

from __future__ import annotations

import datetime as dt
import json
import os
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import duckdb
import polars as pl
import pytest

from champion_assets.catalog import TABLES
from champion_assets.common.dates import calendar_days
from champion_assets.lake.build import build_range
from champion_assets.lake.errors import LakeRefused, LakeUnreachable
from champion_assets.lake.objects import REMOTE_REQUESTS
from champion_assets.lake.open import open_lake
from champion_assets.lake.ports import is_retryable
from champion_assets.lake.store import Lake
from champion_assets.lake.workspace import Workspace
from champion_assets.settings import Settings
from champion_assets_tests.helpers import build_until, put_day
from champion_assets_tests.servers.run import S3, free_port

START, END = dt.date(2023, 11, 1), dt.date(2023, 11, 30)


@pytest.fixture(params=["local", "s3"])
def lake(request: pytest.FixtureRequest, settings: Settings, remote: Settings) -> Lake:
    return open_lake(settings if request.param == "local" else remote)


def test_the_whole_graph_gives_the_same_bytes_and_duckdb_reads_them(workspace: Workspace, remote: Settings) -> None:
    build_until(workspace, "warehouse/duckdb", START, END)
    there = replace(workspace, settings=remote, lake=open_lake(remote))
    build_until(there, "warehouse/duckdb", START, END)
    days = workspace.sessions(START, END)
    for name in TABLES:
        if not name.startswith(("raw/", "warehouse/")):
            assert there.lake.infos(name, days) == workspace.lake.infos(name, days), name
            assert there.lake.read(name, days).equals(workspace.lake.read(name, days)), name
    again = [
        build_range(TABLES[name], there, calendar_days(START, END)) for name in ("bronze/bhavcopy", "backtest/daily")
    ]
    assert [report.count("written") for report in again] == [0, 0]
    with duckdb.connect(str(remote.duckdb_path), read_only=True) as connection:
        counted = connection.execute("SELECT count(*) FROM silver.equity_eod").fetchone()
    assert counted == (workspace.lake.read("silver/equity_eod", workspace.sessions(START, END)).height,)


def test_objects(lake: Lake) -> None:
    assert (lake.get("a/x"), lake.exists("a/x"), lake.size("a/x")) == (None, False, None)
    lake.delete("a/x")
    lake.put("a/x", b"")
    assert (lake.get("a/x"), lake.size("a/x")) == (b"", 0)
    lake.put("a/x", b"one")
    lake.put("a/x", b"two")
    assert (lake.get("a/x"), lake.keys("a")) == (b"two", ["a/x"])
    assert (lake.create("a/x", b"three"), lake.create("a/y", b"three")) == (False, True)
    assert (lake.get("a/x"), lake.get("a/y")) == (b"two", b"three")


def test_tables(lake: Lake) -> None:
    day, other = dt.date(2024, 1, 1), dt.date(2024, 1, 2)
    assert (lake.dates("a/b"), lake.tables(), lake.info("a/b", day)) == ([], [], None)
    put_day(lake, "a/b", day, pl.DataFrame({"trade_date": [day], "x": [1.5]}), fingerprint="f")
    put_day(lake, "quarantine/a/b", day, pl.DataFrame({"trade_date": [day], "why": ["so"]}))
    assert [info and (info.fingerprint, info.rows) for info in lake.infos("a/b", [day, other]).values()] == [
        ("f", 1),
        None,
    ]
    assert (lake.dates("a/b"), lake.tables()) == ([day], ["a/b", "quarantine/a/b"])
    assert lake.read("a/b", [day], ["x"]).rows() == [(1.5,)]
    with pytest.raises(FileNotFoundError, match="a/b has no 2024-01-02"):
        lake.read("a/b", [day, other])


def test_of_many_who_write_a_table_at_once_none_loses_a_day(lake: Lake) -> None:
    days = [dt.date(2024, 1, 1) + dt.timedelta(days=number) for number in range(12)]

    def write(day: dt.date) -> None:
        put_day(
            type(lake)(lake.root, lake.storage_options), "a/b", day, pl.DataFrame({"trade_date": [day], "x": [day.day]})
        )

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, days))
    assert lake.read("a/b", days)["x"].to_list() == [day.day for day in days]
    assert lake.state("a/b").version == len(days) - 1


def test_of_many_who_change_an_object_at_once_none_is_lost(lake: Lake) -> None:
    def add(number: int) -> None:
        lake.update("ledger.json", lambda body: json.dumps([*json.loads(body or b"[]"), number]).encode())

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(24)))
    assert sorted(json.loads(lake.get("ledger.json") or b"")) == list(range(24))


def test_a_large_object_goes_in_parts_and_arrives_whole(remote: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("champion_assets.lake.objects.MULTIPART_BYTES", 2**20)
    lake, body = open_lake(remote), bytes(range(256)) * 2**16
    lake.put("large", body)
    assert lake.get("large") == body


def test_an_absent_bucket_is_named(remote: Settings) -> None:
    with pytest.raises(LakeRefused, match=r"no such bucket.*CHAMPION_LAKE") as caught:
        open_lake(remote.model_copy(update={"lake": "s3://absent-bucket/lake"}))
    assert not is_retryable(caught.value)


@pytest.mark.parametrize(
    "command", [["doctor"], ["prepare"], ["quarantine", "list"], ["audit", "2024-01-01", "2024-01-02"]]
)
def test_every_command_says_it_in_words(command: list[str], s3: S3, tmp_path: Path) -> None:
    ours = {
        "CHAMPION_LAKE": "s3://absent-bucket/lake",
        "CHAMPION_S3_ENDPOINT": s3.endpoint,
        "AWS_ACCESS_KEY_ID": s3.key,
        "AWS_SECRET_ACCESS_KEY": s3.secret,
        "DATA_DIR": str(tmp_path),
    }
    program = [sys.executable, "-W", "ignore", "-m", "champion_assets.cli", *command]
    done = subprocess.run(program, env=os.environ | ours, capture_output=True, text=True)
    assert done.returncode == (2 if command == ["doctor"] else 1)  # 1 means warnings there
    assert "no such bucket" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("which", ["s3_access_key", "s3_secret_key"])
def test_wrong_keys_are_told_and_not_shown(which: str, remote: Settings) -> None:
    wrong = type(remote.s3_secret_key)("WRONGWRONG")  # type: ignore[misc]
    with pytest.raises(LakeRefused, match="AWS_SECRET_ACCESS_KEY") as caught:
        open_lake(remote.model_copy(update={which: wrong}))
    assert remote.s3_secret_key is not None
    assert remote.s3_secret_key.get_secret_value() not in str(caught.value)
    assert "WRONGWRONG" not in str(caught.value)


def test_a_dead_server_may_be_tried_again(remote: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "champion_assets.common.s3.RETRIES", {"max_retries": 1, "retry_timeout": dt.timedelta(seconds=2)}
    )
    with pytest.raises(LakeUnreachable, match="does not answer") as caught:
        open_lake(remote.model_copy(update={"s3_endpoint": f"http://127.0.0.1:{free_port()}"}))
    assert is_retryable(caught.value)


class Weather:
    """A TCP proxy before the S3 server that delays connections, or breaks the first of them."""

    def __init__(self, target: int, delay: float = 0.0, broken: int = 0) -> None:
        self.target, self.delay, self.broken = target, delay, broken
        self.open, self.most, self.lock = 0, 0, threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            client, _ = self.listener.accept()
            if self.broken > 0:
                self.broken -= 1
                client.close()
                continue
            upstream = socket.create_connection(("127.0.0.1", self.target))
            for source, sink, delay in ((client, upstream, self.delay), (upstream, client, 0.0)):
                threading.Thread(target=self._pump, args=(source, sink, delay), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, delay: float) -> None:
        try:
            while body := source.recv(65536):
                if delay:
                    with self.lock:
                        self.open += 1
                        self.most = max(self.most, self.open)
                    time.sleep(delay)
                    with self.lock:
                        self.open -= 1
                sink.sendall(body)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            return


def _behind(remote: Settings, weather: Weather) -> Settings:
    return remote.model_copy(update={"s3_endpoint": f"http://127.0.0.1:{weather.port}"})


def _port(remote: Settings) -> int:
    return int(str(remote.s3_endpoint).rsplit(":", 1)[1])


def test_broken_connections_are_repeated(remote: Settings) -> None:
    lake = open_lake(_behind(remote, Weather(_port(remote), broken=3)))
    lake.put("x", b"1")
    assert lake.get("x") == b"1"


def test_latency_is_paid_for_many_days_at_once(remote: Settings) -> None:
    weather = Weather(_port(remote), delay=0.05)
    lake = open_lake(_behind(remote, weather))
    days = [dt.date(2020 + number // 12, number % 12 + 1, 1) for number in range(32)]  # a file each
    for day in days:
        put_day(open_lake(remote), "a/b", day, pl.DataFrame({"trade_date": [day]}))
    assert lake.read("a/b", days)["trade_date"].to_list() == days
    assert weather.most >= REMOTE_REQUESTS / 2, "requests wait for each other"

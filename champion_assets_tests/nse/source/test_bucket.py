"""Files of NSE under an S3 prefix, against moto's server."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import obstore
import pytest
import requests

from champion_assets.common.s3 import s3_options, s3_store
from champion_assets.nse.errors import NotYetPublished
from champion_assets.nse.names import bhavcopy_files, udiff_bhavcopy
from champion_assets.nse.source.base import Fetched
from champion_assets.nse.source.bucket import BucketSource
from champion_assets.nse.synthetic.exchange import Exchange
from champion_assets.settings import Settings

DAY = dt.date(2024, 1, 15)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program = [str(Path(sys.executable).with_name("moto_server")), "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    for _ in range(200):
        try:
            requests.get(address, timeout=1)
            break
        except (requests.ConnectionError, requests.Timeout):  # a busy machine begins to answer late
            time.sleep(0.1)
    requests.put(f"{address}/nse", timeout=30).raise_for_status()
    requests.put(f"{address}/lake", timeout=30).raise_for_status()
    yield address
    server.terminate()
    server.wait()


@pytest.fixture
def s3(settings: Settings, endpoint: str) -> Settings:
    keys = {"s3_endpoint": endpoint, "s3_access_key": "key", "s3_secret_key": "secret"}
    return Settings(**{**settings.model_dump(exclude_none=True), **keys})


def test_a_prefix_is_searched_at_any_depth(s3: Settings, exchange: Exchange) -> None:
    store = s3_store("s3://nse/drop", s3_options(s3))
    body = (exchange.folder / udiff_bhavcopy(DAY).path).read_bytes()
    obstore.put(store, f"2024/{udiff_bhavcopy(DAY).name}", body)
    found = dict(BucketSource("s3://nse/drop", store).fetch([DAY, dt.date(2024, 1, 16)], bhavcopy_files))
    assert isinstance(found[DAY], Fetched)
    assert found[DAY].body == body
    assert isinstance(found[dt.date(2024, 1, 16)], NotYetPublished)


def test_credentials_are_secret_in_every_print(s3: Settings) -> None:
    assert "secret" not in repr(s3.s3_secret_key)

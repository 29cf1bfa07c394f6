"""A password is given to everything that takes one; afterwards neither a command's words nor any file holds it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from champion_assets.cli.main import main
from champion_assets.common.errors import ConfigurationError
from champion_assets.lake.open import open_lake
from champion_assets.nse.calendar import load_calendar
from champion_assets.nse.synthetic.exchange import Exchange
from champion_assets.nse.synthetic.server import State, serve
from champion_assets.settings import Settings, get_settings
from champion_assets.settings.origins import origins
from champion_assets.settings.unknown import variable_names

Put = Callable[[str, str], None]
SECRET, DAY = "Geheim77xyz", "2023-11-01"
COMMANDS = [
    "settings",
    "settings --json",
    "doctor",
    "doctor --json",
    f"calendar {DAY}",
    f"audit {DAY} {DAY}",
    "quarantine list",
    f"versions {DAY}",
    f"quarantine show raw/bhavcopy {DAY}",
]
SHAPES = [
    "http://me:{}@host.invalid/x",
    "https://host.invalid/?token={}",
    "s3://key:{}@bucket/x",
    "postgresql://me:{}@db:5432/x",
    "me:{}@host:9000",
    "http://me:a/{}@host/x",
]


@pytest.mark.parametrize("shape", SHAPES)
def test_no_setting_shows_a_secret_nor_does_its_refusal(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, shape: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in sorted({*variable_names(Settings), "CHAMPION_CONFIG"}):
        with monkeypatch.context() as one:
            one.setenv(name, shape.format(SECRET))
            get_settings.cache_clear()
            try:
                settings = get_settings()
                words = (
                    f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()} {origins(settings)}"
                )
            except ConfigurationError as error:
                words = str(error)
            assert SECRET not in words, name
    get_settings.cache_clear()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        (
            "CHAMPION_LAKE",
            "s3://key:{}@bucket/x",
            "CHAMPION_LAKE=s3://***@bucket/x: keys are not allowed in this address",
        ),
        (
            "CHAMPION_SOURCE",
            "s3://key:{}@bucket/x",
            "CHAMPION_SOURCE=s3://***@bucket/x: keys are not allowed in this address",
        ),
        (
            "CHAMPION_S3_ENDPOINT",
            "key:{}@minio:9000",
            "CHAMPION_S3_ENDPOINT=***@minio:9000: keys are not allowed in this address",
        ),
        ("CLICKHOUSE_HOST", "clickhouse://me:{}@host", "CLICKHOUSE_HOST=clickhouse://***@host: give only the host"),
        (
            "DATA_DIR",
            "http://me:{}@host/x",
            "DATA_DIR=http://***@host/x: this must be a path on this machine, not a URL",
        ),
        (
            "BENCHMARK",
            "http://me:{}@host/x",
            "BENCHMARK=http://***@host/x: an address with a password is not allowed here",
        ),
    ],
)
def test_where_no_password_belongs_it_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv(name, value.format(SECRET))
    get_settings.cache_clear()
    with pytest.raises(ConfigurationError, match=f"^{re.escape(words)}"):
        get_settings()
    get_settings.cache_clear()


def test_no_command_and_no_file_holds_a_password(
    environment: Put, settings: Settings, exchange: Exchange, tmp_path: Path
) -> None:
    with serve(State(exchange.folder, load_calendar())) as url:
        given = {
            "CHAMPION_SOURCE": f"{url.replace('//', f'//me:{SECRET}@')}",
            "CHAMPION_START_DATE": DAY,
            "CHAMPION_HTTP_INTERVAL_SECONDS": "0",
            "MLFLOW_TRACKING_URI": f"http://me:{SECRET}@127.0.0.1:9/?token={SECRET}",
            "CHAMPION_MLFLOW_TIMEOUT": "1",
            "CHAMPION_ALARM_WEBHOOK": f"http://127.0.0.1:9/{SECRET}",
            "CHAMPION_SMTP_URL": f"smtp://me:{SECRET}@127.0.0.1:9",
            "CLICKHOUSE_PASSWORD": SECRET,
            "CLICKHOUSE_PORT": "9",
            "AWS_ACCESS_KEY_ID": f"A{SECRET}",
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "CHAMPION_POSTGRES_URL": f"postgresql+psycopg2://me:{SECRET}@127.0.0.1:9/x",
            "HTTPS_PROXY": f"http://me:{SECRET}@127.0.0.1:9",
            "DATA_DIR": str(tmp_path / "all"),
            "COLUMNS": "200",
        }
        for name, value in given.items():
            environment(name, value)
        gone = f"http://me:{SECRET}@127.0.0.1:9/?sig={SECRET}"
        said = [_backfill(3), _backfill(1, CHAMPION_SOURCE=gone, DATA_DIR=str(tmp_path / "none"))]
        runner = CliRunner()
        said += [runner.invoke(main, command.split()).output for command in COMMANDS]
    assert open_lake(get_settings()).dates("silver/equity_eod")
    assert "***@127.0.0.1" in said[0]
    assert "Unreachable" in said[1]
    for words in said:
        assert SECRET not in words
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path for path in files if "dagster" in str(path)]
    assert not [path for path in files if SECRET.encode() in path.read_bytes()]
    lake = open_lake(get_settings())
    uris = lake.read("raw/bhavcopy", lake.dates("raw/bhavcopy"))["uri"]
    assert uris.str.starts_with("http://***@127.0.0.1").all()


def _backfill(code: int, **more: str) -> str:
    program = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "champion_assets.cli",
        "backfill",
        DAY,
        DAY,
        "--assets",
        "+silver/equity_eod",
    ]
    done = subprocess.run(program, capture_output=True, text=True, check=False, env=os.environ | more)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    return done.stdout + done.stderr

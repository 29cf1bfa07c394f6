"""docker-compose.yml: read by Compose's own parser, and each service's command and environment run without
containers."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from pydantic import SecretStr

from champion_assets.common.s3 import s3_options
from champion_assets.lake.store import Lake
from champion_assets.nse.synthetic.exchange import Exchange
from champion_assets.settings import Settings
from champion_assets_tests.servers.run import (
    ROOT,
    S3,
    ClickHouse,
    accepts,
    clickhouse_server,
    free_port,
    postgres_server,
    process,
    s3_server,
    wait_for,
)  # fmt: skip

BIN = Path(sys.executable).parent
SECRETS = {
    "POSTGRES_PASSWORD": "swordfish-pg",
    "MINIO_ACCESS_KEY": "swordfish-key",
    "MINIO_SECRET_KEY": "swordfish-secret",
    "CLICKHOUSE_PASSWORD": "swordfish-ch",
}
ONCE = {"bucket", "prepare"}
OURS = {"prepare", "code", "webserver", "daemon"}


def compose(secrets: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    bare = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    command = [
        str(BIN / "docker-compose"),
        "--env-file",
        "/dev/null",
        "-f",
        str(ROOT / "docker-compose.yml"),
        "config",
        *words,
    ]
    return subprocess.run(command, env=bare | secrets, capture_output=True, text=True)


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    done = compose(SECRETS, "--format", "json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)["services"]
    return found


@pytest.mark.parametrize("missing", SECRETS)
def test_without_a_secret_nothing_starts(missing: str) -> None:
    done = compose({name: value for name, value in SECRETS.items() if name != missing}, "--quiet")
    assert done.returncode != 0
    assert f"{missing} is missing a value: see deploy/env.example" in done.stderr


def test_the_example_names_every_secret_and_gives_none() -> None:
    lines = (ROOT / "deploy/env.example").read_text().splitlines()
    assert set(SECRETS) <= {line.removesuffix("=") for line in lines if line.endswith("=")}


def test_every_service_is_limited_watched_and_bound_to_this_machine(services: dict[str, Any]) -> None:
    assert services.keys() == {"postgres", "minio", "bucket", "clickhouse", "mlflow", *OURS}
    for name, service in services.items():
        assert service["deploy"]["resources"]["limits"].keys() >= {"cpus", "memory"}, name
        assert (name in ONCE) == ("healthcheck" not in service), name
        assert all(port["host_ip"] == "127.0.0.1" for port in service.get("ports", [])), name
        assert name in ONCE or service.get("restart") == "unless-stopped", name
        assert name == "bucket" or service.get("volumes"), name


def test_what_the_files_name_exists() -> None:
    text = (ROOT / "docker-compose.yml").read_text() + (ROOT / "deploy/Dockerfile").read_text()
    for name in (
        "deploy/mlflow.Dockerfile",
        "deploy/postgres-init.sql",
        "deploy/workspace.yaml",
        "champion_assets/orchestration/instance.server.yaml",
    ):
        assert name in text
        assert (ROOT / name).is_file()


@pytest.fixture(scope="module")
def stand(
    services: dict[str, Any], exchange: Exchange, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Any]]:
    """The servers of the file, without containers, and the environment of its services with their addresses."""
    folder = tmp_path_factory.mktemp("stand")
    with ExitStack() as stack:
        url = stack.enter_context(postgres_server(folder))
        clickhouse: ClickHouse = stack.enter_context(clickhouse_server(folder / "clickhouse"))
        s3: S3 = stack.enter_context(s3_server(folder))
        s3.make_bucket("champion")
        home = folder / "home"
        home.mkdir()
        shutil.copy(ROOT / "champion_assets/orchestration/instance.server.yaml", home / "dagster.yaml")
        addresses = {
            "CHAMPION_POSTGRES_URL": url, "CHAMPION_S3_ENDPOINT": s3.endpoint, "AWS_ACCESS_KEY_ID": s3.key,
            "AWS_SECRET_ACCESS_KEY": s3.secret, "CLICKHOUSE_HOST": "127.0.0.1", "CLICKHOUSE_PORT": str(clickhouse.port),
            "CLICKHOUSE_PASSWORD": clickhouse.password, "MLFLOW_TRACKING_URI": f"http://127.0.0.1:{free_port()}",
            "CHAMPION_SOURCE": str(exchange.folder), "CHAMPION_START_DATE": "2023-11-01",
        }  # fmt: skip
        declared = {name: value for name, value in services["code"]["environment"].items() if value}
        assert declared.keys() >= addresses.keys() - {"CHAMPION_SOURCE", "CHAMPION_START_DATE"}
        small = {"UNIVERSE_WARMUP": "3", "COV_WINDOW_DAYS": "10", "EXPECTED_RETURN_LOOKBACK": "10", "WEIGHT_CAP": "0.3",
                 "CHAMPION_AUTOMATION": "off", "CHAMPION_RETRY_DELAY_SCALE": "0"}  # fmt: skip
        bare = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("CHAMPION", "DAGSTER", "AWS", "MLFLOW", "COVERAGE"))
        }
        environment = (
            bare
            | declared
            | addresses
            | small
            | {
                "DAGSTER_HOME": str(home),
                "DATA_DIR": str(folder / "data"),
                "PATH": f"{BIN}:{os.environ['PATH']}",
                "PYTHONWARNINGS": "ignore",
            }
        )
        yield {"folder": folder, "environment": environment, "clickhouse": clickhouse, "s3": s3}


def test_prepare_code_server_webserver_and_daemon_build_a_day(services: dict[str, Any], stand: dict[str, Any]) -> None:
    environment, folder = stand["environment"], stand["folder"]
    done = subprocess.run(services["prepare"]["command"], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "BatchedPostgresEventLogStorage is up to date" in done.stdout
    assert "database champion_market is up to date" in done.stdout
    code, web = free_port(), free_port()
    location = {"host": "127.0.0.1", "port": code, "location_name": "champion"}
    assert (
        yaml.safe_load((ROOT / "deploy/workspace.yaml").read_text())["load_from"][0]["grpc_server"].keys()
        == location.keys()
    )
    (folder / "workspace.yaml").write_text(yaml.safe_dump({"load_from": [{"grpc_server": location}]}))

    def command(name: str) -> list[str]:
        places = {
            "0.0.0.0": "127.0.0.1",
            "4000": str(code),
            "3000": str(web),
            "/opt/dagster/workspace.yaml": str(folder / "workspace.yaml"),
        }
        return [places.get(word, word) for word in services[name]["command"]]

    with ExitStack() as stack:
        for name, port in (("code", code), ("webserver", web)):
            stack.enter_context(process(command(name), folder / f"{name}.log", environment, folder))
            wait_for(f"{name} answers", lambda port=port: accepts(port), 120)
        stack.enter_context(process(command("daemon"), folder / "daemon.log", environment, folder))
        healthy = [word.replace("4000", str(code)) for word in services["code"]["healthcheck"]["test"][1:]]
        wait_for(
            "the code server is healthy",
            lambda: subprocess.run(healthy, env=environment, capture_output=True).returncode == 0,
            60,
        )
        _launch(web, dt.date(2023, 11, 1), dt.date(2023, 11, 10))
        wait_for("the run ends", lambda: _status(web) in {"SUCCESS", "FAILURE"}, 180)
        assert _status(web) == "SUCCESS", (folder / "code.log").read_text()[-3000:]
        wait_for(
            "the daemon is alive",
            lambda: (
                subprocess.run(
                    services["daemon"]["healthcheck"]["test"][1:], env=environment, capture_output=True
                ).returncode
                == 0
            ),
            90,
        )
        _assert_loaded(stand, 8)
        stand["clickhouse"].stop()
        _launch(web, dt.date(2023, 11, 12), dt.date(2023, 11, 13))  # a Muhurat Sunday and a Monday
        wait_for("the run ends", lambda: _status(web) in {"SUCCESS", "FAILURE"}, 180)
        assert _status(web) == "FAILURE"
    words = (folder / "data/logs/champion.jsonl").read_text()
    assert '"asset": "warehouse/clickhouse"' in words
    assert "does not answer" in words
    assert (
        _days_in_lake(stand, "backtest/daily") == _days_in_lake(stand, "warehouse/duckdb") == 10
    )  # nothing else failed
    assert _days_in_lake(stand, "warehouse/clickhouse") == 8


def _graphql(port: int, query: str, variables: dict[str, Any]) -> Any:
    answer = requests.post(
        f"http://127.0.0.1:{port}/graphql", json={"query": query, "variables": variables}, timeout=60
    ).json()
    assert "errors" not in answer, answer
    return answer["data"]


def _launch(port: int, first: dt.date, last: dt.date) -> None:
    deadline = time.monotonic() + 60
    query = """mutation ($p: ExecutionParams!) { launchRun(executionParams: $p) {
        __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message }
        ... on PipelineNotFoundError { message } } }"""
    parameters = {
        "selector": {"repositoryLocationName": "champion", "repositoryName": "__repository__", "jobName": "nse_daily"},
        "runConfigData": {},
        "executionMetadata": {"tags": [{"key": "dagster/asset_partition_range_start", "value": first.isoformat()},
                                       {"key": "dagster/asset_partition_range_end", "value": last.isoformat()}]},
    }  # fmt: skip
    while (found := _graphql(port, query, {"p": parameters})["launchRun"])["__typename"] != "LaunchRunSuccess":
        assert time.monotonic() < deadline, found
        time.sleep(1)


def _status(port: int) -> str:
    found = _graphql(port, "query { runsOrError(limit: 1) { ... on Runs { results { status } } } }", {})
    return str(found["runsOrError"]["results"][0]["status"])


def _assert_loaded(stand: dict[str, Any], count: int) -> None:
    from clickhouse_driver import Client

    clickhouse: ClickHouse = stand["clickhouse"]
    client = Client(
        "127.0.0.1",
        port=clickhouse.port,
        user=clickhouse.user,
        password=clickhouse.password,
        database="champion_market",
    )
    ((days,),) = client.execute("SELECT uniqExact(trade_date) FROM silver_equity_eod")
    assert days == _days_in_lake(stand, "silver/equity_eod") == count


def _days_in_lake(stand: dict[str, Any], table: str) -> int:
    s3: S3 = stand["s3"]
    settings = Settings(s3_endpoint=s3.endpoint, s3_access_key=SecretStr(s3.key), s3_secret_key=SecretStr(s3.secret))
    return len(Lake("s3://champion/lake", s3_options(settings)).dates(table))


def test_no_secret_is_in_any_log_or_table(stand: dict[str, Any]) -> None:
    """After the runs above, one of which failed: what the processes wrote (tracebacks included), what Dagster stored,
    the data folder."""
    folder: Path = stand["folder"]
    secrets = [stand["clickhouse"].password, stand["s3"].secret, "swordfish-pg"]
    texts = {
        path.name: path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "postgres" not in path.parts and "clickhouse" not in path.parts and path.name != "s3.log"
    }
    assert {"code.log", "webserver.log", "daemon.log", "champion.jsonl"} <= texts.keys()
    found = [(name, secret) for name, body in texts.items() for secret in secrets if secret.encode() in body]
    assert not found
    import sqlalchemy as db

    engine = db.create_engine(stand["environment"]["CHAMPION_POSTGRES_URL"])
    with engine.connect() as connection:
        tables = db.inspect(engine).get_table_names()
        assert {"event_logs", "runs"} <= set(tables)
        for table in tables:
            text = "\n".join(str(row) for row in connection.execute(db.text(f'SELECT * FROM "{table}"')))
            assert not [secret for secret in secrets if secret in text], table
    engine.dispose()


def test_mlflow_takes_the_name_that_the_others_use(services: dict[str, Any], tmp_path: Path) -> None:
    """A health check that everybody passes would be green while every client gets 403."""
    with postgres_server(tmp_path) as url:
        port = free_port()
        places = {
            "mlflow": str(BIN / "mlflow"),
            "0.0.0.0": "127.0.0.1",
            "5000": str(port),
            "/var/lib/mlflow/artifacts": str(tmp_path / "artifacts"),
        }
        command = [places.get(word, word) for word in services["mlflow"]["command"]]
        environment = {**os.environ, **services["mlflow"]["environment"], "MLFLOW_BACKEND_STORE_URI": url,
                       "PATH": f"{BIN}:{os.environ['PATH']}"}  # fmt: skip
        with process(command, tmp_path / "mlflow.log", environment):
            wait_for("MLflow answers", lambda: accepts(port), 120)
            api = f"http://127.0.0.1:{port}/api/2.0/mlflow/experiments/search?max_results=1"

            def answers(host: str) -> int:
                return requests.get(api, headers={"Host": host}, timeout=30).status_code

            wait_for("MLflow is ready", lambda: answers("mlflow:5000") == 200, 60)
            assert answers("elsewhere:5000") == 403
            assert "mlflow:5000" in services["mlflow"]["healthcheck"]["test"][-1]
            assert services["code"]["environment"]["MLFLOW_TRACKING_URI"] == "http://mlflow:5000"

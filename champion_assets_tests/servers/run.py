"""Real servers for tests, each in a folder and on free ports of its own, gone when the test process ends.

What belongs here: starting and stopping. Where a server's software is absent the tests that need it are skipped with a
reason, except in CI (`CI=true`), where `.ci/run` has installed it.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import pytest
from pydantic import SecretStr

ROOT = Path(__file__).parents[2]
PACKAGE = "@chdb/lib-linux-x64-gnu@26.7.3-stable.1"
"""ClickHouse 26.7: engine and protocol handlers of clickhouse-local, not the package clickhouse-server."""


def unless_skipped(what: str) -> None:
    """Skip if the person who runs the tests wants none that starts a server: SKIP_INTEGRATION_TESTS=true."""
    if os.environ.get("SKIP_INTEGRATION_TESTS", "").strip().lower() in ("1", "true", "yes", "on"):
        pytest.skip(f"SKIP_INTEGRATION_TESTS is set, and this test starts {what}")


def absent(what: str, how: str) -> NoReturn:
    """Skip for want of software; in CI that is a failure."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is not installed, and CI installs it: {how}")
    pytest.skip(f"{what} is not installed: {how}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(what: str, ready: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not after {seconds:.0f} s")
        time.sleep(0.05)


def accepts(port: int, host: str = "127.0.0.1") -> bool:
    try:
        socket.create_connection((host, port), 1).close()
    except OSError:
        return False
    return True


@dataclass
class ClickHouse:
    """A server that can be stopped, killed and started again on the same data."""

    folder: Path
    library: Path
    port: int = field(default_factory=free_port)
    http_port: int = field(default_factory=free_port)
    user: str = "champion"
    password: str = "swordfish-ch"

    def _script(self, *words: str) -> None:
        script = str(Path(__file__).with_name("clickhouse_server.py"))
        done = subprocess.run(
            [sys.executable, script, words[0], "--dir", str(self.folder), *words[1:]], capture_output=True, text=True
        )
        if done.returncode:
            raise RuntimeError(done.stderr)

    def start(self) -> None:
        ports = ["--tcp-port", str(self.port), "--http-port", str(self.http_port)]
        self._script("start", *ports, "--user", self.user, "--password", self.password, "--lib", str(self.library))

    def stop(self) -> None:
        self._script("stop")

    def engine(self) -> int:
        """The process of the engine."""
        words = f"{self.folder}/config.xml".encode()
        for path in Path("/proc").glob("[0-9]*"):
            try:
                command = (path / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"_serve" in command and words in command:
                return int(path.name)
        raise RuntimeError("no engine runs")

    def kill(self) -> None:
        """kill -9."""
        process = self.engine()
        os.kill(process, signal.SIGKILL)
        wait_for("the engine is gone", lambda: not accepts(self.port) and not Path(f"/proc/{process}/cmdline").exists())
        self.stop()

    def environment(self, database: str) -> dict[str, str]:
        return {
            "CLICKHOUSE_HOST": "127.0.0.1",
            "CLICKHOUSE_PORT": str(self.port),
            "CLICKHOUSE_USER": self.user,
            "CLICKHOUSE_PASSWORD": self.password,
            "CLICKHOUSE_DATABASE": database,
            "LOAD_TO_CLICKHOUSE": "true",
        }


@contextmanager
def clickhouse_server(folder: Path) -> Iterator[ClickHouse]:
    unless_skipped("ClickHouse")
    default = ROOT / ".local/clickhouse/node_modules/@chdb/lib-linux-x64-gnu/libchdb.so"
    library = Path(os.environ.get("CLICKHOUSE_LIB", default))
    if not library.is_file():
        absent("ClickHouse", f"npm install --no-audit --no-fund --prefix .local/clickhouse {PACKAGE}")
    server = ClickHouse(folder, library)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def process(
    command: list[str], log: Path, environment: dict[str, str] | None = None, cwd: Path | None = None
) -> Iterator[subprocess.Popen]:  # type: ignore[type-arg]
    """A process in a group of its own, which ends with the block."""
    with log.open("ab") as out:
        running = subprocess.Popen(command, stdout=out, stderr=out, env=environment, cwd=cwd, start_new_session=True)
    try:
        yield running
    finally:
        for how in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(running.pid, how)
                running.wait(timeout=15)
            except subprocess.TimeoutExpired:
                continue
            except ProcessLookupError:
                break


@contextmanager
def postgres_server(folder: Path, host: str = "127.0.0.1") -> Iterator[str]:
    """PostgreSQL with an empty database `dagster`; yields its URL. As root it runs as the user `postgres`."""
    unless_skipped("PostgreSQL")
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not binaries:
        absent("PostgreSQL", "apt-get install postgresql")
    data, port = folder / "postgres", free_port()
    data.mkdir(parents=True)
    prefix: list[str] = []
    if os.geteuid() == 0:
        shutil.chown(data, "postgres")
        for parent in data.parents:  # the server's user must be able to walk there
            if parent.stat().st_uid == 0 and not parent.stat().st_mode & 0o001:
                parent.chmod(parent.stat().st_mode | 0o001)
        prefix = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]
    options = (
        f"-c listen_addresses={host} -p {port} -k {data} -c fsync=off -c synchronous_commit=off -c "
        f"full_page_writes=off "
        "-c max_connections=200 -c shared_buffers=128MB"
    )

    def run(*words: str) -> None:
        done = subprocess.run([*prefix, *words], cwd="/", capture_output=True, text=True,
                              env={"PATH": f"{binaries[-1]}:/usr/bin:/bin", "LC_ALL": "C.UTF-8"})  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{words[0]}: {done.stderr or done.stdout}")

    run("initdb", "-D", f"{data}/data", "-U", "dagster", "-A", "trust", "-E", "UTF8", "--no-sync")
    hba = data / "data/pg_hba.conf"
    hba.write_text(hba.read_text() + "host all all samenet trust\n")
    run("pg_ctl", "-D", f"{data}/data", "-w", "-t", "30", "-l", f"{data}/log", "-o", options, "start")
    try:
        run("createdb", "-h", host, "-p", str(port), "-U", "dagster", "dagster")
        yield f"postgresql+psycopg2://dagster:swordfish-pg@{host}:{port}/dagster"
    finally:
        run("pg_ctl", "-D", f"{data}/data", "-m", "immediate", "-w", "stop")


@contextmanager
def hosts(*names: str) -> Iterator[tuple[str, dict[str, list[str]]]]:
    """Network namespaces on a bridge: this machine's address on it, and for each host the words before a command that
    run it there."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        absent("a right to make network namespaces", "run as root, with iproute2")

    def ip(*words: str, check: bool = True) -> None:
        done = subprocess.run(["ip", *words], capture_output=True, text=True)
        if check and done.returncode:
            raise RuntimeError(f"ip {' '.join(words)}: {done.stderr}")

    bridge = f"chb{os.getpid() % 100000}"
    network = f"10.{200 + os.getpid() % 50}.{os.getpid() // 50 % 250}"
    ip("link", "add", bridge, "type", "bridge")
    prefixes = {}
    try:
        ip("addr", "add", f"{network}.1/24", "dev", bridge)
        ip("link", "set", bridge, "up")
        for number, name in enumerate(names, start=2):
            space, outside, inside = f"{bridge}-{name}", f"v{number}{bridge}", f"w{number}{bridge}"
            ip("netns", "add", space)
            prefixes[name] = ["ip", "netns", "exec", space]
            ip("link", "add", outside, "type", "veth", "peer", "name", inside)
            ip("link", "set", inside, "netns", space)
            ip("link", "set", outside, "master", bridge, "up")
            ip("-n", space, "addr", "add", f"{network}.{number}/24", "dev", inside)
            ip("-n", space, "link", "set", inside, "up")
            ip("-n", space, "link", "set", "lo", "up")
        yield f"{network}.1", prefixes
    finally:
        for prefix in prefixes.values():
            ip("netns", "delete", prefix[-1], check=False)
        ip("link", "delete", bridge, check=False)


@contextmanager
def redis_server(folder: Path, host: str = "127.0.0.1") -> Iterator[str]:
    """Redis, empty; yields its URL without a database."""
    unless_skipped("Redis")
    if shutil.which("redis-server") is None:
        absent("Redis", "apt-get install redis-server")
    port = free_port()
    command = [
        "redis-server",
        "--port",
        str(port),
        "--bind",
        host,
        "--save",
        "",
        "--appendonly",
        "no",
        "--protected-mode",
        "no",
    ]
    with process(command, folder / "redis.log"):
        wait_for("Redis answers", lambda: accepts(port, host))
        yield f"redis://{host}:{port}"


@dataclass
class S3:
    """Moto's S3 server, with signatures checked and one user."""

    endpoint: str
    key: str = "any"
    secret: str = "any"

    def settings(self, bucket: str, prefix: str = "lake") -> dict[str, object]:
        return {
            "s3_endpoint": self.endpoint,
            "s3_access_key": SecretStr(self.key),
            "s3_secret_key": SecretStr(self.secret),
            "lake": f"s3://{bucket}/{prefix}",
        }

    def make_bucket(self, name: str) -> None:
        import boto3

        boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=self.key,
            aws_secret_access_key=self.secret,
        ).create_bucket(Bucket=name)


@contextmanager
def s3_server(folder: Path, host: str = "127.0.0.1", *, signed: bool = True) -> Iterator[S3]:
    """An S3 server; `signed` means that wrong keys are refused, as real ones do."""
    unless_skipped("an S3 server")
    import boto3

    port = free_port()
    program = [str(Path(sys.executable).with_name("moto_server")), "-H", host, "-p", str(port)]
    environment = {**os.environ, "INITIAL_NO_AUTH_ACTION_COUNT": "3" if signed else "999999999"}
    with process(program, folder / "s3.log", environment):
        wait_for("S3 answers", lambda: accepts(port, host))
        server = S3(f"http://{host}:{port}")
        if signed:
            iam = boto3.client(
                "iam",
                endpoint_url=server.endpoint,
                region_name="us-east-1",
                aws_access_key_id="a",
                aws_secret_access_key="b",
            )
            iam.create_user(UserName="champion")
            keys = iam.create_access_key(UserName="champion")["AccessKey"]
            policy = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
            iam.put_user_policy(UserName="champion", PolicyName="all", PolicyDocument=policy)
            server.key, server.secret = keys["AccessKeyId"], keys["SecretAccessKey"]
        yield server

"""Run a real ClickHouse engine as a loopback server, without a container and without root.

The engine is ``libchdb.so`` from the npm package ``@chdb/lib-linux-x64-gnu`` (pin ``26.7.3-stable.1``; Linux x86-64,
glibc). It exports the entry point of ``clickhouse-local``, which can open the native TCP and the HTTP port of
ClickHouse 26.7.

    npm install --no-audit --no-fund --prefix DIR @chdb/lib-linux-x64-gnu@26.7.3-stable.1
    export CLICKHOUSE_LIB=DIR/node_modules/@chdb/lib-linux-x64-gnu/libchdb.so
    clickhouse_server.py start --dir D --tcp-port 9000 --http-port 8123 --user champion --password secret   # prints
    "ready" clickhouse_server.py stop  --dir D                                                                      #
    prints "stopped"

Everything lives under D (config, data, logs, pid file); data survive stop, ``kill -9`` and the next start.
Without ``--user`` the user ``default`` has no password. With ``--user`` only that user can connect.

Why a pseudo-terminal: when the standard input of clickhouse-local is not a terminal, version 26.7 installs an error
handler that aborts the process on any connection error, so one wrong password would kill the server (ClickHouse issue
115666). A supervisor process therefore owns a pty, gives it to the engine as standard input, and types ``exit`` to stop
it. If the supervisor dies, the engine reads end-of-file and ends as well, so nothing is left behind.

Standard library only. Exit status: 0 done, 1 failed (the reason is on standard error), 2 bad usage.
"""

from __future__ import annotations

import argparse
import ctypes
import fcntl
import hashlib
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from xml.sax.saxutils import escape

HOST = "127.0.0.1"
LISTEN = "SYSTEM START LISTEN TCP; SYSTEM START LISTEN HTTP"
CLIENT_ENV = ("CLICKHOUSE_USER", "CLICKHOUSE_PASSWORD", "CLICKHOUSE_HOST", "CLICKHOUSE_PORT", "CLICKHOUSE_CONFIG")

CONFIG = """\
<clickhouse>
  <logger><log>{d}/server.log</log><errorlog>{d}/server.err.log</errorlog><size>50M</size><count>1</count></logger>
  <path>{d}/data/</path>
  <tmp_path>{d}/temporary/</tmp_path>
  <user_files_path>{d}/user_files/</user_files_path>
  <listen_host>{host}</listen_host>
  <tcp_port>{tcp}</tcp_port>
  <http_port>{http}</http_port>
  <timezone>UTC</timezone>
  <max_server_memory_usage>{memory}</max_server_memory_usage>
  <users_config>{d}/users.xml</users_config>
  <user_directories><users_xml><path>{d}/users.xml</path></users_xml></user_directories>
  <query_log><database>system</database><table>query_log</table><flush_interval_milliseconds>1000</flush_interval_milliseconds></query_log>
  <part_log><database>system</database><table>part_log</table><flush_interval_milliseconds>1000</flush_interval_milliseconds></part_log>
  <backups><allowed_path>{d}/backups/</allowed_path></backups>
</clickhouse>
"""

USERS = """\
<clickhouse>
  <profiles>
    <default><max_memory_usage>{memory}</max_memory_usage></default>
    <console><max_sessions_for_user>1</max_sessions_for_user></console>
  </profiles>
  <quotas><default></default></quotas>
  <users>{users}
  </users>
</clickhouse>
"""

OPEN_DEFAULT = """
    <default>
      <password></password>
      <networks><ip>127.0.0.1</ip><ip>::1</ip></networks>
      <profile>default</profile><quota>default</quota><access_management>1</access_management>
    </default>"""

# The engine's own console always enters as `default` without a password. One place, taken by the console before the
# ports open, and no right but opening them: nobody else gets in as `default`, and there would be nothing to see.
CONSOLE_DEFAULT = """
    <default>
      <password></password>
      <networks><ip>127.0.0.1</ip></networks>
      <profile>console</profile><quota>default</quota>
      <grants><query>GRANT SYSTEM LISTEN ON *.*</query></grants>
    </default>"""

NAMED_USER = """
    <{user}>
      <password_sha256_hex>{digest}</password_sha256_hex>
      <networks><ip>127.0.0.1</ip><ip>::1</ip></networks>
      <profile>default</profile><quota>default</quota><access_management>1</access_management>
    </{user}>"""


class ServerError(RuntimeError):
    """The server could not be started or stopped; the message says what to do."""


def write_config(directory: Path, tcp: int, http: int, user: str | None, password: str, memory: int) -> None:
    """Write ``config.xml`` and ``users.xml`` and make the folders they name. The password is stored only as SHA-256."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in ("data", "temporary", "user_files", "backups"):
        (directory / name).mkdir(exist_ok=True)
    users = OPEN_DEFAULT
    if user is not None:
        users = CONSOLE_DEFAULT + NAMED_USER.format(user=user, digest=hashlib.sha256(password.encode()).hexdigest())
    text = USERS.format(memory=memory, users=users)
    config = CONFIG.format(d=escape(str(directory)), host=HOST, tcp=tcp, http=http, memory=memory)
    for name, body in (("users.xml", text), ("config.xml", config)):
        path = directory / name
        path.write_text(body)
        path.chmod(0o600)


def alive(pid: int) -> bool:
    """True while process `pid` runs; a zombie counts as gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def supervisor_pid(directory: Path) -> int | None:
    """Pid of the supervisor of `directory`, or None. A recycled pid of another program is not taken for ours."""
    try:
        pid = int((directory / "pid").read_text())
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return None
    ours = b"_supervise" in command and os.fsencode(str(directory)) in command
    return pid if ours and alive(pid) else None


def port_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def answers(tcp: int, http: int, user: str | None, password: str) -> bool:
    """True when the native port accepts and the HTTP port answers a query with these credentials."""
    headers = {"X-ClickHouse-User": user, "X-ClickHouse-Key": password} if user else {}
    try:
        socket.create_connection((HOST, tcp), 1).close()
        request = urllib.request.Request(f"http://{HOST}:{http}/?query=SELECT%201", headers=headers)
        with urllib.request.urlopen(request, timeout=5) as reply:
            return bool(reply.read().strip() == b"1")
    except urllib.error.HTTPError as error:
        raise ServerError(f"the server refuses its own user: {error.read()[:300]!r}") from error
    except OSError:
        return False


def tail(directory: Path) -> str:
    """The last lines of the engine's logs, for error messages."""
    parts = [
        (directory / name).read_text(errors="replace")[-1500:]
        for name in ("out.log", "server.err.log")
        if (directory / name).exists()
    ]
    return "\n".join(part for part in parts if part.strip()) or "(logs are empty)"


def start(args: argparse.Namespace) -> None:
    directory: Path = args.dir
    lib = args.lib or os.environ.get("CLICKHOUSE_LIB")
    if not lib or not Path(lib).is_file():
        raise ServerError(
            f"libchdb.so not found ({lib or 'neither --lib nor CLICKHOUSE_LIB is set'}); install it with\n"
            "  npm install --no-audit --no-fund --prefix DIR @chdb/lib-linux-x64-gnu@26.7.3-stable.1\n"
            "and pass --lib DIR/node_modules/@chdb/lib-linux-x64-gnu/libchdb.so"
        )
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    with open(directory / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if pid := supervisor_pid(directory):
            raise ServerError(f"already running under {directory} (pid {pid}); stop it first")
        for port in (args.tcp_port, args.http_port):
            if not port_free(port):
                raise ServerError(f"port {port} on {HOST} is taken; choose another one")
        write_config(directory, args.tcp_port, args.http_port, args.user, args.password, args.max_memory)
        with open(directory / "out.log", "w") as out:
            supervisor = subprocess.Popen(
                [sys.executable, os.path.abspath(__file__), "_supervise", str(directory), str(Path(lib).resolve())],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd=directory,
            )
        (directory / "pid").write_text(str(supervisor.pid))
        deadline = time.monotonic() + args.timeout
        try:
            while not answers(args.tcp_port, args.http_port, args.user, args.password):
                if supervisor.poll() is not None:
                    raise ServerError(f"the engine ended with status {supervisor.returncode}:\n{tail(directory)}")
                if time.monotonic() > deadline:
                    raise ServerError(f"no answer within {args.timeout:g} s:\n{tail(directory)}")
                time.sleep(0.02)
        except BaseException:
            end(directory, 15.0)
            raise
    print("ready", flush=True)


def end(directory: Path, timeout: float) -> bool:
    """Stop the supervisor of `directory` and wait until it is gone. False when none was running."""
    pid = supervisor_pid(directory)
    if pid is not None:
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + timeout
        while alive(pid):
            if time.monotonic() > deadline:
                raise ServerError(f"pid {pid} did not end within {timeout:g} s; see {directory}/out.log")
            time.sleep(0.02)
    (directory / "pid").unlink(missing_ok=True)
    return pid is not None


def stop(args: argparse.Namespace) -> None:
    print("stopped" if end(args.dir, args.timeout) else "stopped (was not running)", flush=True)


def supervise(directory: Path, lib: str) -> int:
    """Own the pty, run the engine on it, type ``exit`` on SIGTERM or SIGINT, kill it only if it does not obey."""
    asked: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _frame: asked.append(received))
    master, slave = pty.openpty()
    environment = {k: v for k, v in os.environ.items() if k not in CLIENT_ENV} | {
        "TERM": "dumb",
        "HOME": str(directory),
    }
    command = [sys.executable, os.path.abspath(__file__), "_serve", lib, str(directory / "config.xml")]
    engine = subprocess.Popen(command, stdin=slave, env=environment)
    os.close(slave)
    while engine.poll() is None and not asked:
        time.sleep(0.05)
    if engine.poll() is None:
        os.write(master, b"exit\n")
        deadline = time.monotonic() + 15
        while engine.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        if engine.poll() is None:
            print("the engine did not obey 'exit' within 15 s: killed", flush=True)
            engine.kill()
            engine.wait()
    return 0 if asked else engine.returncode or 1


def serve(lib: str, config: str) -> None:
    """Become clickhouse-local with its listeners open. Blocks until ``exit`` or end-of-file on the terminal."""
    library = ctypes.CDLL(lib)
    try:
        main_function = library.chdb_query_cmdline
    except AttributeError:
        raise ServerError(f"{lib} has no chdb_query_cmdline; install @chdb/lib-linux-x64-gnu@26.7.3-stable.1") from None
    main_function.restype = ctypes.c_void_p
    main_function.argtypes = [ctypes.c_int, ctypes.POINTER(ctypes.c_char_p)]
    quiet = [
        "--log-level=warning",
        "--logger.console=0",
    ]  # <logger> in the config does not set them: 2.4 KB of trace a query
    words = ["clickhouse", f"--config-file={config}", "--interactive", f"--query={LISTEN}", *quiet]
    argv = (ctypes.c_char_p * (len(words) + 1))(*[word.encode() for word in words], None)
    main_function(len(words), argv)


def user_name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", text):
        raise argparse.ArgumentTypeError("letters, digits and _ only, not starting with a digit")
    return text


def parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, action, text in (
        ("start", start, "start and wait until queries are answered"),
        ("stop", stop, "stop and wait until it is gone"),
    ):
        sub = commands.add_parser(name, help=text)
        sub.set_defaults(action=action)
        sub.add_argument(
            "--dir", required=True, type=lambda p: Path(p).resolve(), help="folder of this server: config, data, logs"
        )
        sub.add_argument("--timeout", type=float, default=60.0, help="seconds to wait (default %(default)g)")
        if name == "start":
            sub.add_argument("--tcp-port", type=int, default=9000, help="native protocol (default %(default)s)")
            sub.add_argument("--http-port", type=int, default=8123, help="HTTP interface (default %(default)s)")
            sub.add_argument("--user", type=user_name, help="the only user who can connect; needs a password")
            sub.add_argument(
                "--password",
                default=os.environ.get("CLICKHOUSE_PASSWORD", ""),
                help="its password (default: env CLICKHOUSE_PASSWORD)",
            )
            sub.add_argument("--lib", help="path of libchdb.so (default: env CLICKHOUSE_LIB)")
            sub.add_argument(
                "--max-memory", type=int, default=8_000_000_000, help="bytes the engine may use (default %(default)s)"
            )
    args = parser.parse_args(argv)
    if args.command == "start":
        if args.user is None:
            args.password = ""
        elif args.user == "default":
            parser.error("the engine's console needs `default` without a password; give the user another name")
        elif not args.password:
            parser.error("--user needs --password or env CLICKHOUSE_PASSWORD")
    return args


def main(argv: list[str]) -> int:
    try:
        if argv[:1] == ["_supervise"]:
            return supervise(Path(argv[1]), argv[2])
        if argv[:1] == ["_serve"]:
            serve(argv[1], argv[2])
            return 0
        args = parse(argv)
        args.action(args)
    except ServerError as error:
        print(f"clickhouse_server: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

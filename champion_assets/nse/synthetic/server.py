"""The fictional exchange over HTTP, with the manners and the mischief of NSE's archive.

What belongs here: answering requests for a folder written by `exchange.py`. Loopback only; made for tests and the demo.

Manners: 403 without a browser's User-Agent, 404 with a page of HTML, and the "holiday echo": `sec_bhavdata_full` of a
closed weekday answers 200 with the previous session's file. Mischief is switched on by file name with `faults`.
"""

from __future__ import annotations

import datetime as dt
import re
import socket
import struct
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal

from champion_assets.nse.calendar import SessionCalendar
from champion_assets.nse.names import delivery_file
from champion_assets.nse.synthetic.exchange import CORRECTED

Fault = Literal["html", "slow", "reset", "truncated", "empty", "xlsx", "403", "429", "503", "yesterday", "late", "drip"]
_PAGE_HEAD, _PAGE_END = (
    "<!DOCTYPE html><html><head><title>404</title></head><body><h1>Resource not found</h1><p>",
    "</p></body></html>",
)
NOT_FOUND = _PAGE_HEAD + "." * (3425 - len(_PAGE_HEAD) - len(_PAGE_END)) + _PAGE_END
"""As long as the genuine page, so no test can tell them apart by size."""
_DELIVERY = re.compile(r"sec_bhavdata_full_(\d{8})\.csv")


@dataclass
class State:
    """What the server does; tests change it while it runs."""

    folder: Path
    calendar: SessionCalendar
    faults: dict[str, Fault] = field(default_factory=dict)
    republished: bool = False
    slow_seconds: float = 1.0
    requests: list[tuple[str, int]] = field(default_factory=list)
    busy: dict[str, int] = field(default_factory=dict)
    """Files that are answered with 503 so many times before they are served."""
    retry_after: int | None = None
    published_until: dt.date | None = None
    """Daily files of later days do not exist yet."""
    at_once: int = 0
    most_at_once: int = 0
    """Slow files that were on their way at the same moment: now, and the most so far."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def being_answered(self) -> Iterator[None]:
        """Count a slow file while it is on its way."""
        with self.lock:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            yield
        finally:
            with self.lock:
                self.at_once -= 1


class _Handler(BaseHTTPRequestHandler):
    state: State

    def do_GET(self) -> None:
        name = self.path.rsplit("/", 1)[-1]
        fault = self.state.faults.get(name)
        if "Mozilla" not in self.headers.get("User-Agent", ""):
            self._answer(403, b"<html>Access Denied</html>", "text/html")
        elif self.state.busy.get(name, 0) > 0:
            self.state.busy[name] -= 1
            self._answer(503, b"<html>busy</html>", "text/html")
        elif self.state.published_until is not None and (date_in(name) or dt.date.min) > self.state.published_until:
            self._answer(404, NOT_FOUND.encode(), "text/html")
        elif fault in ("403", "429", "503"):
            self._answer(int(fault), b"<html>no</html>", "text/html")
        elif fault == "html":
            self._answer(200, b"<html><body>Please try again</body></html>", "text/html")
        elif fault == "reset":
            self.state.requests.append((self.path, 0))
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        else:
            self._file(name, fault)

    def _file(self, name: str, fault: Fault | None) -> None:
        body = None if fault == "late" else self._find(self.path.lstrip("/"), name)
        if body is None:
            self._answer(404, NOT_FOUND.encode(), "text/html")
        elif fault == "empty":
            self._answer(200, b"", "application/zip")
        elif fault == "xlsx":
            self._answer(200, _workbook(), "application/zip")
        elif fault == "truncated":
            self._answer(200, body[: len(body) // 2], "application/zip", announced=len(body))
        elif fault == "drip":
            self._drip(body)
        elif fault == "slow":
            with self.state.being_answered():
                time.sleep(self.state.slow_seconds)
            self._answer(200, body, "application/zip")
        else:
            self._answer(200, body, "application/zip")

    def _drip(self, body: bytes) -> None:
        """A byte now and then, never the whole."""
        self.state.requests.append((self.path, 200))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            for byte in body:
                self.wfile.write(bytes([byte]))
                time.sleep(self.state.slow_seconds / 10)
        except OSError:  # the client had enough, as it should
            self.close_connection = True

    def _find(self, path: str, name: str) -> bytes | None:
        root = self.state.folder.resolve()
        if self.state.faults.get(name) == "yesterday":
            files = sorted(each for each in (root / path).resolve().parent.glob("*") if each.name < name)
            return files[-1].read_bytes() if files else None
        places = [root / CORRECTED / path] if self.state.republished else []
        for place in [*places, root / path]:
            inside = place.resolve()
            if inside.is_relative_to(root) and inside.is_file():
                return inside.read_bytes()
        return self._listed(root, name) or self._echo(root, name)

    def _listed(self, root: Path, name: str) -> bytes | None:
        """A list beside the prices, which the folder has in one archive a day; without a day in its name the newest."""
        known = self.state.published_until
        date = _day_of_list(name) or (known if name in ("bulk.csv", "block.csv", "series_change.csv") else None)
        if date is None or (known is not None and date > known):
            return None
        bundle = root / "lists" / f"lists_{date:%Y%m%d}.zip"
        wanted = name if _day_of_list(name) else f"{name.removesuffix('.csv')}_{date:%d%m%Y}.csv"
        if not bundle.is_file():
            return None
        with zipfile.ZipFile(bundle) as archive:
            return archive.read(wanted) if wanted in archive.namelist() else None

    def _echo(self, root: Path, name: str) -> bytes | None:
        if (match := _DELIVERY.fullmatch(name)) is None:
            return None
        date = dt.datetime.strptime(match[1], "%d%m%Y").replace(tzinfo=dt.UTC).date()
        previous = self.state.calendar.previous_session(date)
        if date.weekday() > 4 or previous is None or self.state.calendar.is_session(date):
            return None
        place = root / delivery_file(previous).path
        return place.read_bytes() if place.is_file() else None

    def _answer(self, status: int, body: bytes, kind: str, announced: int | None = None) -> None:
        self.state.requests.append((self.path, status))
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if status in (429, 503) and self.state.retry_after is not None:
            self.send_header("Retry-After", str(self.state.retry_after))
        self.send_header("Content-Length", str(len(body) if announced is None else announced))
        self.end_headers()
        self.wfile.write(body)
        if announced is not None:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the name is http.server's)
        """Silence: the state remembers the requests."""


def date_in(name: str) -> dt.date | None:
    """The day in a daily file's name, in any of NSE's ways; None if it has none."""
    if (found := re.search(r"\d{2}[A-Z]{3}\d{4}|\d{8}", name)) is None:
        return None
    form = "%d%b%Y" if not found[0].isdigit() else "%d%m%Y" if found[0][4:6] == "20" else "%Y%m%d"
    return dt.datetime.strptime(found[0], form).replace(tzinfo=dt.UTC).date()


def _day_of_list(name: str) -> dt.date | None:
    """The day in a list's name, in eight digits or in six."""
    if (found := re.search(r"(\d{2})(\d{2})(?:20)?(\d{2})\.csv", name, re.IGNORECASE)) is None:
        return None
    return dt.date(2000 + int(found[3]), int(found[2]), int(found[1]))


def _workbook() -> bytes:
    from champion_assets.nse.synthetic.files import zipped

    return zipped("xl/workbook.xml", b"<workbook/>")


@contextmanager
def serve(state: State) -> Iterator[str]:
    """Run the server on a free loopback port; yields its base URL."""
    handler = type("Handler", (_Handler,), {"state": state})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

"""NSE's archive over HTTP, politely: requests spaced, few at once, with time-outs, and never around a block.

What belongs here: requests, what each answer means, and trying again what may pass: a time-out, a reset, a 5xx or a 429
that says when to come back are tried three times, at growing intervals with jitter; the stages try the whole day again
later. A file goes to whoever asked only if all its bytes have come. A redirect is followed on the same host and scheme
only, and each hop is a request like any other: it waits for its turn. User and password of the address go into the
header that is made for them, never into a text.
Behaviour of the server (headers it needs, 404 pages, 403): facts measured on the live host by public projects in 2026.
"""

from __future__ import annotations

import datetime as dt
import random
import re
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import requests
import urllib3

from champion_assets.common.address import Address
from champion_assets.nse.container import MAX_TEXT_BYTES
from champion_assets.nse.errors import (
    ArchivePayload,
    BadPayload,
    Blocked,
    NotYetPublished,
    NseError,
    Redirected,
    Unreachable,
)
from champion_assets.nse.names import NamedFile
from champion_assets.nse.source.base import Candidates, Fetched
from champion_assets.nse.source.pace import Pace

HEADERS = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
    "Accept": "*/*",
    "Accept-Language": "en-US,en;q=0.9",
    "Referer": "https://www.nseindia.com/",
}
TIMEOUT_SECONDS = (10.0, 30.0)
TOTAL_SECONDS = 120.0
MAX_CONSECUTIVE_REFUSALS = 3
ATTEMPTS, FIRST_WAIT_SECONDS = 3, 2.0
MAX_HOPS = 3
LONGEST_WAIT_SECONDS = 60.0
"""A server that asks for more patience than this (Retry-After) counts as one that refuses."""


class HttpSource:
    """Files below `base_url`, at the paths of NSE's own archive.

    It may hold user and password, or a token in its query.

    At most `connections` requests are under way at once, and they begin at least `interval` seconds apart, among all
    processes that share `turns`; after a refusal one at a time, until one is answered. `patience` is a factor on the
    waits between attempts.
    """

    def __init__(
        self, base_url: str, interval: float, connections: int = 1, patience: float = 1.0, turns: Path | None = None
    ) -> None:
        self.base_url = Address(base_url)
        self._connections, self._patience = connections, patience
        self._pace = Pace(interval, turns)
        self._sessions = threading.local()
        self._turn, self._count = threading.Lock(), threading.Lock()
        self._refusals, self._refused_at = 0, 0.0

    def fetch(self, dates: Sequence[dt.date], candidates: Candidates) -> Iterator[tuple[dt.date, Fetched | Exception]]:
        """See `Source.fetch`. After three refusals in a row (403, 429) nothing more is asked for."""
        if self._connections == 1 or len(dates) < 2:
            yield from (self._one(date, candidates) for date in dates)
            return
        with ThreadPoolExecutor(min(self._connections, len(dates)), thread_name_prefix="nse") as pool:
            yield from pool.map(lambda date: self._one(date, candidates), dates)

    def registers(self, pattern: re.Pattern[str], files: Sequence[NamedFile]) -> list[Fetched]:
        """See `Source.registers`."""
        found = (self._register(file) for file in files if pattern.fullmatch(file.name.lower()))
        return [each for each in found if each is not None]

    def probe(self) -> str:
        """Ask for the address itself, as a request like any other.

        Why the server cannot be used, or nothing if it answers.
        """
        try:
            with self._turn:
                self._pace.wait()
            with self._get_url(self.base_url.bare()) as response:
                bad = response.status_code >= 500
                return f"{self.base_url} answers {response.status_code}; is its address right?" if bad else ""
        except requests.exceptions.RequestException as error:
            return f"{self.base_url}: {type(error).__name__}; is the server running, and its address right?"

    def _register(self, file: NamedFile) -> Fetched | None:
        uri = self.base_url.below(file.path)
        try:
            body = self._get(file)
        except BadPayload as error:
            return Fetched(file.name, uri, b"", problem=error)
        return None if body is None else Fetched(file.name, uri, body)

    def _one(self, date: dt.date, candidates: Candidates) -> tuple[dt.date, Fetched | Exception]:
        try:
            return date, self._first(date, candidates(date))
        except NseError as error:
            return date, error

    def _first(self, date: dt.date, files: tuple[NamedFile, ...]) -> Fetched:
        files = tuple(file for file in files if file.is_served)
        for file in files:
            body = self._get(file)
            if body is not None:
                return Fetched(file.name, self.base_url.below(file.path), body)
        names = " or ".join(file.name for file in files)
        raise NotYetPublished(
            f"{date}: the archive answers 404 for {names}. Files "
            f"appear between 18:00 and 19:00 IST; if the exchange was "
            "closed that day, add it to the file in CHAMPION_CALENDAR"
        )

    def _get(self, file: NamedFile) -> bytes | None:
        """The file, or None for a 404; tried again where that may help."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._attempt(file)
            except Unreachable as error:
                asked = error.retry_after
                if attempt == ATTEMPTS:
                    raise
                wait = FIRST_WAIT_SECONDS * 2 ** (attempt - 1) * random.uniform(0.5, 1.5) if asked is None else asked
                time.sleep(wait * self._patience)
        raise AssertionError("the last attempt returns or raises")

    def _attempt(self, file: NamedFile) -> bytes | None:
        """The file, or None for a 404; redirects are followed."""
        url = self.base_url.below(file.path).bare()
        for _ in range(MAX_HOPS + 1):
            found = self._ask(file, url)
            if not isinstance(found, str):
                return found
            url = self._followed(file, url, found)
        raise Redirected(f"{file.name}: {self.base_url} sends from one place to another, {MAX_HOPS} times and more")

    def _followed(self, file: NamedFile, url: str, place: str) -> str:
        """Where a redirect from `url` to `place` leads, if it may be followed."""
        target = urljoin(url, place)
        here, there = urlsplit(url), urlsplit(target)
        if (here.scheme, here.netloc) != (there.scheme, there.netloc.rpartition("@")[2]):
            elsewhere = Address(f"{there.scheme}://{there.netloc}")
            raise Redirected(
                f"{file.name}: {self.base_url} sends to {elsewhere}, "
                f"which has another host or scheme than CHAMPION_SOURCE and "
                "is not asked; if that is the right server, name it there"
            )
        return target

    def _ask(self, file: NamedFile, url: str) -> bytes | str | None:
        """The file, None for a 404, or the place that a redirect names."""
        try:
            with self._turn:
                if self._refusals >= MAX_CONSECUTIVE_REFUSALS:
                    raise Blocked(
                        f"{self.base_url} refused {self._refusals} requests "
                        f"in a row, {file.name} was not asked for. Wait some "
                        "hours, or set CHAMPION_SOURCE to a folder of files"
                    )
                began = self._pace.wait()
                if self._refusals:
                    return self._answer(file, url, began)
            return self._answer(file, url, began)
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError) as error:
            words = self.base_url.cleaned(str(error))
            # not chained: the error quotes what was asked for, with the secrets in it
            raise Unreachable(
                f"{file.name}: {self.base_url} did not answer properly ({type(error).__name__}: {words})"
            ) from None

    def _session(self) -> requests.Session:
        if not hasattr(self._sessions, "it"):
            self._sessions.it = requests.Session()
            self._sessions.it.headers.update(HEADERS)
            self._sessions.it.auth = self.base_url.credentials()
        found: requests.Session = self._sessions.it
        return found

    def _get_url(self, url: str) -> requests.Response:
        return self._session().get(url, timeout=TIMEOUT_SECONDS, stream=True, allow_redirects=False)

    def _answer(self, file: NamedFile, url: str, began: float) -> bytes | str | None:
        with self._get_url(url) as response:
            status, patience = response.status_code, _retry_after(response)
            if status == 429 and patience is not None and patience <= LONGEST_WAIT_SECONDS:
                raise _again(f"{file.name}: {self.base_url} answers 429 and asks for {patience:.0f} s", patience)
            if status in (403, 429):
                with self._count:
                    self._refusals, self._refused_at = self._refusals + 1, time.monotonic()
                raise Blocked(
                    f"{file.name}: {self.base_url} answers {status}; wait, or use a folder of files as CHAMPION_SOURCE"
                )
            with self._count:
                if began > self._refused_at:  # an answer to what was asked before the refusal says nothing about it
                    self._refusals = 0
            if status == 404:
                return None
            if response.is_redirect:
                return str(response.headers["Location"])
            if status != 200:
                usable = patience if patience is not None and patience <= LONGEST_WAIT_SECONDS else None
                raise _again(f"{file.name}: {self.base_url} answers {status}", usable)
            return _body(response, file, began + TOTAL_SECONDS)


def _again(words: str, seconds: float | None) -> Unreachable:
    error = Unreachable(words)
    error.retry_after = seconds
    return error


def _retry_after(response: requests.Response) -> float | None:
    """Seconds that the server asks for, if it says so as a number."""
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isdigit() else None


def _body(response: requests.Response, file: NamedFile, deadline: float) -> bytes:
    chunks, size = [], 0
    while chunk := response.raw.read1(
        65536, decode_content=True
    ):  # what has come, however little, so that the deadline is looked at
        chunks.append(chunk)
        size += len(chunk)
        if size > MAX_TEXT_BYTES:
            raise ArchivePayload(f"{file.name}: larger than {MAX_TEXT_BYTES // 2**20} MiB, no daily file of NSE")
        if time.monotonic() > deadline:
            raise Unreachable(f"{file.name}: not complete after {TOTAL_SECONDS:.0f} s")
    announced = response.headers.get("Content-Length")
    if announced is not None and "Content-Encoding" not in response.headers and int(announced) != size:
        raise Unreachable(f"{file.name}: {size} bytes arrived of {announced} announced")
    return b"".join(chunks)

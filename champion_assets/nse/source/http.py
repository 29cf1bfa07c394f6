"""NSE's archive over HTTP, politely: one request at a time, spaced, with time-outs, and never around a block.

What belongs here: requests and what each answer means. Retrying is left to the stages, so that one place decides it.
Behaviour of the server (headers it needs, 404 pages, 403): facts measured on the live host by public projects in 2026.
"""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Iterator, Sequence

import requests

from champion_assets.nse.container import MAX_TEXT_BYTES
from champion_assets.nse.errors import ArchivePayload, Blocked, NotYetPublished, NseError, Unreachable
from champion_assets.nse.names import NamedFile
from champion_assets.nse.source.base import Candidates, Fetched

HEADERS = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
    "Accept": "*/*",
    "Accept-Language": "en-US,en;q=0.9",
    "Referer": "https://www.nseindia.com/",
}
TIMEOUT_SECONDS = (10.0, 30.0)
TOTAL_SECONDS = 120.0
MAX_CONSECUTIVE_REFUSALS = 3


class HttpSource:
    """Files below `base_url`, at the paths of NSE's own archive, at most one request every `interval` seconds."""

    def __init__(self, base_url: str, interval: float) -> None:
        self.base_url = base_url.rstrip("/")
        self._interval = interval
        self._session = requests.Session()
        self._session.headers.update(HEADERS)
        self._last = 0.0
        self._refusals = 0

    def fetch(self, dates: Sequence[dt.date], candidates: Candidates) -> Iterator[tuple[dt.date, Fetched | Exception]]:
        """See `Source.fetch`. After three refusals in a row (403, 429) nothing more is asked for."""
        for date in dates:
            try:
                yield date, self._first(date, candidates(date))
            except NseError as error:
                yield date, error

    def registers(self, pattern: re.Pattern[str], files: Sequence[NamedFile]) -> list[Fetched]:
        """See `Source.registers`."""
        bodies = ((file, self._get(file)) for file in files if pattern.fullmatch(file.name.lower()))
        return [Fetched(file.name, f"{self.base_url}/{file.path}", body) for file, body in bodies if body is not None]

    def _first(self, date: dt.date, files: tuple[NamedFile, ...]) -> Fetched:
        for file in files:
            body = self._get(file)
            if body is not None:
                return Fetched(file.name, f"{self.base_url}/{file.path}", body)
        names = " or ".join(file.name for file in files)
        raise NotYetPublished(
            f"{date}: the archive answers 404 for {names}. Files appear between 18:00 and 19:00 IST; if the exchange was "
            "closed that day, add it to the file in CHAMPION_CALENDAR"
        )

    def _get(self, file: NamedFile) -> bytes | None:
        if self._refusals >= MAX_CONSECUTIVE_REFUSALS:
            raise Blocked(f"{self.base_url} refused {self._refusals} requests in a row, {file.name} was not asked for. Wait some "
                          "hours, or set CHAMPION_SOURCE to a folder of files")  # fmt: skip
        time.sleep(max(0.0, self._last + self._interval - time.monotonic()))
        try:
            return self._answer(file)
        except requests.exceptions.RequestException as error:
            raise Unreachable(f"{file.name}: {self.base_url} did not answer properly ({type(error).__name__}: {error})") from error
        finally:
            self._last = time.monotonic()

    def _answer(self, file: NamedFile) -> bytes | None:
        deadline = time.monotonic() + TOTAL_SECONDS
        with self._session.get(f"{self.base_url}/{file.path}", timeout=TIMEOUT_SECONDS, stream=True) as response:
            status = response.status_code
            if status in (403, 429):
                self._refusals += 1
                raise Blocked(f"{file.name}: {self.base_url} answers {status}; wait, or use a folder of files as CHAMPION_SOURCE")
            self._refusals = 0
            if status == 404:
                return None
            if status != 200:
                raise Unreachable(f"{file.name}: {self.base_url} answers {status}")
            return _body(response, file, deadline)


def _body(response: requests.Response, file: NamedFile, deadline: float) -> bytes:
    chunks, size = [], 0
    for chunk in response.iter_content(65536):
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

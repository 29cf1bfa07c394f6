"""The archive over HTTP, against the synthetic exchange's server with its manners and its mischief."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from champion_assets.nse.calendar import load_calendar
from champion_assets.nse.errors import (
    BadPayload,
    Blocked,
    NotYetPublished,
    NseError,
    Redirected,
    Unreachable,
    WrongDate,
)
from champion_assets.nse.names import bhavcopy_files, delivery_file, udiff_bhavcopy
from champion_assets.nse.source import http
from champion_assets.nse.source.base import Fetched
from champion_assets.nse.source.http import HttpSource
from champion_assets.nse.source.pace import Pace
from champion_assets.nse.synthetic.exchange import Exchange
from champion_assets.nse.synthetic.server import NOT_FOUND, Fault, State, serve
from champion_assets.raw import bhavcopy as raw
from champion_assets_tests.helpers import inputs_of

DAY = dt.date(2024, 1, 15)
NAME = udiff_bhavcopy(DAY).name


@pytest.fixture
def state(exchange: Exchange) -> State:
    return State(exchange.folder, load_calendar())


@pytest.fixture
def url(state: State) -> Iterator[str]:
    with serve(state) as address:
        yield address


def one(source: HttpSource, day: dt.date = DAY) -> Fetched | Exception:
    return dict(source.fetch([day], bhavcopy_files))[day]


def test_a_file_arrives_with_its_address(url: str, exchange: Exchange) -> None:
    found = one(HttpSource(url, 0, patience=0))
    assert isinstance(found, Fetched)
    assert found.body == (exchange.folder / udiff_bhavcopy(DAY).path).read_bytes()
    assert found.uri == f"{url}/{udiff_bhavcopy(DAY).path}"


def test_legacy_days_come_from_the_legacy_path(url: str) -> None:
    found = one(HttpSource(url, 0, patience=0), dt.date(2023, 12, 29))
    assert isinstance(found, Fetched)
    assert found.name == "cm29DEC2023bhav.csv.zip"


def test_the_404_page_is_no_file_and_as_long_as_the_genuine_one(url: str) -> None:
    assert len(NOT_FOUND) == 3425
    assert isinstance(one(HttpSource(url, 0, patience=0), dt.date(2024, 1, 14)), NotYetPublished)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("403", Blocked),
        ("429", Blocked),
        ("503", Unreachable),
        ("reset", Unreachable),
        ("truncated", Unreachable),
        ("slow", Unreachable),
    ],
)
def test_faults_of_the_line(
    url: str, state: State, monkeypatch: pytest.MonkeyPatch, fault: Fault, error: type[NseError]
) -> None:
    monkeypatch.setattr(http, "TIMEOUT_SECONDS", (0.5, 0.3))
    state.faults[NAME] = fault
    found = one(HttpSource(url, 0, patience=0))
    assert isinstance(found, error)
    assert found.retryable == (error is Unreachable)
    assert NAME in str(found)


def test_a_server_that_is_gone_is_unreachable(url: str) -> None:
    found = one(HttpSource("http://127.0.0.1:9", 0, patience=0))
    assert isinstance(found, Unreachable)


def test_a_late_file_is_not_yet_published_until_it_is(url: str, state: State, exchange: Exchange) -> None:
    state.faults[udiff_bhavcopy(exchange.late).name] = "late"
    found = one(HttpSource(url, 0, patience=0), exchange.late)
    assert isinstance(found, NotYetPublished)
    assert "404" in str(found)
    state.faults.clear()
    assert isinstance(one(HttpSource(url, 0, patience=0), exchange.late), Fetched)


def test_a_republished_file_has_other_bytes_under_the_same_name(url: str, state: State, exchange: Exchange) -> None:
    before = one(HttpSource(url, 0, patience=0), exchange.republished)
    state.republished = True
    after = one(HttpSource(url, 0, patience=0), exchange.republished)
    assert isinstance(before, Fetched)
    assert isinstance(after, Fetched)
    assert (before.name, before.body == after.body) == (after.name, False)


def test_after_three_refusals_nothing_more_is_asked(url: str, state: State) -> None:
    days = load_calendar().sessions_between(dt.date(2024, 2, 1), dt.date(2024, 2, 15))
    state.faults |= {udiff_bhavcopy(day).name: "403" for day in days}
    found = dict(HttpSource(url, 0, patience=0).fetch(days, bhavcopy_files))
    assert all(isinstance(error, Blocked) for error in found.values())
    assert len(state.requests) == 3


def test_requests_are_spaced(url: str) -> None:
    import time

    started = time.monotonic()
    days = load_calendar().sessions_between(dt.date(2024, 2, 1), dt.date(2024, 2, 6))
    assert len(dict(HttpSource(url, 0.2).fetch(days, bhavcopy_files))) == len(days)
    assert time.monotonic() - started >= 0.2 * (len(days) - 1)


def test_a_bare_client_is_refused_as_by_the_genuine_server(url: str) -> None:
    import requests

    assert (
        requests.get(f"{url}/{udiff_bhavcopy(DAY).path}", timeout=5, headers={"User-Agent": "curl"}).status_code == 403
    )


def test_the_holiday_echo_is_there_and_its_rows_betray_it(url: str) -> None:
    from champion_assets.nse.formats import read_bhavcopy

    holiday = dt.date(2024, 1, 26)
    echo = dict(HttpSource(url, 0, patience=0).fetch([holiday], lambda day: (delivery_file(day),)))[holiday]
    assert isinstance(echo, Fetched)
    assert read_bhavcopy(echo.body, echo.name).frame["trade_date"][0] == dt.date(2024, 1, 25)


@pytest.mark.parametrize("fault", ["html", "empty", "xlsx", "yesterday"])
def test_bad_bodies_leave_no_byte_in_the_lake(url: str, state: State, workspace, fault: Fault) -> None:  # type: ignore[no-untyped-def]
    from dataclasses import replace

    state.faults[NAME] = fault
    there = replace(workspace, settings=workspace.settings.model_copy(update={"source": url}))
    computed = raw.compute(inputs_of(raw.NAME, there, [DAY]), [DAY])
    assert isinstance(computed.failed[DAY], WrongDate if fault == "yesterday" else BadPayload)
    assert computed.frame.is_empty()
    assert not list(workspace.settings.data_dir.rglob("_files/*"))


def test_a_busy_server_is_asked_again_and_only_three_times(url: str, state: State) -> None:
    state.busy[NAME] = 2
    assert isinstance(one(HttpSource(url, 0, patience=0)), Fetched)
    assert [status for path, status in state.requests if path.endswith(NAME)] == [503, 503, 200]
    state.busy[NAME] = 9
    assert isinstance(one(HttpSource(url, 0, patience=0)), Unreachable)
    assert state.busy[NAME] == 6


def test_retry_after_is_honoured_and_too_long_a_one_is_a_refusal(
    url: str, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(http.time, "sleep", waits.append)
    state.busy[NAME], state.retry_after = 1, 7
    assert isinstance(one(HttpSource(url, 0)), Fetched)
    assert 7.0 in waits
    state.faults[NAME], state.retry_after = "429", 3600
    assert isinstance(one(HttpSource(url, 0)), Blocked)


def test_waits_grow_and_are_not_all_alike(url: str, state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr(http.time, "sleep", lambda seconds: waits.append(seconds) if seconds else None)
    for _ in range(5):
        state.busy[NAME] = 2
        one(HttpSource(url, 0))
    first, second = waits[::2], waits[1::2]
    assert all(1.0 <= each <= 3.0 for each in first)
    assert all(2.0 <= each <= 6.0 for each in second)
    assert len(set(first)) == 5


def test_several_connections_bring_the_same_files_and_never_more_at_once(
    url: str, state: State, exchange: Exchange
) -> None:
    days = [day for day in exchange.market.sessions if dt.date(2024, 1, 1) <= day <= dt.date(2024, 2, 29)]
    state.faults.update({udiff_bhavcopy(day).name: "slow" for day in days[:8]})
    state.slow_seconds = 0.5
    found = dict(HttpSource(url, 0, connections=8, patience=0).fetch(days, bhavcopy_files))
    assert 1 < state.most_at_once <= 8
    assert {day: each.body for day, each in found.items()} == {
        day: (exchange.folder / udiff_bhavcopy(day).path).read_bytes() for day in days
    }


def test_many_connections_begin_their_requests_apart(url: str) -> None:
    days = [dt.date(2024, 1, 8) + dt.timedelta(days=offset) for offset in range(5)]
    started = time.monotonic()
    list(HttpSource(url, 0.1, connections=8, patience=0).fetch(days, bhavcopy_files))
    assert time.monotonic() - started >= 0.4


def test_a_server_that_drips_is_left(url: str, state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "TOTAL_SECONDS", 0.5)
    state.faults[NAME], state.slow_seconds = "drip", 0.5
    started = time.monotonic()
    found = one(HttpSource(url, 0, patience=0))
    assert isinstance(found, Unreachable)
    assert "not complete after" in str(found)
    assert time.monotonic() - started < 10


class Sends:
    """A server that answers every path as told: a redirect to a place, or a body."""

    def __init__(self) -> None:
        self.places: dict[str, str] = {}
        self.asked: list[tuple[str, float, str | None]] = []


@contextmanager
def sending() -> Iterator[tuple[str, Sends]]:
    state = Sends()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked.append((self.path, time.monotonic(), self.headers.get("Authorization")))
            place = state.places.get(self.path)
            self.send_response(200 if place is None else 302)
            if place is not None:
                self.send_header("Location", place)
            self.send_header("Content-Length", "4")
            self.end_headers()
            self.wfile.write(b"body")

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}", state
    finally:
        server.shutdown()
        server.server_close()


FIRST = f"/{bhavcopy_files(DAY)[0].path}"


@pytest.mark.parametrize("place", ["/elsewhere?a=1", "elsewhere", "http://{host}/elsewhere"])
def test_a_redirect_on_the_same_host_is_a_request_of_its_own_turn(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    turns: list[float] = []

    def wait(_pace: Pace) -> float:
        turns.append(time.monotonic())
        return turns[-1]

    monkeypatch.setattr(Pace, "wait", wait)
    with sending() as (host, state):
        state.places[FIRST] = place.format(host=host)
        found = one(HttpSource(f"http://me:geheim7@{host}", 0, patience=0))
    assert isinstance(found, Fetched)
    assert found.body == b"body"
    assert found.uri == f"http://***@{host}{FIRST}"
    (_, first, own), (_, second, followed) = state.asked
    assert turns[0] < first < turns[1] < second
    assert len(turns) == 2
    assert own == followed == "Basic bWU6Z2VoZWltNw=="


@pytest.mark.parametrize("place", [
    "http://127.0.0.2:{port}/x", "https://{host}/x", "//localhost:{port}/x", "http://127.0.0.1:9/x", "ftp://{host}/x",
    "http://127.0.0.1:{port}@evil.invalid/x", "http://me:other77@127.0.0.9:{port}/x?sig=abc",
])  # fmt: skip
def test_a_redirect_elsewhere_is_refused_in_words_and_nothing_is_asked_there(place: str) -> None:
    with sending() as (host, state):
        state.places[FIRST] = place.format(host=host, port=host.split(":")[1])
        error = one(HttpSource(f"http://{host}", 0, patience=0))
    assert isinstance(error, Redirected)
    assert "which has another host or scheme than CHAMPION_SOURCE and is not asked" in str(error)
    assert "other77" not in str(error)
    assert "sig" not in str(error)
    assert [path for path, _, _ in state.asked] == [FIRST]


def test_redirects_in_circles_end() -> None:
    with sending() as (host, state):
        state.places |= {FIRST: "/a", "/a": "/b", "/b": FIRST}
        error = one(HttpSource(f"http://{host}", 0, patience=0))
    assert isinstance(error, Redirected)
    assert len(state.asked) == http.MAX_HOPS + 1


def test_a_token_in_the_query_is_sent_and_never_told() -> None:
    with sending() as (host, state):
        found = one(HttpSource(f"http://{host}/base/?sig=geheim7", 0, patience=0))
    assert isinstance(found, Fetched)
    assert state.asked[0][0] == f"/base{FIRST}?sig=geheim7"
    assert found.uri == f"http://{host}/base{FIRST}?sig=***"
    gone = one(HttpSource("http://me:geheim8@127.0.0.1:9/?sig=geheim7", 0, patience=0))
    assert isinstance(gone, Unreachable)
    assert "geheim" not in f"{gone} {gone.__cause__} {'' if gone.__suppress_context__ else gone.__context__}"

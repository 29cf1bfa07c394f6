"""Dagster's web page over a built graph, seen through headless Chromium; and a backfill launched as the page launches
it.

The pictures are kept in `artifacts/ui` (or in the folder named by CHAMPION_ARTIFACTS).
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from champion_assets.lake.store import Lake
from champion_assets.nse.synthetic.exchange import Exchange
from champion_assets_tests.helpers import ORDER

pytestmark = pytest.mark.browser
BIN = Path(sys.executable).parent
PICTURES = Path(os.environ.get("CHAMPION_ARTIFACTS", Path(__file__).parents[2] / "artifacts")) / "ui"
DAY = "2024-02-15"


def _chromium() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    if os.environ.get("CI"):
        pytest.fail("CI must have Chromium")
    pytest.skip("no Chromium on this machine; install the package `chromium`")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, exchange: Exchange) -> Iterator[tuple[str, dict[str, str]]]:
    """A lake of four months, Dagster's webserver and daemon over it."""
    folder = tmp_path_factory.mktemp("site")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")} | {
        "DATA_DIR": str(folder), "CHAMPION_SOURCE": str(exchange.folder), "CHAMPION_START_DATE": "2023-11-01",
        "COV_WINDOW_DAYS": "40", "EXPECTED_RETURN_LOOKBACK": "40", "UNIVERSE_WARMUP": "20", "UNIVERSE_SIZE": "60",
        "DAGSTER_HOME": "", "CHAMPION_PARTITIONS_PER_RUN": "5", "CHAMPION_TRACK": "false",
    }  # fmt: skip
    champion = str(BIN / "champion")
    at_once = environment | {
        "CHAMPION_PARTITIONS_PER_RUN": "250"
    }  # the small chunks are for the backfill from the page
    subprocess.run(
        [champion, "backfill", "2023-11-01", "2024-02-29"], env=at_once, check=True, stdout=subprocess.DEVNULL
    )
    environment["DAGSTER_HOME"] = str(folder / "dagster")
    port = _free_port()
    module = ["-m", "champion_assets.definitions"]
    with (folder / "servers.log").open("w") as log:
        commands = (
            [str(BIN / "dagster-webserver"), "-h", "127.0.0.1", "-p", str(port), *module],
            [str(BIN / "dagster-daemon"), "run", *module],
        )
        servers = [
            subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
            for command in commands
        ]
        try:
            _wait(lambda: requests.get(f"http://127.0.0.1:{port}/server_info", timeout=2).ok, 120)
            yield f"http://127.0.0.1:{port}", environment
        finally:
            for server in servers:
                os.killpg(server.pid, signal.SIGTERM)
                server.wait(timeout=60)


def _wait(condition: Callable[[], Any], seconds: float) -> Any:
    deadline = time.monotonic() + seconds
    while True:
        try:
            if answer := condition():
                return answer
        except (requests.RequestException, KeyError, AssertionError):
            if time.monotonic() > deadline:
                raise
        if time.monotonic() > deadline:
            raise TimeoutError(f"not true after {seconds} s")
        time.sleep(1)


@pytest.fixture(scope="module")
def page(site: tuple[str, dict[str, str]]) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    PICTURES.mkdir(parents=True, exist_ok=True)
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_chromium(), headless=True, args=arguments)
        yield browser.new_page(viewport={"width": 1600, "height": 1000})
        browser.close()


def look(page: Any, address: str, picture: str, *texts: str) -> str:
    """Open an address, wait until all `texts` are on the page, keep a picture."""
    page.set_viewport_size({"width": 1600, "height": 1000})
    page.goto(address)
    for text in texts:
        page.get_by_text(text).first.wait_for(timeout=60_000)
    page.wait_for_timeout(1500)
    page.screenshot(path=str(PICTURES / f"{picture}.png"))
    return str(page.inner_text("body"))


def test_the_lineage_shows_every_asset_in_its_stage(site: tuple[str, dict[str, str]], page: Any) -> None:
    url, _ = site
    body = look(page, f"{url}/asset-groups", "lineage_groups", "silver", "features")
    for group in ("raw", "bronze", "silver", "features", "portfolio", "backtest", "warehouse"):
        assert group in body
    asked = page.request.post(
        f"{url}/graphql", data={"query": "{assetNodes {assetKey {path} groupName}}"}
    )  # what the page draws
    nodes = {"/".join(node["assetKey"]["path"]): node["groupName"] for node in asked.json()["data"]["assetNodes"]}
    assert {name: nodes.get(name) for name in ORDER} == {name: name.split("/")[0] for name in ORDER}
    assert nodes["backtest/tear_sheet"] == "backtest"
    page.set_viewport_size({"width": 2600, "height": 3600})
    page.keyboard.press("Alt+e")  # at this size Dagster hides most names of nodes
    page.wait_for_timeout(2500)
    page.screenshot(path=str(PICTURES / "lineage.png"))


def test_a_partition_shows_its_rows_size_and_origin(site: tuple[str, dict[str, str]], page: Any) -> None:
    url, _ = site
    body = look(
        page,
        f"{url}/assets/silver/equity_eod?view=partitions&partition={DAY}",
        "partition",
        "size_bytes",
        "fingerprint",
    )
    assert "written" in body
    assert "normalized_rows" in body


def test_a_closed_day_shows_its_reason(site: tuple[str, dict[str, str]], page: Any) -> None:
    url, _ = site
    body = look(page, f"{url}/assets/silver/equity_eod?view=partitions&partition=2024-01-26", "closed_day", "reason")
    assert "Republic Day" in body


def test_the_columns_are_described(site: tuple[str, dict[str, str]], page: Any) -> None:
    url, _ = site
    body = look(page, f"{url}/assets/silver/equity_eod?view=overview", "overview", "prev_close")
    assert "Previous close as published, rupees" in body
    assert "market-data" in body


def test_the_check_shows_its_verdict(site: tuple[str, dict[str, str]], page: Any) -> None:
    url, _ = site
    body = look(
        page, f"{url}/assets/silver/equity_eod?view=checks&checkDetail=schema", "check", "schema", "days_checked"
    )
    assert "EquityEod" in body
    assert "Passed" in body or "Succeeded" in body


def test_the_backtest_shows_its_curve(site: tuple[str, dict[str, str]], page: Any) -> None:
    url, _ = site
    look(page, f"{url}/assets/backtest/tear_sheet?view=events", "tear_sheet_asset", "growth of one rupee")
    page.get_by_text("Show Markdown").last.click()
    curve = page.locator("img[src^='data:image/svg+xml']").first
    curve.wait_for(timeout=30_000)
    assert curve.evaluate("image => [image.naturalWidth, image.naturalHeight]") == [720, 260]
    page.wait_for_timeout(1000)
    page.screenshot(path=str(PICTURES / "curve.png"))


def test_the_tear_sheet_draws_its_plots(site: tuple[str, dict[str, str]], page: Any) -> None:
    _, environment = site
    sheet = Path(environment["DATA_DIR"]) / "lake/backtest/tear_sheet/tear_sheet.html"
    page.goto(sheet.as_uri())
    page.locator("#growth path.line").first.wait_for(timeout=30_000, state="attached")
    page.screenshot(path=str(PICTURES / "tear_sheet.png"))
    assert page.locator("figure.chart").count() >= 9
    assert "Sharpe ratio" in page.inner_text("body")
    page.locator("#holdings-table th").first.click()
    names = page.locator("#holdings-table tbody td:first-child").all_inner_texts()
    assert names == sorted(names)
    page.locator("#holdings-table th").nth(3).click()
    amounts = [
        float(text.replace(",", "")) for text in page.locator("#holdings-table tbody td:nth-child(4)").all_inner_texts()
    ]
    assert amounts == sorted(amounts, reverse=True)
    page.locator("#growth .plot").first.hover()
    assert "Portfolio: " in page.locator("#growth .tip").first.inner_text()
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 390  # wide tables scroll inside their box
    page.screenshot(path=str(PICTURES / "tear_sheet_phone.png"))


BACKFILL = """mutation($params: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $params) {
  __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }"""
STATUS = """query($id: String!) { partitionBackfillOrError(backfillId: $id) { ... on PartitionBackfill {
  status numPartitions error { message } runs { id status tags { key value } } } } }"""


def _ask(url: str, query: str, variables: dict[str, Any]) -> dict[str, Any]:
    answer = requests.post(f"{url}/graphql", json={"query": query, "variables": variables}, timeout=60).json()
    assert "errors" not in answer, json.dumps(answer)[:2000]
    return dict(answer["data"])


def _backfill(url: str, names: tuple[str, ...], days: list[str]) -> dict[str, Any]:
    keys = [{"path": name.split("/")} for name in names]
    launched = _ask(url, BACKFILL, {"params": {"assetSelection": keys, "partitionNames": days}})[
        "launchPartitionBackfill"
    ]
    assert launched["__typename"] == "LaunchBackfillSuccess", launched

    def done() -> dict[str, Any] | None:
        state = _ask(url, STATUS, {"id": launched["backfillId"]})["partitionBackfillOrError"]
        if state["status"] in ("COMPLETED_FAILED", "FAILED"):
            pytest.fail(str(state))
        return state if state["status"] in ("COMPLETED_SUCCESS", "COMPLETED") else None

    state: dict[str, Any] = _wait(done, 1500)
    return state


@pytest.mark.timeout(1700)  # the wait inside says more than a cut-off test
def test_one_backfill_of_everything_from_the_page_runs_in_order(site: tuple[str, dict[str, str]]) -> None:
    """Tables of one day go first; those that read other days follow in runs that wait for what they need."""
    url, environment = site
    lake = Lake(str(Path(environment["DATA_DIR"]) / "lake"))
    days = [f"2024-03-{day:02d}" for day in range(1, 6)]
    state = _backfill(url, tuple(ORDER), days)
    assert len(state["runs"]) >= 2
    for name in ORDER:
        built = [str(date) for date in lake.dates(name) if (date.year, date.month) == (2024, 3)]
        assert len(built) == 4, name
        assert days[1] in built, name  # Saturday 2024-03-02, a special session


@pytest.mark.timeout(1700)
def test_a_backfill_from_the_page_runs_in_chunks(site: tuple[str, dict[str, str]]) -> None:
    """A run has at most as many days as CHAMPION_PARTITIONS_PER_RUN says."""
    url, environment = site
    lake = Lake(str(Path(environment["DATA_DIR"]) / "lake"))
    names, days = ("raw/bhavcopy", "bronze/bhavcopy"), [f"2024-03-{day:02d}" for day in range(6, 15)]
    state = _backfill(url, names, days)
    ranges = [
        {tag["key"].rsplit("/", 1)[-1]: tag["value"] for tag in run["tags"] if "asset_partition_range" in tag["key"]}
        for run in state["runs"]
    ]
    assert sorted((each["asset_partition_range_start"], each["asset_partition_range_end"]) for each in ranges) == [
        ("2024-03-06", "2024-03-10"), ("2024-03-11", "2024-03-14")
    ]  # fmt: skip
    for name in names:
        built = [str(date) for date in lake.dates(name) if (date.year, date.month) == (2024, 3) and date.day >= 6]
        assert built == [f"2024-03-{day:02d}" for day in (6, 7, 11, 12, 13, 14)], name

"""N times kill -9 of a loading client or of the server: `python -m champion_assets_tests.benchmarks.clickhouse_kills
[N] [SEED]`."""

from __future__ import annotations

import datetime as dt
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from pydantic import SecretStr

from champion_assets.catalog import open_workspace
from champion_assets.nse.calendar import load_calendar
from champion_assets.nse.synthetic.exchange import write_exchange
from champion_assets.settings import Settings
from champion_assets.silver.equity_eod import TABLE
from champion_assets_tests.helpers import build_until
from champion_assets_tests.servers.run import clickhouse_server
from champion_assets_tests.warehouse.crashes import prepare, trial

START, END = dt.date(2023, 11, 1), dt.date(2024, 2, 29)


def main(count: int, seed: int) -> None:
    with tempfile.TemporaryDirectory() as name, clickhouse_server(Path(name) / "clickhouse") as server:
        folder = Path(name)
        exchange = write_exchange(folder / "exchange", load_calendar(), START, END, seed=11)
        settings = Settings(
            data_dir=folder / "data", source=str(exchange.folder), start_date=START, clickhouse_host="127.0.0.1",
            clickhouse_port=server.port, clickhouse_user=server.user, clickhouse_password=SecretStr(server.password),
            clickhouse_database="kills",
        )  # fmt: skip
        workspace = open_workspace(settings)
        build_until(workspace, TABLE.name, START, END)
        versions = prepare(settings, workspace.lake.read(TABLE.name, workspace.sessions(START, END)), folder)
        victims: Counter[str] = Counter()
        started = time.monotonic()
        for number in range(count):
            victims[trial(server, settings, versions, seed + number)] += 1
        print(  # noqa: T201
            f"{count} kills ({dict(victims)}) in "
            f"{time.monotonic() - started:.0f} s: every day once, none lost, none mixed"
        )


if __name__ == "__main__":
    main(*(int(each) for each in (sys.argv[1:] + ["100", "1"][len(sys.argv) - 1 :])))

"""One trading day through the whole graph, from Python: what `champion run` and `champion backfill DAY DAY` do.

What belongs here: the call, and what it gives back. What does not: which days wait (`pending.py`), and the work. The
day is built in a process of its own, so that settings given here are those of this one call.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from champion_assets.common.errors import ChampionError
from champion_assets.common.redaction import redacted

_BEHIND = 3
"""Exit code of a command that built everything but could not bring a helper up to date."""


class DayFailed(ChampionError):
    """The day was not built whole; the message says what failed, and what to do."""


def run_day(
    trade_date: dt.date | str | None = None,
    output_base_path: str | Path | None = None,
    *,
    load_to_clickhouse: bool | None = None,
    clickhouse_host: str | None = None,
    clickhouse_port: int | None = None,
    clickhouse_user: str | None = None,
    clickhouse_password: str | None = None,
    clickhouse_database: str | None = None,
) -> dict[str, Any]:
    """Build one trading day, whole.

    Args:
        trade_date: the day, as a date or ISO text; without one what `champion run` builds: all that is missing up to
            the last session.
        output_base_path: folder or `s3://` URL of the lake; that of the settings by default.
        load_to_clickhouse: load the tables to ClickHouse, too; as the settings say by default.
        clickhouse_host: its address, as CLICKHOUSE_HOST.
        clickhouse_port: its native port, as CLICKHOUSE_PORT.
        clickhouse_user: as CLICKHOUSE_USER.
        clickhouse_password: as CLICKHOUSE_PASSWORD.
        clickhouse_database: as CLICKHOUSE_DATABASE.

    Returns:
        `first` and `last` (days, ISO text), `status` ("success"), `seconds`, `runs` (of Dagster: days, assets, run id),
        `rows` (of each table, if one day was built), `rows_processed` (of bronze/bhavcopy) and `behind` (one sentence
        for each of DuckDB, ClickHouse and MLflow that could not be brought up to date).

    Raises:
        DayFailed: something could not be built.

    Example:
        >>> run_day("2024-01-15", load_to_clickhouse=True)["rows_processed"]
    """
    given = {
        "CHAMPION_LAKE": output_base_path,
        "LOAD_TO_CLICKHOUSE": load_to_clickhouse,
        "CLICKHOUSE_HOST": clickhouse_host,
        "CLICKHOUSE_PORT": clickhouse_port,
        "CLICKHOUSE_USER": clickhouse_user,
        "CLICKHOUSE_PASSWORD": clickhouse_password,
        "CLICKHOUSE_DATABASE": clickhouse_database,
    }
    environment = os.environ | {name: str(value) for name, value in given.items() if value is not None}
    what = ["run"] if trade_date is None else ["backfill", str(trade_date), str(trade_date)]
    command = [sys.executable, "-m", "champion_assets.cli", *what, "--json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if not done.stdout.lstrip().startswith("{"):
        raise DayFailed(
            redacted(done.stderr.strip().removeprefix("Error: "))
            or f"the run ended with code {done.returncode} and no words"
        )
    account: dict[str, Any] = json.loads(done.stdout)
    if done.returncode not in (0, _BEHIND):
        raise DayFailed(redacted("\n".join(error for run in account["runs"] for error in run["errors"])))
    return account | {"rows_processed": account["rows"].get("bronze/bhavcopy", 0)}

"""What Dagster's events cost an asset-day: SQLite and Postgres as shipped against Champion's storage classes, in one
run.

256 calendar days x 12 empty assets with one check each, one in-process run, as in the graph itself. Baselines:
`SqliteEventLogStorage`, `PostgresEventLogStorage`. CPU is that of this process; disk is that of SQLite alone.

    python -m champion_assets_tests.benchmarks.events [DAYS]
"""

import os
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg

import champion_assets
from champion_assets_tests.servers.run import postgres_server

ASSETS = 12
GRID = dg.DailyPartitionsDefinition("2016-01-01", end_date="2026-01-01")


def _asset(number: int) -> dg.AssetsDefinition:
    name = f"a{number}"

    @dg.asset(
        name=name,
        partitions_def=GRID,
        backfill_policy=dg.BackfillPolicy.multi_run(1000),
        deps=[f"a{number - 1}"] if number else [],
        check_specs=[dg.AssetCheckSpec("schema", asset=name)],
    )
    def empty(context: dg.AssetExecutionContext) -> Iterator[Any]:
        for key in context.partition_keys:
            context.add_asset_metadata(
                {"status": "written", "dagster/partition_row_count": 1, "size_bytes": 1, "fingerprint": "f" * 32},
                partition_key=key,
            )
        yield dg.AssetCheckResult(passed=True, check_name="schema")
        yield dg.MaterializeResult()

    return empty


def measure(storage: str, days: int) -> tuple[float, float, float]:
    """Milliseconds of wall and CPU an asset-day, kilobytes on disk an asset-day."""
    os.environ.pop("DAGSTER_EVENT_BATCH_SIZE", None)
    assets = [_asset(number) for number in range(ASSETS)]
    last = (GRID.get_partition_keys())[days - 1]
    tags = {"dagster/asset_partition_range_start": "2016-01-01", "dagster/asset_partition_range_end": last}
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        os.environ["DAGSTER_HOME"] = folder
        text = (Path(champion_assets.__file__).parent / "orchestration/instance.yaml").read_text()
        if storage == "shipped":
            text = "telemetry: {enabled: false}\n"
        elif storage.startswith("Postgres"):
            text = (Path(champion_assets.__file__).parent / "orchestration/instance.server.yaml").read_text()
            if storage == "Postgres, shipped":
                url = os.environ["CHAMPION_POSTGRES_URL"]
                text = f"telemetry: {{enabled: false}}\nstorage: {{postgres: {{postgres_url: '{url}'}}}}\n"
        elif storage == "champion, planned events as a subset":
            text = text.replace("    batch_size: 500", "    planned_events_as_subset: true\n    batch_size: 500")
        (Path(folder) / "dagster.yaml").write_text(text)
        with dg.DagsterInstance.from_config(folder) as instance:
            wall, cpu = time.perf_counter(), time.process_time()
            assert dg.materialize(assets, instance=instance, tags=tags, run_config=quiet).success
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        size = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
    count = days * ASSETS
    return 1000 * wall / count, 1000 * cpu / count, size / 1024 / count


def main() -> None:
    """Print the table."""
    warnings.simplefilter("ignore")
    days = int(sys.argv[1]) if len(sys.argv) > 1 else 256
    baseline = None
    print(f"{days} days x {ASSETS} assets  ms wall  ms CPU  KB disk  ratio")  # noqa: T201
    for storage in (
        "champion",
        "champion, planned events as a subset",
        "shipped",
        "Postgres, champion",
        "Postgres, shipped",
    ):
        with tempfile.TemporaryDirectory() as folder, postgres_server(Path(folder)) as url:
            os.environ["CHAMPION_POSTGRES_URL"] = url
            wall, cpu, size = measure(storage, days)
        baseline = wall if storage == "champion" else baseline
        print(f"{storage:40} {wall:6.2f} {cpu:6.2f} {size:6.1f}  {wall / (baseline or wall):5.1f}")  # noqa: T201


if __name__ == "__main__":
    main()

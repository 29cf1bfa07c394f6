"""Apache Spark reads the lake's tables in place, at their present and at an earlier version: equal to Champion's own
reading?

Spark's package for Delta Lake is a Java archive. Without it Spark is handed the files that the log names at a version,
which is what that package does with a table of our protocol (no deletion vectors, no column mapping). Needs Java and
pyspark in a Python of its own, which is named in SPARK_PYTHON; compared are rows, non-empty values, least and greatest
value of every column, and the sums of whole numbers.

    SPARK_PYTHON=.local/spark/bin/python DATA_DIR=data python -m champion_assets_tests.benchmarks.spark_reads
"""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl

from champion_assets.catalog import TABLES
from champion_assets.lake.manifest import TableState
from champion_assets.lake.open import open_lake
from champion_assets.lake.store import Lake
from champion_assets.settings import get_settings

ASK = r"""
import json, sys
from pyspark.sql import SparkSession, functions as F, types as T
spark = (SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
         .config("spark.ui.showConsoleProgress", "false")
         .config("spark.driver.memory", "4g")
         .config("spark.sql.session.timeZone", "UTC").config("spark.log.level", "ERROR").getOrCreate())
for line in sys.stdin:
    paths = json.loads(line)
    frame = spark.read.parquet(*paths)
    plain = [f for f in frame.schema.fields if not isinstance(f.dataType, (T.ArrayType, T.StructType))]
    asked = [F.count("*")]
    for f in plain:
        asked += [F.count(f.name), F.min(f.name).cast("string"), F.max(f.name).cast("string")]
        if isinstance(f.dataType, (T.LongType, T.IntegerType)):
            asked.append(F.sum(f.name))
    print(json.dumps([[f.name for f in plain], list(frame.agg(*asked).first())]), flush=True)
"""


def ours(paths: list[str], names: list[str]) -> list[Any]:
    """The same figures by Polars."""
    scan = pl.scan_parquet(paths)
    schema, asked = scan.collect_schema(), [pl.len().alias("rows")]
    for name in names:
        column, kind = pl.col(name), schema[name]
        asked += [
            column.count().alias(f"{name} n"),
            column.min().alias(f"{name} least"),
            column.max().alias(f"{name} greatest"),
        ]
        if kind in (pl.Int64, pl.Int32):
            asked.append(
                pl.when(column.count() > 0).then(column.sum()).alias(f"{name} sum")
            )  # Spark's sum of nothing is NULL
    return list(scan.select(asked).collect().row(0))


def same(theirs: Any, our: Any) -> bool:
    """Spark's text of a value against ours."""
    if theirs is None or our is None:
        return theirs is our
    if isinstance(our, bool):
        return bool(theirs == str(our).lower())
    if isinstance(our, float):
        return float(theirs) == our
    if isinstance(our, int):
        return int(theirs) == our
    if isinstance(our, dt.datetime):
        return dt.datetime.fromisoformat(theirs).replace(tzinfo=our.tzinfo) == our
    return bool(theirs == str(our))


def moments(lake: Lake, table: str) -> list[tuple[str, TableState]]:
    """The present, and the version of half as many commits."""
    versions, _ = lake.log(table)
    last = max(versions)
    found = [(f"version {last}", lake.state(table))]
    earlier = next((number for number in range(last // 2, last) if number in versions), None)
    return found if earlier is None else [*found, (f"version {earlier}", lake.state_at(table, earlier))]


def main() -> int:
    """0 if every table is the same at every moment."""
    python = os.environ.get("SPARK_PYTHON")
    if python is None or not Path(python).exists():
        print("name a Python that has pyspark in SPARK_PYTHON; Java must be on the machine, too")  # noqa: T201
        return 2
    lake, different = open_lake(get_settings()), 0
    with subprocess.Popen([python, "-c", ASK], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as spark:
        assert spark.stdin is not None
        assert spark.stdout is not None
        for table in [name for name in TABLES if not name.startswith("warehouse/") and lake.has_log(name)]:
            for moment, state in moments(lake, table):
                paths = [lake.uri(f"{table}/{file.path}") for file in state.files.values()]
                if not paths:
                    continue
                spark.stdin.write(json.dumps(paths) + "\n")
                spark.stdin.flush()
                names, figures = json.loads(spark.stdout.readline())
                expected = ours(paths, names)
                equal = len(figures) == len(expected) and all(map(same, figures, expected))
                different += not equal
                print(  # noqa: T201
                    f"{table:32} {moment:14} {expected[0]:>10,} rows "
                    f"{len(paths):>4} files {'equal' if equal else 'DIFFERENT'}"
                )
                if not equal:
                    print([(t, o) for t, o in zip(figures, expected, strict=False) if not same(t, o)][:5])  # noqa: T201
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())

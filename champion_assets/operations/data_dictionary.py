"""The data dictionary: every table's columns, generated from the Pandera models.

    python -m champion_assets.operations.data_dictionary > docs/data_dictionary.md

What belongs here: the wording of the page. The content stands in the models, which is why it cannot be out of date.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable

import pandera.polars as pa

from champion_assets.catalog import HISTORY_TABLES, TABLES
from champion_assets.lake.table import DailyTable, HistoryTable

_HEAD = """# Data dictionary

Generated from the Pandera models by `python -m champion_assets.operations.data_dictionary`; do not edit.
A table `stage/name` is the asset and the lake folder; where it says so, also a table `stage.name` in DuckDB and
`stage_name` in ClickHouse. Prices in rupees, as published."""


def data_dictionary(tables: Iterable[DailyTable | HistoryTable] | None = None) -> str:
    """The page as Markdown, of `tables` or of the catalog's."""
    shown: Iterable[DailyTable | HistoryTable] = (*TABLES.values(), *HISTORY_TABLES) if tables is None else tables
    texts = (f"## {each.name}\n\n{each.description}{_in_sql(each)}\n\n{_columns(each.model)}" for each in shown)
    return "\n\n".join([_HEAD, *texts]) + "\n"


def _in_sql(table: DailyTable | HistoryTable) -> str:
    if not isinstance(table, DailyTable) or not table.in_warehouse:
        return ""
    rows = f", the rows with `{table.warehouse_rows}`" if table.warehouse_rows else ""
    return f" In SQL: `{table.name.replace('/', '.')}`{rows}."


def _columns(model: type[pa.DataFrameModel]) -> str:
    lines = ["| column | type | null | rule | meaning |", "|---|---|---|---|---|"]
    for name, column in model.to_schema().columns.items():
        kind = "List of holdings" if "Struct" in str(column.dtype) else str(column.dtype)
        rules = ", ".join(_rule(str(check)) for check in column.checks) + (", unique" if column.unique else "")
        lines.append(
            f"| `{name}` | {kind} | {'yes' if column.nullable else ''} | {rules.strip(', ')} | {column.description} |"
        )
    return "\n".join(lines)


def _rule(check: str) -> str:
    text = re.sub(r"^<Check \w+: |>$", "", check).replace("|", "\\|")
    return "one of " + text[5:-1] if text.startswith("isin(") else text


if __name__ == "__main__":
    sys.stdout.write(data_dictionary())

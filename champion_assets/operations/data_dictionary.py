"""The data dictionary: every table's columns, generated from the Pandera models.

    python -m champion_assets.operations.data_dictionary > docs/data_dictionary.md

What belongs here: the wording of the page. The content stands in the models, which is why it cannot be out of date.
"""

from __future__ import annotations

import re
import sys

import pandera.polars as pa

_HEAD = """# Data dictionary

Generated from the Pandera models by `python -m champion_assets.operations.data_dictionary`; do not edit.
A table `stage/name` is the asset, the lake folder and, as `stage.name`, the SQL table. Prices in rupees, as published."""


def data_dictionary() -> str:
    """The page as Markdown."""
    from champion_assets.backtest.tear_sheet import NAME, TearSheet
    from champion_assets.definitions import defs
    from champion_assets.lake.table import TABLES

    order = [key.to_user_string() for key in defs.resolve_asset_graph().toposorted_asset_keys]
    parts = [_HEAD]
    for name in order:
        model = TearSheet if name == NAME else TABLES[name].model
        summary = next(spec.description for spec in defs.resolve_all_asset_specs() if spec.key.to_user_string() == name)
        parts.append(f"## {name}\n\n{summary}\n\n{_columns(model)}")
    return "\n\n".join(parts) + "\n"


def _columns(model: type[pa.DataFrameModel]) -> str:
    lines = ["| column | type | null | rule | meaning |", "|---|---|---|---|---|"]
    for name, column in model.to_schema().columns.items():
        kind = "List of holdings" if "Struct" in str(column.dtype) else str(column.dtype)
        rules = ", ".join(_rule(str(check)) for check in column.checks) + (", unique" if column.unique else "")
        lines.append(f"| `{name}` | {kind} | {'yes' if column.nullable else ''} | {rules.strip(', ')} | {column.description} |")
    return "\n".join(lines)


def _rule(check: str) -> str:
    text = re.sub(r"^<Check \w+: |>$", "", check).replace("|", "\\|")
    return "one of " + text[5:-1] if text.startswith("isin(") else text


if __name__ == "__main__":
    sys.stdout.write(data_dictionary())

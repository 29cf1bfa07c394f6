"""A table's Pandera model as its asset check `schema`, and as the column schema shown in the UI.

What belongs here: the translation from Pandera to Dagster. Validation itself happens while building (`lake/build.py`),
on eager frames, before anything is written; the check reports its verdict for the run.
"""

from __future__ import annotations

import dagster as dg
import pandera.polars as pa

from champion_assets.lake.errors import InvalidRows
from champion_assets.lake.range_report import RangeReport
from champion_assets.lake.table import DailyTable

CHECK = "schema"


def schema_check_spec(key: dg.AssetKey, model: type[pa.DataFrameModel]) -> dg.AssetCheckSpec:
    """The declaration of the check."""
    description = f"Every row satisfies the Pandera model {model.__name__}: columns, types, ranges, uniqueness."
    return dg.AssetCheckSpec(CHECK, asset=key, description=description, blocking=True)


def schema_check_result(table: DailyTable, report: RangeReport) -> dg.AssetCheckResult:
    """The verdict of a run: failed if any day's rows broke the model.

    Other failures of a day are not this check's matter.
    """
    broken = {date: error for date, error in report.failed.items() if isinstance(error, InvalidRows)}
    metadata: dict[str, dg.MetadataValue] = {
        "days_checked": dg.MetadataValue.int(report.count("written") + len(broken)),
        "days_unchanged": dg.MetadataValue.int(report.count("unchanged")),
        "days_closed": dg.MetadataValue.int(report.count("closed")),
        "rows": dg.MetadataValue.int(report.rows),
    }
    if broken:
        lines = [f"- {date}: {error}" for date, error in sorted(broken.items())]
        metadata["failures"] = dg.MetadataValue.md("\n".join(lines[:100]))
    return dg.AssetCheckResult(
        passed=not broken, check_name=CHECK, asset_key=dg.AssetKey(table.name.split("/")), metadata=metadata
    )


def column_schema(model: type[pa.DataFrameModel]) -> dg.TableSchema:
    """Names, types, descriptions and constraints of the columns, as the UI shows them."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=name,
                type=str(column.dtype),
                description=column.description,
                constraints=dg.TableColumnConstraints(
                    nullable=column.nullable, other=[str(check) for check in column.checks]
                ),
            )
            for name, column in model.to_schema().columns.items()
        ]
    )

"""The rules of the check table as Dagster's asset checks, and their verdicts after a run.

What belongs here: the translation. The rules themselves stand in `checks/`.
"""

from __future__ import annotations

import dagster as dg
import polars as pl

from champion_assets.checks.registry import RULES
from champion_assets.checks.results import NAME, Results
from champion_assets.lake.build import RangeReport
from champion_assets.lake.schema import empty_frame
from champion_assets.lake.workspace import Workspace


def check_specs(key: dg.AssetKey) -> list[dg.AssetCheckSpec]:
    """One asset check a rule."""
    return [
        dg.AssetCheckSpec(rule.name, asset=key, description=f"{rule.rule} of {rule.asset}, {rule.severity}: {rule.says}") for rule in RULES
    ]


def check_results(workspace: Workspace, report: RangeReport) -> list[dg.AssetCheckResult]:
    """The verdicts of a run, day by day in the metadata."""
    days = [date for date, outcome in report.outcomes.items() if outcome.status != "closed"]
    rows = workspace.lake.read(NAME, days) if days else empty_frame(Results)
    verdicts = []
    for rule in RULES:
        mine = rows.filter(pl.col("check_name") == rule.name)
        bad = mine.filter(~pl.col("passed"))
        lines = [
            f"| {date} | {count} | {sample} |" for date, count, sample in bad.select("trade_date", "rows", "sample").head(100).iter_rows()
        ]
        metadata: dict[str, dg.MetadataValue] = {
            "days_checked": dg.MetadataValue.int(mine.height),
            "days_failed": dg.MetadataValue.int(bad.height),
            "overridden": dg.MetadataValue.int(mine.filter(pl.col("override") != "").height),
        }
        if lines:
            metadata["days"] = dg.MetadataValue.md("\n".join(["| day | rows | what |", "|---|---|---|", *lines]))
        severity = dg.AssetCheckSeverity.ERROR if rule.severity == "block" else dg.AssetCheckSeverity.WARN
        verdicts.append(
            dg.AssetCheckResult(
                passed=bad.is_empty() or rule.severity == "info",
                check_name=rule.name,
                asset_key=dg.AssetKey(NAME.split("/")),
                severity=severity,
                metadata=metadata,
            )
        )
    return verdicts

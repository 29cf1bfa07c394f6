"""The residuals of `checks/index_replication` as an asset check on it, with a plot of them.

What belongs here: the judgement of the whole stored history, and its words. What does not: the residuals themselves
(`checks/index_replication.py`). Annotations are read by Dagster as the module is imported, so they are real types here.
"""

from collections.abc import Collection

import dagster as dg
import numpy as np
import polars as pl

from champion_assets.checks.index_replication import NAME
from champion_assets.lake.open import open_lake
from champion_assets.lake.store import Lake
from champion_assets.orchestration.resources import settings_of_run

CHECK = "residual"
LIMIT_BP = 1.0
"""Basis points up to which what was recomputed is what was published."""
SHOWN = 20
SAYS = (
    f"What the exchange publishes of the market is recomputed within {LIMIT_BP:g} basis point, and a larger difference "
    "has the names of members with an action of the day. An equal weight without the session of its last reset in the "
    "history is not judged."
)


def replication_checks(tables: Collection[str]) -> list[dg.AssetChecksDefinition]:
    """The check, if the graph has the table."""
    if NAME not in tables:
        return []

    @dg.asset_check(asset=dg.AssetKey(NAME.split("/")), name=CHECK, description=SAYS, required_resource_keys={"lake"})
    def residual(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        return residual_verdict(open_lake(settings_of_run(context.resources)))

    return [residual]


def residual_verdict(lake: Lake) -> dg.AssetCheckResult:
    """The verdict over all stored days; failed if a difference has neither a small size nor a name behind it."""
    columns = ["trade_date", "witness", "residual_bp", "differing", "behind", "basis"]
    dates = lake.dates(NAME)
    rows = lake.read(NAME, dates, columns).sort("trade_date", "witness") if dates else pl.DataFrame()
    sized = rows.drop_nulls("residual_bp") if rows.height else rows
    if sized.is_empty():
        words = "No day has a published figure to compare with."
        return _result(passed=True, words=words, metadata={"days_judged": dg.MetadataValue.int(0)})
    is_judged = (pl.col("witness") != "equal_weight") | pl.col("basis").is_not_null()
    judged = sized.filter(is_judged)
    large = judged.filter(pl.col("residual_bp").abs() > LIMIT_BP).sort(pl.col("residual_bp").abs(), descending=True)
    nameless = large.filter(pl.col("behind") == "")
    metadata: dict[str, dg.MetadataValue] = {
        "days_judged": dg.MetadataValue.int(judged["trade_date"].n_unique()),
        "not_judged": dg.MetadataValue.int(sized.height - judged.height),
        "explained": dg.MetadataValue.int(large.height - nameless.height),
        "plot": dg.MetadataValue.md(_plot(sized)),
    }
    if large.height:
        metadata["largest"] = dg.MetadataValue.md(_table(large))
    other = rows.filter(pl.col("differing") > 0)
    if other.height:
        metadata["securities_that_differ"] = dg.MetadataValue.md(_table(other.tail(SHOWN)))
    if nameless.is_empty():
        words = f"Every difference of {judged['trade_date'].n_unique()} days is within {LIMIT_BP:g} bp or has a name."
        return _result(passed=True, words=words, metadata=metadata)
    date, witness, size = nameless.select("trade_date", "witness", "residual_bp").row(0)
    words = f"Differences without a name: {nameless.height}; the largest is {size:.2f} bp of {witness} on {date}."
    return _result(passed=False, words=words, metadata=metadata)


def _result(*, passed: bool, words: str, metadata: dict[str, dg.MetadataValue]) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        passed=passed,
        check_name=CHECK,
        asset_key=dg.AssetKey(NAME.split("/")),
        severity=dg.AssetCheckSeverity.WARN,
        description=words,
        metadata=metadata,
    )


def _plot(sized: pl.DataFrame) -> str:
    """Basis points by day of each witness, as a picture."""
    from champion_assets.backtest.charts import line_chart

    days = sized["trade_date"].unique().sort().to_list()
    place = {date: number for number, date in enumerate(days)}
    lines = {}
    for (witness,), mine in sized.partition_by("witness", as_dict=True, maintain_order=True).items():
        values = np.full(len(days), np.nan)
        values[[place[date] for date in mine["trade_date"]]] = mine["residual_bp"].to_numpy()
        lines[f"{witness}, basis points"] = values
    return line_chart(days, dict(sorted(lines.items())))


def _table(rows: pl.DataFrame) -> str:
    lines = [
        f"| {date} | {witness} | {'' if size is None else f'{size:.2f}'} | {differing or ''} | {behind} |"
        for date, witness, size, differing, behind, _ in rows.head(SHOWN).iter_rows()
    ]
    return "\n".join(["| day | witness | basis points | securities | behind |", "|---|---|---|---|---|", *lines])

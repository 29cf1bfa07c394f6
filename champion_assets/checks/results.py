"""`checks/results`: the outcome of every check on every day, as data.

A block stops the day here: `features/returns` and `features/universe` are not built on a day whose block failed, until
the cause is mended or a line in the file in CHAMPION_CHECKS (date, check, why, evidence) overrides it. Quarantine, warn
and info report. Limits and their measured base rates stand in `thresholds.py`.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Sequence
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

import pandera.polars as pa
import polars as pl

from champion_assets.checks import thresholds
from champion_assets.checks.registry import BY_NAME, RULES
from champion_assets.checks.rules import PAST, Context
from champion_assets.common.errors import ChampionError
from champion_assets.lake.constants import values_of
from champion_assets.lake.errors import BlockedByCheck
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.place import Input, Place
from champion_assets.lake.schema import TableModel, empty_frame
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.settings import Settings

NAME = "checks/results"


class OverrideError(ChampionError, ValueError):
    """A line of the overrides is invalid."""


class Results(TableModel):
    """What a check found on a day."""

    trade_date: pl.Date = pa.Field(description="Session")
    check_name: str = pa.Field(isin=list(BY_NAME), description="Name of the check")
    rule: str = pa.Field(description="Code of the check, see docs/checks.md")
    asset: str = pa.Field(description="Table that the check judges")
    severity: str = pa.Field(isin=["block", "quarantine", "warn", "info"], description="Effect of a failure")
    passed: bool = pa.Field(description="True if nothing was found, or if an override accepts the failure")
    value: float = pa.Field(
        nullable=True,
        description="Measured value: number of offending rows, or a ratio; null if there is nothing to measure",
    )
    rows: pl.Int64 = pa.Field(ge=0, description="Offending rows")
    sample: str = pa.Field(description="First offending rows, or a description of the finding")
    override: str = pa.Field(description="Reason of the override that accepts the failure; empty if none")

    class Config(TableModel.Config):
        """One row per check and day."""

        unique = ["trade_date", "check_name"]


def overrides(settings: Settings) -> dict[tuple[dt.date, str], str]:
    """The reasons why failures are accepted, by day and check: packaged lines and those of the user.

    Args:
        settings: may name a file (CHAMPION_CHECKS).

    Raises:
        OverrideError: names file, line and the error.
    """
    packaged = resources.files("champion_assets.checks").joinpath("overrides.csv").read_text("utf-8")
    found = _parse(packaged, "overrides.csv")
    if settings.check_overrides is not None:
        return found | _parse(Path(settings.check_overrides).read_text("utf-8-sig"), str(settings.check_overrides))
    return found


@lru_cache(maxsize=8)
def _parse(text: str, origin: str) -> dict[tuple[dt.date, str], str]:
    found = {}
    reader = csv.DictReader(text.splitlines())
    if not {"date", "check", "why", "evidence"} <= set(reader.fieldnames or []):
        raise OverrideError(f"{origin}: the columns are date,check,why,evidence")
    for line, row in enumerate(reader, start=2):
        try:
            date = dt.date.fromisoformat(row["date"])
        except (TypeError, ValueError) as error:
            raise OverrideError(f"{origin}, line {line}: {row['date']!r} is not a date; write YYYY-MM-DD") from error
        if row["check"] not in BY_NAME:
            raise OverrideError(f"{origin}, line {line}: there is no check {row['check']!r}")
        if not (row["why"] or "").strip() or not (row["evidence"] or "").strip():
            raise OverrideError(f"{origin}, line {line}: why and evidence are needed")
        found[date, row["check"]] = f"{row['why']} ({row['evidence']})"
    return found


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """All outcomes of `dates`.

    Args:
        inputs: declared inputs of the block.
        dates: sessions to compute, in order.

    Returns:
        The rows of all `dates`, with metadata by day.
    """
    context = Context(inputs, dates)
    lines = pl.DataFrame(
        [(date, check, why) for date in dates for check, why in inputs.facts[date]["overrides"]],
        schema={"trade_date": pl.Date, "check_name": pl.String, "why": pl.String}, orient="row",
    )  # fmt: skip
    frames = [
        rule.evaluate(context).with_columns(
            check_name=pl.lit(rule.name),
            rule=pl.lit(rule.rule),
            asset=pl.lit(rule.asset),
            severity=pl.lit(rule.severity),
        )
        for rule in RULES
    ]
    table = pl.concat(frames).join(lines, on=["trade_date", "check_name"], how="left", maintain_order="left")
    table = table.with_columns(override=pl.when("failed").then("why").fill_null(""))
    table = table.with_columns(passed=~pl.col("failed") | (pl.col("override") != ""))
    table = table.sort("trade_date", maintain_order=True).select(list(empty_frame(Results).columns))
    failed = table.filter(~pl.col("passed"))
    facts = {date: dict.fromkeys(("block", "quarantine", "warn"), 0) for date in dates}
    for date, severity, count in failed.group_by("trade_date", "severity").len().iter_rows():
        if severity in facts[date]:
            facts[date][severity] = count
    return Computed(
        table,
        facts={date: {f"failed_{name}": count for name, count in counts.items()} for date, counts in facts.items()},
    )


def blocked(place: Place, dates: Sequence[dt.date]) -> dict[dt.date, Exception]:
    """Days that may not be used for features.

    Args:
        place: where the tables are.
        dates: days to judge; days without results are not judged.

    Returns:
        The reason by day.
    """
    found = (
        place.lake.read(NAME, dates, ["trade_date", "check_name", "severity", "passed", "sample"])
        if dates
        else empty_frame(Results)
    )
    return {
        date: BlockedByCheck(
            f"{date}: check {check} blocks the day: {sample}. Mend the cause; if it is genuine, a line "
            f"`{date},{check},WHY,EVIDENCE` in the CSV in CHAMPION_CHECKS lets the day through"
        )
        for date, check, sample in found.filter((pl.col("severity") == "block") & ~pl.col("passed"))
        .select("trade_date", "check_name", "sample")
        .iter_rows()
    }


def _day_facts(place: Place, dates: Sequence[dt.date]) -> dict[dt.date, dict[str, Any]]:
    """By day the type of the session and the overrides, as (check, why)."""
    allowed = overrides(place.settings)
    return {
        date: {
            "session": place.calendar.day(date).status,
            "overrides": sorted((check, why) for (day, check), why in allowed.items() if day == date),
        }
        for date in dates
    }


TABLE = DailyTable(
    name=NAME,
    description="One row per check and day: the outcome, the measured value, the offending rows, and the override "
    "that accepts a failure.",
    model=Results,
    code_version="6",
    inputs=lambda _: (
        Input("silver/equity_eod", PAST),
        Input("silver/corporate_actions"),
        Input("silver/suspects"),
        Input("silver/index_eod"),
        Input("bronze/bhavcopy"),
        Input("bronze/bundle_prices"),
        Input("bronze/delivery"),
        Input("raw/bhavcopy"),
        Input("raw/delivery"),
        Input("raw/corporate_actions"),
        Input("raw/index_close"),
    ),
    day_facts=_day_facts,
    constants={**values_of(thresholds)},
    compute=compute,
    block=250,
    kinds=frozenset({"parquet", "polars"}),
    peak_megabytes=689,
    in_warehouse=True,
)

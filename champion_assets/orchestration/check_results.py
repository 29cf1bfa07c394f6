"""The rules of the check table as Dagster's asset checks on the tables that they judge.

What belongs here: the translation. The rules themselves stand in `checks/`, their outcomes in the table
`checks/results`.

One op runs after `checks/results` and reports, for each rule, whether anything in the whole stored history is
unresolved, with the worst day first. So the latest result of a check never hides an earlier failure, whichever days the
last run was about. The checks have no partitions; docs/architecture.md says why. Annotations are read by Dagster as the
module is imported, so they are real types here.
"""

import datetime as dt
from collections.abc import Collection, Iterator, Sequence

import dagster as dg
import polars as pl

from champion_assets.catalog import open_workspace
from champion_assets.checks.registry import RULES
from champion_assets.checks.results import NAME
from champion_assets.checks.rules import Rule
from champion_assets.checks.unresolved import Failure, Unresolved, unresolved
from champion_assets.lake.workspace import Workspace
from champion_assets.orchestration.resources import settings_of_run

OP = "check_results"
SHOWN = 100
"""Failed days in the table of a check's metadata."""


def result_checks(tables: Collection[str]) -> list[dg.AssetChecksDefinition]:
    """The checks of all rules that judge one of `tables`; none if the graph does not have `checks/results`."""
    rules = {_key(rule): rule for rule in RULES if rule.asset in tables}
    if NAME not in tables or not rules:
        return []

    @dg.multi_asset_check(
        name=OP, specs=[_spec(rule) for rule in rules.values()], can_subset=True, required_resource_keys={"lake"},
        description="Shows unresolved failures of checks/results on the table that each check judges.",
    )  # fmt: skip
    def check_results(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        chosen = [rule for key, rule in rules.items() if key in context.selected_asset_check_keys]
        yield from verdicts(open_workspace(settings_of_run(context.resources)), chosen)

    return [check_results]


def _key(rule: Rule) -> dg.AssetCheckKey:
    return dg.AssetCheckKey(dg.AssetKey(rule.asset.split("/")), rule.name)


def _spec(rule: Rule) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        rule.name, asset=dg.AssetKey(rule.asset.split("/")), additional_deps=[dg.AssetKey(NAME.split("/"))],
        description=f"{rule.says} Rule {rule.rule}, severity {rule.severity}.",
        metadata={"rule": rule.rule, "severity": rule.severity},
    )  # fmt: skip


def verdicts(workspace: Workspace, rules: Sequence[Rule]) -> list[dg.AssetCheckResult]:
    """One result for each rule; none at all while no day was judged, which Dagster shows as skipped."""
    found = unresolved(workspace.lake)
    if not found.days:
        return []
    columns = ["check_name", "passed", "value", "sample", "override"]
    last = {
        row[0]: row[1:]
        for row in workspace.lake.read(NAME, found.days[-1:], columns).select(pl.col(columns)).iter_rows()
    }
    return [_verdict(rule, found, last.get(rule.name)) for rule in rules]


def _verdict(rule: Rule, found: Unresolved, last: tuple[bool, float | None, str, str] | None) -> dg.AssetCheckResult:
    """The result of one rule: `last` is its outcome on the last judged day, if it has one."""
    failures = found.by_check.get(rule.name, [])
    metadata: dict[str, dg.MetadataValue] = {
        "days_judged": dg.MetadataValue.int(len(found.days)),
        "judged_until": dg.MetadataValue.text(found.days[-1].isoformat()),
        "days_unresolved": dg.MetadataValue.int(len(failures)),
    }
    if last is not None:
        metadata["last_day"] = dg.MetadataValue.text(_outcome(*last))
    if failures:
        worst = failures[0]
        metadata["worst_day"] = dg.MetadataValue.text(worst.date.isoformat())
        metadata["worst_rows"] = dg.MetadataValue.int(worst.rows)
        metadata["worst_sample"] = dg.MetadataValue.text(worst.sample)
        metadata["unresolved"] = dg.MetadataValue.md(_table(failures))
    return dg.AssetCheckResult(
        passed=not failures, check_name=rule.name, asset_key=dg.AssetKey(rule.asset.split("/")),
        severity=dg.AssetCheckSeverity.ERROR if rule.severity == "block" else dg.AssetCheckSeverity.WARN,
        description=_sentence(failures, found.days), metadata=metadata,
    )  # fmt: skip


def _outcome(passed: bool, value: float | None, sample: str, override: str) -> str:  # columns of a row
    words = [
        "passed" if passed else "failed",
        "" if value is None else f"value {value:g}",
        sample,
        f"override: {override}" if override else "",
    ]
    return "; ".join(word for word in words if word)


def _sentence(failures: Sequence[Failure], days: Sequence[dt.date]) -> str:
    if not failures:
        return f"Nothing is unresolved on {len(days)} days from {days[0]} to {days[-1]}."
    worst = failures[0]
    return (
        f"Unresolved on {len(failures)} of {len(days)} days; the worst is {worst.date}: "
        f"{worst.sample or f'{worst.rows} rows'}"
    )


def _table(failures: Sequence[Failure]) -> str:
    lines = [f"| {each.date} | {each.rows} | {each.sample.replace('|', '/')} |" for each in failures[:SHOWN]]
    more = [f"\n{len(failures) - SHOWN} more days are in {NAME}."] if len(failures) > SHOWN else []
    return "\n".join(["| day | rows | what |", "|---|---|---|", *lines, *more])

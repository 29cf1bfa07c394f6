"""The page of checks.

Every rule with what it demands, its limits and their base rates, and what to do, generated from the code.

    python -m champion_assets.operations.check_dictionary > docs/checks.md

What belongs here: the wording of the page. What does not: the rules (`checks/`), the limits (`checks/thresholds.py`),
the ways in which a file is refused (`nse/errors.py`); they are read there, which is why the page cannot be out of date.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from champion_assets.checks import thresholds
from champion_assets.checks.registry import RULES
from champion_assets.checks.rules import Rule
from champion_assets.nse import errors
from champion_assets.nse.errors import BadPayload

_CODE = re.compile(r"\b[A-Z]\d{1,2}\b")
_SEVERITY = {
    "block": "The features and all later tables are not built for the day.",
    "quarantine": "The rows or the file are set aside. The day is built without them.",
    "warn": "The day is built. The asset check of the table and `champion doctor` show the failure.",
    "info": "The day is built. The result is only recorded in `checks/results`.",
}
_TO_DO = {
    "block": "Read the sample in `checks/results`. If the file is wrong, replace it and run `champion backfill DAY DAY "
    "--refetch`. If NSE really published these values, accept the failure: add a line (date, check, reason, evidence) "
    "to the file in `CHAMPION_CHECKS`.",
    "quarantine": "`champion quarantine list` shows each row with file, line and reason. Accept it with `champion "
    "quarantine release` or reject it with `drop`. Until then it stays out.",
    "warn": "Read the sample. Many warnings have a simple cause (a thin market, a Muhurat session). If the file is "
    "wrong, replace it and run the day again with `--refetch`.",
    "info": "Nothing, unless the number of rows changes much.",
}
_HEAD = """# Checks

Generated from the code by `python -m champion_assets.operations.check_dictionary`; do not edit.

Every session is checked by these rules. `checks/results` has one row per check and day; Dagster shows the same results
as asset checks. The first letter of a code is its kind: B checks a file, S the rows of one day, X a day against other
days and other files. A base rate says how often genuine files fail the check or how near they come to its limit.
Unless stated otherwise, base rates are from the files of 2016-2020 (1,238 sessions, 2,088,701 rows).

What to do, by severity:

| severity | what happens | what to do |
|---|---|---|
"""


def check_dictionary() -> str:
    """The page as Markdown."""
    severities = "".join(f"| `{name}` | {_SEVERITY[name]} | {_TO_DO[name]} |\n" for name in _SEVERITY)
    by_code: dict[str, list[Rule]] = defaultdict(list)
    for rule in RULES:
        by_code[rule.rule].append(rule)
    limits = _limits()
    sections = [_section(code, by_code[code], limits.get(code, [])) for code in sorted(by_code, key=_order)]
    return _HEAD + severities + "\n" + "\n".join(sections)


def _section(code: str, rules: list[Rule], limits: list[tuple[str, str]]) -> str:
    lines = [f"## {code}\n", "| check | table | severity | passes if |", "|---|---|---|---|"]
    lines += [f"| `{rule.name}` | `{rule.asset}` | {rule.severity} | {_cell(rule.says)} |" for rule in rules]
    if refusals := list(_refusals(code)):
        lines += [
            "",
            "A file is refused under this code for one of these reasons:",
            "",
            *(f"- `{name}`: {text}" for name, text in refusals),
        ]
    if limits:
        lines += [
            "",
            "| limit | meaning and base rate |",
            "|---|---|",
            *(f"| `{name}` | {_cell(text)} |" for name, text in limits),
        ]
    return "\n".join(lines) + "\n"


def _limits() -> dict[str, list[tuple[str, str]]]:
    """By code the limits and what stands below them in `checks/thresholds.py`.

    A text begins with the codes that use its limit.
    """
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    body = ast.parse(inspect.getsource(thresholds)).body
    for node, below in pairwise(body):
        if (
            not isinstance(node, ast.Assign)
            or not isinstance(below, ast.Expr)
            or not isinstance(below.value, ast.Constant)
        ):
            continue
        text = " ".join(str(below.value.value).split())
        head, _, rest = text.partition(",") if _CODE.match(text) else ("", "", text)
        if ":" in head:
            head, _, rest = text.partition(":")
        targets = node.targets[0]
        names = [
            each.id
            for each in (targets.elts if isinstance(targets, ast.Tuple) else [targets])
            if isinstance(each, ast.Name)
        ]
        values = "`, `".join(f"{name} = {getattr(thresholds, name)!r}" for name in names)
        for code in _CODE.findall(head):
            found[code].append((values, rest.strip()))
    return found


def _refusals(code: str) -> Iterator[tuple[str, str]]:
    for name, kind in inspect.getmembers(errors, inspect.isclass):
        if issubclass(kind, BadPayload) and kind is not BadPayload and kind.rule == code:
            yield name, " ".join(str(kind.__doc__).split())


def _order(code: str) -> tuple[int, int]:
    return "BSX".index(code[0]), int(code[1:])


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(check_dictionary())

"""The page of checks says what the code does: every rule, every limit, every way in which a file is refused."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from champion_assets.checks import thresholds
from champion_assets.checks.registry import RULES
from champion_assets.lake.constants import constants_in
from champion_assets.nse import errors
from champion_assets.operations.check_dictionary import check_dictionary

PAGE = check_dictionary()


def test_the_committed_page_is_current() -> None:
    page = Path(__file__).parents[2] / "docs" / "checks.md"
    assert page.read_text() == PAGE, "run `python -m champion_assets.operations.check_dictionary > docs/checks.md`"


def test_every_rule_stands_under_its_code() -> None:
    sections = {section.split("\n", 1)[0]: section for section in PAGE.split("\n## ")[1:]}
    for rule in RULES:
        assert f"| `{rule.name}` | `{rule.asset}` | {rule.severity} | {rule.says} |" in sections[rule.rule]
    assert set(sections) == {rule.rule for rule in RULES}


@pytest.mark.parametrize("name", sorted(constants_in(thresholds)))
def test_every_limit_is_on_the_page_with_its_value(name: str) -> None:
    assert f"{name} = {getattr(thresholds, name)!r}" in PAGE


def test_every_refusal_of_a_file_is_named() -> None:
    kinds = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, errors.BadPayload)]
    assert all(f"- `{kind.__name__}`: " in PAGE for kind in kinds if kind is not errors.BadPayload)

"""Nobody forgets the code version: what every table says of the fictional exchange, against what it said at the last
version."""

from __future__ import annotations

import json

import pytest

from champion_assets.settings import Settings
from champion_assets_tests.golden import FILE, GOLDEN, said
from champion_assets_tests.helpers import template

AGAIN = "python -m champion_assets_tests.golden"


@pytest.mark.parametrize("name", GOLDEN)
def test_results_and_code_version_change_together(name: str, settings: Settings) -> None:
    kept, now = json.loads(FILE.read_text()).get(name), said(template(settings), name)
    assert kept is not None, f"{name} is new: run `{AGAIN}`"
    if kept["code_version"] == now["code_version"] and kept["constants"] == now["constants"]:
        assert now["content"] == kept["content"], (
            f"{name} says something else than before: raise its code_version, then run `{AGAIN}`"
        )
    assert now == kept, f"{name} has a new code version or other constants: run `{AGAIN}`"


def test_no_table_is_left_over() -> None:
    assert list(json.loads(FILE.read_text())) == GOLDEN

"""The data dictionary in the docs is the one that the models give."""

from __future__ import annotations

from pathlib import Path

from champion_assets.operations.data_dictionary import data_dictionary


def test_the_committed_page_is_current() -> None:
    page = Path(__file__).parents[2] / "docs" / "data_dictionary.md"
    assert page.read_text() == data_dictionary(), (
        "run `python -m champion_assets.operations.data_dictionary > docs/data_dictionary.md`"
    )

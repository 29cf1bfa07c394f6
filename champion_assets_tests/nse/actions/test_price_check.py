"""The market's witness on genuine ex-dates, and the ratio hint."""

from __future__ import annotations

import pytest

from champion_assets.nse.actions.price_check import is_testable, nearest_ratio, verdict


@pytest.mark.parametrize(("w", "f", "expected"), [
    (0.6604, 0.666667, "ok"), (0.1013, 0.1, "ok"), (0.2015, 0.2, "ok"), (0.5002, 0.5, "ok"), (0.7547, 0.75, "ok"), (0.0090, 0.01, "ok"),
    (0.8507, 0.75, "ok"),  # HATSUN opened 13 % up
    (1.0085, 0.6667, "no_reprice"),  # DVL's bonus was DTIL's
    (0.98, 0.80, "no_reprice"),  # STAMPEDE 2017-01-10 never happened
    (0.50, 0.6667, "ratio_mismatch"),  # AHLEAST 2022-10-06: 1:1 in truth
    (1.0323, 0.9906, "ok"),  # RELIANCE's rights: too small to be told
    (None, 0.5, "untradable"), (0.7, 0.97, "ratio_mismatch"),
])  # fmt: skip
def test_verdicts(w: float | None, f: float, expected: str) -> None:
    assert verdict(w, f) == expected


def test_small_factors_cannot_be_told_from_an_ordinary_day() -> None:
    assert not is_testable(0.909)
    assert is_testable(0.8)


@pytest.mark.parametrize(
    ("w", "text"), [(0.2015, "split 5:1"), (0.0101, "split 100:1"), (0.66, "bonus 1:2"), (9.7, "consolidation 1:10"), (0.755, "bonus 1:3")]
)
def test_the_nearest_simple_ratio(w: float, text: str) -> None:
    assert nearest_ratio(w)[0] == text

"""The market's witness on genuine ex-dates, and the ratio hint."""

from __future__ import annotations

import pytest

from champion_assets.nse.actions.price_check import contradiction, is_testable, nearest_ratio, verdict, verdict_by_open


@pytest.mark.parametrize(
    ("w", "f", "expected"),
    [
        (0.6604, 0.666667, "ok"),
        (0.1013, 0.1, "ok"),
        (0.2015, 0.2, "ok"),
        (0.5002, 0.5, "ok"),
        (0.7547, 0.75, "ok"),
        (0.0090, 0.01, "ok"),
        (0.8507, 0.75, "ok"),  # HATSUN opened 13 % up
        (1.0085, 0.6667, "no_reprice"),  # DVL's bonus was DTIL's
        (0.98, 0.80, "no_reprice"),  # STAMPEDE 2017-01-10 never happened
        (0.50, 0.6667, "ratio_mismatch"),  # AHLEAST 2022-10-06: 1:1 in truth
        (1.0323, 0.9906, "ok"),  # RELIANCE's rights: too small to be told
        (None, 0.5, "untradable"),
        (0.7, 0.97, "ratio_mismatch"),
    ],
)
def test_verdicts(w: float | None, f: float, expected: str) -> None:
    assert verdict(w, f) == expected


def test_small_factors_cannot_be_told_from_an_ordinary_day() -> None:
    assert not is_testable(0.909)
    assert is_testable(0.8)


@pytest.mark.parametrize(
    ("w", "text"),
    [
        (0.2015, "split 5:1"),
        (0.0101, "split 100:1"),
        (0.66, "bonus 1:2"),
        (9.7, "consolidation 1:10"),
        (0.755, "bonus 1:3"),
    ],
)
def test_the_nearest_simple_ratio(w: float, text: str) -> None:
    assert nearest_ratio(w)[0] == text


@pytest.mark.parametrize(("f", "last", "opened", "is_flat"), [
    (0.8, 27.5, 26.9, True),  # STAMPEDE 2017-01-10 never happened
    (2 / 3, 100.0, 100.85, True),  # DVL's bonus was DTIL's
    (2 / 3, 100.0, 50.0, True),  # AHLEAST 2022-10-06: 1:1 in truth
    (0.75, 1039.10, 884.00, False),  # HATSUN opened 13 % up
    (0.8, 25.25, 24.0, False),  # RADIOCITY 2020-03-12 opened 19 % up and closed where it should
    (0.2, 168.05, 40.1, False),  # JMA 2019-05-14, the same
    (0.5, 100.0, 60.0, False), (0.5, 100.0, 40.0, False),  # at the upper and at the lower band
    (0.5, 100.0, 60.5, True), (0.5, 100.0, 39.5, True), (0.5, 0.30, 0.20, False),  # two ticks are no contradiction
    (0.97, 100.0, 70.0, False),  # too near to 1: the fall has another reason
    (10.0, 1.0, 1.0, True), (10.0, 1.0, 10.2, False),
])  # fmt: skip
def test_a_flat_contradiction_is_beyond_every_price_band(f: float, last: float, opened: float, is_flat: bool) -> None:
    assert bool(contradiction(f, last, opened, band=0.205, step=0.10)) is is_flat


def test_a_demerger_has_the_special_session_for_a_witness_only_below_the_bands() -> None:
    assert verdict_by_open(0.3519, 0.205) == "ok"  # ARVIND 2018-11-28
    assert verdict_by_open(0.9914, 0.205) == "unwitnessed"  # GREENPLY 2019-07-12: an ordinary day looks the same

"""Which statement of the feeds is in force: the newest listing before the ex-date, and what happens where they
contradict each other."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from champion_assets.bronze.corporate_actions import CorporateActions as Bronze
from champion_assets.lake.schema import empty_frame
from champion_assets.nse.actions.overrides import Override
from champion_assets.silver.corporate_actions_events import Found, day_events
from champion_assets.silver.corporate_actions_market import Market, Trade

NOVEMBER = [dt.date(2023, 11, day) for day in (1, 2, 3, 6, 7, 8, 9, 10, 13, 14, 15, 16, 17, 20, 21)]
SCHEMA = empty_frame(Bronze).schema


def told(known: dt.date, ex_date: dt.date, subject: str, **more: Any) -> dict[str, Any]:
    """A row of a bundle; `source_kind="export"` makes it one of an export, `known` is its evening."""
    base = {
        "trade_date": known,
        "symbol": "ABC",
        "symbol_on_date": "ABC",
        "series": "EQ",
        "company": "x",
        "isin": None,
        "subject": subject,
        "face_value": None,
        "ex_date": ex_date,
        "record_date": None,
        "known_on": known,
        "known_basis": "published",
        "source_kind": "bundle",
        "source_row": 1,
        "source_sha256": f"bundle {known}",
        "contradiction": None,
        "refused_rows": 0,
    }
    return base | more


def export(ex_date: dt.date, subject: str, **more: Any) -> dict[str, Any]:
    before = max(day for day in NOVEMBER if day < ex_date)
    known = {
        "trade_date": ex_date,
        "source_kind": "export",
        "known_basis": "assumed",
        "source_sha256": "export",
        "face_value": 10.0,
    }
    return told(before, ex_date, subject, **(known | more))


OTHERS = [
    told(day, dt.date(2023, 11, 30), "INT DIV - RS 1 PER SH", symbol="XYZ", symbol_on_date="XYZ") for day in NOVEMBER
]
"""What keeps a bundle of each evening in the window although it may say nothing of ABC."""


def on(
    date: dt.date,
    rows: list[dict[str, Any]],
    opened: float = 100.0,
    lines: tuple[Override, ...] = (),
    without: str = "",
    seen: dt.date | None = None,
) -> Found:
    """The events of a session on which ABC opens at `opened` after a close of 100; evenings of `without` have no
    bundle."""
    before = max((day for day in NOVEMBER if day < date), default=None)
    known = {
        "instrument_id": ["I-ABC"],
        "symbol": ["ABC"],
        "series": ["EQ"],
        "isin": [None],
        "last_seen": [seen or before],
        "last_close": [100.0],
    }
    evening = pl.DataFrame(known, schema_overrides={"isin": pl.String})
    prices = pl.DataFrame(
        {"instrument_id": ["I-ABC"], "open": [opened], "close": [opened], "prior_close": [100.0], "prev_close": [100.0]}
    )
    market = Market(date, before, evening, evening, prices, lambda *_: Trade(100.0, opened, 1))
    every = [
        row
        for row in [*OTHERS, *rows]
        if row["trade_date"] <= date and not (without and str(row["trade_date"]) in without)
    ]
    frames = [pl.DataFrame(day, schema=SCHEMA) for day in _by_day(every).values()]
    return day_events(
        market, frames, lines, (), sorted({row["trade_date"] for row in every if row["source_kind"] == "bundle"})
    )


def _by_day(rows: list[dict[str, Any]]) -> dict[dt.date, list[dict[str, Any]]]:
    days: dict[dt.date, list[dict[str, Any]]] = {}
    for row in sorted(rows, key=lambda each: each["trade_date"]):
        days.setdefault(row["trade_date"], []).append(row)
    return days


def day(number: int) -> dt.date:
    return dt.date(2023, 11, number)


def evenings(first: int, last: int) -> list[dt.date]:
    return [each for each in NOVEMBER if day(first) <= each <= day(last)]


MOVED = [told(each, day(15), "BONUS 1:1") for each in evenings(1, 8)] + [
    told(each, day(17), "BONUS 1:1") for each in evenings(9, 17)
]


def test_a_moved_event_takes_effect_once_on_its_new_date() -> None:
    first = on(day(15), MOVED)
    assert first.rows == []
    assert first.rejects == []
    assert "BONUS 1:1 of 2023-11-15: the bundle of 2023-11-14 no longer lists it" in first.facts["withdrawn"]
    rows = on(day(17), MOVED, opened=50.0).rows
    assert [(row["f_capital"], row["q"], row["held"], row["ex_date"]) for row in rows] == [(0.5, 2.0, None, day(17))]
    assert on(day(20), MOVED).rows == []


def test_an_event_whose_row_may_be_among_the_unreadable_ones_is_held_not_withdrawn() -> None:
    rows = [told(each, day(15), "BONUS 1:1") for each in evenings(1, 13)]
    others = [told(day(14), day(30), "INT DIV - RS 1 PER SH", symbol="PQR", symbol_on_date="PQR", refused_rows=1)]
    (row,) = on(day(15), [*rows, *others], 50.0).rows
    assert (row["f_capital"], row["f_proposed"]) == (1.0, 0.5)
    assert row["held"] == "the bundle of 2023-11-14 no longer lists it, and 1 of its rows could not be read"
    assert on(day(15), rows).rows == []


APART = [
    export(day(10), "Bonus 1:1", contradiction="one export has it on 2023-11-10, another on 2023-11-15"),
    export(
        day(15),
        "Bonus 1:1",
        source_sha256="other",
        contradiction="one export has it on 2023-11-15, another on 2023-11-10",
    ),
]
"""Two exports, both of which cover both days."""


def test_what_another_export_has_on_another_day_is_held_on_both() -> None:
    for number in (10, 15):
        (row,) = on(day(number), APART, 50.0).rows
        assert (row["f_capital"], row["f_proposed"]) == (1.0, 0.5)
        assert row["held"] == f"one export has it on {day(number)}, another on {day(25 - number)}"


def test_where_a_bundle_lists_the_event_the_exports_are_not_asked() -> None:
    rows = [*APART, *(told(each, day(15), "BONUS 1:1") for each in evenings(1, 14))]
    (row,) = on(day(15), rows, 50.0).rows
    assert (row["f_capital"], row["held"]) == (0.5, None)
    (early,) = on(day(10), rows, 50.0).rows
    assert early["held"] == "an export has it on 2023-11-10, the bundle of 2023-11-09 on another day"


def test_without_the_newer_bundles_the_old_date_stands() -> None:
    rows = on(
        day(15), [row for row in MOVED if row["ex_date"] == day(15)], 50.0, without=" ".join(map(str, evenings(9, 14)))
    ).rows
    assert [row["f_capital"] for row in rows] == [0.5]


@pytest.mark.parametrize(
    ("old", "new", "f"),
    [
        ("BONUS 1:1", "BONUS 1:2", 2 / 3),
        ("BONUS 1:1", "FV SPLT FRM RS 10 TO RS 5", 0.5),
        ("BONUS 1:2", "FV SPLT FRM RS 10 TO RS 8", 0.8),
    ],
)
def test_a_corrected_event_leaves_nothing_of_what_was_said_before(old: str, new: str, f: float) -> None:
    rows = [told(each, day(15), old) for each in evenings(1, 8)] + [
        told(each, day(15), new) for each in evenings(9, 15)
    ]
    rows += [export(day(15), "Annual General Meeting")]
    found = on(day(15), rows, opened=100 * f).rows
    assert len(found) == 1
    assert (found[0]["f_capital"], found[0]["held"]) == (pytest.approx(f), None)


def test_a_corrected_dividend_is_paid_once() -> None:
    rows = [told(each, day(15), "INT DIV - RS 2 PER SH") for each in evenings(1, 8)]
    rows += [told(each, day(15), "DIV - RS 3 PER SH") for each in evenings(9, 15)]
    assert [row["cash"] for row in on(day(15), rows).rows] == [3.0]


def test_the_same_dividend_told_by_two_feeds_is_paid_once() -> None:
    bundle = [told(each, day(15), "DIV - RS 7 PER SH") for each in evenings(10, 14)]
    assert [
        row["cash"] for row in on(day(15), [*bundle, export(day(15), "Interim Dividend - Rs 7 Per Share")]).rows
    ] == [7.0]
    finer = export(day(15), "Interim Dividend - Rs 2 Per Share / Special Dividend - Rs 5 Per Share")
    assert sorted(row["cash"] for row in on(day(15), [*bundle, finer]).rows) == [2.0, 5.0]


def test_two_dividends_of_one_amount_are_both_paid() -> None:
    """GRANULES paid 0.25 on 2019-08-08 and again on 2019-08-21: the old date is still listed, so nothing was moved."""
    rows = [
        told(each, ex, "INT DIV - RE 0.25 PER SH")
        for each in evenings(1, 20)
        for ex in (day(15), day(20))
        if each <= ex
    ]
    assert [row["cash"] for row in on(day(15), rows).rows] == [0.25]
    assert [row["cash"] for row in on(day(20), rows).rows] == [0.25]


def test_a_move_on_the_ex_date_itself_is_seen_that_evening() -> None:
    rows = [told(each, day(15), "INT DIV - RS 2 PER SH") for each in evenings(10, 14)]
    rows += [told(each, day(17), "INT DIV - RS 2 PER SH") for each in evenings(15, 17)]
    rows += [told(day(15), day(15), "INTEREST PAYMENT", symbol="BOND", symbol_on_date="BOND", series="N1")]
    assert len(on(day(15), rows).rows) == 1  # a bond does not show that the bundle still lists equity of the day
    rows += [told(day(15), day(15), "AGM", symbol="XYZ", symbol_on_date="XYZ")]
    assert on(day(15), rows).rows == []
    assert [row["cash"] for row in on(day(17), rows).rows] == [2.0]


def test_a_withdrawn_event_that_the_market_shows_all_the_same_is_held_and_listed() -> None:
    rows = [told(each, day(15), "BONUS 1:1") for each in evenings(1, 8)]
    assert on(day(15), rows).rows == []
    (held,) = on(day(15), rows, opened=50.0).rows
    assert (held["f_capital"], held["q"], held["f_proposed"]) == (1.0, 1.0, 0.5)
    assert held["held"] == "the bundle of 2023-11-14 no longer lists it, but the market moved by it"
    confirm = Override("ABC", day(15), "confirm", "company's notice")
    assert [row["f_capital"] for row in on(day(15), rows, 50.0, (confirm,)).rows] == [0.5, 1.0]


def test_a_late_correction_speaks_from_its_evening_on() -> None:
    rows = [told(each, day(15), "INT DIV - RS 2 PER SH") for each in evenings(1, 15)]
    rows += [told(day(16), day(15), "INT DIV - RS 3 PER SH")]
    assert [row["cash"] for row in on(day(15), rows).rows] == [2.0]
    assert [(row["cash"], row["ex_date"]) for row in on(day(16), rows).rows] == [(3.0, day(15))]
    assert on(day(17), rows).rows == []


def test_a_correction_back_to_what_was_said_first_is_a_correction() -> None:
    rows = [told(each, day(15), "BONUS 1:1") for each in evenings(1, 8)] + [
        told(each, day(15), "BONUS 1:2") for each in evenings(9, 14)
    ]
    rows += [told(day(16), day(15), "BONUS 1:1")]
    assert [row["f_capital"] for row in on(day(16), rows, opened=50.0).rows] == [0.5]


@pytest.mark.parametrize(
    ("bundle", "reason"),
    [
        (
            [told(each, day(17), "BONUS 1:1") for each in evenings(9, 14)],
            "an export has it on 2023-11-15, the bundle of 2023-11-14 on another",
        ),
        (
            [told(each, day(15), "BONUS 1:1") for each in evenings(1, 8)],
            "an export has it on 2023-11-15, the bundle of 2023-11-14 no longer",
        ),
    ],
)
def test_an_export_that_the_bundle_contradicts_is_held(bundle: list[dict[str, Any]], reason: str) -> None:
    (row,) = on(day(15), [*bundle, export(day(15), "Bonus 1:1")], opened=50.0).rows
    assert reason in row["held"]
    assert (row["f_capital"], row["f_proposed"]) == (1.0, 0.5)


def test_an_export_alone_or_beside_bundles_that_never_had_the_event_is_applied() -> None:
    (row,) = on(day(15), [export(day(15), "Bonus 1:1")], opened=50.0).rows
    assert (row["f_capital"], row["held"]) == (0.5, None)


def test_a_bundle_of_long_before_contradicts_no_export() -> None:
    """The second of two equal dividends may have been announced after the only bundle, which lists the first."""
    old = [told(day(1), day(8), "INT DIV - RE 0.25 PER SH")]
    missing = " ".join(map(str, evenings(2, 14)))
    (row,) = on(day(15), [*old, export(day(15), "Dividend - Re 0.25 Per Share")], without=missing).rows
    assert (row["cash"], row["held"]) == (0.25, None)


def test_two_exports_that_differ_are_held_and_two_that_agree_are_one() -> None:
    one = export(day(15), "Bonus 1:1")
    (row,) = on(day(15), [one, export(day(15), "Bonus 1:2", source_sha256="other")], opened=50.0).rows
    assert row["held"] == "two files tell it differently: Bonus 1:1 / Bonus 1:2"
    (row,) = on(day(15), [one, export(day(15), "Bonus 1:1", source_sha256="other")], opened=50.0).rows
    assert (row["f_capital"], row["held"]) == (0.5, None)


@pytest.mark.parametrize(
    ("subject", "opened", "f", "verdict"),
    [
        ("Bonus 1:1", 60.0, 0.5, "ratio_mismatch"),  # a rally up to the band
        ("Bonus 1:1", 100.0, None, "no_reprice"),
        ("Bonus 1:1", 30.0, None, "ratio_mismatch"),
        ("Demerger", 35.0, 0.35, "ok"),
        ("Demerger", 97.0, 0.97, "unwitnessed"),
        ("Demerger", 101.0, None, "ratio_mismatch"),
        ("Demerger / Face Value Split From Rs 10/- To Rs 5/-", 45.0, 0.45, "unwitnessed"),
        ("Demerger / Face Value Split From Rs 10/- To Rs 5/-", 55.0, None, "ratio_mismatch"),
        ("Interim Dividend - Rs 60 Per Share", 99.0, None, "no_reprice"),
    ],
)
def test_what_the_market_flatly_contradicts_is_held_whole(
    subject: str, opened: float, f: float | None, verdict: str
) -> None:
    rows = on(day(15), [export(day(15), subject)], opened).rows
    total = math.prod(row["f_capital_special"] for row in rows)
    assert {row["held"] is None for row in rows} == {f is not None}
    assert total == pytest.approx(1.0 if f is None else f)
    assert math.prod(row["q"] for row in rows) == (
        1.0 if f is None else 2.0 if "Split" in subject or "Bonus" in subject else 1.0
    )
    assert {row["verdict"] for row in rows} == {verdict}
    assert all((row["f_proposed"] is None) == (f is not None) for row in rows)


def test_a_confirmed_demerger_that_rose_still_changes_no_price() -> None:
    confirm = Override("ABC", day(15), "confirm", "resolution plan")
    rows = on(day(15), [export(day(15), "Demerger")], 350.0, (confirm,)).rows
    assert [(row["kind"], row["f_total_return"], row["held"]) for row in rows] == [
        ("demerger", 1.0, None),
        ("notice", 1.0, None),
    ]


def test_after_a_suspension_the_price_is_found_anew_and_contradicts_nothing() -> None:
    """AIONJSW 2018-09-14 came back from a suspension with a factor of 3.03 at an open of 1.5."""
    rows = on(day(15), [export(day(15), "Bonus 1:1")], 100.0, seen=day(1)).rows
    assert [(row["f_capital"], row["held"], row["verdict"]) for row in rows] == [(0.5, None, "no_reprice")]


def test_a_fund_of_the_list_of_funds_is_read_like_a_share_if_it_trades() -> None:
    rows = [
        export(
            day(15),
            "Face Value Split (Sub-Division) - From Rs 10/- Per Unit To Re 1/- Per Unit",
            series="MF",
            source_sha256="mf",
        ),
        export(day(15), "Income Distribution", series="MF", source_sha256="mf", symbol="PLAN", symbol_on_date="PLAN"),
    ]
    found = on(day(15), rows, opened=10.4)
    assert [(row["f_capital"], row["q"], row["held"]) for row in found.rows] == [(0.1, 10.0, None)]
    assert found.rejects == []


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.sampled_from([day(15), day(16), day(17), None]), st.sampled_from(["BONUS 1:1", "BONUS 1:2"])),
             min_size=12, max_size=12)
)  # fmt: skip
def test_whatever_was_said_before_the_last_evening_counts(said: list[tuple[dt.date | None, str]]) -> None:
    """However often an event was moved, changed or withdrawn: on each date it is what the evening before said, at most
    one leg."""
    said_on = dict(zip(NOVEMBER, said, strict=False))
    rows = [told(each, ex, text) for each, (ex, text) in said_on.items() if ex is not None]
    for ex_date in (day(15), day(16), day(17)):
        ex, text = said_on[max(each for each in said_on if each < ex_date)]
        told_today = [row for row in on(ex_date, rows, opened=58.0).rows if row["ex_date"] == ex_date]
        applied = [row["f_capital"] for row in told_today if row["held"] is None]
        expected = [0.5 if text == "BONUS 1:1" else pytest.approx(2 / 3)] if ex == ex_date else []
        if said_on.get(ex_date, (None, ""))[0] is None:
            assert applied == expected
        else:  # the evening of the ex-date itself corrects, too
            assert len(applied) <= 1

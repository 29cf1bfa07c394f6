"""A text is read whole or not at all: abbreviations of the `Bc` file, sums, what has no price in the text, hostile
lengths."""

from __future__ import annotations

import ast
import csv
import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from champion_assets.nse.actions import grammar
from champion_assets.nse.actions.factors import bonus, day_factors, split
from champion_assets.nse.actions.grammar import read_subject
from champion_assets.nse.actions.legs import Leg
from champion_assets.nse.actions.vocabulary import LONGEST


def numbers(text: str) -> dict[str, object]:
    """Price factor, rupees, percent and rights of a text; `none` where paper is handed out that is no ordinary
    share."""
    subject = read_subject(text)
    assert not subject.reason, subject.reason
    found: Counter[str] = Counter()
    factor = 1.0
    other: dict[str, object] = {}
    for leg in subject.legs:
        if leg.kind == "bonus" and leg.a and leg.b:
            factor *= bonus(leg.a, leg.b)[0]
        elif leg.kind in ("split", "consolidation") and leg.fv_from and leg.fv_to:
            factor *= split(leg.fv_from, leg.fv_to)[0]
        elif leg.kind == "rights" and leg.premium is not None:
            other["r"] = (leg.a, leg.b, leg.premium)
        elif leg.kind == "bonus_other":
            other["none"] = 1
        for name, value in (("div", leg.cash), ("pct", leg.percent)):
            if value is not None:
                found[name] = round(found[name] + value, 6)  # type: ignore[assignment]
    return {**found, **other, **({"f": round(factor, 6)} if factor != 1 else {})}


@pytest.mark.real
def test_all_collected_texts_give_the_right_numbers(real: Path) -> None:
    with (real.parents[1] / "cases" / "action_texts.tsv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    assert len(rows) == 131
    wrong = {}
    for row in rows:
        expected = {name: value for name, value in ast.literal_eval(row["expected"]).items() if name != "note"}
        got = numbers(row["text"])
        if "none" not in expected and expected.keys() == {"div"}:
            got.pop("none", None)
        if got != expected:
            wrong[row["text"]] = (got, expected)
    assert not wrong


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("BON-3:4", {"f": 0.571429}),
        ("BON 1:3/SPLIT RS.10TORS.5", {"f": 0.375}),
        ("BON1:1/SUBDIV RS10TORS2", {"f": 0.1}),
        ("FVSPLTFRM5TO1", {"f": 0.2}),
        ("FVSPLTFRMRS10TORE1", {"f": 0.1}),
        ("BONUS 1:1/FVS RS.10TORE.1", {"f": 0.05}),
        ("Bonus 2:1 / Face Value Split From Rs.10 To Face Value Rs.5", {"f": 0.166667}),
        ("SUB DIV FRM RS 5 TO RE 1", {"f": 0.2}),
        ("BONUS 1:1/SPLT RS.10TORS.2", {"f": 0.1}),
        ("Interim Dividend - Rs 08 Per Share / Special Dividend - Rs 11 Per Share", {"div": 19}),
        ("DIV-FIN RS5+SPL RS3+INT RS2", {"div": 10}),
        ("DIV-RS4+SIL JUB-RS6", {"div": 10}),
        ("DIV-(FIN-80%+SP-20%)", {"pct": 100}),
        ("AGM/SPDV/DIV- RS 3 & 4", {"div": 7}),
        ("DIV/SPLDIV-RS 12/8 PR SH", {"div": 20}),
        ("INTDVSPDV- RS 2 & RS 9", {"div": 11}),
        ("INTDIV- RS7 SPLDV RS 6", {"div": 13}),
        ("DIVIDEND - NIL", {"div": 0}),
        ("Specia Ldividend - Rs 75 Per Share", {"div": 75}),
        ("AGM 62/DIV RS 3", {"div": 3}),
        ("62ND AGM / DIVIDEND RS 3", {"div": 3}),
        ("2D INT DIV RS 4", {"div": 4}),
        ("Dividend - Rs 2 Per Unit/Interest Amount - Rs 1.5 Per Unit/ Proceeds - 0.75 Per Unit", {"div": 4.25}),
        (
            "Distribution - Rs 3 Per Unit Consists Of Rs 2.8 Per Unit As Interest And Re 0.2 Per Unit As Other Income",
            {"div": 3},
        ),
        ("SCH AGMT-BONUS NCRPS3:1", {"none": 1}),
        ("BONUS DEB1:1", {"none": 1}),
    ],
)
def test_abbreviations_and_sums(text: str, expected: dict[str, object]) -> None:
    assert numbers(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Bonus Xyzps 1:1",
        "Dividend - Rs 5 Per Share (Including Special Dividend Of Rs 2 And Rs 1)",
        "AGM 5 PER SHARE",
        "Distribution - Rs 5 Per Unit / Bonus 1:1",
        "Distribution - Rs 5 Per Unit Consists Of Interest Rs 3, Fees Rs 2",
        "Merger 3",
    ],
)
def test_a_text_with_a_rest_is_refused_whole(text: str) -> None:
    subject = read_subject(text)
    assert subject.reason
    assert not subject.legs


@pytest.mark.parametrize(
    "text",
    [
        "Rights 1:50 @ Premium Rs 400/- With 9 Warrants For 50 Equity Shares",
        "Rights 1:5 @ Premium Rs 20/- Along With 1 Detachable Warrant",
        "RHTS 1:4 PARTLY PAID@PRM RS 90",
        "Rights 1:4 Partly Paid At Par",
        "Bonus 1:1/Face Value Split 1:5",
        "Dividend Re 1 + Rights 5:6",
        "Interim Dividend - Rs.05 Per Share / Bonus 1:1",
        "Distribution - Rs 9 Per Unit Consists Of Interest - Rs 2 Per Unit/ Dividend - Rs 3 Per Unit",
    ],
)
def test_what_cannot_be_computed_from_the_text_holds_back_the_whole_event(text: str) -> None:
    legs = read_subject(text).legs
    assert any(leg.problem for leg in legs)
    factors = day_factors(legs, 100.0, 90.0, 10.0)
    assert all(
        factor.problem and factor.capital is None and factor.total_return is None and factor.q is None
        for factor in factors
    )


@pytest.mark.parametrize(
    ("text", "hands_out"),
    [
        ("Scheme Of Arrangement - Bonus Ncrps 1:10", True),
        ("Bonus Debentures 1:1", True),
        ("Demerger", True),
        ("Scheme Of Arrangement", True),
        ("Rights:14 Compulosry Convertible Debentures For Every 15 Equity Shares", True),
        ("Bonus 1:1", False),
        ("Dividend - Rs 5", False),
        ("Rights 1:5 @ Premium Rs 20/-", False),
    ],
)
def test_legs_that_hand_out_something_without_a_number_say_so(text: str, hands_out: bool) -> None:
    assert [leg.hands_out_value for leg in read_subject(text).legs] == [hands_out]


@given(
    st.sampled_from("()/- .,5:%&+") | st.sampled_from(["Rs ", "Bonus ", "9:9 ", "(Revised", "Div "]),
    st.integers(1, 8000),
)
def test_a_long_text_is_refused_before_any_rule_sees_it(piece: str, times: int) -> None:
    text = piece * times
    if len(text) <= LONGEST:
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grammar, "MENDED", None)  # iterating it would raise
        assert re.search(rf"{len(text):,} characters", read_subject(text).reason)


CLAUSES = ["Bonus 1:1", "Dividend - Rs 5 Per Share", "Interim Dividend - Rs 2", "Face Value Split From Rs 10 To Rs 2"]


@given(st.lists(st.sampled_from(CLAUSES), min_size=1, max_size=4))
def test_every_clause_of_a_list_has_its_leg(clauses: list[str]) -> None:
    legs: list[Leg] = [leg for clause in clauses for leg in read_subject(clause).legs]
    assert list(read_subject(" / ".join(clauses)).legs) == legs

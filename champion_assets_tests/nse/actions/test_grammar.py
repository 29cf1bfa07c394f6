"""The grammar on genuine strings: those of the export, read by hand here, and those that other tools get wrong."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from champion_assets.nse.actions.grammar import read_subject
from champion_assets.nse.actions.legs import Leg


def numbers(text: str) -> list[tuple[object, ...]]:
    """(kind, numbers) of each leg that has some, kinds without numbers left out."""
    found: list[tuple[object, ...]] = []
    for leg in read_subject(text).legs:
        price = (leg.premium,) if leg.premium is not None else (leg.issue_price,) if leg.issue_price is not None else ()
        values: tuple[object, ...] = ()
        if leg.kind in ("bonus", "rights", "bonus_other", "rights_other"):
            values = (leg.a, leg.b, *price, *([leg.flavour] if leg.flavour else []))
        elif leg.fv_from is not None:
            values = (leg.fv_from, leg.fv_to)
        elif leg.cash is not None:
            values = (leg.cash, *([leg.flavour] if leg.flavour else []))
        elif leg.percent is not None:
            values = (leg.percent, "%")
        found += [(leg.kind, *values)] if values else []
    return found


BY_HAND: list[tuple[str, list[tuple[object, ...]]]] = [
    ("Bonus 1:1", [("bonus", 1, 1)]),
    (" Bonus 1: 2", [("bonus", 1, 2)]),
    ("Bonus 1 : 1250", [("bonus", 1, 1250)]),
    (" Bonus  1:4", [("bonus", 1, 4)]),
    ("Bonus- 1:2", [("bonus", 1, 2)]),
    (" Bonus 25:202", [("bonus", 25, 202)]),
    ("Bonus 1:1 (Equity And Dvr)", [("bonus", 1, 1)]),
    ("Bonus 1:10 Dvr", [("bonus_other", 1, 10, "dvr")]),
    ("Bonus Ncrps 1:116", [("bonus_other", 1, 116, "ncrps")]),
    ("Bonus Ncrps 4:1", [("bonus_other", 4, 1, "ncrps")]),
    ("Scheme Of Arrangement - Bonus Debentures 1:1", [("bonus_other", 1, 1, "debenture")]),
    (" Scheme Of Arangement- Bonus - 1 Debenture For 1 Equity Share Held", [("bonus_other", 1, 1, "debenture")]),
    (
        " Bonus 4:1/Face Value Split (Sub-Division) - From Rs 10/- Per Share To Rs 5/- Per Share",
        [("bonus", 4, 1), ("split", 10, 5)],
    ),
    (
        " Bonus 1:2/Face Value Split (Sub-Division) From Rs 2/- Per Share To Re 1/- Per Share",
        [("bonus", 1, 2), ("split", 2, 1)],
    ),
    (
        " Annual General Meeting/Dividend - Rs 2.50 Per Share/Bonus 1:10 (Revised)",
        [("dividend", 2.5), ("bonus", 1, 10)],
    ),
    ("Annual General Meeting/ Dividend - Rs 29.50/- Per Share And Bonus 1:1", [("dividend", 29.5), ("bonus", 1, 1)]),
    ("Face Value Split (Sub-Division) - From Rs 10/- Per Share To Re 1/- Per Share", [("split", 10, 1)]),
    (" Face Value Split (Sub-Division) - From Rs 10 /- Per Share To Rs 2/- Per Share", [("split", 10, 2)]),
    ("Face Valus Split (Sub-Division) - From Rs 10/- Per To Rs 2/- Per Share", [("split", 10, 2)]),
    ("Face Value Split (Sub-Division): From Rs 10/- Per Share To Re 1/- Per Share", [("split", 10, 1)]),
    (" Fv Splt Frm Rs 10 To Re 1", [("split", 10, 1)]),
    ("FVSPLT FRM RS 10 TO RS 5", [("split", 10, 5)]),
    ("FV SPLT FRM RS10 TO RS5", [("split", 10, 5)]),
    ("Face Value Split Rs 10 To Rs 1", [("split", 10, 1)]),
    ("Face Value Split From Rs 10 To Re 1 (Record Date Revised)", [("split", 10, 1)]),
    ("Stock Split From Rs.10/- To Rs.2/-", [("split", 10, 2)]),
    (
        (
            " Interim Div - Rs 6/- Per Share + Face Value Split (Sub-Division) - From Rs 10/- Per Share To "
            "Re 1/- Per Share "
        ),
        [("dividend", 6, "interim"), ("split", 10, 1)],
    ),
    ("Consolidation Of Shares From Re 1/- To Rs 10/-", [("consolidation", 1, 10)]),
    (
        " Capital Reduction Rs 10 To Rs 3.30 / Consolidation Rs 3.30 To Rs.10",
        [("capital_reduction", 10, 3.3), ("consolidation", 3.3, 10)],
    ),
    ("Rights 1:1 @ Premium Rs 0/-", [("rights", 1, 1, 0)]),
    (" Rights 588:1000@ Premium Rs 2/-", [("rights", 588, 1000, 2)]),
    (" Rights  1:1 @ Premium Rs 4.50 Per Share", [("rights", 1, 1, 4.5)]),
    (" Rights 2:5 @ Premium Re 0.85/-", [("rights", 2, 5, 0.85)]),
    (" Rights 1:15 @ Premium Rs 1247", [("rights", 1, 15, 1247)]),
    (" Rights 1:28 @ Prem Rs 67/- Per Share", [("rights", 1, 28, 67)]),
    ("Rights Issue 4:17@ Premium Rs 390/-", [("rights", 4, 17, 390)]),
    (" Rights 5: 116 At Premium Rs 244/- Per Share", [("rights", 5, 116, 244)]),
    (" Rights 1:2@Prem Rs 40", [("rights", 1, 2, 40)]),
    ("Rights 7:10 @ Prm Rs 102/-", [("rights", 7, 10, 102)]),
    (" Rights 87:38 @ Premium Of Rs 2.50 Per Share", [("rights", 87, 38, 2.5)]),
    ("Rights 1:9 @ Premium 91", [("rights", 1, 9, 91)]),
    ("Rights : 24:10 At Par", [("rights", 24, 10, 0)]),
    ("Rights 6:109 @ Premium Rs. 448/- Per Share", [("rights", 6, 109, 448)]),
    ("RIGHTS 45:301@PRM RS 290", [("rights", 45, 301, 290)]),
    ("Rights 161:250 @ Premium Re 0.45 /-", [("rights", 161, 250, 0.45)]),
    (" Rights 9:77 Partly Paid @ Premium Rs 100/-", [("rights", 9, 77, 100, "partly_paid")]),
    ("Rights 1:50 @ Premium Rs 690/- With 17 Warrants For 50 Equity Shares", [("rights", 1, 50, 690, "with_warrant")]),
    (
        (
            " Rights - 4:25 Fully Paid Up Shares @ Premium Rs 500/- Per Share / 2:25 Partly Paid Up Shares "
            "@ Premium Rs 605/- Per Share"
        ),
        [("rights", 4, 25, 500), ("rights", 2, 25, 605, "partly_paid")],
    ),
    (
        " Rights:14 Compulosry Convertible Debentures For Every 15 Equity Shares",
        [("rights_other", 14, 15, "debenture")],
    ),
    (
        " Interim Dividend- Rs 3 Per Share / Rights 1:16 @ Premium Rs 554 Per Share",
        [("dividend", 3, "interim"), ("rights", 1, 16, 554)],
    ),
    (" Agm/Spl Div- Rs.5/- Div-7.5/-", [("dividend", 5, "special"), ("dividend", 7.5)]),
    ("Dividend 40%", [("dividend", 40, "%")]),
    (
        " Annual General Meeting/Dividend - Rs 107 Per Share And Special Dividend - Rs 143 Per Share",
        [("dividend", 107), ("dividend", 143, "special")],
    ),
    (
        " Dividend-Rs.8.50 Per Share (Including Special Dividend Of Rs.2/- Per Share).",
        [("dividend", 6.5), ("dividend", 2, "special")],
    ),
    (" Interim Dividend Rs - Rs 1.70 Per Share", [("dividend", 1.7, "interim")]),
    (" Annual General Meeting/Dividend - 0.40 Per Share", [("dividend", 0.4)]),
    (" Annual General Meeting/Dividend Rs- 4 Per Share", [("dividend", 4)]),
    (" Interim Divdend - Rs 7.60 Per Share", [("dividend", 7.6, "interim")]),
    (
        " Interim Dividend - Rs 3/- Per Share + Special Dividend - Rs 2.50/- Per Share (Purpse Revised)",
        [("dividend", 3, "interim"), ("dividend", 2.5, "special")],
    ),
    ("Annual General Me0etingdividend - Rs 2 Per Share", [("dividend", 2)]),
    (" Dividend - Rs 0 .70 Per Share", [("dividend", 0.7)]),
    (" Annual General Meeting/Dividend - Re 0..30 Per Share", [("dividend", 0.3)]),
    (
        " Dividend - Rs  1.50 Per Share And Special Dividend - Rs 2. Per Share",
        [("dividend", 1.5), ("dividend", 2, "special")],
    ),
    (
        "Distribution - Rs 2 Per Unit Consists Of Rs 1.70 Per Unit As Interest/ Rs 0.30 Per Unit As Return Of Capital",
        [("distribution", 2)],
    ),
    (
        " First Distribution - Interest Payment Rs 2.95 Per Unit/ Return Of Capital Re 1.86 Per Unit",
        [("distribution", 4.81)],
    ),
    ("Interest Amount - Rs 1.20 Per Unit/ Return On Capital - Rs 1.20 Per Unit", [("distribution", 2.4)]),
    ("BONUS1:1", [("bonus", 1, 1)]),
    ("FV SPL FRM RS10 TO RS2", [("split", 10, 2)]),
    ("RHT 1:5 @ PAR", [("rights", 1, 5, 0)]),
    ("AGM/FINDIV-60% PURPOSE REVISED", [("dividend", 60, "%")]),
    ("AGM/DIV 15%+SPL 10%", [("dividend", 15, "%"), ("dividend", 10, "%")]),
    ("Interim Dividend Of Rs. 7.50 (75%) Per Equity Share Of Rs 10 Each", [("dividend", 7.5, "interim")]),
    (
        "Dividend - Rs 5 Per Share (Inclusive Of Special Dividend Of Rs 2)",
        [("dividend", 3), ("dividend", 2, "special")],
    ),
    ("Silver Jubilee Dividend - Rs 5 Per Share", [("dividend", 5, "special")]),
    ("Dividend - Rs 2 For The Year Ended 31.03.2020", [("dividend", 2)]),
    ("Dividend - Rs 2/- Per Share For Fy 2019-20", [("dividend", 2)]),
    ("Rights 11:15 @ Premium Of Rs 15 Per Equity Share Of Face Value Rs 10 Each", [("rights", 11, 15, 15)]),
    ("Face Value Consolidation From Re 1/- Per Share To Rs 10/- Per Share", [("consolidation", 1, 10)]),
    ("Bonus 1 Dvr For 20 Equity", [("bonus_other", 1, 20, "dvr")]),
    ("Bonus Ccps 1:1", [("bonus_other", 1, 1, "ncrps")]),
    ("Return Of Capital - Rs 1.5 Per Unit", [("distribution", 1.5)]),
    ("DISTRTN-RS 2.1598 PR UNT", [("distribution", 2.1598)]),
    ("Dividend - Rs 1,234.50 Per Share", [("dividend", 1234.5)]),
]


@pytest.mark.parametrize(("text", "legs"), BY_HAND)
def test_read_as_a_person_reads_it(text: str, legs: list[tuple[object, ...]]) -> None:
    assert numbers(text) == legs
    assert numbers(text.upper()) == legs


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Demerger", "demerger"),
        (" Scheme Of Arrangement Of Demerger", "demerger"),
        ("Merger/Demerger", "demerger"),
        (" De-Merger", "demerger"),
        (" Sheme Of Arrangement", "scheme"),
        (" Composite Scheme Of Amalgamation And Arrangement ", "scheme"),
        (" Buyback Of Shares", "buyback"),
        (" Buy-Back", "buyback"),
        (" Interest Payment", "interest"),
        (" Annul General Meeting", "meeting"),
        ("Extra- Ordinary General Meeting", "meeting"),
        (" Annual General Meeting (Book Closure Start Date Revised)", "meeting"),
        ("E-Voting", "meeting"),
        (" Annual Book Closure", "book_closure"),
        (
            "For Distribution Of Chennai Super Kings Cricket Limited Shares To The Shareholders Of India Cements",
            "scheme",
        ),
        ("EGM", "meeting"),
    ],
)
def test_kinds_without_numbers(text: str, kind: str) -> None:
    subject = read_subject(text)
    assert [leg.kind for leg in subject.legs] == [kind]
    assert not subject.reason


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (" Rights 2:7", "no issue price"),
        (" Interim Dividend", "no amount"),
        ("CAP RED", "no terms"),
        ("Bonus", "no ratio"),
        (" Annual General Meeting/Dividend - Rs.0125 Per Share", "decimal point"),
        ("Face Value Split 1:5", "both ways"),
        ("Face Value Split From Rs 5 To Rs 5", "changes nothing"),
    ],
)
def test_what_the_text_does_not_say_is_a_problem_and_no_number(text: str, problem: str) -> None:
    assert any(problem in leg.problem for leg in read_subject(text).legs)


@pytest.mark.parametrize(("text", "premium", "price"), [
    ("Rights 1:6 @ Rs 200 (Including Premium Of Rs 190)", 190, 200),
    ("Rights 1:6 @ Premium Of Rs 190 Per Share (Issue Price Rs 200)", 190, 200),
    ("Rights 1:1 @ Issue Price Rs 50", None, 50), ("Rights 1:5 @ Rs 10 At Par", 0, 10),
])  # fmt: skip
def test_premium_and_issue_price_are_told_apart(text: str, premium: float | None, price: float) -> None:
    leg = read_subject(text).legs[0]
    assert (leg.premium, leg.issue_price) == (premium, price)


@pytest.mark.parametrize("text", [
    "Interim Dividend - Rs 2 + 1 Per Share", "Dividend - 150% Interim And 50% Final", "Bonus Equity 1:1 And Dvr 1:10",
    "Dividend - Rs 2,50 Per Share", "Bonus 1:1 3:2",
])  # fmt: skip
def test_a_number_that_no_rule_reads_refuses_the_text(text: str) -> None:
    assert "also says" in read_subject(text).reason


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Scheme Of Arrangement - Bonus Debentures 1:1", ["bonus_other"]),
        ("Composite Scheme Of Arrangement / Demerger", ["demerger"]),
        ("Dividend - Rs 12.50 Per Share Pursuant To Scheme", ["dividend"]),
        ("Annual General Meeting/Scheme Of Arrangement", ["meeting", "scheme"]),
    ],
)
def test_a_scheme_that_says_what_it_does_is_no_leg_of_its_own(text: str, kinds: list[str]) -> None:
    """NTPC's bonus debentures of 2015-03-20 took 8 % off the price; a scheme would have been valued by that, a bonus of
    paper is not."""
    assert [leg.kind for leg in read_subject(text).legs] == kinds


@pytest.mark.parametrize(
    "text",
    ["", "Hello 1:2", " Annual General Meeting- Re 0.85 Per Share (Purpose Revised)", "Something Bonus-like 1:1"],
)
def test_what_no_rule_reads_is_refused_with_the_reason(text: str) -> None:
    subject = read_subject(text)
    assert subject.reason
    assert not subject.legs


def test_components_and_revisions_are_kept() -> None:
    leg = read_subject(
        "Distribution - Rs 5.53 Per Unit Consists Of Interst Amount - Rs 1.21 Per Unit/Dividend - Rs 2.30 Per Unit/ "
        "Repayment Of Spv Level Debt - Rs 2.02 Per Unit"
    ).legs[0]
    assert leg.components == (("interest", 1.21), ("dividend", 2.3), ("return_of_capital", 2.02))
    assert read_subject("Interim Dividend - Rs 3/- Per Share (Purpose Revised)").is_revised


@given(st.text(max_size=80))
def test_no_text_breaks_it_and_none_is_silent(text: str) -> None:
    subject = read_subject(text)
    assert bool(subject.legs) != bool(subject.reason)


@given(
    st.integers(1, 50),
    st.integers(1, 50),
    st.sampled_from(["Bonus {}:{}", "BONUS {} : {}", " Bonus- {}:{} ", "Annual General Meeting/Bonus {}:{}"]),
)
def test_any_ratio_in_any_dress(a: int, b: int, dress: str) -> None:
    assert Leg("bonus", a=float(a), b=float(b)) in read_subject(dress.format(a, b)).legs


@given(
    st.sampled_from(
        [
            "Bonus 1:2",
            "Dividend - Rs 7 Per Share",
            "Rights 1:5 @ Premium Rs 30/-",
            "Face Value Split From Rs 10 To Rs 2",
        ]
    ),
    st.sampled_from([" {}", " + {}", " And {}", "/{}", " ({})"]),
    st.integers(40, 90),
)
def test_no_number_is_ever_dropped(text: str, joint: str, number: int) -> None:
    subject = read_subject(text + joint.format(number))
    assert (
        subject.reason
        or any(leg.problem for leg in subject.legs)
        or float(number)
        in {
            value
            for leg in subject.legs
            for value in (leg.a, leg.b, leg.fv_from, leg.fv_to, leg.cash, leg.premium, leg.issue_price)
        }
    )


@pytest.mark.real
def test_at_least_995_in_1000_strings_of_the_genuine_export_are_classified(real: Path) -> None:
    path = next((real / "corporate_actions").glob("CF-CA*.csv.gz"))
    with gzip.open(path, "rt", encoding="utf-8-sig", errors="replace") as lines:
        texts = {row["PURPOSE"] for row in csv.DictReader(lines)}
    refused = [text for text in texts if not read_subject(text).is_classified]
    assert len(texts) > 2300
    assert len(refused) <= 0.005 * len(texts), refused
    ratios = [
        text
        for text in texts
        if any(leg.kind in ("split", "bonus", "rights") and leg.problem for leg in read_subject(text).legs)
    ]
    assert sorted(text.strip() for text in ratios) == [
        "Dividend - Re 0.70/- Per Share/ Right 26:151",  # without a price
        (
            "Rights - 4:25 Fully Paid Up Shares @ Premium Rs 500/- Per Share / 2:25 Partly Paid Up Shares @ "
            "Premium Rs 605/- Per Share"
        ),
        "Rights 1:50 @ Premium Rs 175  With 6 Warrants For 50 Equity Shares",
        "Rights 2:7",
        "Rights 9:77 Partly Paid @ Premium Rs 100/-",
    ]

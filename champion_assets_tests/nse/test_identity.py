"""Who is who: each kind of evidence links what it should, and nothing joins two companies. Cases are genuine ones of
2016 to 2020."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from champion_assets.nse.formats import read_bhavcopy
from champion_assets.nse.identity import FORGOTTEN_DAYS, Registry
from champion_assets.nse.schema import EQUITY_SERIES
from champion_assets.nse.sighting import SameAs, Sighting, refusal
from champion_assets.nse.symbol_changes import SymbolChange, read_symbol_changes
from champion_assets.silver.instruments import sightings

MONDAY = dt.date(2019, 9, 16)


def day(number: int) -> dt.date:
    return MONDAY + dt.timedelta(days=number)


def row(symbol: str, isin: str | None, close: float, prev: float, series: str = "EQ") -> Sighting:
    return Sighting(symbol, isin, series, None, prev, close)


def walk(
    *days: list[Sighting], changes: dict[str, SymbolChange] | None = None
) -> tuple[Registry, list[dict[str, str]]]:
    """The registry after the days, and the ids by symbol of each."""
    registry, found = Registry(), []
    for number, rows in enumerate(days):
        ids = registry.observe(day(number), rows, changes)
        found.append({symbol: name for (symbol, *_), name in ids.items()})
    return registry, found


def evidence(registry: Registry, name: str) -> str:
    return next(each.evidence for each in registry.instruments if each.instrument_id == name)


def test_a_face_value_split_changes_the_isin_and_not_the_instrument() -> None:
    registry, ids = walk(
        [row("HDFCBANK", "INE040A01026", 1099.9, 2187.75)], [row("HDFCBANK", "INE040A01034", 1200.0, 1099.9)]
    )
    assert ids[0] == ids[1] == {"HDFCBANK": "INE040A01"}
    assert evidence(registry, "INE040A01") == "isin_issuer"


def test_a_rename_keeps_the_instrument_by_its_isin() -> None:
    registry, ids = walk(
        [row("WABCO-TVS", "INE342J01019", 100.0, 99.0)], [row("WABCOINDIA", "INE342J01019", 101.0, 100.0)]
    )
    assert ids[0]["WABCO-TVS"] == ids[1]["WABCOINDIA"]
    known = registry.instruments[0]
    assert (known.symbol, known.previous_symbol, known.evidence, known.valid_from) == (
        "WABCOINDIA",
        "WABCO-TVS",
        "isin",
        day(1),
    )


def test_series_moves_are_history_not_identity() -> None:
    registry, ids = walk([row("DMART", "INE192R01011", 10.0, 9.0)], [row("DMART", "INE192R01011", 11.0, 10.0, "BE")])
    assert ids[0] == ids[1]
    assert (
        registry.instruments[0].series,
        registry.instruments[0].previous_series,
        registry.instruments[0].evidence,
    ) == (
        "BE",
        "EQ",
        "series",
    )


def test_a_fund_unit_goes_on_under_another_isin_if_its_price_does() -> None:
    registry, ids = walk([row("GOLDBEES", "INF732E01102", 30.2, 3359.6)], [row("GOLDBEES", "INF204KB17I5", 30.4, 30.2)])
    assert ids[0] == ids[1] == {"GOLDBEES": "INF732E01102"}
    assert evidence(registry, "INF732E01102") == "prev_close"


def test_a_recycled_ticker_with_another_isin_and_price_is_another_instrument() -> None:
    _, ids = walk([row("DVL", "INE111A01017", 50.0, 49.0)], [], [row("DVL", "INE222B01018", 210.0, 200.0)])
    assert ids[0]["DVL"] != ids[2]["DVL"]


def test_the_register_of_changes_links_without_isin_or_with_the_price_and_never_against_both() -> None:
    changes = {"NEW": SymbolChange(day(1), "OLD", "NEW")}
    _, ids = walk([row("OLD", None, 10.0, 9.0)], [row("NEW", None, 12.0, 11.0)], changes=changes)
    assert ids[0]["OLD"] == ids[1]["NEW"]
    _, ids = walk([row("OLD", "INF109KB1WY5", 37.14, 37.0)], [row("NEW", "INF204KB1882", 37.2, 37.14)], changes=changes)
    assert ids[0]["OLD"] == ids[1]["NEW"]
    _, ids = walk([row("OLD", "INE111A01017", 10.0, 9.0)], [row("NEW", "INE222B01018", 12.0, 11.0)], changes=changes)
    assert ids[0]["OLD"] != ids[1]["NEW"]


def test_a_listing_at_the_last_close_of_a_vanished_name_is_not_its_heir() -> None:
    """KEERTI listed on 2017-08-07 at an issue price that was SAKAR's last close: ten such coincidences in five
    years."""
    _, ids = walk([row("SAKAR", "INE732S01012", 52.0, 50.0, "SM")], [row("KEERTI", "INE586X01012", 55.0, 52.0, "SM")])
    assert ids[0]["SAKAR"] != ids[1]["KEERTI"]


def test_without_isins_the_price_chain_links_a_single_heir_and_none_of_two() -> None:
    registry, ids = walk([row("OLD", None, 117.25, 117.0)], [row("NEW", None, 118.0, 117.25)])
    assert ids[0]["OLD"] == ids[1]["NEW"]
    assert evidence(registry, "SYM:OLD") == "prev_close"
    two = [row("ONE", None, 117.25, 117.0), row("TWO", None, 117.25, 116.0)]
    _, ids = walk(two, [row("NEW", None, 118.0, 117.25)])
    assert ids[1]["NEW"] not in ids[0].values()


def test_the_first_isin_is_linked_to_the_years_without() -> None:
    _, ids = walk([row("RELIANCE", None, 850.0, 848.0)], [row("RELIANCE", "INE002A01018", 860.0, 850.0)])
    assert ids[0] == ids[1] == {"RELIANCE": "SYM:RELIANCE"}


def test_a_symbol_that_comes_back_after_years_without_isin_at_another_price_is_new() -> None:
    registry = Registry()
    first = registry.observe(MONDAY, [row("ABC", None, 10.0, 9.0)])
    later = MONDAY + dt.timedelta(days=FORGOTTEN_DAYS + 10)
    registry.observe(later - dt.timedelta(days=1), [row("XYZ", None, 1.0, 1.0)])
    assert set(first.values()) != set(registry.observe(later, [row("ABC", None, 75.0, 70.0)]).values())


def test_a_chain_of_a_few_paise_links_nobody() -> None:
    """VIVIDHA closed at 0.20 and was not in the next day's file; INTEGRA was not in its own: two companies."""
    _, ids = walk([row("VIVIDHA", None, 0.2, 0.2)], [row("INTEGRA", None, 0.25, 0.2, "BE")])
    assert ids[0]["VIVIDHA"] != ids[1]["INTEGRA"]


def test_a_day_without_isins_among_days_with_them_tears_nobody() -> None:
    with_isin, without = row("INFY", "INE009A01021", 101.0, 100.0), row("INFY", None, 102.0, 101.0)
    newcomer = [row("NEW", None, 50.0, 0.0)], [row("NEW", "INE040A01034", 51.0, 50.0)]
    registry, ids = walk([with_isin], [without, *newcomer[0]], [with_isin, *newcomer[1]])
    assert [each["INFY"] for each in ids] == ["INE009A01"] * 3
    assert ids[1]["NEW"] == ids[2]["NEW"] == "SYM:NEW"
    infy, new = registry.instruments
    assert (infy.isin, infy.valid_from, infy.evidence) == ("INE009A01021", day(0), "first_seen")
    assert (new.isin, new.evidence) == ("INE040A01034", "prev_close")


def test_an_identity_that_rests_on_a_symbol_alone_says_so() -> None:
    registry, _ = walk([row("ABC", None, 50.0, 49.0)])
    assert (registry.instruments[0].evidence, registry.instruments[0].isin) == ("symbol", None)
    registry, _ = walk([row("ABC", None, 50.0, 49.0)], [row("ABC", "INE040A01034", 80.0, 77.0)])
    assert registry.instruments[0].evidence == "symbol"  # neither an ISIN before nor the price


@pytest.mark.real
def test_a_genuine_month_of_sec_bhavdata_full_knows_the_companies_of_the_bhavcopies(real: Path) -> None:
    """Alone, and alternating day by day with the files that have ISINs: no two companies become one, and who is torn is
    named."""
    import tarfile

    def days(bundle: str) -> dict[dt.date, list[Sighting]]:
        found: dict[dt.date, list[Sighting]] = {}
        with tarfile.open(real / "runs" / bundle) as archive:
            for member in archive:
                if re.search(r"OCT|\d\d102019", member.name) and (stream := archive.extractfile(member)) is not None:
                    rows = read_bhavcopy(stream.read(), member.name).frame.with_columns(
                        source_sha256=pl.lit(member.name)
                    )
                    date = rows["trade_date"][0]
                    if dt.date(2019, 10, 1) <= date <= dt.date(2019, 10, 31):
                        found[date] = list(sightings(rows.filter(pl.col("series").is_in(EQUITY_SERIES))))
        return found

    named, unnamed = days("cm_2019.tar.xz"), days("sec_bhavdata_full_2019.tar.xz")
    assert len(named) == len(unnamed) == 20
    changes = read_symbol_changes((real / "symbol_master/symbolchange_2026-08-08.csv").read_bytes(), "symbolchange.csv")

    def ids(sources: list[dict[dt.date, list[Sighting]]]) -> dict[tuple[dt.date, str, str], str]:
        registry, found = Registry(), {}
        for number, date in enumerate(sorted(named)):
            told = {each.new: each for each in changes if date - dt.timedelta(days=200) <= each.date <= date}
            seen = registry.observe(date, sources[number % len(sources)][date], told)
            found |= {(date, symbol, family): name for (symbol, _, family), name in seen.items()}
        return found

    right = ids([named])
    misdated = {
        "INF204KA17D8",
        "INF204KB1882",
        "INF204KA1MS3",
    }  # the register has these three renames years too early, or not at all
    for sources, torn in (([unnamed], misdated), ([named, unnamed], set()), ([unnamed, named], misdated)):
        found = ids(sources)
        pairs = {(right[key], found[key]) for key in right.keys() & found.keys()}
        companies, instruments = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
        assert len(companies) > 1880
        assert max(instruments.values()) == 1, [name for name, count in instruments.items() if count > 1]
        assert {name for name, count in companies.items() if count > 1} == torn


def test_ordinary_and_dvr_shares_of_one_issuer_stay_apart() -> None:
    _, ids = walk([row("STAMPEDE", "INE224E01028", 5.0, 5.0), row("SCAPDVR", "INE224E01036", 3.0, 3.0)])
    assert len(set(ids[0].values())) == 2


def test_a_second_line_of_one_security_key_on_the_same_day_is_an_instrument_of_its_own() -> None:
    _, ids = walk(
        [row("AAA", "INE111A01017", 5.0, 5.0)],
        [row("AAA", "INE111A01017", 5.0, 5.0), row("AAAPP", "INE111A01025", 2.0, 2.0)],
    )
    assert ids[1]["AAA"] != ids[1]["AAAPP"]


def test_the_user_decides_last() -> None:
    registry = Registry()
    registry.observe(day(0), [row("OLD", "INE111A01017", 10.0, 9.0)])
    line = SameAs(day(1), "NEW", "OLD")
    ids = registry.observe(day(1), [row("NEW", "INE222B01018", 99.0, 98.0)], overrides={"NEW": line})
    assert set(ids.values()) == {"INE111A01"}
    ids = registry.observe(day(2), [row("NEW", "INE222B01018", 99.0, 99.0)], overrides={"NEW": line})
    assert set(ids.values()) == {"INE111A01"}


@pytest.mark.parametrize(
    ("isin", "has", "refused"),
    [("DUMMY", True, True), (None, True, True), (None, False, False), ("INE002A01018", True, False)],
)
def test_a_blank_or_malformed_isin_is_never_guessed(isin: str | None, has: bool, refused: bool) -> None:
    assert (refusal(isin, file_has_isins=has) is not None) == refused


TATA, TATA_PARTLY = "INE081A01012", "IN9081A01010"


def test_the_share_and_its_partly_paid_form_trade_under_one_symbol_and_are_two_instruments() -> None:
    """TATASTEEL from 2018-03-19 to 2020-08-07; the partly paid form was then renamed TATASTLPP."""
    registry = Registry()
    both = [row("TATASTEEL", TATA, 400.0, 390.0), row("TATASTEEL", TATA_PARTLY, 42.0, 40.0, "E1")]
    first = registry.observe(day(0), both)
    assert first == {("TATASTEEL", TATA, ""): "INE081A01", ("TATASTEEL", TATA_PARTLY, "partly_paid1"): TATA_PARTLY}
    assert registry.observe(day(1), both[::-1]) == first
    renamed = registry.observe(day(2), [both[0], row("TATASTLPP", TATA_PARTLY, 43.0, 42.0, "E1")])
    assert renamed["TATASTLPP", TATA_PARTLY, "partly_paid1"] == TATA_PARTLY
    line = {"TATASTEEL": SameAs(day(3), "TATASTEEL", "")}
    assert registry.observe(day(3), both, overrides=line)["TATASTEEL", TATA_PARTLY, "partly_paid1"] == TATA_PARTLY


def test_without_isins_they_are_two_as_well_and_keep_their_ids_when_isins_come() -> None:
    """KARURVYSYA EQ and E5 on 2011-06-21, the last day without ISINs, and 2011-06-22."""
    before = [row("KARURVYSYA", None, 390.0, 389.0), row("KARURVYSYA", None, 345.05, 344.0, "E5")]
    after = [row("KARURVYSYA", "INE036D01010", 391.0, 390.0), row("KARURVYSYA", "IN9036D01059", 344.5, 345.05, "E5")]
    registry = Registry()
    first = registry.observe(day(0), before)
    assert {own: name for (*_, own), name in first.items()} == {
        "": "SYM:KARURVYSYA",
        "partly_paid5": "SYM:KARURVYSYA.E5",
    }
    second = registry.observe(day(1), after)
    assert {own: name for (*_, own), name in second.items()} == {own: name for (*_, own), name in first.items()}


def test_each_call_of_a_partly_paid_share_is_an_instrument_even_at_the_same_price() -> None:
    """IBVENTURES X2 and E3: a payment lies between, so no return may span it. X2 and E2 are one paper."""
    _, ids = walk(
        [row("IBVENTURES", "IN9274G01026", 230.0, 229.0, "X2")],
        [row("IBVENTURES", "IN9274G01026", 231.0, 230.0, "E2")],
        [row("IBVENTURES", "IN9274G01034", 232.0, 231.0, "E3")],
    )
    assert [each["IBVENTURES"] for each in ids] == ["IN9274G01026", "IN9274G01026", "IN9274G01034"]


@pytest.mark.parametrize("isins", [("INE964H20014", "INE964H20022"), (None, None)])
def test_entitlements_of_two_issues_under_one_symbol_are_two_instruments(isins: tuple[str | None, str | None]) -> None:
    """Even where the second begins at the last price of the first, which without an ISIN only the time between
    tells."""
    registry = Registry()
    (first,) = registry.observe(day(0), [row("SEPC-RE", isins[0], 4.0, 5.0, "BE")]).values()
    registry.observe(day(90), [row("SEPC", "INE964H01014", 18.0, 18.0)])
    (second,) = registry.observe(day(91), [row("SEPC-RE", isins[1], 4.0, 4.0, "BE")]).values()
    assert first == (isins[0] or "SYM:SEPC-RE")
    assert second == (isins[1] or f"SYM:SEPC-RE:{day(91)}")
    (again,) = registry.observe(day(93), [row("SEPC-RE", isins[1], 4.5, 4.0, "BE")]).values()
    assert again == second


def test_another_isin_under_one_symbol_is_another_paper_even_on_the_next_day_at_the_same_price() -> None:
    for symbol, series, isins in (
        ("X-RE", "BE", ("INE964H20014", "INE964H20022")),
        ("XPP", "E1", ("IN9081A01010", "IN9081A01028")),
    ):
        _, ids = walk([row(symbol, isins[0], 4.0, 5.0, series)], [row(symbol, isins[1], 4.0, 4.0, series)])
        assert [each[symbol] for each in ids] == list(isins)


def test_no_entitlement_is_anybodys_heir_and_nobody_is_an_entitlements() -> None:
    _, ids = walk([row("OLD", None, 4.0, 4.0)], [row("OLD-RE", None, 4.5, 4.0, "BE")], [row("NEW", None, 5.0, 4.5)])
    assert len({ids[0]["OLD"], ids[1]["OLD-RE"], ids[2]["NEW"]}) == 3


@given(st.data())
def test_cutting_the_walk_anywhere_changes_nothing(data: st.DataObject) -> None:
    """A registry stored on a day and read again goes on as if it had never been put down."""
    isins = {
        "A": "INE111A01017",
        "B": "INE222B01018",
        "C": None,
        "D": "INF204KB17I5",
        "A-RE": None,
        "E": "IN9081A01010",
    }
    days = [
        [row(symbol, isins[symbol], float(data.draw(st.integers(1, 5))), float(data.draw(st.integers(1, 5))),
         data.draw(st.sampled_from(["EQ", "BE", "E1", "X1"])))
         for symbol in isins if data.draw(st.booleans())] for _ in range(5)
    ]  # fmt: skip
    whole, _ = walk(*days)
    cut = data.draw(st.integers(1, 4))
    first, _ = walk(*days[:cut])
    second = Registry(first.instruments, first.today)
    for number in range(cut, 5):
        second.observe(day(number), days[number])
    assert second.instruments == whole.instruments

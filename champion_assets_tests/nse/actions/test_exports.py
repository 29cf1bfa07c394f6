"""Exports cut into sessions: by ex-date, under the symbol and with the face value of that day."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from champion_assets.nse.actions.exports import effective_rows, extract_hash, make_export
from champion_assets.nse.actions.feed import read_actions
from champion_assets.nse.calendar import load_calendar
from champion_assets.nse.symbol_changes import SymbolChange, SymbolHistory

HEAD = '"SYMBOL","COMPANY NAME","SERIES","PURPOSE","FACE VALUE","EX-DATE","RECORD DATE"\n'
NONE = SymbolHistory([])


def export(*rows: str, name: str = "CF-CA-equities-01-01-2016-to-31-12-2020.csv", history: SymbolHistory = NONE):  # type: ignore[no-untyped-def]
    body = HEAD + "".join(f"{row}\n" for row in rows)
    return make_export("sha", read_actions(body.encode(), name), name, history, {"NEW": "INE040A01034"})


SPLIT = '"NEW","x","EQ","Face Value Split From Rs 10/- To Rs 2/-","1","02-Jun-2016","-"'
LATER = '"NEW","x","EQ","Face Value Split From Rs 2/- To Re 1/-","1","25-Apr-2018","-"'
BEFORE = '"NEW","x","EQ","Dividend 40%","1","05-Jan-2016","-"'
BETWEEN = '"NEW","x","EQ","Dividend 40%","1","05-Jan-2017","-"'
AFTER = '"NEW","x","EQ","Dividend 40%","1","04-Jan-2019","-"'


def test_the_face_value_is_walked_back_through_the_later_splits() -> None:
    rows = export(SPLIT, LATER, BEFORE, BETWEEN, AFTER).rows.sort("ex_date")
    assert rows["face_value_on_date"].to_list() == [10.0, 10.0, 2.0, 2.0, 1.0]


def test_the_symbol_and_the_isin() -> None:
    history = SymbolHistory([SymbolChange(dt.date(2017, 6, 1), "OLD", "NEW")])
    rows = export(BEFORE, AFTER, history=history).rows
    assert rows["symbol_on_date"].to_list() == ["OLD", "NEW"]
    assert set(rows["isin"]) == {"INE040A01034"}


def test_an_ex_date_on_a_closed_day_takes_effect_on_the_next_session_and_nothing_is_lost() -> None:
    calendar = load_calendar()
    republic_day = '"NEW","x","EQ","Bonus 1:1","1","26-Jan-2016","-"'
    undated = '"NEW","x","EQ","Bonus 1:1","1","-","-"'
    found = export(republic_day, undated, BEFORE)
    days = {
        day: effective_rows(found, calendar, day).height
        for day in calendar.sessions_between(dt.date(2016, 1, 1), dt.date(2016, 1, 29))
    }
    assert {day: rows for day, rows in days.items() if rows} == {
        dt.date(2016, 1, 1): 1,
        dt.date(2016, 1, 5): 1,
        dt.date(2016, 1, 27): 1,
    }


def test_the_span_is_in_the_name_or_that_of_the_dates() -> None:
    assert export(BEFORE).covers(dt.date(2020, 12, 31))
    named = export(BEFORE, AFTER, name="actions.csv")
    assert (named.first, named.last) == (dt.date(2016, 1, 5), dt.date(2019, 1, 4))


def test_a_longer_export_says_the_same_of_a_day() -> None:
    calendar, day = load_calendar(), dt.date(2016, 1, 5)
    short, long = export(BEFORE), export(AFTER, BEFORE)
    parts = [[effective_rows(each, calendar, day)] for each in (short, long)]
    assert extract_hash(parts[0]) == extract_hash(parts[1])
    changed = [parts[0][0].with_columns(subject=pl.lit("Dividend 50%"))]
    assert extract_hash(changed) != extract_hash(parts[0])


@pytest.mark.parametrize(("name", "segment"), [
    ("CF-CA-equities-01-01-2016-to-31-12-2020.csv", "equities"), ("CF-CA-sme-01-01-2016-to-31-12-2020.csv.gz", "sme"),
    ("CF-CA-mf-01-01-2016-to-31-12-2020.csv", "mf"), ("corporate_actions_mf.json", "mf"), ("actions.json", "equities"),
    ("smelters-actions.json", "equities"),
])  # fmt: skip
def test_the_segment_is_in_the_name(name: str, segment: str) -> None:
    found = export(BEFORE, name=name)
    assert (found.segment, found.is_of_shares) == (segment, segment == "equities")

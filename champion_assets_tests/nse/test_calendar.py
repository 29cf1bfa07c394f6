"""The calendar against every day for which a genuine bhavcopy exists, and its questions."""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
import re
from collections import Counter
from pathlib import Path

import pytest

from champion_assets.nse.calendar import BY_FILE, NO_FILE, load_calendar
from champion_assets.nse.calendar_files import CONFIRMED_FROM, CalendarError
from champion_assets.nse.dates import parse_date

CALENDAR = load_calendar()


@pytest.mark.real
def test_equals_the_observed_sessions_of_2011_to_2026(real: Path) -> None:
    observed = [
        dt.date.fromisoformat(day)
        for day in json.loads((real / "holidays/nse_sessions_observed_20110103_20260821.json").read_text())
    ]
    assert CALENDAR.sessions_between(observed[0], observed[-1]) == observed


@pytest.mark.real
def test_names_a_reason_for_every_observed_closed_weekday(real: Path) -> None:
    for day in json.loads((real / "holidays/nse_closed_weekdays_observed.json").read_text()):
        assert CALENDAR.why_closed(dt.date.fromisoformat(day))


def test_five_years_have_1238_sessions() -> None:
    assert len(CALENDAR.sessions_between(dt.date(2016, 1, 1), dt.date(2020, 12, 31))) == 1238


@pytest.mark.parametrize(
    ("day", "status"),
    [
        ("2016-10-30", "muhurat"),
        ("2020-02-01", "budget"),
        ("2024-01-20", "special"),
        ("2026-02-01", "budget"),
        ("2013-11-14", "regular"),
        ("2013-11-15", "closed"),
        ("2024-01-22", "closed"),
        ("2024-11-20", "closed"),
        ("2026-01-15", "closed"),
        ("2024-01-21", "closed"),
    ],
)
def test_days_that_libraries_get_wrong(day: str, status: str) -> None:
    assert CALENDAR.day(dt.date.fromisoformat(day)).status == status


def test_previous_and_next_skip_the_weekend_but_not_the_special_saturday() -> None:
    assert CALENDAR.previous_session(dt.date(2024, 1, 23)) == dt.date(2024, 1, 20)
    assert CALENDAR.next_session(dt.date(2024, 1, 20)) == dt.date(2024, 1, 23)
    assert CALENDAR.previous_session(CALENDAR.first) is None


def test_trailing_sessions_end_with_the_day_and_shorten_at_the_beginning() -> None:
    assert CALENDAR.trailing_sessions(dt.date(2024, 1, 23), 2) == [dt.date(2024, 1, 20), dt.date(2024, 1, 23)]
    assert CALENDAR.trailing_sessions(CALENDAR.first, 5) == [CALENDAR.first]


@pytest.mark.parametrize("day", ["1994-11-02", "2027-01-01"])
def test_outside_the_calendar_is_an_error_that_says_what_to_do(day: str) -> None:
    with pytest.raises(CalendarError, match="CHAMPION_CALENDAR"):
        CALENDAR.is_session(dt.date.fromisoformat(day))


def test_an_override_file_wins_line_by_line_and_lengthens_the_calendar(tmp_path: Path) -> None:
    file = tmp_path / "own.csv"
    file.write_text(
        "date,status,reason,open,close,evidence\n2024-01-15,closed,test,,,circular X\n2027-12-31,regular,,,,\n"
    )
    own = load_calendar(file)
    assert own.why_closed(dt.date(2024, 1, 15)) == "test"
    assert own.is_session(dt.date(2024, 1, 16))
    assert own.last == dt.date(2027, 12, 31)


@pytest.mark.parametrize(
    "lines", ["day,status\n", "date,status,reason,open,close,evidence\n2024-13-01,closed,,,,\n",
              "date,status,reason,open,close,evidence\n2024-01-01,shut,,,,\n",
              "date,status,reason,open,close,evidence\n2024-01-01,closed,,,,\n2024-01-01,regular,,,,\n",
              "date,status,reason,open,close,evidence\n2024-01-01,closed,Diwali, Laxmi Pujan,,,x\n",
              "date,status,reason,open,close,evidence\n2024-01-01,closed\n",
              "date,status,reason,open,close,evidence,confirmed\n2024-01-01,closed,,,,,perhaps\n"],
)  # fmt: skip
def test_a_senseless_override_is_refused(tmp_path: Path, lines: str) -> None:
    file = tmp_path / "own.csv"
    file.write_text(lines)
    with pytest.raises(CalendarError, match=r"own\.csv"):
        load_calendar(file)


def holiday_master(*days: tuple[str, str]) -> str:
    return json.dumps({"CM": [{"tradingDate": date, "description": text} for date, text in days], "FO": []})


def test_the_list_of_a_new_year_lengthens_the_calendar(tmp_path: Path) -> None:
    path = tmp_path / "holiday-master_2027.json"
    path.write_text(
        holiday_master(
            ("26-Jan-2027", "Republic Day"), ("29-Oct-2027", "Diwali Laxmi Pujan*"), ("15-Aug-2027", "Independence Day")
        )
    )
    calendar = load_calendar(path)
    assert calendar.last == dt.date(2027, 12, 31)
    assert calendar.why_closed(dt.date(2027, 1, 26)) == "Republic Day"
    assert calendar.day(dt.date(2027, 10, 29)).status == "muhurat"
    assert calendar.why_closed(dt.date(2027, 8, 15)) == "Sunday"
    (tmp_path / "own.csv").write_text("date,status,reason,open,close,evidence\n2027-01-26,special,test,,,circular\n")
    (tmp_path / "own.csv~").write_text(
        "date,status,reason,open,close,evidence\n2027-01-26,closed,as it was before,,,circular\n"
    )
    assert load_calendar(tmp_path).is_session(dt.date(2027, 1, 26))


@pytest.mark.parametrize(
    "text", ["[]", '{"CM": []}', "{}", "no", '{"CM": [{"tradingDate": "soon", "description": "x"}]}']
)
def test_another_answer_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(CalendarError, match="holiday-master"):
        load_calendar(path)


@pytest.mark.real
def test_the_genuine_list_of_2025_changes_nothing_that_is_known(real: Path) -> None:
    year = dt.date(2025, 1, 1), dt.date(2025, 12, 31)
    published = load_calendar(real / "holidays/holiday-master_trading_2025.json")
    assert published.sessions_between(*year) == CALENDAR.sessions_between(*year)


def test_an_edit_is_seen_at_the_next_call_even_if_size_and_time_stay(tmp_path: Path) -> None:
    file, head = tmp_path / "own.csv", "date,status,reason,open,close,evidence\n"
    file.write_text(head + "2024-01-15,closed,test,,,\n")
    stamp = file.stat()
    assert load_calendar(file).why_closed(dt.date(2024, 1, 15)) == "test"
    file.write_text(head + "2024-01-16,closed,test,,,\n")
    os.utime(file, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert load_calendar(file).is_session(dt.date(2024, 1, 15))
    assert not load_calendar(file).is_session(dt.date(2024, 1, 16))
    assert load_calendar(file) is load_calendar(file)  # the same content is not worked through twice


def test_a_list_in_the_source_folder_is_used_and_garbage_beside_it_is_left_out_in_words(tmp_path: Path) -> None:
    folder = tmp_path / "2027"
    folder.mkdir()
    (folder / "holiday-master_2027.json").write_text(holiday_master(("26-Jan-2027", "Republic Day")))
    (tmp_path / "Holiday-Master.json").write_text("<html>Access Denied</html>")
    (tmp_path / "other.json").write_text("not of interest")
    calendar = load_calendar(source=tmp_path)
    assert calendar.last == dt.date(2027, 12, 31)
    assert calendar.why_closed(dt.date(2027, 1, 26)) == "Republic Day"
    assert calendar.day(dt.date(2027, 1, 26)).evidence == "holiday-master_2027.json"
    (problem,) = calendar.problems
    assert "Holiday-Master.json: left out" in problem


def test_a_file_that_is_not_utf_8_is_refused_in_words(tmp_path: Path) -> None:
    file = tmp_path / "own.csv"
    file.write_bytes("date,status,reason,open,close,evidence\n2024-01-15,closed,D\u00eewali,,,\n".encode("latin-1"))
    with pytest.raises(CalendarError, match="UTF-8"):
        load_calendar(file)


def test_every_day_before_2011_says_what_it_rests_on() -> None:
    span = (CONFIRMED_FROM - CALENDAR.first).days
    days = [CALENDAR.day(CALENDAR.first + dt.timedelta(days=number)) for number in range(span)]
    assert all(day.evidence for day in days)
    later = [
        CALENDAR.day(CONFIRMED_FROM + dt.timedelta(days=n)) for n in range((CALENDAR.last - CONFIRMED_FROM).days + 1)
    ]
    assert all(day.confirmed for day in later)


SESSIONS_OF_YEAR = {2006: 250, 2007: 249, 2008: 246, 2009: 243, 2010: 252}
"""As many bhavcopies as a public report on NSE's archive counts; every one of them was fetched and none was missing."""
WEEKENDS = {
    "2006-04-29": "special",
    "2006-06-25": "special",
    "2006-10-21": "muhurat",
    "2009-10-17": "muhurat",
    "2010-02-06": "special",
}


def test_2006_to_2010_have_as_many_sessions_as_the_archive_has_bhavcopies() -> None:
    found = {year: CALENDAR.sessions_between(dt.date(year, 1, 1), dt.date(year, 12, 31)) for year in SESSIONS_OF_YEAR}
    assert {year: len(sessions) for year, sessions in found.items()} == SESSIONS_OF_YEAR
    weekends = [CALENDAR.day(day) for sessions in found.values() for day in sessions if day.weekday() > 4]
    assert {day.date.isoformat(): day.status for day in weekends} == WEEKENDS
    assert all(day.confirmed for day in weekends)


@pytest.mark.real
def test_days_before_2011_with_a_genuine_file_are_confirmed_sessions(real: Path) -> None:
    names = [
        re.fullmatch(r"cm(\d{2})([A-Za-z]{3})(\d{4})bhav.*", path.name)
        for path in (real / "legacy_cm/excerpts").iterdir()
    ]
    days = [parse_date("-".join(name.groups()), name.string) for name in names if name is not None]
    assert len(days) == 3
    for day in days:
        assert (CALENDAR.is_session(day), CALENDAR.day(day).confirmed) == (True, True)


@pytest.mark.real
def test_listings_on_a_day_that_is_called_closed_are_in_its_evidence(real: Path) -> None:
    """The register is NSE's own: companies that were listed on a closed weekday speak against the closure."""
    rows = csv.reader((real / "symbol_master/EQUITY_L_2026-08-08.csv").read_text().splitlines()[1:])
    listed = Counter(dt.datetime.strptime(row[3], "%d-%b-%Y").replace(tzinfo=dt.UTC).date() for row in rows)
    doubtful = [day for day in listed if day >= CALENDAR.first and day.weekday() < 5 and not CALENDAR.is_session(day)]
    assert len(doubtful) == 7
    assert all("EQUITY_L" in CALENDAR.day(day).evidence and not CALENDAR.day(day).confirmed for day in doubtful)


def test_files_decide_what_is_not_confirmed_and_nothing_else() -> None:
    saturday, friday, sunday = dt.date(1996, 2, 3), dt.date(1996, 2, 2), dt.date(2024, 1, 14)
    around = [dt.date(1996, 1, 1), saturday, sunday, dt.date(2024, 1, 31)]
    calendar = CALENDAR.decided_by(frozenset(around))
    assert calendar.day(saturday).status == "special"
    assert (calendar.day(saturday).evidence, calendar.day(saturday).confirmed) == (BY_FILE, True)
    assert (calendar.why_closed(friday), calendar.day(friday).confirmed) == (NO_FILE, False)
    assert calendar.is_session(dt.date(1995, 12, 29))  # before the first file nothing is decided
    assert not calendar.is_session(sunday)  # confirmed: a file contradicts it, and a person decides
    assert calendar.is_session(dt.date(2024, 1, 15))  # confirmed: its file is missing
    assert calendar.previous_session(dt.date(1996, 2, 4)) == saturday
    incomplete = CALENDAR.decided_by(frozenset(around), complete=False)
    assert incomplete.is_session(saturday)
    assert incomplete.is_session(friday)
    assert CALENDAR.decided_by(frozenset()) is CALENDAR

"""The end of the session calendar is told in good time, and never passed over in silence."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from champion_assets.nse.calendar import load_calendar
from champion_assets.nse.calendar_end import end_of_calendar

LAST = dt.date(2026, 12, 31)


@pytest.mark.parametrize(
    ("today", "level"),
    [
        ("2026-11-30", None),
        ("2026-12-01", "warning"),
        ("2026-12-31", "warning"),
        ("2027-01-01", "error"),
        ("2028-07-01", "error"),
    ],
)
def test_a_warning_from_december_on_and_an_error_from_january(today: str, level: str | None) -> None:
    found = end_of_calendar(LAST, dt.date.fromisoformat(today))
    assert (found.level if found else None) == level


def test_a_history_that_ends_on_purpose_needs_no_longer_calendar() -> None:
    assert end_of_calendar(LAST, dt.date(2028, 1, 1), needed_until=dt.date(2026, 6, 30)) is None
    assert end_of_calendar(LAST, dt.date(2028, 1, 1), needed_until=dt.date(2027, 6, 30)) is not None


def test_the_lines_that_it_shows_lengthen_the_calendar(tmp_path: Path) -> None:
    """The advice is followed word for word."""
    found = end_of_calendar(LAST, dt.date(2027, 1, 5))
    assert found is not None
    words = found.do.replace(";", " ").split("the header ")[1]
    header, closed = words.split(", a line ")[0], words.split("a line ")[1].split(" for each")[0]
    final = words.rsplit(" and ", 1)[1].split(" to name")[0]
    file = tmp_path / "own.csv"
    file.write_text("\n".join([header, closed, final]))
    calendar = load_calendar(file)
    assert calendar.last == dt.date(2027, 12, 31)
    assert calendar.why_closed(dt.date(2027, 1, 26)) == "Republic Day"
    assert calendar.is_session(dt.date(2027, 1, 27))
    assert end_of_calendar(calendar.last, dt.date(2027, 1, 5)) is None

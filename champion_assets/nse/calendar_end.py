"""Whether the session calendar still reaches far enough, and what to add when it does not.

What belongs here: the judgement and its words, one for the sensors, the page and `champion doctor`. What does not:
telling anybody.

NSE publishes the holidays of a year in the December before. A calendar that has ended knows no session, so that nothing
is due, nothing is late and nothing is built.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from champion_assets.nse.calendar_files import COLUMNS, HOLIDAY_ADDRESS

NOTICE = dt.timedelta(days=30)
"""How long before its last day the end of the calendar is told: from 1 December on for one that ends with the year."""


@dataclass(frozen=True)
class CalendarEnd:
    """An end of the calendar that a person has to know of.

    Attributes:
        level: `warning` while days are left, `error` afterwards.
        says: what is the matter.
        do: what to add, where, and in which form.
    """

    level: Literal["warning", "error"]
    says: str
    do: str


def end_of_calendar(last: dt.date, today: dt.date, needed_until: dt.date | None = None) -> CalendarEnd | None:
    """What is to be said of a calendar that ends on `last`, or None.

    Args:
        last: last day of the calendar.
        today: the present day in India.
        needed_until: the last day of a history that ends on purpose; a calendar that reaches it is long enough.

    Example:
        >>> end_of_calendar(dt.date(2026, 12, 31), dt.date(2026, 12, 1)).level
        'warning'
    """
    if today < last - NOTICE or (needed_until is not None and needed_until <= last):
        return None
    year = (last + dt.timedelta(days=1)).year
    do = (
        f"save {HOLIDAY_ADDRESS} as holiday-master_{year}.json in the folder of CHAMPION_SOURCE, "
        f"or name it in CHAMPION_CALENDAR; or write the days of {year} from NSE's circular of December into the CSV in "
        f"CHAMPION_CALENDAR: the header {','.join(COLUMNS)}, a line {year}-01-26,closed,Republic Day,,,NSE/CMTR/… "
        f"for each closed weekday, and {year}-12-31,regular,,,, to name the last day"
    )
    if today <= last:
        return CalendarEnd("warning", f"the session calendar ends on {last}; later days cannot be built", do)
    return CalendarEnd("error", f"the session calendar ended on {last}: nothing after it is due, late or built", do)

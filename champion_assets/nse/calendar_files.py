"""The files that the session calendar is made of: lines of days, and NSE's own list of a year's holidays.

What belongs here: reading and checking such files. What does not: the questions one asks of a calendar (`calendar.py`).

A CSV has the columns `date,status,reason,open,close,evidence`. The packaged one also says in `confirmed` (yes or no)
whether a file or a circular of the exchange proves the day; a line that a person writes counts as confirmed. NSE's list
(`holiday-master`, JSON, segment CM) is what https://www.nseindia.com/api/holiday-master?type=trading answers.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, cast

from champion_assets.common.errors import ChampionError

DayStatus = Literal["regular", "muhurat", "budget", "special", "closed"]
COLUMNS = ("date", "status", "reason", "open", "close", "evidence")
CONFIRMED = "confirmed"
STATUSES = ("regular", "muhurat", "budget", "special", "closed")
CONFIRMED_FROM = dt.date(2011, 1, 3)
"""From here on every ordinary day is proven: by its bhavcopy, by the absence of one, later by NSE's list."""
UNPROVEN = "no file and no circular of the exchange is known"
COUNTED_FROM = dt.date(2006, 1, 1)
COUNTED = "the number of the year's sessions agrees with a public report on NSE's archive"
"""What an ordinary day from 2006 to 2010 rests on."""
HOURS_FROM = dt.date(2010, 10, 18)
"""First session from 09:15 to 15:30."""
HOLIDAY_LIST = re.compile(r"holiday-master.*\.json", re.IGNORECASE)
"""The name under which NSE's list is saved."""
HOLIDAY_ADDRESS = "https://www.nseindia.com/api/holiday-master?type=trading"
_SEGMENT = "CM"
_MUHURAT = re.compile(r"la(?:x|ksh)mi\s*pujan", re.IGNORECASE)


class CalendarError(ChampionError, ValueError):
    """A date outside the calendar, or a line of a file of days that makes no sense."""


@dataclass(frozen=True)
class Day:
    """One calendar day.

    Attributes:
        date: the day.
        status: the type of the session, or `closed`.
        reason: why it is not an ordinary day; empty if it is.
        open: "HH:MM" IST, or empty.
        close: "HH:MM" IST, or empty.
        evidence: the file or circular that says so, or what else the line rests on.
        confirmed: False if neither a file nor a circular of the exchange is known to prove the day.
    """

    date: dt.date
    status: DayStatus
    reason: str = ""
    open: str = ""
    close: str = ""
    evidence: str = ""
    confirmed: bool = True

    @property
    def is_session(self) -> bool:
        """True if the market traded."""
        return self.status != "closed"


@cache
def ordinary(date: dt.date) -> Day:
    """A day that no file has a line for: a regular session from Monday to Friday, else closed."""
    confirmed = date >= CONFIRMED_FROM
    evidence = "" if confirmed else COUNTED if date >= COUNTED_FROM else UNPROVEN
    if date.weekday() < 5:
        hours = ("09:15", "15:30") if date >= HOURS_FROM else ("", "")
        return Day(date, "regular", "", *hours, evidence, confirmed)
    return Day(date, "closed", "Saturday" if date.weekday() == 5 else "Sunday", evidence=evidence, confirmed=confirmed)


def read_days(text: str, origin: str) -> dict[dt.date, Day]:
    """The days of a CSV.

    Args:
        text: the file.
        origin: its name, for the messages.

    Raises:
        CalendarError: names the file, the line and what is wrong.
    """
    reader = csv.DictReader(text.splitlines())
    if tuple(reader.fieldnames or ()) not in (COLUMNS, (*COLUMNS, CONFIRMED)):
        raise CalendarError(f"{origin}: the columns must be {','.join(COLUMNS)}, found {reader.fieldnames}")
    days: dict[dt.date, Day] = {}
    for number, row in enumerate(reader, start=2):
        day = _line(row, f"{origin}, line {number}")
        if day.date in days:
            raise CalendarError(f"{origin}, line {number}: {day.date} is listed twice")
        days[day.date] = day
    return days


def _line(row: dict[str, str], where: str) -> Day:
    if None in row or None in row.values():
        raise CalendarError(f"{where}: has not as many fields as the header; a comma in a field needs quotes around it")
    try:
        date = dt.date.fromisoformat(row["date"].strip())
    except ValueError as error:
        raise CalendarError(f"{where}: {row['date']!r} is not a date YYYY-MM-DD") from error
    status, confirmed = row["status"].strip(), row.get(CONFIRMED, "yes")
    if status not in STATUSES:
        raise CalendarError(f"{where}: status {status!r} is not one of {', '.join(STATUSES)}")
    if confirmed not in ("yes", "no"):
        raise CalendarError(f"{where}: confirmed is yes or no, not {confirmed!r}")
    texts = (row["reason"], row["open"], row["close"], row["evidence"])
    return Day(date, cast("DayStatus", status), *texts, confirmed == "yes")


def read_holiday_master(text: str, origin: str) -> dict[dt.date, Day]:
    """The closures of NSE's `holiday-master` (trading), segment CM; Diwali Laxmi Pujan is an evening market.

    Args:
        text: the answer of NSE's server, JSON.
        origin: the file's name, which becomes the evidence of its days.

    Raises:
        CalendarError: not such an answer.
    """
    try:
        rows = json.loads(text)[_SEGMENT]
        listed = [(_date(row["tradingDate"]), str(row["description"])) for row in rows]
    except (ValueError, KeyError, TypeError) as error:
        raise CalendarError(f"{origin}: not an answer of holiday-master with segment {_SEGMENT} ({error})") from error
    if not listed:
        raise CalendarError(f"{origin}: an answer of holiday-master that lists no day of segment {_SEGMENT}")
    days = {}
    for date, description in listed:
        reason = " ".join(description.replace("*", " ").split())
        if _MUHURAT.search(reason):
            days[date] = Day(date, "muhurat", reason, evidence=f"{origin}, hours to be notified")
        elif date.weekday() < 5:
            days[date] = Day(date, "closed", reason, evidence=origin)
    return days


def _date(text: str) -> dt.date:
    return dt.datetime.strptime(text, "%d-%b-%Y").replace(tzinfo=dt.UTC).date()


def holiday_lists(folder: Path) -> list[Path]:
    """NSE's lists of holidays in a folder or one folder below it: `holiday-master*.json`, sorted by name."""
    found = (path for pattern in ("*.json", "*/*.json") for path in folder.glob(pattern))
    return sorted(path for path in found if HOLIDAY_LIST.fullmatch(path.name) and path.is_file())


def years_end(days: Iterable[dt.date]) -> dt.date | None:
    """The last day of the last year that has a day, or None without one."""
    years = {day.year for day in days}
    return dt.date(max(years), 12, 31) if years else None

"""What bronze tables of declared files and of the PR bundle's members have in common.

The text of each day, read by a reader.

What belongs here: from raw tables to the rows of any member or file. What does not: its columns (each stands in its
table or declaration).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from champion_assets.lake.inputs import Inputs
from champion_assets.lake.place import Input
from champion_assets.lake.schema import TableModel, empty_frame
from champion_assets.lake.table import Computed
from champion_assets.nse.bundle_member import bundle_member
from champion_assets.nse.daily_file import DailyFile, Loose, Member
from champion_assets.nse.errors import BadPayload
from champion_assets.raw.bundle_members import NAME as LOOSE
from champion_assets.raw.corporate_actions import BUNDLE
from champion_assets.raw.corporate_actions import NAME as BUNDLES
from champion_assets.raw.daily_file import file_text
from champion_assets.raw.files import current_versions
from champion_assets.raw.market_lists import NAME as LISTS


@dataclass(frozen=True)
class DayText:
    """A day's file: its name, the SHA-256 of the bytes it came in, and its text or why there is none."""

    date: dt.date
    name: str
    sha256: str
    text: str | BadPayload


Reader = Callable[[str, DayText], tuple[pl.DataFrame, pl.DataFrame, dict[str, Any]]]
"""From a text to its rows, those refused (source_row, reason, text), and facts."""
_REFUSED = {
    "trade_date": pl.Date,
    "name": pl.String,
    "source_sha256": pl.String,
    "rule": pl.String,
    "source_row": pl.Int64,
    "reason": pl.String,
    "text": pl.String,
}
"""Columns of what is refused, in this order whatever is refused first: a day does not depend on the block it was made
in."""
MEMBER_INPUTS = (Input(BUNDLES), Input(LOOSE))
LIST_INPUTS = (Input(LISTS),)


def place_inputs(file: DailyFile) -> tuple[Input, ...]:
    """The raw tables that hold a declared file."""
    match file.place:
        case Member():
            return MEMBER_INPUTS
        case Loose():
            return LIST_INPUTS
    return (Input(f"raw/{file.name}"),)


def day_texts(inputs: Inputs, dates: Sequence[dt.date], file: DailyFile) -> Iterator[DayText]:
    """The text of a declared file on each of `dates`, nothing for a day without; `place_inputs` must be declared."""
    match file.place:
        case Member() as member:
            return bundle_texts(inputs, dates, member)
        case Loose() as loose:
            return loose_texts(inputs, dates, loose)
    return served_texts(inputs, dates, f"raw/{file.name}")


def parse_texts(texts: Iterable[DayText], model: type[TableModel], read: Reader) -> Computed:
    """The rows of days' files.

    One that cannot be read gives none and stands in the quarantine, as does each line that cannot.
    """
    columns = list(empty_frame(model).columns)
    frames, facts, rejects = [empty_frame(model)], {}, []
    for each in texts:
        marks: dict[str, Any] = {"trade_date": each.date, "name": each.name, "source_sha256": each.sha256}
        try:
            if isinstance(each.text, BadPayload):
                raise each.text
            rows, refused, told = read(each.text, each)
        except BadPayload as error:
            rejects.append(marks | {"rule": error.rule, "reason": str(error), "source_row": 0, "text": ""})
            continue
        rejects += [marks | {"rule": "B5"} | row for row in refused.iter_rows(named=True)]
        frames.append(
            rows.with_columns(trade_date=pl.lit(each.date), source_sha256=pl.lit(each.sha256)).select(columns)
        )
        facts[each.date] = {"rows": rows.height, "refused": refused.height, **told}
    return Computed(pl.concat(frames), pl.DataFrame(rejects, schema=_REFUSED) if rejects else None, facts)


def bundle_texts(inputs: Inputs, dates: Sequence[dt.date], member: Member) -> Iterator[DayText]:
    """The member of each day's bundle, else the loose one; nothing for a day without.

    `MEMBER_INPUTS` must be declared.
    """
    bundles, loose = current_versions(inputs.read(BUNDLES), dates), current_versions(inputs.read(LOOSE), dates)
    packed, single = inputs.originals(BUNDLES), inputs.originals(LOOSE)
    for date in dates:
        wanted = [(packed, each) for each in bundles[date] if each["format"] == BUNDLE]
        wanted += [(single, each) for each in loose[date] if each["format"] == member.kind.lower()]
        for files, version in wanted:
            name, sha256 = version["name"], version["sha256"]
            body = files.read(sha256, name)
            try:
                text = bundle_member(body, name, member) if files is packed else file_text(body, name)
            except BadPayload as error:
                yield DayText(date, name, sha256, error)
                continue
            if text is not None:
                yield DayText(date, name, sha256, text)
                break


def loose_texts(inputs: Inputs, dates: Sequence[dt.date], place: Loose) -> Iterator[DayText]:
    """The file of each day that `raw/market_lists` keeps, which must be declared."""
    files = inputs.originals(LISTS)
    for date, versions in current_versions(inputs.read(LISTS), dates).items():
        for version in (each for each in versions if each["format"] == place.kind):
            name, sha256 = version["name"], version["sha256"]
            yield DayText(date, name, sha256, file_text(files.read(sha256, name), name))


def served_texts(inputs: Inputs, dates: Sequence[dt.date], raw: str) -> Iterator[DayText]:
    """The version in force of each day's file of a raw table with one file for each day."""
    files = inputs.originals(raw)
    for date, versions in current_versions(inputs.read(raw), dates).items():
        for version in versions[:1]:
            name, sha256 = version["name"], version["sha256"]
            yield DayText(date, name, sha256, file_text(files.read(sha256, name), name))

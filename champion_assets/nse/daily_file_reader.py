"""Reading a daily file by its declaration: every line is a row, a line of totals, or refused with its reason.

What belongs here: header, values, totals, the day in the rows. What does not: finding the file (`bundle_member.py`,
`source/`), and what becomes of rows (`bronze/daily_file.py`).
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from champion_assets.nse.container import check_text, csv_rows
from champion_assets.nse.daily_file import TYPES, Column, DailyFile, Summary
from champion_assets.nse.errors import BadValue, EmptyPayload, UnknownHeader, WrongDate

REFUSED: dict[str, pl.DataType] = {"source_row": pl.Int32(), "reason": pl.String(), "text": pl.String()}
"""What is said of a refused line; of the file as a whole with `source_row` 0."""


@dataclass(frozen=True)
class ReadFile:
    """A read file.

    Attributes:
        rows: in file order, in the declaration's `schema`.
        refused: `REFUSED`.
        totals: lines of totals, in the columns of `rows`.
        date: the day that the rows name, None where they name none.
    """

    rows: pl.DataFrame
    refused: pl.DataFrame
    totals: pl.DataFrame
    date: dt.date | None


def read_daily_file(file: DailyFile, text: str, name: str) -> ReadFile:
    """Read a file's text.

    Args:
        file: its declaration.
        text: the whole text; cells may be padded with blanks.
        name: how to call it in errors.

    Raises:
        UnknownHeader: a column is new or absent.
        EmptyPayload: no text.
        WrongDate: rows of several days.
        BadValue: the text is no CSV, or the rows do not sum to their line of totals.
    """
    check_text(text.encode(), name)
    if file.prepare is not None:
        text = file.prepare(text)
    lines = [[cell.strip() for cell in line] for line in csv_rows(text, name)]
    if not lines or not any(lines[0]):
        raise EmptyPayload(f"{name}: no text")
    place = _places(file, lines[0], name)
    numbered = [(number, line) for number, line in enumerate(lines[1:], start=1) if any(line)]
    most, least = len(lines[0]), max(place.values()) + 1
    fitting = [each for each in numbered if least <= len(each[1]) <= most]
    ragged = [(number, f"{len(line)} fields where the header has {most}", line) for number, line in numbered
              if not least <= len(line) <= most]  # fmt: skip
    texts = pl.DataFrame(
        {
            each.name: [line[place[each.name]] for _, line in fitting] if each.name in place else [""] * len(fitting)
            for each in file.columns
        }
        | {"source_row": [number for number, _ in fitting]},
        schema=dict.fromkeys((each.name for each in file.columns), pl.String()) | {"source_row": pl.Int32()},
    )
    values = texts.select(*_values(file), "source_row")
    totals, told = values.clear(), pl.DataFrame(schema={"source_row": pl.Int32(), "reason": pl.String()})
    if file.summary is not None:
        is_total = texts[file.summary.blank] == ""
        totals = values.filter(is_total)
        is_known = pl.col(file.summary.label).is_in(list(file.summary.of))
        why = f"neither a row, for its {file.summary.blank} is blank, nor a line of totals that is known"
        told = totals.filter(~is_known).select("source_row", reason=pl.lit(why))
        totals, values, texts = totals.filter(is_known), values.filter(~is_total), texts.filter(~is_total)
    lacking = [each for each in file.columns if _may_have_faults(texts[each.name], values[each.name], each)]
    if lacking:
        faults = pl.DataFrame(
            [_faults(texts[each.name], values[each.name], each, file.date_format) for each in lacking]
        )
        reason = faults.select(pl.concat_str(pl.all(), separator="; ", ignore_nulls=True)).to_series()
        told = pl.concat([told, values.select("source_row", reason=reason).filter(reason != "")])
    rows = values.filter(~values["source_row"].is_in(told["source_row"].to_list())) if told.height else values
    by_number = dict(fitting)
    wrong = sorted([*ragged, *((number, why, by_number[number]) for number, why in told.iter_rows())])
    refused = pl.DataFrame(
        [(number, why, ",".join(line)[:200]) for number, why, line in wrong], schema=REFUSED, orient="row"
    )
    if file.summary is not None and refused.is_empty():
        check_totals(file.summary, rows, totals, name)
    return ReadFile(rows, refused, totals, _date(file, rows, name))


def _may_have_faults(texts: pl.Series, values: pl.Series, column: Column) -> bool:
    """True if a value is missing although the file says something, or where it must say something."""
    missing = values.null_count()
    return missing > 0 and (column.is_needed or missing != texts.is_in(["", *column.blanks]).sum())


def _places(file: DailyFile, header: Sequence[str], name: str) -> dict[str, int]:
    """By column name its place in the lines."""
    known = {" ".join(spelling.split()): each.name for each in file.columns for spelling in (each.header, *each.also)}
    tidy = [" ".join(cell.split()) for cell in header]
    places = {known[cell]: place for place, cell in enumerate(tidy) if cell in known}
    new = [cell for cell in tidy if cell not in known and cell not in file.ignored and cell and not file.has_more]
    absent = [each.header for each in file.columns if each.name not in places and not each.is_optional]
    if new or absent or len([cell for cell in tidy if cell in known]) > len(places):
        words = f"new columns {new}, absent columns {absent}" if new or absent else "a column stands there twice"
        raise UnknownHeader(f"{name}: not the header of {file.name}: {words}; it begins with {','.join(tidy)[:120]!r}")
    return places


_VALUES: dict[int, tuple[DailyFile, list[pl.Expr]]] = {}
"""By identity of a declaration itself, so that the identity stays its own, and the values of its columns."""


def _values(file: DailyFile) -> list[pl.Expr]:
    """The values of all columns of a file, made once for each declaration."""
    if id(file) not in _VALUES:
        _VALUES[id(file)] = file, [_value(each, file.date_format) for each in file.columns]
    return _VALUES[id(file)][1]


def _value(column: Column, date_format: str) -> pl.Expr:
    """The value of a text; null for nothing and for what cannot be read."""
    text = pl.col(column.name)
    text = pl.when(~text.is_in(["", *column.blanks])).then(text)
    if column.values is not None:
        return text.replace_strict(dict(column.values), default=None, return_dtype=pl.String).alias(column.name)
    if column.kind == "text":
        return text.alias(column.name)
    if column.kind == "date":
        return text.str.to_titlecase().str.to_date(date_format, strict=False).alias(column.name)
    number = text.cast(TYPES[column.kind], strict=False)
    low = 0 if column.kind == "count" and column.low is None else column.low
    sound = number.is_finite() if column.kind == "number" else number.is_not_null()
    return pl.when(sound & (number >= (-math.inf if low is None else low))).then(number).alias(column.name)


def _faults(texts: pl.Series, values: pl.Series, column: Column, date_format: str) -> pl.Series:
    """Why cells are refused, null where they are not."""
    wanted = {"count": "a whole number", "number": "a number", "date": f"a date like {date_format}"}
    what = f"one of {', '.join(column.values)}" if column.values is not None else wanted.get(column.kind, "text")
    if column.kind == "count" or column.low is not None:
        what += f" of at least {column.low or 0:g}"
    cells = pl.DataFrame({"text": texts, "value": values})
    is_blank = pl.col("text").is_in(["", *column.blanks])
    unread = pl.when(pl.col("value").is_null() & ~is_blank).then(
        pl.format("{}: {} is not {}", pl.lit(column.header), "text", pl.lit(what))
    )
    reason = unread.when(is_blank).then(pl.lit(f"{column.header} is blank")) if column.is_needed else unread
    return cells.select(reason.alias(column.name)).to_series()


def check_totals(summary: Summary, rows: pl.DataFrame, totals: pl.DataFrame, name: str) -> None:
    """Compare the lines of totals with the sums of their rows.

    Args:
        summary: what is summed.
        rows: the file's rows.
        totals: its lines of totals.
        name: how to call the file in errors.

    Raises:
        BadValue: a sum differs, or a line is absent or doubled: the file was cut or edited.
    """
    for label, value in summary.of.items():
        chosen = rows if value is None else rows.filter(pl.col(summary.blank) == value)
        lines = totals.filter(pl.col(summary.label) == label)[summary.total].to_list()
        if len(lines) != 1 or lines[0] is None:
            raise BadValue(f"{name}: {len(lines)} lines of totals called {label!r}, expected one with a value")
        found = math.fsum(chosen[summary.total].drop_nulls())
        if not math.isclose(found, lines[0], rel_tol=summary.tolerance, abs_tol=0.01):
            raise BadValue(
                f"{name}: the rows of {label!r} sum to {found:,.2f}, their line of totals says {lines[0]:,.2f}; "
                f"the file is not whole"
            )


def _date(file: DailyFile, rows: pl.DataFrame, name: str) -> dt.date | None:
    if file.date is None or rows.is_empty():
        return None
    found = rows[file.date].unique().sort()
    if found.len() > 1 or found.null_count():
        raise WrongDate(f"{name}: rows of {found.len()} different days, {found[0]} to {found[-1]}")
    date: dt.date = found[0]
    return date

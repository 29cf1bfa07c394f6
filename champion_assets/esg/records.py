"""Rows of a provider's file as records.

Oriented scores (0 to 100, higher is better), and the day from which each was known.

What belongs here: one file. What does not: who a company is, what is still valid on a day (`silver/esg_scores.py`).
"""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import polars as pl

from champion_assets.common.errors import ChampionError
from champion_assets.esg.mapping import EsgMapping
from champion_assets.nse.container import csv_rows
from champion_assets.nse.errors import BadPayload, BadValue
from champion_assets.nse.isin import is_valid_isin

RECORDS: dict[str, pl.DataType] = {
    "provider": pl.String(),
    "product": pl.String(),
    "isin": pl.String(),
    "symbol": pl.String(),
    "name": pl.String(),
    "score": pl.Float64(),
    "score_raw": pl.Float64(),
    "environment": pl.Float64(),
    "social": pl.Float64(),
    "governance": pl.Float64(),
    "category": pl.String(),
    "rating_date": pl.Date(),
    "available_from": pl.Date(),
    "is_withdrawn": pl.Boolean(),
    "is_look_ahead": pl.Boolean(),
    "source_row": pl.Int32(),
}
REJECTS: dict[str, pl.DataType] = {
    "source_row": pl.Int32(),
    "rule": pl.String(),
    "reason": pl.String(),
    "line": pl.String(),
}
FIRST_DAY = dt.date(1994, 11, 3)


class EsgFileError(BadPayload, ValueError):
    """A file that is not what its mapping says; the message names the column."""

    rule = "ESG"


class _Rejected(ChampionError):
    pass


def read_records(body: bytes, name: str, mapping: EsgMapping) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Records of a provider's file.

    Args:
        body: content of the file.
        name: name of the file, for errors.
        mapping: of the provider.

    Returns:
        Records (columns `RECORDS`) and rejected rows (columns `REJECTS`).

    Raises:
        EsgFileError: a declared column is missing, or there is no row.
    """
    try:
        header, *rows = csv_rows(body.decode("utf-8-sig", errors="replace"), name) or [[]]
    except BadValue as error:
        raise EsgFileError(str(error)) from error
    header = [column.strip() for column in header]
    if absent := sorted(set(mapping.columns.values()) - set(header)):
        raise EsgFileError(
            f"{name}: without the column(s) {', '.join(absent)} that the mapping of {mapping.provider} "
            f"declares; it has {', '.join(header)}"
        )
    records, rejects = [], []
    for number, cells in enumerate((cells for cells in rows if cells), start=1):
        row = dict(zip(header, cells, strict=False))
        fields = {key: row.get(column, "").strip() for key, column in mapping.columns.items()}
        try:
            records.append(_record(fields, mapping) | {"source_row": number})
        except _Rejected as error:
            rejects.append({"source_row": number, "rule": "ESG", "reason": str(error), "line": ",".join(cells)[:500]})
    if not records and not rejects:
        raise EsgFileError(f"{name}: a header without a single row")
    return pl.DataFrame(records, schema=RECORDS, orient="row"), pl.DataFrame(rejects, schema=REJECTS, orient="row")


def _record(fields: dict[Any, str], mapping: EsgMapping) -> dict[str, Any]:
    isin = fields.get("isin", "")
    if isin and not is_valid_isin(isin):
        raise _Rejected(f"{isin} is no valid ISIN")
    if not (isin or fields.get("symbol") or fields.get("name")):
        raise _Rejected("no ISIN, symbol or name")
    withdrawn = fields.get("withdrawn", "").lower() in ("1", "true", "yes", "y", "withdrawn")
    raw = None if withdrawn and not fields["score"] else _number(fields["score"], "score")
    rated, known = _dates(fields, mapping)
    category = fields.get("category", "")
    band = next((limits for label, limits in mapping.bands.items() if label.lower() == category.lower()), None)
    if raw is not None and band is not None and not band[0] <= raw <= band[1]:
        raise _Rejected(
            f"category {category!r} is declared for {band[0]:g} to {band[1]:g}, the score is {raw:g}: is the "
            f"direction right?"
        )
    return {
        "provider": mapping.provider,
        "product": mapping.product,
        "isin": isin or None,
        "symbol": fields.get("symbol") or None,
        "name": fields.get("name") or None,
        "score": None if raw is None else oriented(raw, mapping),
        "score_raw": raw,
        **{
            part: _number(fields[part], part) if fields.get(part) else None
            for part in ("environment", "social", "governance")
        },
        "category": category or None,
        "rating_date": rated,
        "available_from": known,
        "is_withdrawn": withdrawn,
        "is_look_ahead": mapping.look_ahead,
    }


def oriented(raw: float, mapping: EsgMapping) -> float:
    """A score on a scale of 0 to 100, higher is better.

    Args:
        raw: score as published.
        mapping: declares scale and direction.

    Raises:
        _Rejected: the score is outside the declared scale, and the scale is not open-ended.
    """
    least, largest = mapping.scale
    if not least <= raw <= largest:
        if not mapping.open_ended:
            raise _Rejected(f"score {raw:g} outside the declared scale {least:g} to {largest:g}")
        raw = min(max(raw, least), largest)
    share = 100 * (raw - least) / (largest - least)
    return share if mapping.direction == "higher_better" else 100 - share


def _dates(fields: dict[Any, str], mapping: EsgMapping) -> tuple[dt.date | None, dt.date]:
    """When it was rated, and from when it was known."""
    rated = _date(fields["rating_date"], mapping) if fields.get("rating_date") else None
    if mapping.history == "snapshot":
        day = mapping.as_of or dt.date.max
        return rated, FIRST_DAY if mapping.look_ahead else day
    known = _date(fields["available_from"], mapping) if fields.get("available_from") else None
    if known is None and rated is not None:
        known = _later(rated, mapping.publication_lag_days)
    if known is None and fields.get("period_end"):  # the last AGM is on 30 September, a review may take 45 days more
        period = _date(fields["period_end"], mapping)
        known = dt.date(min(period.year + (period.month > 9), dt.MAXYEAR), 11, 15)
        rated = rated or period
    if known is None:
        raise _Rejected("no date from which it was known")
    if rated is not None and rated > known:
        raise _Rejected(f"rated on {rated}, but known from {known}")
    return rated or known, known


def _date(text: str, mapping: EsgMapping) -> dt.date:
    try:
        return dt.datetime.strptime(text, mapping.date_format).replace(tzinfo=dt.UTC).date()
    except ValueError as error:
        raise _Rejected(f"{text!r} is no date {mapping.date_format}") from error


def _later(date: dt.date, days: int) -> dt.date:
    try:
        return date + dt.timedelta(days=days)
    except OverflowError as error:
        raise _Rejected(f"{date} and {days} days lie beyond the calendar") from error


def _number(text: str, what: str) -> float:
    try:
        value = float(text)
    except ValueError as error:
        raise _Rejected(f"{what} {text!r} is no number") from error
    if not math.isfinite(value):
        raise _Rejected(f"{what} {text!r} is no number")
    return value

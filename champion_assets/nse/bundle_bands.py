"""The `bh` member of NSE's PR bundle: the securities that hit their price band during the day.

What belongs here: the member's header and values. What does not: finding it (`bundle_member.py`), or what a hit means for an order
(`simulation/fills.py`).

Facts: a security that touched both bands has two lines. The header of some years ends with `INDEX FLAG`, whose cells are left out. Every
listed security of the series of equities stands in the `Pd` member, too (2020-12-01, 2025-01-16, 2025-12-16 and -17: 873 lines).
"""

from __future__ import annotations

import polars as pl

from champion_assets.nse.bundle_member import bundle_member
from champion_assets.nse.container import csv_rows
from champion_assets.nse.errors import UnknownHeader

SIDES = {"H": "upper", "L": "lower"}
BANDS: dict[str, pl.DataType] = {
    "symbol": pl.String(), "series": pl.String(), "security": pl.String(), "side": pl.String(), "source_row": pl.Int32(),
}  # fmt: skip
"""Canonical columns: `side` is one of the values of `SIDES`; `source_row` counts from 1 after the header."""
_HEADER = ["SYMBOL", "SERIES", "SECURITY", "HIGH/LOW"]
_MORE = ["INDEX FLAG"]
_REFUSED = {"source_row": pl.Int32(), "reason": pl.String(), "text": pl.String()}


def read_bundle_bands(body: bytes, name: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows of the bundle's `bh` member, and the rows that cannot be read: source_row, reason, text.

    Args:
        body: the bundle, or another file of the day's corporate actions, which has no such member and gives no rows.
        name: how to call it in errors.

    Raises:
        BadPayload: not a readable archive, or its `bh` has another header.
    """
    text = bundle_member(body, name, "bh")
    rows, refused = [], []
    if text is not None:
        lines = csv_rows(text, name)
        if not lines or [column.strip() for column in lines[0]] not in (_HEADER, _HEADER + _MORE):
            raise UnknownHeader(f"{name}: its bh member begins with {','.join(lines[0] if lines else [])[:120]!r}")
        for number, fields in enumerate(lines[1:], start=1):
            cells = [field.strip() for field in fields]
            if not any(cells):
                continue
            if (reason := _refusal(cells, len(lines[0]))) is None:
                rows.append((*cells[:3], SIDES[cells[3]], number))
            else:
                refused.append((number, reason, ",".join(cells)[:200]))
    return pl.DataFrame(rows, schema=BANDS, orient="row"), pl.DataFrame(refused, schema=_REFUSED, orient="row")


def _refusal(cells: list[str], most: int) -> str | None:
    if not len(_HEADER) <= len(cells) <= most:
        return f"{len(cells)} fields where the header has {most}"
    if not cells[0] or not cells[1]:
        return "a line without symbol or series"
    return None if cells[3] in SIDES else f"{cells[3]!r} is neither H nor L"

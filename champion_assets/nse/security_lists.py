"""NSE's lists of present securities (`EQUITY_L`, `SME_EQUITY_L`, `eq_etfseclist`): which ISIN a symbol of today has.

What belongs here: reading them. They know no history: a delisted name is absent, a symbol may have belonged to somebody
else before.
"""

from __future__ import annotations

from collections.abc import Iterable

from champion_assets.nse.container import csv_rows, csv_text
from champion_assets.nse.errors import UnknownHeader
from champion_assets.nse.isin import is_valid_isin


def read_isins(body: bytes, name: str) -> dict[str, str]:
    """Valid ISINs by symbol.

    Raises:
        BadPayload: not such a list.
    """
    reader = iter(csv_rows(csv_text(body, name).decode("utf-8-sig", errors="replace"), name))
    header = [
        column.strip().lower().replace("_", " ").replace("isinnumber", "isin number") for column in next(reader, [])
    ]
    if "symbol" not in header or "isin number" not in header:
        raise UnknownHeader(f"{name}: no list of securities, it begins with {','.join(header)[:120]!r}")
    symbol, isin = header.index("symbol"), header.index("isin number")
    rows = (row for row in reader if len(row) > max(symbol, isin))
    return {row[symbol].strip(): row[isin].strip() for row in rows if is_valid_isin(row[isin].strip())}


def merged_isins(files: Iterable[tuple[bytes, str]]) -> dict[str, str]:
    """ISINs of all lists.

    Where they differ the last in order of names wins, which is the newest as the dates are written.
    """
    found: dict[str, str] = {}
    for body, name in sorted(files, key=lambda each: each[1]):
        found |= read_isins(body, name)
    return found

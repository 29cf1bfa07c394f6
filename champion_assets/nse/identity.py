"""Who an instrument is, across symbols, series and face-value splits.

What belongs here: the rule that turns a row into an `instrument_id`, and the ISIN check.

An Indian ISIN is `IN` + issuer type + four characters of issuer + two of security type + two of serial + check digit. A
face-value split changes only the serial (HDFCBANK 2019-09-20: INE040A01026 -> INE040A01034), so for shares (`INE`, `IN9`) the first
nine characters identify the security for good. Fund units (`INF`) share issuer and type among schemes, so there the whole ISIN
counts, and so it does for shares with differential voting rights that share it with the ordinary ones (INE224E01028 STAMPEDE,
INE224E01036 SCAPDVR). Before 2011-06-22 the files carry no ISIN and the symbol has to serve (`SYM:RELIANCE`).
"""

from __future__ import annotations

from functools import lru_cache

import polars as pl

_SHARE_PREFIXES = ("INE", "IN9")
_PREFIXES = (*_SHARE_PREFIXES, "INF", *(f"IN{digit}" for digit in range(10)))


@lru_cache(maxsize=65536)
def is_valid_isin(isin: str) -> bool:
    """True for a well-formed Indian ISIN with the right check digit (ISO 6166: Luhn over base-36 digits)."""
    if len(isin) != 12 or not isin.isascii() or not isin.isalnum() or not isin[-1].isdigit() or isin != isin.upper():
        return False
    if not isin.startswith(_PREFIXES):
        return False
    return isin_check_digit(isin[:-1]) == isin[-1]


def isin_check_digit(body: str) -> str:
    """The last character of the ISIN whose first eleven are `body`."""
    digits = "".join(str(int(character, 36)) for character in body)
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-1::-2])
    return str(-(doubled + sum(int(digit) for digit in digits[-2::-2])) % 10)


def with_instrument_id(rows: pl.DataFrame) -> pl.DataFrame:
    """Add `instrument_id` (null where the ISIN is present but invalid: never guessed) to rows with `symbol` and `isin`."""
    known = rows["isin"].drop_nulls().unique()
    valid = known.filter(known.map_elements(is_valid_isin, return_dtype=pl.Boolean)) if known.len() else known
    isin = pl.col("isin")
    identity = (
        pl.when(isin.is_null()).then(pl.lit("SYM:") + pl.col("symbol"))
        .when(~isin.is_in(valid.implode())).then(None)
        .when(isin.str.slice(0, 3).is_in(_SHARE_PREFIXES) & ~pl.col("symbol").str.contains("DVR", literal=True)).then(isin.str.slice(0, 9))
        .otherwise(isin)
    )  # fmt: skip
    return rows.with_columns(instrument_id=identity)

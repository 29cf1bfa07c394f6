"""What kind of instrument a row is: share, fund unit, trust unit, rights entitlement, SME share, partly paid share.

What belongs here: the classes and how a row's series, ISIN and symbol tell them; which instruments of one symbol are
different ones. What does not: the series that reach silver (`schema.py`), identity (`identity.py`), limits by class
(`checks/thresholds.py`).

Facts of genuine files: partly paid shares trade in E1, E2, ... (trade-for-trade: X1, X2, ...), under the symbol of the
fully paid share (TATASTEEL, HATSUN, IBVENTURES until August 2020) or one of their own (AIRTELPP); their ISINs begin
with IN9, as those of shares with differential voting rights do. The ISIN's eighth and ninth characters are 20 for a
rights entitlement, 23 for an InvIT, 25 for a REIT.
"""

from __future__ import annotations

import re
from functools import lru_cache

import polars as pl

CLASSES = ("share", "fund", "trust", "rights", "sme", "partly_paid", "unclassified")
"""`share` includes shares with differential voting rights. `unclassified` is a row of EQ, BE or BZ without an ISIN, as
in files before 2011-06-22: a share or a fund unit, which only an ISIN tells."""
SHARE_SERIES, SME_SERIES, TRUST_SERIES = ("EQ", "BE", "BZ"), ("SM", "ST", "SZ"), ("RR", "IV")
"""BZ and SZ: names that violate the listing agreement. RR: REITs. IV: InvITs."""
PARTLY_PAID_SERIES = tuple(f"{letter}{number}" for letter in "EX" for number in range(1, 10))
"""E1 to E9, and trade-for-trade X1 to X9: one number for each call. Genuine files hold E1, E2, E3, E5, X1, X2."""
_RIGHTS_SYMBOL = r"-RE\d*$"
_RIGHTS_TYPE, _TRUST_TYPES = "20", ("23", "25")


def instrument_class(symbol: str = "symbol", series: str = "series", isin: str = "isin") -> pl.Expr:
    """The class of each row, one of `CLASSES`.

    Args:
        symbol: name of the column with the symbol.
        series: name of the column with the series.
        isin: name of the column with the ISIN, null where unknown.

    Example:
        >>> trust = pl.DataFrame({"symbol": ["EMBASSY"], "series": ["RR"], "isin": ["INE041025011"]})
        >>> trust.select(instrument_class()).item()
        'trust'
    """
    code, form = pl.col(isin), pl.col(series)
    kind = pl.when(code.str.starts_with("INE")).then(code.str.slice(7, 2))
    return (
        pl.when(pl.col(symbol).str.contains(_RIGHTS_SYMBOL) | (kind == _RIGHTS_TYPE).fill_null(value=False))
        .then(pl.lit("rights"))
        .when(form.is_in(PARTLY_PAID_SERIES))
        .then(pl.lit("partly_paid"))
        .when(form.is_in(TRUST_SERIES) | kind.is_in(_TRUST_TYPES).fill_null(value=False))
        .then(pl.lit("trust"))
        .when(code.str.starts_with("INF").fill_null(value=False))
        .then(pl.lit("fund"))
        .when(form.is_in(SME_SERIES))
        .then(pl.lit("sme"))
        .when(code.is_null())
        .then(pl.lit("unclassified"))
        .otherwise(pl.lit("share"))
        .alias("instrument_class")
    )


@lru_cache(maxsize=65536)
def family(symbol: str, series: str, isin: str | None) -> str:
    """What of a symbol is a different instrument.

    `rights`, `partly_paid` and the number of the call, empty for everything else.

    A fully and a partly paid share of one symbol trade on the same day; rows without an ISIN are told apart by this
    alone.
    """
    if is_entitlement(symbol, isin):
        return "rights"
    return f"partly_paid{series[1]}" if series in PARTLY_PAID_SERIES else ""


def families(symbol: str = "symbol", series: str = "series", isin: str = "isin") -> pl.Expr:
    """`family` of each row."""
    kind = instrument_class(symbol, series, isin)
    partly = pl.format("partly_paid{}", pl.col(series).str.slice(1, 1))
    return (
        pl.when(kind == "rights")
        .then(pl.lit("rights"))
        .when(kind == "partly_paid")
        .then(partly)
        .otherwise(pl.lit(""))
        .alias("family")
    )


def is_entitlement(symbol: str, isin: str | None) -> bool:
    """True for a rights entitlement: symbols end in -RE, -RE1, ... (a REIT's -REIT does not), its ISIN says so too."""
    typed = isin is not None and isin.startswith("INE") and isin[7:9] == _RIGHTS_TYPE
    return typed or re.search(_RIGHTS_SYMBOL, symbol) is not None

"""The one canonical shape of a bhavcopy row, whatever file it came from.

What belongs here: column names, types and units shared by the readers, the writers of the synthetic exchange, and the
bronze stage. Source of the column mapping: NSE circular 62424 (UDiFF) and the headers of the files themselves.
"""

from __future__ import annotations

import polars as pl

from champion_assets.nse.instrument_class import PARTLY_PAID_SERIES, SHARE_SERIES, SME_SERIES, TRUST_SERIES

EQUITY_SERIES = (*SHARE_SERIES, *SME_SERIES, *TRUST_SERIES, *PARTLY_PAID_SERIES)
"""Series of the instruments that reach silver, in order of precedence: shares, fund units, rights entitlements, units
of REITs and InvITs, SME shares, partly paid shares. Everything else is debt, preference shares, warrants, T+0
settlement, odd lots."""

BHAVCOPY: dict[str, pl.DataType] = {
    "trade_date": pl.Date(),
    "symbol": pl.String(),
    "series": pl.String(),
    "isin": pl.String(),
    "name": pl.String(),
    "open": pl.Float64(),
    "high": pl.Float64(),
    "low": pl.Float64(),
    "close": pl.Float64(),
    "last": pl.Float64(),
    "prev_close": pl.Float64(),
    "vwap": pl.Float64(),
    "volume": pl.Int64(),
    "turnover": pl.Float64(),
    "trades": pl.Int64(),
    "delivery_qty": pl.Int64(),
    "delivery_pct": pl.Float64(),
    "lot_size": pl.Int64(),
    "source_row": pl.Int32(),
}
"""Canonical columns: prices in rupees exactly as published, turnover in rupees, quantities in shares, `source_row`
counted from 1 at the first line after the header. Columns that a format does not have are null."""

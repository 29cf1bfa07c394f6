"""NSE's bhavcopy of the derivatives, legacy and UDiFF, read into one canonical table.

What belongs here: the headers of both eras, kinds and rights in one vocabulary, which index a contract is on, and the
size of a lot where the file does not say it. What does not: finding the file (`names.py`), or what a price implies
(`quant/black76.py`).

Facts, of the files of 2022-06-13 and of four days of February 2025: open interest and its change are in shares in both
eras, traded quantities in contracts. Values are in lakhs of rupees in the legacy file, in rupees in UDiFF; of an option
it is the strike plus the premium. A contract that did not trade has no open, high and low (0.00) and a close that is
theoretical or old. Of an option that traded, close and settlement differ where its last trade was earlier in the day (a
quarter of those), and on the day of expiry, when the settlement is the price of the underlying. Futures have strike 0
and the type `XX` in the legacy file and none in UDiFF. No contract stands there twice.
"""

from __future__ import annotations

import math

import polars as pl

from champion_assets.nse.formats import Format, Parsed, read_rows

KINDS = {
    "FUTIDX": "index_future", "FUTSTK": "stock_future", "OPTIDX": "index_option", "OPTSTK": "stock_option",
    "FUTIVX": "index_future", "IDF": "index_future", "STF": "stock_future", "IDO": "index_option",
    "STO": "stock_option",
}  # fmt: skip
"""By the exchange's word what a contract is; any other word stays as it is and is refused by the table."""
RIGHTS = {"CE": "call", "PE": "put", "CA": "call", "PA": "put", "XX": None}
AMERICAN = ("CA", "PA")
"""Rights of options on shares that could be exercised before their expiry, until 2011."""
UNDERLYINGS = {
    "NIFTY": "nifty_50", "BANKNIFTY": "nifty_bank", "FINNIFTY": "nifty_financial_services",
    "MIDCPNIFTY": "nifty_midcap_select", "NIFTYNXT50": "nifty_next_50", "CNXIT": "nifty_it", "NIFTYIT": "nifty_it",
    "MINIFTY": "nifty_50", "INDIAVIX": "india_vix",
}  # fmt: skip
"""Key of the index (`indices.index_id`) by the symbol of its contracts; those on other indices have none."""
DERIVATIVES: dict[str, pl.DataType] = {
    "trade_date": pl.Date(), "symbol": pl.String(), "kind": pl.String(), "expiry": pl.Date(), "strike": pl.Float64(),
    "option_type": pl.String(), "is_american": pl.Boolean(), "open": pl.Float64(), "high": pl.Float64(),
    "low": pl.Float64(), "close": pl.Float64(), "settle": pl.Float64(), "prev_close": pl.Float64(),
    "underlying_price": pl.Float64(), "contracts": pl.Int64(), "value": pl.Float64(), "trades": pl.Int64(),
    "open_interest": pl.Int64(), "oi_change": pl.Int64(), "lot_size": pl.Int64(), "source_row": pl.Int32(),
}  # fmt: skip
"""Prices and value in rupees, open interest in shares, `contracts` in contracts; what a format lacks is null."""
_LEGACY = {
    "INSTRUMENT": "kind", "SYMBOL": "symbol", "EXPIRY_DT": "expiry", "STRIKE_PR": "strike", "OPTION_TYP": "option_type",
    "OPEN": "open", "HIGH": "high", "LOW": "low", "CLOSE": "close", "SETTLE_PR": "settle", "CONTRACTS": "contracts",
    "VAL_INLAKH": "value", "OPEN_INT": "open_interest", "CHG_IN_OI": "oi_change", "TIMESTAMP": "trade_date",
}  # fmt: skip
_UDIFF = {
    "TradDt": "trade_date",
    "FinInstrmTp": "kind",
    "TckrSymb": "symbol",
    "XpryDt": "expiry",
    "StrkPric": "strike",
    "OptnTp": "option_type",
    "OpnPric": "open",
    "HghPric": "high",
    "LwPric": "low",
    "ClsPric": "close",
    "PrvsClsgPric": "prev_close",
    "SttlmPric": "settle",
    "UndrlygPric": "underlying_price",
    "OpnIntrst": "open_interest",
    "ChngInOpnIntrst": "oi_change",
    "TtlTradgVol": "contracts",
    "TtlTrfVal": "value",
    "TtlNbOfTxsExctd": "trades",
    "NewBrdLotQty": "lot_size",
}
_IGNORED = frozenset([
    "BizDt", "FinInstrmId", "ISIN", "SctySrs", "FininstrmActlXpryDt", "FinInstrmNm", "LastPric", "SsnId", "Rmks",
])  # fmt: skip
_FIXED = {"Sgmt": "FO", "Src": "NSE"}
FORMATS = (
    Format("legacy_fo", _LEGACY, scale={"value": 100_000.0}),
    Format(
        "legacy_fo_early",
        {("OPTIONTYPE" if header == "OPTION_TYP" else header): name for header, name in _LEGACY.items()},
        scale={"value": 100_000.0},
    ),
    Format("udiff_fo", _UDIFF, _IGNORED | {f"Rsvd{n}" for n in range(1, 5)}, _FIXED),
    Format("udiff_fo_early", _UDIFF, _IGNORED | {f"Rsvd0{n}" for n in range(1, 5)}, _FIXED),
)
"""Every header that is accepted."""
_ROUNDED = 1_000.0
"""Rupees by which the value of a legacy row may be off: it is printed in hundredths of a lakh."""


def read_derivatives(body: bytes, name: str) -> Parsed:
    """Read a bhavcopy of the derivatives of either era.

    Args:
        body: the bytes as fetched (plain, gzip, zip).
        name: how to call the file in errors.

    Returns:
        `Parsed.frame` with the columns of `DERIVATIVES`, in file order, one row per line of the file.

    Raises:
        BadPayload: one of its subclasses; each says what is wrong and where.
    """
    parsed = read_rows(body, name, FORMATS, DERIVATIVES, ("symbol", "kind", "expiry"))
    is_future = pl.col("option_type").is_null() | (pl.col("option_type") == "XX")
    frame = parsed.frame.with_columns(
        kind=pl.col("kind").replace(KINDS),
        option_type=pl.col("option_type").replace(RIGHTS),
        is_american=pl.when(~is_future).then(pl.col("option_type").is_in(list(AMERICAN))),
        strike=pl.when(~is_future).then("strike"),
    )
    return Parsed(parsed.format, frame)


def with_lots(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with `lot_size` also where the file has none.

    The value of a contract that traded is contracts times lot times a price between low and high (of an option plus
    the strike), so each bounds the lot of its underlying and expiry. Where one whole number alone fits all of them it
    is the lot; of several the one of which every open interest is a multiple, if it is one. Else the lot stays null.

    Args:
        rows: rows of bronze/derivatives.
    """
    key = ["trade_date", "symbol", "expiry"]
    strike, count = pl.col("strike").fill_null(0.0), pl.col("contracts")
    traded = rows.filter((count > 0) & (pl.col("low") > 0) & (pl.col("high") >= pl.col("low")))
    least = (pl.col("value") - _ROUNDED) / (count * (strike + pl.col("high")))
    most = (pl.col("value") + _ROUNDED) / (count * (strike + pl.col("low")))
    bounds = traded.group_by(key, maintain_order=True).agg(least=least.max().ceil(), most=most.min().floor())
    held = rows.filter(pl.col("lot_size").is_null()).group_by(key, maintain_order=True).agg("open_interest")
    ranges = held.join(bounds, on=key, how="inner", maintain_order="left").filter(pl.col("least") <= pl.col("most"))
    told = ranges.select("least", "most", "open_interest").iter_rows()
    lots = [_lot(int(low), int(high), of_contracts) for low, high, of_contracts in told]
    found = ranges.select(key).with_columns(_lot=pl.Series(lots, dtype=pl.Int64))
    joined = rows.join(found, on=key, how="left", maintain_order="left")
    return joined.with_columns(lot_size=pl.coalesce("lot_size", "_lot")).drop("_lot")


def _lot(low: int, high: int, held: list[int]) -> int | None:
    """The one number from `low` to `high`, else the one of these of which all of `held` are multiples."""
    if low == high:
        return low or None
    common = math.gcd(*held)
    fitting = [lot for lot in range(max(1, low), min(high, common or high) + 1) if common % lot == 0]
    return fitting[0] if len(fitting) == 1 else None

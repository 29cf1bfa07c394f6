"""Canonical rows written as NSE writes them: the same headers, spellings, line ends and containers.

What belongs here: one writer a format, the reverse of `nse/formats.py`. Tests read back what these write.
"""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Callable, Iterable, Mapping

import polars as pl

from champion_assets.nse.dates import MONTHS
from champion_assets.nse.synthetic.indices import YIELD, IndexLevel

UDIFF_HEADER = (
    "TradDt,BizDt,Sgmt,Src,FinInstrmTp,FinInstrmId,ISIN,TckrSymb,SctySrs,XpryDt,FininstrmActlXpryDt,StrkPric,OptnTp,FinInstrmNm,"
    "OpnPric,HghPric,LwPric,ClsPric,LastPric,PrvsClsgPric,UndrlygPric,SttlmPric,OpnIntrst,ChngInOpnIntrst,TtlTradgVol,TtlTrfVal,"
    "TtlNbOfTxsExctd,SsnId,NewBrdLotQty,Rmks,"
)
LEGACY_HEADER = "SYMBOL,SERIES,OPEN,HIGH,LOW,CLOSE,LAST,PREVCLOSE,TOTTRDQTY,TOTTRDVAL,TIMESTAMP,"
DELIVERY_HEADER = (
    "SYMBOL, SERIES, DATE1, PREV_CLOSE, OPEN_PRICE, HIGH_PRICE, LOW_PRICE, LAST_PRICE, CLOSE_PRICE, "
    "AVG_PRICE, TTL_TRD_QNTY, "
    "TURNOVER_LACS, NO_OF_TRADES, DELIV_QTY, DELIV_PER"
)
UDIFF_FINAL_HEADER_FROM = dt.date(2024, 3, 5)


def _plain(value: float | None) -> str:
    """As legacy files write numbers: no needless decimals, `0.0` for nothing."""
    return "0.0" if value is None else f"{value:.10f}".rstrip("0").rstrip(".")


def _fixed(value: float | None, missing: str = "") -> str:
    """Two decimals, more where the value has more."""
    if value is None:
        return missing
    return f"{value:.2f}" if round(value, 2) == value else repr(value)


def _named(date: dt.date) -> str:
    return f"{date.day:02d}-{MONTHS[date.month - 1]}-{date.year}"


def _lines(rows: pl.DataFrame, line: Callable[[dict[str, object]], str]) -> Iterable[str]:
    return (line(row) for row in rows.iter_rows(named=True))


def legacy(rows: pl.DataFrame, *, with_isin: bool = True) -> bytes:
    """A legacy bhavcopy: L2 with trades and ISIN, or L1 without."""

    def line(row: dict[str, object]) -> str:
        numbers = ",".join(_plain(row[name]) for name in ("open", "high", "low", "close", "last", "prev_close"))  # type: ignore[arg-type]
        turnover, date = _plain(row["turnover"]), _named(row["trade_date"])  # type: ignore[arg-type]
        text = f"{row['symbol']},{row['series']},{numbers},{row['volume']},{turnover},{date},"
        return text + (f"{row['trades']},{row['isin']}," if with_isin else "")

    header = LEGACY_HEADER + ("TOTALTRADES,ISIN," if with_isin else "")
    return ("\n".join([header, *_lines(rows, line)]) + "\n").encode("ascii")


def udiff(rows: pl.DataFrame, *, early: bool = False) -> bytes:
    """A UDiFF bhavcopy; the early header has other reserved names and a trailing comma that the rows lack."""

    def line(row: dict[str, object]) -> str:
        prices = [_fixed(row[name]) for name in ("open", "high", "low", "close", "last", "prev_close")]  # type: ignore[arg-type]
        return (
            f"{row['trade_date']},{row['trade_date']},CM,NSE,STK,{row['source_row']}"
            f",{row['isin'] or ''},{row['symbol']},{row['series']}"
            f",,,,,{row['name'] or ''},{','.join(prices)},,{prices[3]},,,{row['volume']},{_fixed(row['turnover'])},"  # type: ignore[arg-type]
            f"{'' if row['trades'] is None else row['trades']},F1"
            f",{'' if row['lot_size'] is None else row['lot_size']},,,,,"
        )

    header = UDIFF_HEADER + ("Rsvd01,Rsvd02,Rsvd03,Rsvd04," if early else "Rsvd1,Rsvd2,Rsvd3,Rsvd4")
    return ("\n".join([header, *_lines(rows, line)]) + "\n").encode("ascii")


def delivery(rows: pl.DataFrame) -> bytes:
    """A `sec_bhavdata_full`.

    A space after each comma, turnover in lakh, `-` for unknown delivery, a lone space for no last price.
    """

    def line(row: dict[str, object]) -> str:
        date = row["trade_date"]
        names = ("prev_close", "open", "high", "low", "last", "close", "vwap")
        fields = [
            *(row["symbol"], row["series"], f"{date:%d-%b-%Y}"),
            *(_fixed(row[name]) for name in names),  # type: ignore[arg-type]
            row["volume"],
            _fixed(row["turnover"] / 100_000),  # type: ignore[operator]
            row["trades"],
            "-" if row["delivery_qty"] is None else row["delivery_qty"],
            "-" if row["delivery_pct"] is None else _fixed(row["delivery_pct"]),  # type: ignore[arg-type]
        ]
        return ", ".join(str("" if each is None else each) for each in fields)

    return ("\n".join([DELIVERY_HEADER, *_lines(rows, line)]) + "\n").encode("ascii")


def index_close(date: dt.date, levels: Mapping[str, IndexLevel]) -> bytes:
    """An `ind_close_all`: levels by index name; `-` where the exchange has no number."""
    header = (
        "Index Name,Index Date,Open Index Value,High Index Value,Low Index Value,Closing Index "
        "Value,Points Change,Change(%),"
        "Volume,Turnover (Rs. Cr.),P/E,P/B,Div Yield"
    )

    def line(name: str, level: IndexLevel) -> str:
        close, before = level.close, level.before
        change = f"{100 * (close / before - 1):.2f}" if before else "-"
        end = f"{close:.2f},{close - before:.2f},{change},-,-"
        if not level.is_price_index:
            return f"{name},{date:%d-%m-%Y},-,-,-,{end},-,-,-"
        high, low = max(close, before) * 1.002, min(close, before) * 0.998
        return f"{name},{date:%d-%m-%Y},{before:.2f},{high:.2f},{low:.2f},{end},21.50,3.40,{100 * YIELD:.2f}"

    lines = [line(name, level) for name, level in levels.items()]
    return ("\n".join([header, *lines]) + "\n").encode("ascii")


def zipped(name: str, body: bytes, more: Mapping[str, str] | None = None) -> bytes:
    """A zip with the member `name` and `more` of them, bytes independent of when it was made."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        members: dict[str, bytes | str] = {name: body, **(more or {})}
        for member, text in members.items():
            archive.writestr(zipfile.ZipInfo(member, date_time=(1994, 11, 3, 0, 0, 0)), text, zipfile.ZIP_DEFLATED, 6)
    return buffer.getvalue()

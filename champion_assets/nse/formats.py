"""The formats of NSE's equity price files, recognised by their header, read into one canonical table.

What belongs here: one `Format` per header shape, and the reader, which other daily CSV files use with formats of their
own. What does not: which file is wanted (`names.py`), where it lies (`source/`), or what makes a row good (the stages).

A file is known by its header alone, never by its name or date; the order of columns does not matter. The trade date
comes from the rows. An unknown header is refused with the columns that are new or absent. Facts: the exact headers of
1994 to 2026.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from champion_assets.nse.container import csv_text
from champion_assets.nse.dates import parse_date
from champion_assets.nse.errors import BadValue, EmptyPayload, RaggedRows, UnknownHeader, WrongDate
from champion_assets.nse.schema import BHAVCOPY


@dataclass(frozen=True)
class Format:
    """One header shape: `columns` maps the file's column to the canonical one.

    `ignored` are present but carry nothing.
    """

    name: str
    columns: dict[str, str]
    ignored: frozenset[str] = frozenset()
    fixed: dict[str, str] = field(default_factory=dict)
    scale: dict[str, float] = field(default_factory=dict)

    @property
    def header(self) -> frozenset[str]:
        """The set of column names that the header line must hold, no more and no less."""
        return frozenset(self.columns) | self.ignored | frozenset(self.fixed)


_LEGACY_L1 = {
    "SYMBOL": "symbol",
    "SERIES": "series",
    "OPEN": "open",
    "HIGH": "high",
    "LOW": "low",
    "CLOSE": "close",
    "LAST": "last",
    "PREVCLOSE": "prev_close",
    "TOTTRDQTY": "volume",
    "TOTTRDVAL": "turnover",
    "TIMESTAMP": "trade_date",
}
_UDIFF = {
    "TradDt": "trade_date", "ISIN": "isin", "TckrSymb": "symbol", "SctySrs": "series", "FinInstrmNm": "name",
    "OpnPric": "open", "HghPric": "high", "LwPric": "low", "ClsPric": "close", "LastPric": "last",
    "PrvsClsgPric": "prev_close", "TtlTradgVol": "volume", "TtlTrfVal": "turnover", "TtlNbOfTxsExctd": "trades",
    "NewBrdLotQty": "lot_size",
}  # fmt: skip
_UDIFF_IGNORED = frozenset(
    [
        "BizDt",
        "FinInstrmTp",
        "FinInstrmId",
        "XpryDt",
        "FininstrmActlXpryDt",
        "StrkPric",
        "OptnTp",
        "UndrlygPric",
        "SttlmPric",
        "OpnIntrst",
        "ChngInOpnIntrst",
        "SsnId",
        "Rmks",
    ]
)
_UDIFF_FIXED = {"Sgmt": "CM", "Src": "NSE"}
_DELIVERY = {
    "SYMBOL": "symbol", "SERIES": "series", "DATE1": "trade_date", "PREV_CLOSE": "prev_close", "OPEN_PRICE": "open",
    "HIGH_PRICE": "high", "LOW_PRICE": "low", "LAST_PRICE": "last", "CLOSE_PRICE": "close", "AVG_PRICE": "vwap",
    "TTL_TRD_QNTY": "volume", "TURNOVER_LACS": "turnover", "NO_OF_TRADES": "trades", "DELIV_QTY": "delivery_qty",
    "DELIV_PER": "delivery_pct",
}  # fmt: skip

FORMATS: tuple[Format, ...] = (
    Format("legacy_l1", _LEGACY_L1),
    Format("legacy_l2", _LEGACY_L1 | {"TOTALTRADES": "trades", "ISIN": "isin"}),
    Format("udiff", _UDIFF, _UDIFF_IGNORED | frozenset(f"Rsvd{n}" for n in range(1, 5)), _UDIFF_FIXED),
    Format("udiff_early", _UDIFF, _UDIFF_IGNORED | frozenset(f"Rsvd0{n}" for n in range(1, 5)), _UDIFF_FIXED),
    Format("sec_bhavdata_full", _DELIVERY, scale={"turnover": 100_000.0}),
)
"""Every header that is accepted."""


@dataclass(frozen=True)
class Parsed:
    """A read file: its format's name, its one trade date (in every row), and the canonical rows in file order."""

    format: str
    frame: pl.DataFrame


def recognise(header_line: str, name: str, formats: Sequence[Format] = FORMATS) -> Format:
    """The format of a header.

    Args:
        header_line: first line of the file.
        name: name of the file, for the message.
        formats: known formats.

    Returns:
        The format with exactly these columns.

    Raises:
        UnknownHeader: names the nearest format and the new and missing columns.
    """
    columns = [column.strip() for column in header_line.split(",")]
    if columns[-1] == "":
        columns.pop()
    present = frozenset(columns)
    if len(present) != len(columns):
        raise UnknownHeader(f"{name}: the header names a column twice: {header_line[:200]!r}")
    for candidate in formats:
        if candidate.header == present:
            return candidate
    nearest = max(formats, key=lambda each: len(each.header & present) / len(each.header | present))
    if not nearest.header & present:
        what = "a price file of NSE" if formats is FORMATS else f"one of {', '.join(each.name for each in formats)}"
        raise UnknownHeader(f"{name}: not {what}, it begins with {header_line[:120]!r}")
    new, absent = sorted(present - nearest.header), sorted(nearest.header - present)
    raise UnknownHeader(
        f"{name}: unknown header; nearest is {nearest.name}, new columns {new}, absent columns {absent}"
    )


def read_bhavcopy(body: bytes, name: str) -> Parsed:
    """Read a price file of any era into canonical rows.

    Args:
        body: the bytes as fetched (plain, gzip, zip).
        name: how to call the file in errors.

    Returns:
        `Parsed.frame` with the columns of `schema.BHAVCOPY`, in file order, one row per line of the file.

    Raises:
        BadPayload: one of its subclasses; each says what is wrong and where.
    """
    parsed = read_rows(body, name, FORMATS, BHAVCOPY, ("symbol", "series"))
    last = pl.when(pl.col("last") > 0).then(pl.col("last"))  # 0.0 is how old files write "no last price"
    return Parsed(parsed.format, parsed.frame.with_columns(last.alias("last")))


def read_rows(
    body: bytes, name: str, formats: Sequence[Format], schema: Mapping[str, pl.DataType], needed: Sequence[str] = ()
) -> Parsed:
    """Read a CSV file of one day whose header is that of one of `formats`.

    Args:
        body: the bytes as fetched (plain, gzip, zip).
        name: how to call the file in errors.
        formats: every header that is accepted; each maps a column to `trade_date`.
        schema: the canonical columns; those that a format does not have are null, `source_row` is counted from 1.
        needed: columns that may not be blank.

    Raises:
        BadPayload: one of its subclasses; each says what is wrong and where.
    """
    text = csv_text(body, name)
    header, _, rows = text.partition(b"\n")
    header_line = header.decode("utf-8", errors="replace")
    form = recognise(header_line, name, formats)
    rows = rows.rstrip(b"\n") + b"\n"
    if not rows.strip():
        raise EmptyPayload(f"{name}: a header without a single row")
    raw = _split(rows, [column.strip() for column in header_line.split(",")], form, name)
    return Parsed(form.name, _canonical(raw, form, name, schema, needed))


def _split(rows: bytes, columns: list[str], form: Format, name: str) -> pl.DataFrame:
    """All fields as text. Only the header may carry a trailing comma that the rows lack (UDiFF until March 2024)."""
    widths = _row_widths(rows, name)
    width = int(widths[0])
    if columns[-1] == "" and width == len(columns) - 1:
        columns = columns[:-1]
    if width != len(columns) or (widths != width).any():
        wrong = int((widths != len(columns)).argmax())
        raise RaggedRows(
            f"{name}, row {wrong + 1}: {widths[wrong]} fields where the header ({form.name}) has {len(columns)}"
        )
    columns = [column or "_trailing" for column in columns]
    try:
        return pl.read_csv(
            rows, has_header=False, new_columns=columns, infer_schema=False, quote_char=None, encoding="utf8",
        )  # fmt: skip
    except pl.exceptions.PolarsError as error:
        raise BadValue(f"{name}: not readable as text ({str(error).splitlines()[0]})") from error


def _row_widths(rows: bytes, name: str) -> NDArray[np.int64]:
    """Number of fields of each line."""
    body = np.frombuffer(rows, dtype=np.uint8)
    ends = np.flatnonzero(body == ord("\n"))
    control = np.flatnonzero((body < 0x20) & (body != ord("\n")))
    if control.size:
        row = int(np.searchsorted(ends, control[0])) + 1
        raise BadValue(f"{name}, row {row}: a control character ({body[control[0]]:#04x}) where only text may be")
    commas = np.concatenate([[0], np.cumsum(body == ord(","))[ends]])
    return np.asarray(np.diff(commas) + 1, dtype=np.int64)


def _canonical(
    raw: pl.DataFrame, form: Format, name: str, schema: Mapping[str, pl.DataType], needed: Sequence[str]
) -> pl.DataFrame:
    blank_to_null = [
        pl.when(pl.col(source).str.strip_chars().is_in(["", "-"]))
        .then(None)
        .otherwise(pl.col(source).str.strip_chars())
        .alias(target)
        for source, target in form.columns.items()
    ]
    for column, wanted in form.fixed.items():
        if (other := raw.filter(pl.col(column) != wanted)).height:
            raise BadValue(f"{name}: column {column} holds {other[column][0]!r}, expected {wanted!r} in every row")
    table = raw.select(blank_to_null)
    table = table.with_columns(pl.lit(_one_date(table["trade_date"], name)).alias("trade_date"))
    numbers = [column for column in table.columns if schema[column].is_numeric()]
    table = table.with_columns(_number(table[column], schema[column], name) for column in numbers)
    dates = [column for column in table.columns if schema[column] == pl.Date and column != "trade_date"]
    table = table.with_columns(_dates(table[column], name) for column in dates)
    table = table.with_columns(pl.col(column) * factor for column, factor in form.scale.items())
    if "turnover" in form.scale:  # less than 500 rupees are printed as 0.00 lakh; the average price has its paise
        is_rounded_away = (pl.col("turnover") == 0) & (pl.col("volume") > 0)
        table = table.with_columns(
            turnover=pl.when(is_rounded_away).then(pl.col("vwap") * pl.col("volume")).otherwise("turnover")
        )
    if any(table[column].null_count() for column in needed):
        row = int(table.select(pl.any_horizontal(pl.col(needed).is_null()).arg_max()).item())
        raise BadValue(f"{name}, row {row + 1}: {' or '.join(needed)} is blank")
    return table.with_columns(
        pl.int_range(1, pl.len() + 1, dtype=pl.Int32).alias("source_row"),
        *(pl.lit(None, kind).alias(column) for column, kind in schema.items()
          if column not in table.columns and column != "source_row"),
    ).select(list(schema))  # fmt: skip


def _one_date(dates: pl.Series, name: str) -> object:
    texts = dates.unique().to_list()
    if None in texts:
        raise BadValue(f"{name}: a row has no date")
    found = sorted({parse_date(text, name) for text in texts})
    if len(found) != 1:
        raise WrongDate(f"{name}: rows of {len(found)} different days, {found[0]} to {found[-1]}")
    return found[0]


def _dates(column: pl.Series, name: str) -> pl.Series:
    texts = column.drop_nulls().unique().to_list()
    return column.replace_strict(texts, [parse_date(text, name) for text in texts], default=None, return_dtype=pl.Date)


def _number(column: pl.Series, kind: pl.DataType, name: str) -> pl.Series:
    cast = column.cast(kind, strict=False)
    bad = cast.is_null() & column.is_not_null()
    if kind.is_float():
        bad |= cast.is_not_null() & ~cast.is_finite().fill_null(value=True)
    if bad.any():
        row = int(bad.arg_max() or 0)
        raise BadValue(f"{name}, row {row + 1}: column {column.name} holds {column[row]!r}, which is no {kind}")
    return cast

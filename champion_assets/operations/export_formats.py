"""Prices in the files of other tools: CSV, EOD2, Qlib, Zipline and LEAN.

What belongs here: one writer for each format. What does not: which prices (`export.py`).

Every writer takes the rows of each instrument in order of dates, and its name, one word of letters, digits, `-`, `&`
and `_`. Where prices are adjusted is the format's affair: CSV, EOD2 and Qlib hold adjusted prices, Zipline and LEAN raw
ones beside their factors, which the tool applies itself.
"""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

PRICES = ("open", "high", "low", "close")
LEAN_SCALE = 10_000
"""LEAN writes prices as whole numbers of ten-thousandths."""
LEAN_END = "20501231"


@dataclass(frozen=True)
class Exported:
    """What is written.

    Attributes:
        rows: by name the rows of its instrument: trade_date, series, the raw prices, `adj_` prices, volume, adj_volume,
            trades, delivery_qty, factor (adjusted = raw times factor).
        sessions: of the whole range, in order.
        members: by list the spans of its members: name, first and last day.
    """

    rows: Mapping[str, pl.DataFrame]
    sessions: Sequence[dt.date]
    members: Mapping[str, Sequence[tuple[str, dt.date, dt.date]]]


def write_csv(what: Exported, folder: Path) -> None:
    """`prices.csv` with adjusted and raw closes, `members_LIST.csv` with the spans of members."""
    columns = [pl.col("trade_date").alias("date"), "symbol", *(pl.col(f"adj_{name}").alias(name) for name in PRICES),
               pl.col("adj_volume").alias("volume"), "factor", pl.col("close").alias("raw_close")]  # fmt: skip
    frames = [rows.with_columns(symbol=pl.lit(name)).select(columns) for name, rows in what.rows.items()]
    pl.concat(frames).sort("date", "symbol").write_csv(folder / "prices.csv")
    for listed, spans in what.members.items():
        pl.DataFrame(spans, schema=["symbol", "first", "last"], orient="row").write_csv(
            folder / f"members_{listed}.csv"
        )


def write_eod2(what: Exported, folder: Path) -> None:
    """`daily/symbol.csv` of EOD2: adjusted prices, trades, shares a trade, shares delivered."""
    (folder / "daily").mkdir()
    for name, rows in what.rows.items():
        rows.select(
            pl.col("trade_date").alias("Date"),
            *(pl.col(f"adj_{each}").alias(each.title()) for each in PRICES),
            pl.col("adj_volume").round().cast(pl.Int64).alias("Volume"),
            pl.col("series").alias("Series"),
            pl.col("trades").alias("TOTAL_TRADES"),
            (pl.col("volume") / pl.col("trades")).round(2).alias("QTY_PER_TRADE"),
            pl.col("delivery_qty").alias("DLV_QTY"),
        ).write_csv(folder / "daily" / f"{name.lower()}.csv")


def write_qlib(what: Exported, folder: Path) -> None:
    """A Qlib data folder: calendar, instruments with membership, adjusted prices as 32-bit numbers with `factor`."""
    for part in ("calendars", "instruments", "features"):
        (folder / part).mkdir()
    place = {date: number for number, date in enumerate(what.sessions)}
    _lines(folder / "calendars" / "day.txt", [str(date) for date in what.sessions])
    spans = {
        "all": [(name, rows["trade_date"][0], rows["trade_date"][-1]) for name, rows in what.rows.items()],
        **what.members,
    }
    for listed, members in spans.items():
        _lines(folder / "instruments" / f"{listed}.txt", [f"{name}\t{first}\t{last}" for name, first, last in members])
    for name, rows in what.rows.items():
        home = folder / "features" / name.lower()
        home.mkdir()
        numbers = np.array([place[date] for date in rows["trade_date"]])
        for field, column in {
            **{each: f"adj_{each}" for each in PRICES},
            "volume": "adj_volume",
            "factor": "factor",
        }.items():
            values = np.full(numbers[-1] - numbers[0] + 1, np.nan)
            values[numbers - numbers[0]] = rows[column].cast(pl.Float64).to_numpy()
            np.concatenate([[numbers[0]], values]).astype("<f4").tofile(home / f"{field}.day.bin")


def write_zipline(what: Exported, folder: Path) -> None:
    """A folder for Zipline's `csvdir` bundle.

    Raw prices, and in `split` the ratio of each action, which Zipline applies itself.
    """
    (folder / "daily").mkdir()
    for name, rows in what.rows.items():
        rows.select(
            pl.col("trade_date").alias("date"), *PRICES, "volume", pl.lit(0.0).alias("dividend"),
            (pl.col("factor") / pl.col("factor").shift(1).fill_null(pl.col("factor").first())).alias("split"),
        ).write_csv(folder / "daily" / f"{name}.csv")  # fmt: skip


def write_lean(what: Exported, folder: Path) -> None:
    """LEAN's data folder of equities in India: daily prices in zips, files of factors and of names."""
    home = folder / "equity" / "india"
    for part in ("daily", "factor_files", "map_files"):
        (home / part).mkdir(parents=True)
    for name, rows in what.rows.items():
        stem = name.lower()
        scaled = rows.select(
            "trade_date", *((pl.col(each) * LEAN_SCALE).round().cast(pl.Int64).alias(each) for each in PRICES), "volume"
        )
        lines = [f"{row[0]:%Y%m%d} 00:00,{','.join(map(str, row[1:]))}" for row in scaled.iter_rows()]
        with zipfile.ZipFile(home / "daily" / f"{stem}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(zipfile.ZipInfo(f"{stem}.csv", date_time=(1994, 11, 3, 0, 0, 0)), "\n".join(lines) + "\n")
        last = rows.filter(pl.col("factor") != pl.col("factor").shift(-1).fill_null(pl.col("factor").last()))
        factors = [
            f"{date:%Y%m%d},1,{factor!r},{close}"
            for date, factor, close in last.select("trade_date", "factor", "close").iter_rows()
        ]
        _lines(home / "factor_files" / f"{stem}.csv", [*factors, f"{LEAN_END},1,{rows['factor'][-1]!r},0"])
        _lines(
            home / "map_files" / f"{stem}.csv", [f"{rows['trade_date'][0]:%Y%m%d},{stem},NSE", f"{LEAN_END},{stem},NSE"]
        )


def _lines(path: Path, lines: Sequence[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")


WRITERS: Mapping[str, Callable[[Exported, Path], None]] = {
    "csv": write_csv, "eod2": write_eod2, "qlib": write_qlib, "zipline": write_zipline, "lean": write_lean,
}  # fmt: skip

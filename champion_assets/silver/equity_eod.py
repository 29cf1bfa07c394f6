"""`silver/equity_eod`: one row per equity instrument and trading day, across symbols and series.

Everything builds on it.

Rows of the equity series are kept (`nse/schema.py`: shares, fund units, SME shares, units of REITs and InvITs, partly
paid shares, rights entitlements), each with its class; debt and other segments are left in bronze. Where one instrument
trades in two series on a day, the series that comes first there is its row.
Identity comes from `silver/instruments`, deliveries are joined by symbol and series where the day has a delivery file
that lists at least 95 % of the rows. A row with a blank or malformed ISIN in a file that has ISINs, and a second row of
one instrument, go to quarantine with their rule; rows that contradict themselves (low above high, no volume) block the
day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any

import pandera.polars as pa
import polars as pl

from champion_assets.lake.constants import values_of
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.place import Input, Place
from champion_assets.lake.quarantine import decisions_by_day, is_released, released_rows, without_isin
from champion_assets.lake.schema import TableModel
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.nse import identity
from champion_assets.nse.instrument_class import CLASSES, families, instrument_class
from champion_assets.nse.schema import EQUITY_SERIES
from champion_assets.nse.sighting import refusal
from champion_assets.silver.instruments_register import PRICES, read_registers, register_input

NAME = "silver/equity_eod"


class EquityEod(TableModel):
    """An instrument's trading day.

    Prices raw, in rupees, as published; adjust them with the factors, never in place.
    """

    trade_date: pl.Date = pa.Field(description="Trading date")
    instrument_id: str = pa.Field(description="Permanent id of the instrument, see docs/explanations/identity.md")
    symbol: str = pa.Field(description="Ticker on that date")
    series: str = pa.Field(isin=EQUITY_SERIES, description="Series on that date")
    instrument_class: str = pa.Field(
        isin=CLASSES, description="Class of the instrument on that date, see nse/instrument_class.py"
    )
    isin: str = pa.Field(
        nullable=True,
        description="ISIN on that date; null where the file has none (before 2011-06-22, and sec_bhavdata_full)",
    )
    name: str = pa.Field(nullable=True, description="Name of the instrument (UDiFF only)")
    open: float = pa.Field(gt=0, description="Opening price, rupees")
    high: float = pa.Field(gt=0, description="Highest price, rupees")
    low: float = pa.Field(gt=0, description="Lowest price, rupees")
    close: float = pa.Field(gt=0, description="Closing price, rupees")
    last: float = pa.Field(gt=0, nullable=True, description="Last traded price, rupees")
    prev_close: float = pa.Field(ge=0, description="Previous close as published, rupees; 0 on some listing days")
    prior_close: float = pa.Field(
        gt=0,
        nullable=True,
        description="Unadjusted close of the instrument's last session, rupees; null on its first session",
    )
    prior_date: pl.Date = pa.Field(nullable=True, description="Date of `prior_close`")
    vwap: float = pa.Field(gt=0, description="Turnover divided by volume, rupees")
    volume: pl.Int64 = pa.Field(gt=0, description="Shares traded")
    turnover: float = pa.Field(gt=0, description="Value traded, rupees")
    trades: pl.Int64 = pa.Field(ge=0, nullable=True, description="Number of trades")
    lot_size: pl.Int64 = pa.Field(ge=0, nullable=True, description="Board lot (UDiFF only)")
    delivery_qty: pl.Int64 = pa.Field(
        ge=0, nullable=True, description="Shares delivered; null where unknown (BE, BZ), not 0"
    )
    delivery_pct: float = pa.Field(ge=0, nullable=True, description="Delivered part of the volume, percent")
    session_type: str = pa.Field(isin=["regular", "muhurat", "budget", "special"], description="Type of the session")
    source_row: pl.Int32 = pa.Field(gt=0, description="Line number in the file")
    source_sha256: str = pa.Field(description="SHA-256 of the file")

    class Config(TableModel.Config):
        """One row per instrument and day, and one per symbol, series and day."""

        unique = ["trade_date", "instrument_id"]

    @pa.dataframe_check(description="S3: low <= open, close <= high")
    def prices_within_range(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805 (Pandera passes the class)
        """S3 of the check table; 0 violations in 3.1 million real rows."""
        low, high = pl.col("low"), pl.col("high")
        return data.lazyframe.select(
            low.le(pl.min_horizontal("open", "close")) & high.ge(pl.max_horizontal("open", "close"))
        )


_PRECEDENCE = {series: rank for rank, series in enumerate(EQUITY_SERIES)}


def transform(
    bronze: pl.DataFrame,
    instruments: pl.DataFrame,
    prior: pl.DataFrame,
    delivery: pl.DataFrame,
    session_types: dict[dt.date, str],
    released: Collection[tuple[str, int]] = (),
) -> Computed:
    """Bronze rows of any days to silver rows and rejects (bronze columns plus `rule` and `reason`).

    Args:
        bronze: rows of bronze/bhavcopy.
        instruments: of each day, the instruments that traded on it (silver/instruments): trade_date, symbol, series,
            isin, instrument_id.
        prior: of each day, what the registry said the session before: trade_date, instrument_id, prior_close,
            prior_date.
        delivery: rows of bronze/delivery.
        session_types: by day.
        released: (file hash, line) of rows that a person lets through: their ISIN is not believed, and they come before
            their like.
    """
    rows = bronze.filter(pl.col("series").is_in(EQUITY_SERIES)).drop("delivery_qty", "delivery_pct")
    named = instruments.select("trade_date", "symbol", "instrument_id", families(), known_isin="isin")
    rows = _refused(without_isin(rows, released), released).with_columns(families(), known_isin=pl.col("isin"))
    blank = (
        rows.filter(pl.col("isin").is_null())
        .drop("known_isin")
        .join(named, on=["trade_date", "symbol", "family"], how="left")
    )
    full = rows.filter(pl.col("isin").is_not_null()).join(
        named.drop("family"), on=["trade_date", "symbol", "known_isin"], how="left", coalesce=False
    )
    rows = (
        pl.concat([full.select(blank.columns), blank])
        .with_columns(instrument_class(isin="known_isin"))
        .drop("family", "known_isin")
    )
    rank = pl.col("series").replace_strict(_PRECEDENCE, return_dtype=pl.Int8)
    rows = rows.sort(
        ["trade_date", "instrument_id", ~is_released(released), rank, pl.col("turnover").neg(), "symbol"],
        nulls_last=True,
    )
    nth = pl.int_range(pl.len()).over(["trade_date", "instrument_id"])
    is_unknown = pl.col("refusal").is_not_null() | pl.col("instrument_id").is_null()
    rule = pl.when(is_unknown).then(pl.lit("S8")).when(nth > 0).then(pl.lit("S2"))
    reason = (
        pl.when(is_unknown).then(pl.coalesce("refusal", pl.lit("no instrument: see silver/instruments")))
        .when(nth > 0).then(pl.format("second row of {}, which also trades as {}", "instrument_id",
                                      pl.col("symbol").first().over(["trade_date", "instrument_id"])))
    )  # fmt: skip
    rows = rows.with_columns(rule=rule, reason=reason).drop("refusal")
    good = rows.filter(pl.col("rule").is_null()).with_columns(
        vwap=pl.col("turnover") / pl.col("volume"),
        session_type=pl.col("trade_date").replace_strict(session_types, return_dtype=pl.String),
    )
    good = good.join(prior, on=["trade_date", "instrument_id"], how="left", maintain_order="left")
    joined, joins = _with_delivery(good, delivery)
    rejects = rows.filter(pl.col("rule").is_not_null()).drop("instrument_id", "instrument_class")
    facts = {
        day: {
            "bronze_rows": total,
            "normalized_rows": kept,
            "filtered_rows": total - kept,
            **joins.get(day, {"delivery": "no file"}),
        }
        for day, total, kept in bronze.group_by("trade_date")
        .len()
        .join(good.group_by("trade_date").len("kept"), on="trade_date", how="left")
        .fill_null(0)
        .iter_rows()
    }
    return Computed(joined.select(list(EquityEod.to_schema().columns)), rejects, dict(facts))


def _refused(rows: pl.DataFrame, released: Collection[tuple[str, int]]) -> pl.DataFrame:
    """Add `refusal`: why a row cannot be identified, or null."""
    has_isins = pl.col("isin").is_not_null().any().over("trade_date")
    wrong = {
        isin: why
        for isin in rows["isin"].drop_nulls().unique()
        if (why := refusal(isin, file_has_isins=True)) is not None
    }
    blank = pl.when(pl.col("isin").is_null() & has_isins & ~is_released(released)).then(
        pl.lit(refusal(None, file_has_isins=True))
    )
    named = (
        pl.col("isin").replace_strict(wrong, default=None, return_dtype=pl.String) if wrong else pl.lit(None, pl.String)
    )
    return rows.with_columns(refusal=pl.coalesce(named, blank))


def _with_delivery(good: pl.DataFrame, delivery: pl.DataFrame) -> tuple[pl.DataFrame, dict[dt.date, dict[str, object]]]:
    """Join deliveries by day, symbol and series.

    A file that lacks more than 5 % of a day's rows is not joined (check X16).
    """
    key = ["trade_date", "symbol", "series"]
    listed = delivery.filter(pl.col("series").is_in(EQUITY_SERIES)).select(
        *key, "delivery_qty", "delivery_pct", pl.lit(value=True).alias("listed")
    )
    joined = good.join(listed.unique(key, keep="first", maintain_order=True), on=key, how="left", maintain_order="left")
    counts = joined.group_by("trade_date").agg(rows=pl.len(), listed=pl.col("listed").sum()).sort("trade_date")
    poor = counts.filter((pl.col("listed") < 0.95 * pl.col("rows")) & (pl.col("listed") > 0))["trade_date"]
    facts: dict[dt.date, dict[str, object]] = {
        day: {
            "delivery": "not joined: over 5 % of the rows are absent" if day in poor else "joined",
            "without_delivery_row": rows - found,
        }
        for day, rows, found in counts.iter_rows()
        if found
    }
    is_poor = pl.col("trade_date").is_in(poor.implode())
    return joined.with_columns(pl.when(~is_poor).then(pl.col("delivery_qty", "delivery_pct")).name.keep()), facts


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """Silver rows of `dates`.

    Args:
        inputs: declared inputs of the block.
        dates: sessions to compute, in order.

    Returns:
        The rows of all `dates`, with metadata by day.
    """
    types = {date: inputs.facts[date]["session"] for date in dates}
    following = {before: date for date in dates if (before := inputs.before(date)) is not None}
    traded = read_registers(inputs, dates, ["trade_date", "instrument_id", "symbol", "series", "isin", "last_seen"])
    traded = traded.filter(pl.col("last_seen") == pl.col("trade_date"))
    prior = read_registers(inputs, list(following), ["trade_date", "instrument_id", "last_seen", "last_close"]).select(
        pl.col("trade_date").replace_strict(following or {dates[0]: dates[0]}, return_dtype=pl.Date), "instrument_id",
        prior_close="last_close", prior_date="last_seen",
    )  # fmt: skip
    released = released_rows(text for date in dates for text in inputs.facts[date]["decided"])
    return transform(inputs.read(PRICES, days=dates), traded, prior, inputs.read("bronze/delivery"), types, released)


def _day_facts(place: Place, dates: Sequence[dt.date]) -> dict[dt.date, dict[str, Any]]:
    """By day the type of the session, and what was decided of its rows in the quarantine.

    By line of a file, so of which file, too.
    """
    decided = decisions_by_day(place.lake, NAME)
    files = place.lake.infos("raw/bhavcopy", [date for date in dates if date in decided])
    return {
        date: {"session": place.calendar.day(date).status, "decided": decided.get(date, [])}
        | ({"file": info.fingerprint} if (info := files.get(date)) is not None else {})
        for date in dates
    }


TABLE = DailyTable(
    name=NAME,
    description="One row per equity instrument and trading day, "
    "identity resolved, validated; the table everything builds on.",
    model=EquityEod,
    provenance=frozenset({"source_row", "source_sha256"}),
    code_version="5",
    inputs=lambda _: (
        Input(PRICES, 2),
        Input("bronze/delivery"),
        register_input(),
        register_input(lag=1),
    ),
    day_facts=_day_facts,
    constants={**values_of(identity)},
    compute=compute,
    kinds=frozenset({"parquet", "polars"}),
    peak_megabytes=429,
    in_warehouse=True,
    grain="instrument",
    is_releasable=True,
    mlflow_names=("normalize_duration_seconds", "normalized_rows"),
)

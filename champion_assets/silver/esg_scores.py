"""`silver/esg_scores`: what every provider's rating of every instrument was, as known on the day.

Of an instrument, provider and product the row is the rating that became known last up to that day, by its `known_on`; a
rating older than ESG_STALE_DAYS no longer counts, a withdrawn one ends. Scores are oriented: 0 to 100, higher is
better. A company is found by its ISIN, else by the symbol it has on the day, else by its name (only UDiFF files have
names); a row that finds nobody on the day it became known is listed in the quarantine.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any

import pandera.polars as pa
import polars as pl

from champion_assets.bronze.esg_scores import NAME as BRONZE
from champion_assets.esg.mapping import PRODUCTS
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.place import Input
from champion_assets.lake.schema import TableModel, empty_frame
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.nse.isin import security_key
from champion_assets.quant.cross_section import z_score
from champion_assets.settings import Settings
from champion_assets.silver.instruments_register import read_registers, register_input

NAME = "silver/esg_scores"


class EsgScores(TableModel):
    """A provider's rating of an instrument in force on the day."""

    trade_date: pl.Date = pa.Field(description="Day on which this was the latest known rating")
    instrument_id: str = pa.Field(description="Permanent id of the instrument")
    symbol: str = pa.Field(description="Symbol on that date")
    provider: str = pa.Field(description="Provider, as named in its mapping")
    product: str = pa.Field(isin=PRODUCTS, description="Product: the provider's kind of rating")
    score: float = pa.Field(ge=0, le=100, description="Score on a scale of 0 to 100, higher is better")
    score_raw: float = pa.Field(description="Score as published")
    z: float = pa.Field(
        ge=-3, le=3, description="z-score over the provider's ratings of this product on the day, clipped at 3"
    )
    environment: float = pa.Field(nullable=True, description="Pillar score as published")
    social: float = pa.Field(nullable=True, description="Pillar score as published")
    governance: float = pa.Field(nullable=True, description="Pillar score as published")
    category: str = pa.Field(nullable=True, description="Rating category as published")
    rating_date: pl.Date = pa.Field(nullable=True, description="Day of the rating")
    available_from: pl.Date = pa.Field(description="Day of publication according to the file")
    known_on: pl.Date = pa.Field(
        description="Day from which the row is used; later than available_from for a restated row"
    )
    revision: pl.Int32 = pa.Field(ge=0, description="Number of earlier versions of the row; 0 for the first")
    is_look_ahead: bool = pa.Field(description="The row is from a snapshot that its mapping allows before its date")
    found_by: str = pa.Field(isin=["isin", "symbol", "name"], description="Key by which the company was identified")
    source_row: pl.Int32 = pa.Field(gt=0, description="Row number in the file")
    source_sha256: str = pa.Field(description="SHA-256 of the file, see raw/esg_scores")

    class Config(TableModel.Config):
        """One row per instrument, provider, product and day."""

        unique = ["trade_date", "instrument_id", "provider", "product"]


_COLUMNS = list(EsgScores.to_schema().columns)


def as_known(rows: pl.DataFrame, date: dt.date, stale_days: int) -> pl.DataFrame:
    """The ratings in force on a day.

    Args:
        rows: records with `instrument_id`.
        date: the day.
        stale_days: age in days after which a rating is no longer used.
    """
    past = rows.filter(pl.col("known_on") <= date).sort("known_on", "available_from", "revision", "order", "source_row")
    last = past.unique(["instrument_id", "provider", "product"], keep="last", maintain_order=True)
    oldest = date - dt.timedelta(days=stale_days)
    dated = pl.coalesce("rating_date", pl.when("is_look_ahead").then(pl.lit(date)).otherwise("available_from"))
    return last.filter(
        ~pl.col("is_withdrawn") & pl.col("score").is_not_null() & (pl.col("is_look_ahead") | (dated >= oldest))
    )


def identified(rows: pl.DataFrame, instruments: pl.DataFrame) -> pl.DataFrame:
    """Records with `instrument_id` (null if nobody is found), `symbol` on the day and `found_by`.

    Args:
        rows: rows of bronze/esg_scores.
        instruments: the registry of a day: instrument_id, symbol, isin, name, instrument_class, last_seen. A partly
            paid share may carry the symbol of the share, and an entitlement its name; the rating is the share's.
    """
    by_key, by_symbol, by_name = {}, {}, {}
    symbols: dict[str, str] = {}
    for name, symbol, isin, company, _ in (
        instruments.sort(~pl.col("instrument_class").is_in(["partly_paid", "rights"]), "last_seen")
        .select("instrument_id", "symbol", "isin", "name", "last_seen")
        .iter_rows()
    ):
        by_symbol[symbol], symbols[name] = name, symbol
        if isin is not None:
            by_key[security_key(isin, symbol)] = name
        if company is not None:
            by_name[_plain(company)] = name
    found = []
    for isin, symbol, company in rows.select("isin", "symbol", "name").iter_rows():
        by = [
            ("isin", by_key.get(security_key(isin, symbol or "")) if isin else None),
            ("symbol", by_symbol.get(symbol) if symbol else None),
            ("name", by_name.get(_plain(company)) if company else None),
        ]
        how, name = next(((how, name) for how, name in by if name is not None), (None, None))
        found.append((name, symbols.get(name) if name else symbol, how))
    ids, names, hows = (list(each) for each in zip(*found, strict=True)) if found else ([], [], [])
    return rows.with_columns(
        instrument_id=pl.Series(ids, dtype=pl.String),
        symbol=pl.Series(names, dtype=pl.String),
        found_by=pl.Series(hows, dtype=pl.String),
    )


def _plain(name: str) -> str:
    return re.sub(r"\b(limited|ltd|the|india)\b|[^a-z0-9]", "", name.lower())


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """Ratings in force on `dates`.

    Args:
        inputs: declared inputs of the block.
        dates: sessions to compute, in order.

    Returns:
        The rows of all `dates`, with metadata by day.
    """
    rows = inputs.read(BRONZE)
    if rows.is_empty():
        return Computed(empty_frame(EsgScores))
    names = ["trade_date", "instrument_id", "symbol", "isin", "name", "instrument_class", "last_seen"]
    registries = read_registers(inputs, dates, names)
    frames, facts = [empty_frame(EsgScores)], {}
    lost: list[dict[str, Any]] = []
    for date in dates:
        first = inputs.window(BRONZE, date)[0]
        known = rows.filter(
            pl.col("trade_date").is_between(first, date) & (~pl.col("is_look_ahead") | (pl.col("trade_date") == date))
        )
        people = identified(known.drop("trade_date"), registries.filter(pl.col("trade_date") == date))
        today = as_known(people.drop_nulls("instrument_id"), date, inputs.parameters.stale_days)
        today = today.with_columns(trade_date=pl.lit(date), z=z_score(pl.col("score"), ["provider", "product"]))
        frames.append(today.select(_COLUMNS).sort("instrument_id", "provider", "product"))
        before = inputs.before(date)
        fresh = people.filter(
            pl.col("instrument_id").is_null() & (pl.col("known_on") > before if before is not None else True)
        )
        why = {"trade_date": date, "rule": "ESG", "reason": "no instrument has this ISIN, symbol or name on the day"}
        columns = ["provider", "isin", "symbol", "name", "source_row", "source_sha256"]
        lost += [why | row for row in fresh.select(columns).iter_rows(named=True)]
        facts[date] = {
            "ratings": today.height,
            "instruments": today["instrument_id"].n_unique(),
            "unidentified": fresh.height,
        }
    return Computed(pl.concat(frames), pl.DataFrame(lost) if lost else None, facts)


def _inputs(settings: Settings) -> tuple[Input, ...]:
    return (Input(BRONZE, settings.esg_stale_days), register_input())


def _parameters(settings: Settings) -> dict[str, Any]:
    return {"stale_days": settings.esg_stale_days}


TABLE = DailyTable(
    name=NAME,
    description="Each provider's ESG rating of each instrument as known on the day, oriented so that higher is better.",
    model=EsgScores,
    code_version="3",
    inputs=_inputs,
    parameters=_parameters,
    compute=compute,
    block=125,
    may_be_empty=True,
    kinds=frozenset({"parquet", "polars"}),
    peak_megabytes=204,
    in_warehouse=True,
    grain="instrument",
    not_released_because="give the row an ISIN or a symbol that traded (docs/esg.md)",
)

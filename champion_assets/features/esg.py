"""`features/esg`: the ratings of the day's universe compared with each other, per provider and blended over all.

Per provider: score (fixed scale, what floors use), z-score, percentile and min-max over the universe, z-score and
percentile within the sector (of at least five rated names; else null). The blend is the mean over the providers that
rate a name, each made comparable first, so that no provider's habits weigh more: a provider that gives 76 to 84 and one
that gives 30 to 38 say the same with their best score. For that each provider's scores are moved and stretched to the
mean and the spread that the providers have together (`comparable`); score, percentile and min-max of the blend are of
these. With one provider it is that provider's score. `providers` counts them and `disagreement` is the standard
deviation of their z-scores. A name that nobody rates has no row: missing stays missing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pandera.polars as pa
import polars as pl

from champion_assets.esg.mapping import PRODUCTS
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.place import Input
from champion_assets.lake.schema import TableModel, empty_frame
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.quant.cross_section import LEAST_IN_GROUP, min_max, percentile, z_score

NAME = "features/esg"
BLEND = "blend"


class Esg(TableModel):
    """A rated member of the universe."""

    trade_date: pl.Date = pa.Field(description="Day by whose close this was known")
    instrument_id: str = pa.Field(description="Permanent id of the instrument")
    symbol: str = pa.Field(description="Ticker on that date")
    provider: str = pa.Field(description="Provider, or `blend` for all of them")
    sector: str = pa.Field(description="Industry, see features/universe")
    score: float = pa.Field(
        ge=0,
        le=100,
        description="Score on a scale of 0 to 100, higher is better; for the blend the mean of comparable scores",
    )
    z: float = pa.Field(
        description="z-score over the universe, clipped at 3; for the blend the mean of the providers' z-scores"
    )
    percentile: float = pa.Field(
        gt=0, lt=1, description="Percentile (rank - 0.5) / n over the universe; ties share a rank"
    )
    min_max: float = pa.Field(ge=0, le=1, description="(s - min) / (max - min) over the universe; for display only")
    sector_z: float = pa.Field(
        nullable=True, description="z-score within the sector; null with fewer than five rated names"
    )
    sector_percentile: float = pa.Field(
        nullable=True, description="Percentile within the sector; null with fewer than five rated names"
    )
    providers: pl.Int32 = pa.Field(gt=0, description="Number of providers that rate the instrument")
    disagreement: float = pa.Field(
        nullable=True, ge=0, description="Standard deviation of the providers' z-scores; null with a single provider"
    )
    is_look_ahead: bool = pa.Field(description="The row uses an ESG snapshot or a sector list of a later day")

    class Config(TableModel.Config):
        """One row per member, provider and day."""

        unique = ["trade_date", "instrument_id", "provider"]


def transform(scores: pl.DataFrame, universe: pl.DataFrame) -> pl.DataFrame:
    """ESG features of any days.

    Args:
        scores: rows of silver/esg_scores.
        universe: rows of features/universe of the same days.

    Returns:
        One row per member, day and provider, and one per member and day for the blend.
    """
    rank = {product: number for number, product in enumerate(PRODUCTS)}
    columns = ["trade_date", "instrument_id", "sector", "sector_is_look_ahead"]
    members = scores.join(universe.select(columns), on=["trade_date", "instrument_id"], how="inner")
    members = members.with_columns(pl.col("is_look_ahead") | pl.col("sector_is_look_ahead"))
    order = ["trade_date", "provider", "instrument_id", pl.col("product").replace_strict(rank, return_dtype=pl.Int8)]
    one = members.sort(order).unique(["trade_date", "instrument_id", "provider"], keep="first", maintain_order=True)
    day = ["trade_date", "provider"]
    own = comparable(one).with_columns(
        z=z_score(pl.col("score"), day), providers=pl.len().over("trade_date", "instrument_id").cast(pl.Int32)
    )
    name = ["trade_date", "instrument_id"]
    blend = own.group_by(name, maintain_order=True).agg(
        pl.col("symbol").first(), pl.lit(BLEND).alias("provider"), pl.col("sector").first(),
        pl.col("comparable").mean().alias("score"), pl.col("z").mean(),
        pl.col("providers").first(), pl.col("z").std(ddof=0).alias("disagreement"), pl.col("is_look_ahead").any(),
    )  # fmt: skip
    blend = blend.with_columns(disagreement=pl.when(pl.col("providers") > 1).then("disagreement"))
    both = pl.concat([own.drop("comparable"), blend], how="diagonal_relaxed").with_columns(
        pl.col("disagreement").cast(pl.Float64)
    )
    sector = [*day, "sector"]
    enough = pl.len().over(sector) >= LEAST_IN_GROUP
    compared = both.with_columns(
        percentile=percentile(pl.col("score"), day), min_max=min_max(pl.col("score"), day),
        sector_z=pl.when(enough).then(z_score(pl.col("score"), sector)),
        sector_percentile=pl.when(enough).then(percentile(pl.col("score"), sector)),
    )  # fmt: skip
    return compared.select(list(Esg.to_schema().columns)).sort("trade_date", "instrument_id", "provider")


def comparable(scores: pl.DataFrame) -> pl.DataFrame:
    """Scores of one product per provider, name and day, with `comparable`: on the scale that the day's providers share.

    A provider's place and spread are the mean and the standard deviation of its scores over the universe; the common
    ones are the means of those, each provider counting once. A provider that gives everybody the same, or rates a
    single name, says nothing about who is better: its scores are the common mean. Cut at 0 and 100.
    """
    day = ["trade_date", "provider"]
    habits = scores.group_by(day).agg(center=pl.col("score").mean(), spread=pl.col("score").std(ddof=0)).sort(day)
    common = habits.group_by("trade_date", maintain_order=True).agg(
        together=pl.col("center").mean(),
        stretch=pl.col("spread").filter(pl.col("spread") > 0).mean(),
        alone=pl.len() == 1,
    )
    joined = scores.join(habits, on=day, how="left", maintain_order="left").join(
        common, on="trade_date", how="left", maintain_order="left"
    )
    place = pl.when(pl.col("spread") > 0).then((pl.col("score") - pl.col("center")) / pl.col("spread")).otherwise(0.0)
    moved = (pl.col("together") + place * pl.col("stretch").fill_null(0.0)).clip(0.0, 100.0)
    columns = [*scores.columns, pl.when("alone").then("score").otherwise(moved).alias("comparable")]
    return joined.select(columns)


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """Features of `dates`.

    Args:
        inputs: declared inputs of the block.
        dates: sessions to compute, in order.

    Returns:
        The rows of all `dates`, with metadata by day.
    """
    scores = inputs.read("silver/esg_scores")
    universe = inputs.read("features/universe", ["trade_date", "instrument_id", "sector", "sector_is_look_ahead"])
    frame = pl.concat([empty_frame(Esg), transform(scores, universe)]) if scores.height else empty_frame(Esg)
    members = dict(universe.group_by("trade_date").len().iter_rows())
    rated = dict(frame.filter(pl.col("provider") == BLEND).group_by("trade_date").len().iter_rows())
    facts = {date: {"members": members.get(date, 0), "rated": rated.get(date, 0)} for date in dates}
    return Computed(frame, facts=facts)


TABLE = DailyTable(
    name=NAME,
    description="ESG ratings of the day's universe, per provider and blended: score, z-score, percentile, "
    "min-max, also within the sector.",
    model=Esg,
    code_version="2",
    inputs=lambda _: (Input("silver/esg_scores"), Input("features/universe")),
    compute=compute,
    may_be_empty=True,
    kinds=frozenset({"parquet", "polars"}),
    peak_megabytes=219,
    in_warehouse=True,
    grain="instrument",
)

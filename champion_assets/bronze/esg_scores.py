"""`bronze/esg_scores`: every usable row of the received ESG files, on the session from which it was known.

Scores are oriented by the mapping of the file (0 to 100, higher is better), `score_raw` is as published. What a mapping
refuses is listed in the quarantine of `raw/esg_scores`. A static score (`is_look_ahead`) counts on every session, so it
stands on every session from the one on which it became known, until the same provider says something else of the same
company.
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
from champion_assets.nse.errors import BadPayload
from champion_assets.raw.esg_scores import NAME as RAW
from champion_assets.raw.esg_scores import became_known, known_rows
from champion_assets.raw.files import current_versions

NAME = "bronze/esg_scores"
_OF = ["provider", "product", "isin", "symbol", "name"]


class EsgScores(TableModel):
    """A row of an ESG file."""

    trade_date: pl.Date = pa.Field(
        description="Session from which the row was known; for static scores every session from that one on"
    )
    provider: str = pa.Field(description="Provider, from the mapping")
    product: str = pa.Field(isin=list(PRODUCTS), description="Kind of rating, from the mapping")
    isin: str = pa.Field(nullable=True, description="ISIN as published")
    symbol: str = pa.Field(nullable=True, description="Symbol as published")
    name: str = pa.Field(nullable=True, description="Name as published")
    score: float = pa.Field(ge=0, le=100, nullable=True, description="Score on the scale 0 to 100, higher is better")
    score_raw: float = pa.Field(nullable=True, description="Score as published")
    environment: float = pa.Field(nullable=True, description="Environmental part as published")
    social: float = pa.Field(nullable=True, description="Social part as published")
    governance: float = pa.Field(nullable=True, description="Governance part as published")
    category: str = pa.Field(nullable=True, description="Category as published")
    rating_date: pl.Date = pa.Field(nullable=True, description="Day of the rating")
    available_from: pl.Date = pa.Field(description="Day of publication according to the file")
    is_withdrawn: bool = pa.Field(description="True if the row ends a rating")
    is_look_ahead: bool = pa.Field(description="True for a static score that is used before its day")
    known_on: pl.Date = pa.Field(
        description="Day from which the row is used as known; for a revision not before its receipt"
    )
    revision: pl.Int32 = pa.Field(ge=0, description="Number of earlier versions of the row")
    order: pl.Int32 = pa.Field(ge=0, description="Number of the file in order of receipt")
    received_on: pl.Date = pa.Field(description="Day on which the file was received")
    source_row: pl.Int32 = pa.Field(gt=0, description="Row number in the file; the first row after the header is 1")
    source_sha256: str = pa.Field(description="SHA-256 of the file, see raw/esg_scores")

    class Config(TableModel.Config):
        """One row per row of a file and session."""

        unique = ["trade_date", "source_sha256", "source_row"]


_COLUMNS = list(EsgScores.to_schema().columns)


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """Rows of `dates`; a day that has other rows than were accepted fails, and those after it with it.

    Args:
        inputs: declared inputs of the block.
        dates: sessions to compute, in order.

    Returns:
        The rows of all `dates`, with metadata by day.
    """
    everything, _ = known_rows(inputs.originals(RAW))
    accepted = {
        date: {row["sha256"]: row["rows"] for row in rows}
        for date, rows in current_versions(inputs.read(RAW), dates).items()
    }
    frames: list[pl.DataFrame] = [empty_frame(EsgScores)]
    facts: dict[dt.date, dict[str, int]] = {}
    standing: tuple[dt.date | None, pl.DataFrame] = (None, empty_frame(EsgScores))
    for date in dates:
        today = (
            became_known(everything, inputs.before(date), date).with_columns(trade_date=pl.lit(date)).select(_COLUMNS)
        )
        today = today.filter(
            pl.col("source_sha256").is_in(list(accepted[date]))
        )  # a later file counts once the day is looked at again
        if today.height != (count := sum(accepted[date].values())):
            error = BadPayload(f"ESG files: {today.height} rows became known on {date}, {count} were accepted; "
                               f"`champion backfill {date} {date} --refetch`")  # fmt: skip
            return Computed(pl.concat(frames), facts=facts, failed={date: error})
        carried = _carried(inputs, date, standing).with_columns(trade_date=pl.lit(date))
        frames.append(pl.concat([still_standing(carried, today), today]).sort("source_sha256", "source_row"))
        standing = (date, frames[-1].filter("is_look_ahead"))
        facts[date] = {"new": today.height, "standing": frames[-1].height - today.height}
    return Computed(pl.concat(frames), facts=facts)


def still_standing(carried: pl.DataFrame, today: pl.DataFrame) -> pl.DataFrame:
    """The static scores of before of which nothing else is said today."""
    return carried.join(today.select(_OF).unique(), on=_OF, how="anti", nulls_equal=True, maintain_order="left")


def _carried(inputs: Inputs, date: dt.date, standing: tuple[dt.date | None, pl.DataFrame]) -> pl.DataFrame:
    before = inputs.window(NAME, date, lag=1)
    if not before:
        return empty_frame(EsgScores)
    if standing[0] == before[0]:
        return standing[1]
    return inputs.read(NAME, for_date=date, lag=1).filter("is_look_ahead")


TABLE = DailyTable(
    name=NAME,
    description="Every row of the received ESG files, on the session from which it was known; static scores are "
    "repeated on every session.",
    model=EsgScores,
    code_version="1",
    inputs=lambda _: (Input(RAW), Input(NAME, lag=1)),
    compute=compute,
    block=125,
    stateful=True,
    may_be_empty=True,
    kinds=frozenset({"parquet", "polars"}),
    peak_megabytes=204,
)

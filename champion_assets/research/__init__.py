"""The Python API for notebooks: the lake's tables as Polars frames, and the risk model of any day.

What belongs here: the public names. What does not: the functions, which are in the modules of this package.

    from champion_assets import research
    research.table("features/returns", "2020-01-01", "2020-03-31", symbols="RELIANCE")
    research.prices("2016-01-01", "2020-12-31", adjust="capital", as_of="2020-12-31", symbols=["INFY", "TCS"])
    research.instrument_history("2020-12-31", symbols="HDFCBANK")
    research.instruments("2020-12-31")
    sigma, names = research.covariance("2020-03-31")
    research.tables()
    research.provenance("silver/equity_eod", "2020-03-31", symbols="INFY")
    research.Lake("s3://bucket/champion").prices("2020-01-01", "2020-12-31", symbols="INFY")

Without `Lake` the lake is that of the settings: of the environment, of `.env` and of the `champion.toml` in the working
directory or above it. Days are dates, datetimes, pandas Timestamps or ISO text; symbols are one text or several, in
lower or upper case. An incomplete answer is an error, never an empty or a shorter frame; every error is a
`ChampionError`. Nothing here changes the lake.
"""

from __future__ import annotations

from champion_assets.research.api import instrument_history, instruments, prices, table
from champion_assets.research.arguments import Day
from champion_assets.research.doubt import OnDoubt
from champion_assets.research.errors import (
    DoubtfulPrices,
    NoLake,
    NotASession,
    NotBuilt,
    NotCovered,
    UnknownSymbol,
    UnknownTable,
)
from champion_assets.research.frontier import EsgFrontier, esg_frontier
from champion_assets.research.lake import Lake
from champion_assets.research.listing import tables
from champion_assets.research.parquet import files
from champion_assets.research.provenance import provenance
from champion_assets.research.risk import covariance

__all__ = [
    "Day",
    "DoubtfulPrices",
    "EsgFrontier",
    "Lake",
    "NoLake",
    "NotASession",
    "NotBuilt",
    "NotCovered",
    "OnDoubt",
    "UnknownSymbol",
    "UnknownTable",
    "covariance",
    "esg_frontier",
    "files",
    "instrument_history",
    "instruments",
    "prices",
    "provenance",
    "table",
    "tables",
]

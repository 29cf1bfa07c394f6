"""The index beside the portfolio: which one BENCHMARK names, and what it did, gaps and all.

What belongs here: reading `silver/index_total_return` for a history, and refusing a name that no index has. What does
not: figures (`tear_sheet.py`), or benchmarks by rule (`quant/benchmark.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np
import polars as pl

from champion_assets.lake.errors import BuildError
from champion_assets.lake.place import Place
from champion_assets.nse.indices import index_id, known_names
from champion_assets.quant.risk import Array
from champion_assets.silver.index_eod import NAME as LEVELS
from champion_assets.silver.index_total_return import NAME as TOTAL_RETURN


class UnknownIndex(BuildError):
    """BENCHMARK names no index; the message has the nearest names."""


@dataclass(frozen=True, eq=False)
class IndexHistory:
    """What an index did beside a portfolio.

    Attributes:
        name: today's name.
        rows: one per session, the one before the first return first: trade_date, close, price_return, dividend_return,
            total_return, route, is_assumed; null in a gap of the index files.
    """

    name: str
    rows: pl.DataFrame

    @property
    def returns(self) -> Array:
        """Return of each session but the first; with dividends where they are known, NaN in a gap."""
        return (
            self.rows.select(pl.coalesce("total_return", "price_return"))[1:].to_series().fill_null(np.nan).to_numpy()
        )

    @property
    def gaps(self) -> int:
        """Sessions without the index, the one before the first return included."""
        return self.rows["close"].null_count()

    @property
    def growth(self) -> Array:
        """Value of a rupee put into the index at the first close that is there, NaN in a gap.

        Levels say what the price did across a gap; the dividends that fell into it are not in the growth.
        """
        paid = ((1 + pl.col("total_return")) / (1 + pl.col("price_return"))).fill_null(1.0)
        level = self.rows.select(pl.col("close") * paid.cum_prod()).to_series()
        base = level.drop_nulls()
        return (level / base[0] if base.len() else level).fill_null(np.nan).to_numpy()

    @property
    def kind(self) -> str:
        """Whether dividends are in it."""
        known = self.rows[1:].drop_nulls("close")["total_return"]
        return "price return" if known.null_count() == known.len() else "total return"

    @property
    def in_words(self) -> str:
        """Which return it is, by which route."""
        rows = self.rows[1:].drop_nulls("close")
        if rows.is_empty():
            return f"{self.name}: no index file of these sessions has it"
        counts = dict(rows.group_by("route").agg(pl.len()).sort("len", descending=True).iter_rows())
        ways = ", ".join(
            f"{_WAYS[route]} on {number:,} of {rows.height:,} sessions" for route, number in counts.items()
        )
        return f"{self.name}, {self.kind}: dividends {ways}"


_WAYS = {
    "leverage": "from NSE's leveraged total-return index", "dividend_points": "from NSE's dividend points",
    "leverage_and_rate": "from NSE's leveraged total-return index and the overnight rate",
    "dividend_yield": "assumed from the yearly dividend yield", "none": "not known",
    "as_published": "as the index has them",
}  # fmt: skip


def index_history(place: Place, sessions: Sequence[dt.date]) -> IndexHistory:
    """What the index in BENCHMARK did over `sessions`, of which the first is the one before the first return.

    Raises:
        UnknownIndex: the lake has index files, and none of them has it.
    """
    lake, wanted = place.lake, index_id(place.settings.benchmark)
    held = set(lake.dates(TOTAL_RETURN))
    columns = [
        "trade_date",
        "index_id",
        "index_name",
        "close",
        "price_return",
        "dividend_return",
        "total_return",
        "route",
        "is_assumed",
    ]
    there = [date for date in sessions if date in held]
    found = lake.read(TOTAL_RETURN, there, columns).filter(pl.col("index_id") == wanted) if there else None
    if found is None or found.is_empty():
        if (names := names_in_lake(place)) and wanted not in names:
            raise UnknownIndex(_refusal(place.settings.benchmark, names))
        found = pl.DataFrame(schema={name: _SCHEMA.get(name, pl.Float64()) for name in columns})
    name = found["index_name"][-1] if found.height else place.settings.benchmark
    days = pl.DataFrame({"trade_date": list(sessions)}, schema={"trade_date": pl.Date})
    return IndexHistory(
        name, days.join(found.drop("index_id", "index_name"), on="trade_date", how="left", maintain_order="left")
    )


_SCHEMA = {
    "trade_date": pl.Date(),
    "index_id": pl.String(),
    "index_name": pl.String(),
    "route": pl.String(),
    "is_assumed": pl.Boolean(),
}


def names_in_lake(place: Place) -> dict[str, str]:
    """Today's names by key of all indices in the lake's index files."""
    dates = place.lake.dates(LEVELS)
    return (
        dict(place.lake.read(LEVELS, dates, ["index_id", "index_name"]).unique("index_id").iter_rows()) if dates else {}
    )


def refuse_unknown(place: Place, dates: Sequence[dt.date]) -> Mapping[dt.date, Exception]:
    """Refuse all of `dates` if BENCHMARK is neither an index of the lake nor one that NSE is known to publish.

    A known name that the lake does not have may begin with later files; once the history is told it is refused, too. A
    lake without index files refuses nothing: there the portfolio has no index beside it.
    """
    if index_id(place.settings.benchmark) in known_names():
        return {}
    names = names_in_lake(place)
    if not names or index_id(place.settings.benchmark) in names:
        return {}
    error = UnknownIndex(_refusal(place.settings.benchmark, names))
    return dict.fromkeys(dates, error)


def _refusal(benchmark: str, names: Mapping[str, str]) -> str:
    near = get_close_matches(index_id(benchmark), names, 3, cutoff=0.4) or sorted(names)[:3]
    return f"BENCHMARK={benchmark}: no index file has this index; did you mean {', '.join(names[key] for key in near)}?"

"""`silver/endings`: how listings ended, one row per ended instrument and child on the session since which it counts.

That session is the first after the last one on which the share traded, when the ending was public, and, where its holders got shares of
another company, on which that one has traded already: a child that lists months later has its row then. The lines are those packaged with
Champion and those of CHAMPION_ENDINGS (`nse/endings.py`). A line whose share traded after the session that it calls the last contradicts
the files: it has no row, and the metadata of the day name it. Without a line, or with an unknown ratio, the last price stands, marked.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import pandera.polars as pa
import polars as pl

from champion_assets.lake.inputs import Inputs
from champion_assets.lake.place import Input, Place
from champion_assets.lake.schema import TableModel, empty_frame
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.nse.endings import CONFIDENCES, KINDS, Ending, endings_of
from champion_assets.nse.isin import security_key
from champion_assets.silver.instruments import NAME as INSTRUMENTS

NAME = "silver/endings"


class Endings(TableModel):
    """What the holders of an ended share got."""

    trade_date: pl.Date = pa.Field(description="Session on which it counts")
    instrument_id: str = pa.Field(description="Permanent identity of the share that ended")
    symbol: str = pa.Field(description="Its last ticker")
    last_session: pl.Date = pa.Field(description="Last session on which it traded")
    kind: str = pa.Field(isin=KINDS, description="How it ended")
    child_instrument_id: str = pa.Field(nullable=True, description="What its holders got shares of; null for none, or unknown")
    child_symbol: str = pa.Field(nullable=True, description="Ticker of the child on the session")
    ratio: float = pa.Field(nullable=True, gt=0, description="Shares of the child for one share; null without a child, or unknown")
    cash: float = pa.Field(ge=0, description="Rupees per share")
    confidence: str = pa.Field(isin=CONFIDENCES, description="What it rests on")
    evidence: str = pa.Field(description="In words, or an address")

    class Config(TableModel.Config):
        """One row per ended share and child."""

        unique = ["instrument_id", "child_instrument_id"]

    @pa.dataframe_check(description="a ratio has its child")
    def has_child(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805 (Pandera passes the class)
        """Recomputed from the stored rows."""
        return data.lazyframe.select(pl.col("ratio").is_null() | pl.col("child_instrument_id").is_not_null())


_REGISTRY = ["trade_date", "instrument_id", "symbol", "isin", "first_seen", "last_seen"]
CHILD_WITHIN = dt.timedelta(days=400)
"""How long after the last session a child may list, or an ending become public."""


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """The endings that begin to count on `dates`."""
    due = [date for date in dates if inputs.facts[date]]
    registry = inputs.read(INSTRUMENTS, _REGISTRY, days=due).partition_by("trade_date", as_dict=True) if due else {}
    rows: list[dict[str, Any]] = []
    facts: dict[dt.date, dict[str, Any]] = {}
    for date in due:
        known, before = _by_key(registry[date,]), inputs.calendar.previous_session(date)
        for line in (Ending(**each) for each in inputs.facts[date]):
            parent = known.get(security_key(line.isin, line.symbol))
            child = known.get(security_key(line.child_isin, line.child_symbol)) if line.child_isin else None
            if parent is None or (line.child_isin and child is None):
                continue
            if before is not None and _has_begun(line, child, before):
                continue
            if parent["last_seen"] > line.last_session:
                facts.setdefault(date, {"contradicted_by_the_files": []})["contradicted_by_the_files"].append(line.symbol)
                continue
            rows.append(_row(line, date, parent, child))
    return Computed(pl.DataFrame(rows, schema=empty_frame(Endings).schema), facts=facts)


def _has_begun(line: Ending, child: Mapping[str, Any] | None, date: dt.date) -> bool:
    return line.last_session < date and line.known_on <= date and (child is None or child["first_seen"] <= date)


def _by_key(registry: pl.DataFrame) -> dict[str, dict[str, Any]]:
    """The instruments of a day by the security keys of their first and last ISIN."""
    found: dict[str, dict[str, Any]] = {}
    for row in registry.sort("last_seen").iter_rows(named=True):
        found[row["instrument_id"]] = row
        if row["isin"] is not None:
            found[security_key(row["isin"], row["symbol"])] = row
    return found


def _row(line: Ending, date: dt.date, parent: Mapping[str, Any], child: Mapping[str, Any] | None) -> dict[str, Any]:
    return {"trade_date": date, "instrument_id": parent["instrument_id"], "symbol": parent["symbol"], "last_session": parent["last_seen"],
            "kind": line.kind, "child_instrument_id": child["instrument_id"] if child else None,
            "child_symbol": child["symbol"] if child else None, "ratio": line.ratio, "cash": line.cash, "confidence": line.confidence,
            "evidence": line.evidence}  # fmt: skip


def _day_facts(place: Place, dates: Sequence[dt.date]) -> dict[dt.date, list[dict[str, Any]]]:
    """By day the lines that may begin to count on it: of shares that ended before, public by then."""
    lines = endings_of(place.settings.endings)
    return {
        date: [vars(line) for line in lines
               if line.last_session < date and line.known_on <= date and date - max(line.last_session, line.known_on) <= CHILD_WITHIN]
        for date in dates
    }  # fmt: skip


TABLE = DailyTable(
    name=NAME,
    description="How listings ended: merged into whom at which ratio, delisted at which price, or unknown; each with its evidence.",
    model=Endings,
    code_version="1",
    inputs=lambda _: (Input(INSTRUMENTS),),
    day_facts=_day_facts,
    compute=compute,
    block=125,
    may_be_empty=True,
    kinds=frozenset({"parquet", "polars"}),
    peak_megabytes=300,
    in_warehouse=True,
)

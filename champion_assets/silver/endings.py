"""`silver/endings`: how listings ended, one row per ended instrument and child on the session since which it counts.

That session is the first after the last one on which the share traded, and after the day at whose end the ending was
public, on which also, where its holders got shares of other companies, all of these have traded already: the shares
turn into all their children at once. Until the last child lists, months later, the last price stands, and the metadata
of the first day name what is waited for. The lines are those packaged with Champion and those of CHAMPION_ENDINGS
(`nse/endings.py`). A line whose share traded after the session that it calls the last contradicts the files: it has no
row, and the metadata of the day name it. Without a line, or with unknown terms, the last price stands, marked; a cash
of 0 without a child is a document's word that holders got nothing.

Shares are found by ISIN, and by symbol where the lake knows no ISIN of the share: a symbol is used again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import pandera.polars as pa
import polars as pl

from champion_assets.lake.inputs import Inputs
from champion_assets.lake.place import Place
from champion_assets.lake.schema import TableModel, empty_frame
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.nse.endings import CONFIDENCES, KINDS, Ending, endings_of
from champion_assets.nse.isin import security_key
from champion_assets.silver.instruments_register import read_registers, register_input

NAME = "silver/endings"


class Endings(TableModel):
    """What the holders of an ended share got."""

    trade_date: pl.Date = pa.Field(description="Session on which the ending takes effect")
    instrument_id: str = pa.Field(description="Permanent id of the instrument that ended")
    symbol: str = pa.Field(description="Its last ticker")
    last_session: pl.Date = pa.Field(description="Last session on which it traded")
    kind: str = pa.Field(isin=KINDS, description="How it ended")
    child_instrument_id: str = pa.Field(
        nullable=True,
        description="Permanent id of the instrument whose shares the holders received; null if none or unknown",
    )
    child_symbol: str = pa.Field(nullable=True, description="Ticker of the child on the session")
    ratio: float = pa.Field(
        nullable=True, gt=0, description="Shares of the child per share; null without a child or if unknown"
    )
    cash: float = pa.Field(
        ge=0,
        description="Rupees per share; 0 without a child means no payment, or an unknown one if confidence is unknown",
    )
    confidence: str = pa.Field(isin=CONFIDENCES, description="Confidence in the terms")
    evidence: str = pa.Field(description="Evidence: a text or an address")

    class Config(TableModel.Config):
        """One row per ended share and child."""

        unique = ["instrument_id", "child_instrument_id"]

    @pa.dataframe_check(description="it counts only after the last session")
    def after_the_end(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805 (Pandera passes the class)
        """Nothing ends while it trades."""
        return data.lazyframe.select(pl.col("last_session") < pl.col("trade_date"))

    @pa.dataframe_check(description="unknown terms are no terms")
    def unknown_is_no_number(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805
        """Recomputed from the stored rows."""
        return data.lazyframe.select(
            (pl.col("confidence") != "unknown") | (pl.col("ratio").is_null() & (pl.col("cash") == 0))
        )

    @pa.dataframe_check(description="no share ends in itself")
    def in_another(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805
        """Recomputed from the stored rows."""
        return data.lazyframe.select((pl.col("child_instrument_id") != pl.col("instrument_id")).fill_null(value=True))

    @pa.dataframe_check(description="a ratio has its child")
    def has_child(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805 (Pandera passes the class)
        """Recomputed from the stored rows."""
        return data.lazyframe.select(pl.col("ratio").is_null() | pl.col("child_instrument_id").is_not_null())


_REGISTRY = ["trade_date", "instrument_id", "symbol", "isin", "instrument_class", "first_seen", "last_seen"]
_OTHER_CLASSES = ("rights", "partly_paid")
"""They carry the symbols of shares."""
CHILD_WITHIN = dt.timedelta(days=400)
"""How long after the last session, or the day on which it was public, the children may list: 336 days were seen
(CHEMFALKAL)."""


class Register:
    """The instruments of a day, by the security keys of their first and last ISIN, else by symbol."""

    def __init__(self, rows: pl.DataFrame) -> None:
        self._by_key: dict[str, dict[str, Any]] = {}
        self._nameless: dict[str, dict[str, Any]] = {}
        for row in (
            rows.filter(~pl.col("instrument_class").is_in(_OTHER_CLASSES)).sort("last_seen").iter_rows(named=True)
        ):
            self._by_key[row["instrument_id"]] = row
            if row["isin"] is None:
                self._nameless[row["symbol"]] = row
            else:
                self._by_key[security_key(row["isin"], row["symbol"])] = row

    def find(self, isin: str, symbol: str) -> dict[str, Any] | None:
        """The row of a share, or None."""
        return self._by_key.get(security_key(isin, symbol)) or self._nameless.get(symbol)


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """The endings that begin to count on `dates`.

    Args:
        inputs: declared inputs of the block.
        dates: sessions to compute, in order.

    Returns:
        The rows of all `dates`, with metadata by day.
    """
    due = [date for date in dates if inputs.facts[date]]
    registry = read_registers(inputs, due, _REGISTRY).partition_by("trade_date", as_dict=True) if due else {}
    rows: list[dict[str, Any]] = []
    facts: dict[dt.date, dict[str, Any]] = {}
    for date in due:
        register, said = Register(registry[date,]), Told()
        lines = sorted((Ending(**each) for each in inputs.facts[date]), key=lambda line: line.key)
        for _, group in groupby(lines, key=lambda line: line.key):
            rows += rows_of(date, inputs.calendar.previous_session(date), list(group), register, said)
        if words := said.words():
            facts[date] = words
    return Computed(pl.DataFrame(rows, schema=empty_frame(Endings).schema), facts=facts)


@dataclass
class Told:
    """What a person should see of a day, by symbol."""

    contradicted_by_the_files: list[str] = field(default_factory=list)
    waits_for_children: list[str] = field(default_factory=list)

    def words(self) -> dict[str, list[str]]:
        """As metadata."""
        return {name: sorted(symbols) for name, symbols in vars(self).items() if symbols}


def rows_of(
    date: dt.date, before: dt.date | None, lines: Sequence[Ending], register: Register, said: Told
) -> list[dict[str, Any]]:
    """The rows of an ended share on a day: none but on the session on which it begins to count.

    Args:
        date: the day.
        before: the session before.
        lines: all lines of the share, public and past by then.
        register: the instruments as known on the day.
        said: what there is to tell is added here.
    """
    parent = register.find(lines[0].isin, lines[0].symbol)
    if parent is None:
        return []
    children = [register.find(line.child_isin, line.child_symbol) if line.child_isin else None for line in lines]
    is_first = before is None or not _is_past(lines[0], before)
    absent = [
        line.child_symbol for line, child in zip(lines, children, strict=True) if line.child_isin and child is None
    ]
    listed_today = any(child is not None and child["first_seen"] == date for child in children)
    if absent:
        said.waits_for_children += [f"{parent['symbol']}: {', '.join(absent)}"] if is_first else []
        return []
    if not (is_first or listed_today):
        return []
    if parent["last_seen"] > lines[0].last_session:
        said.contradicted_by_the_files.append(parent["symbol"])
        return []
    return [_row(line, date, parent, child) for line, child in zip(lines, children, strict=True)]


def _is_past(line: Ending, date: dt.date) -> bool:
    return line.last_session < date and line.known_on < date


def _row(line: Ending, date: dt.date, parent: Mapping[str, Any], child: Mapping[str, Any] | None) -> dict[str, Any]:
    return {
        "trade_date": date,
        "instrument_id": parent["instrument_id"],
        "symbol": parent["symbol"],
        "last_session": parent["last_seen"],
        "kind": line.kind,
        "child_instrument_id": child["instrument_id"] if child else None,
        "child_symbol": child["symbol"] if child else None,
        "ratio": line.ratio,
        "cash": line.cash,
        "confidence": line.confidence,
        "evidence": line.evidence,
    }


def _day_facts(place: Place, dates: Sequence[dt.date]) -> dict[dt.date, list[dict[str, Any]]]:
    """By day the lines that may begin to count on it: of shares that ended before, public by then."""
    lines = endings_of(place.settings.endings)
    return {
        date: [vars(line) for line in lines
               if _is_past(line, date) and date - max(line.last_session, line.known_on) <= CHILD_WITHIN]
        for date in dates
    }  # fmt: skip


TABLE = DailyTable(
    name=NAME,
    description="How listings ended, with evidence: merged (into which instrument, at which ratio), delisted (at "
    "which price), or unknown.",
    model=Endings,
    code_version="3",
    inputs=lambda _: (register_input(),),
    day_facts=_day_facts,
    compute=compute,
    block=125,
    may_be_empty=True,
    kinds=frozenset({"parquet", "polars"}),
    peak_megabytes=303,
    in_warehouse=True,
)

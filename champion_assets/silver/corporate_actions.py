"""`silver/corporate_actions`: the legs of the corporate actions that took effect on the session, as numbers.

With the market's witness.

A row is a leg of an action of one instrument and ex-date. `f_*` multiplies all earlier prices at its level, `q` all
earlier numbers of shares; the day's factors are the products of its legs. What has no number (a text that cannot be
read, no issue price, no close before) is no row but a reject with its reason; nothing is ever 1 because it is not
known.

An event is what the newest bundle before its ex-date says: an event that was moved or withdrawn leaves no leg. A factor
that the market flatly contradicts, or on which the feeds contradict each other, is held back: `held` says why, and a
person decides.

A session's object also holds what only became known on it of earlier ex-dates (`ex_session` before `trade_date`): a
late or corrected announcement, the first price after a suspension, a line of the user. Then it holds all legs of that
instrument and ex-date, and they replace the earlier ones for whoever looks from this session on. So objects up to a day
A are exactly what was known on A, and no object is ever rewritten because of a later one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import partial
from typing import Any

import pandera.polars as pa
import polars as pl

from champion_assets.bronze.corporate_actions import NAME as BRONZE
from champion_assets.checks import thresholds
from champion_assets.lake.constants import values_of
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.place import Input, Place
from champion_assets.lake.ports import Calendar
from champion_assets.lake.schema import TableModel, empty_frame
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.nse.actions import factors, price_check, vocabulary
from champion_assets.nse.actions.legs import KINDS
from champion_assets.nse.actions.overrides import Override, read_overrides
from champion_assets.nse.actions.price_check import VERDICTS
from champion_assets.silver.corporate_actions_events import PARSER, day_events
from champion_assets.silver.corporate_actions_market import Market, Trade
from champion_assets.silver.instruments_register import PRICES, read_registers, register_input

NAME = "silver/corporate_actions"
EQUITY = "silver/equity_eod"
BUNDLE_SESSIONS = 45
"""Bundles list an event from weeks before its ex-date on (28 days seen)."""


class CorporateActions(TableModel):
    """A leg of an action."""

    trade_date: pl.Date = pa.Field(description="Session from which the row is used")
    instrument_id: str = pa.Field(description="Permanent id of the instrument")
    symbol: str = pa.Field(description="Symbol of the instrument on the ex-date")
    feed_symbol: str = pa.Field(description="Symbol as the feed writes it")
    ex_date: pl.Date = pa.Field(description="Ex-date as published")
    ex_session: pl.Date = pa.Field(description="First session on or after the ex-date")
    leg: pl.Int32 = pa.Field(ge=0, description="Number of the leg within instrument and ex-date")
    kind: str = pa.Field(isin=KINDS, description="Kind of action")
    flavour: str = pa.Field(
        description="Subtype: interim, final, special, partly_paid, ncrps, debenture, dvr, ... or blank"
    )
    ratio_a: float = pa.Field(nullable=True, description="New shares per `ratio_b` shares held (bonus, rights)")
    ratio_b: float = pa.Field(nullable=True, description="Shares held that give `ratio_a` new shares")
    fv_from: float = pa.Field(nullable=True, description="Face value before, rupees")
    fv_to: float = pa.Field(nullable=True, description="Face value after, rupees")
    cash: float = pa.Field(nullable=True, ge=0, description="Rupees per share or unit")
    child_instrument_id: str = pa.Field(
        nullable=True, description="Demerged part or acquirer, where an override names it"
    )
    premium: float = pa.Field(nullable=True, description="For rights: premium over face value, rupees")
    face_value: float = pa.Field(nullable=True, description="Face value on the ex-date, rupees")
    f_capital: float = pa.Field(gt=0, description="Price factor: bonus, split, consolidation, rights, demerger")
    f_capital_special: float = pa.Field(gt=0, description="Price factor: as f_capital, and extraordinary dividends")
    f_total_return: float = pa.Field(gt=0, description="Price factor: as f_capital, and all dividends")
    q: float = pa.Field(gt=0, description="Share factor: multiplies numbers of shares held before the ex-date")
    held: str = pa.Field(
        nullable=True, description="Why the factor waits for confirmation by a person; null if it is applied"
    )
    f_proposed: float = pa.Field(
        nullable=True, gt=0, description="Factor of the text (level capital_special) that is not applied yet"
    )
    method: str = pa.Field(description="How the factor was found")
    last_close: float = pa.Field(nullable=True, gt=0, description="Last close before the ex-date, P, rupees")
    witness: float = pa.Field(
        nullable=True, gt=0, description="Open on the ex-date divided by P; null if it did not trade"
    )
    verdict: str = pa.Field(
        nullable=True,
        isin=VERDICTS,
        description="Whether `witness` agrees with the day's capital_special factor; null if no leg moves the price",
    )
    is_testable: bool = pa.Field(description="False if the factor is too near 1 to be told from an ordinary move")
    candidates: str = pa.Field(description="For a doubtful event: instruments that moved by the factor that day")
    known_on: pl.Date = pa.Field(description="Day by whose end it was known")
    known_basis: str = pa.Field(
        isin=["published", "broadcast", "assumed", "override"], description="How `known_on` was found"
    )
    is_revised: bool = pa.Field(description="NSE marks the text as revised")
    subject: str = pa.Field(description="The text, as published, or the reason of the override")
    evidence: str = pa.Field(description="Evidence given with an override")
    source_sha256: str = pa.Field(description="SHA-256 of the file, see raw/corporate_actions; empty for overrides")
    source_row: pl.Int32 = pa.Field(ge=0, description="Row number in the file")

    class Config(TableModel.Config):
        """One row per leg."""

        unique = ["trade_date", "instrument_id", "ex_date", "leg"]

    @pa.dataframe_check(description="X13: total_return <= capital_special <= capital")
    def levels_in_order(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805 (Pandera passes the class)
        """Each level adjusts for what the one before does, and for more."""
        total, special, capital = pl.col("f_total_return"), pl.col("f_capital_special"), pl.col("f_capital")
        return data.lazyframe.select((total <= special + 1e-12) & (special <= capital + 1e-12))


_SCHEMA = empty_frame(CorporateActions).schema
_REFUSED = {
    "trade_date": pl.Date,
    "instrument_id": pl.String,
    "symbol": pl.String,
    "ex_date": pl.Date,
    "subject": pl.String,
    "rule": pl.String,
    "reason": pl.String,
    "source_sha256": pl.String,
    "source_row": pl.Int64,
}
_BRONZE = [
    "trade_date",
    "symbol",
    "symbol_on_date",
    "isin",
    "series",
    "subject",
    "face_value",
    "ex_date",
    "record_date",
    "known_on",
    "known_basis",
    "source_kind",
    "source_row",
    "source_sha256",
    "contradiction",
    "refused_rows",
]


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """Legs of `dates`.

    Args:
        inputs: declared inputs of the block.
        dates: sessions to compute, in order.

    Returns:
        The rows of all `dates`, with metadata by day.
    """
    told = inputs.read(BRONZE, _BRONZE)
    bronze, evenings = _by_day(told), set(told.filter(pl.col("source_kind") == "bundle")["trade_date"])
    before = {date: inputs.before(date) for date in dates}
    columns = ["trade_date", "instrument_id", "symbol", "series", "isin", "last_seen"]
    today = _by_day(read_registers(inputs, dates, columns))
    evenings_before = _by_day(
        read_registers(inputs, [day for day in before.values() if day is not None], [*columns, "last_close"])
    )
    prices = _by_day(
        inputs.read(
            EQUITY, ["trade_date", "instrument_id", "symbol", "open", "close", "prior_close", "prev_close"], days=dates
        )
    )
    rows: list[dict[str, Any]] = []
    rejects: list[dict[str, Any]] = []
    facts = {}
    for date in dates:
        window = inputs.window(BRONZE, date, lag=0)
        evening = before[date]
        market = Market(
            date,
            inputs.calendar.previous_session(date),
            evenings_before[evening] if evening else None,
            today[date],
            prices[date],
            partial(_past, inputs, date),
        )
        own: list[Override] = inputs.facts[date]
        again = {
            day
            for line in own
            if line.effective_on > line.ex_date
            for day in _sessions_up_to(inputs.calendar, line.ex_date)
        }
        found = day_events(
            market,
            [bronze[day] for day in window if day in bronze],
            own,
            [bronze[day] for day in sorted(again - set(window)) if day in bronze],
            sorted(evenings & (again | set(window))),
        )
        rows += found.rows
        rejects += found.rejects
        facts[date] = found.facts
    frame = pl.DataFrame(rows, schema=_SCHEMA)
    return Computed(frame, pl.DataFrame(rejects, schema=_REFUSED) if rejects else None, facts)


def _sessions_up_to(calendar: Calendar, ex_date: dt.date) -> list[dt.date]:
    """The sessions whose feeds can speak of an ex-date that a later line of the user reopens."""
    session = _session_from(calendar, ex_date)
    return calendar.trailing_sessions(session, BUNDLE_SESSIONS) if session else []


def _past(inputs: Inputs, date: dt.date, name: str, ex_date: dt.date) -> Trade:
    """An instrument around a past ex-date on which it traded.

    Of an ex-date further back than `BUNDLE_SESSIONS`, which no line of the user speaks of, nothing is known.
    """
    session = _session_from(inputs.calendar, ex_date)
    if session not in inputs.window(EQUITY, date):
        return Trade()
    row = inputs.read(EQUITY, ["instrument_id", "prior_close", "open", "prior_date"], days=[session])
    row = row.filter(pl.col("instrument_id") == name)
    if row.is_empty():
        return Trade()
    last, opened, seen = row.row(0)[1:]
    return Trade(last, opened, None if seen is None else (session - seen).days)


def _session_from(calendar: Calendar, date: dt.date) -> dt.date | None:
    """The first session on or after `date`."""
    return date if calendar.is_session(date) else calendar.next_session(date)


def _by_day(frame: pl.DataFrame) -> dict[dt.date, pl.DataFrame]:
    return {key[0]: rows for key, rows in frame.partition_by("trade_date", as_dict=True).items()}


def _day_facts(place: Place, dates: Sequence[dt.date]) -> dict[dt.date, list[Override]]:
    """The user's lines that take effect on each date."""
    facts: dict[dt.date, list[Override]] = {date: [] for date in dates}
    for line in read_overrides(place.settings.action_overrides):
        effective = _session_from(place.calendar, line.effective_on)
        if effective in facts:
            facts[effective].append(line)
    return facts


def _more_inputs(place: Place, dates: Sequence[dt.date]) -> dict[dt.date, dict[str, list[dt.date]]]:
    """What a line of the user that speaks of a past ex-date reads.

    That day's prices, and what the feeds said up to it.
    """
    more: dict[dt.date, dict[str, list[dt.date]]] = {}
    for date, lines in _day_facts(place, dates).items():
        for line in (each for each in lines if each.effective_on > each.ex_date):
            session = _session_from(place.calendar, line.ex_date)
            if session is not None and place.sessions(session, session):
                mine = more.setdefault(date, {BRONZE: [], EQUITY: []})
                mine[BRONZE] = sorted({*mine[BRONZE], *place.window(Input(BRONZE, BUNDLE_SESSIONS), session)})
                mine[EQUITY] = sorted({*mine[EQUITY], session})
    return more


TABLE = DailyTable(
    name=NAME,
    description="One row per leg of a corporate action: price and share factors by level, the market's reaction, "
    "and the source text.",
    model=CorporateActions,
    code_version="5",
    inputs=lambda _: (
        Input(BRONZE, BUNDLE_SESSIONS),
        register_input(),
        register_input(lag=1),
        Input(PRICES, lag=1),
        Input(EQUITY, BUNDLE_SESSIONS),
    ),
    constants={
        "parser": PARSER,
        **values_of(price_check),
        **values_of(factors),
        **values_of(vocabulary),
        **values_of(thresholds, "BAND", "STEP"),
    },
    more_inputs=_more_inputs,
    day_facts=_day_facts,
    compute=compute,
    block=125,
    may_be_empty=True,
    kinds=frozenset({"parquet", "python"}),
    peak_megabytes=307,
    in_warehouse=True,
    not_released_because="write the action as a line in the CSV in CHAMPION_CORPORATE_ACTIONS (docs/runbook.md)",
)

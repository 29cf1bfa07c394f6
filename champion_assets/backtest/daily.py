"""`backtest/daily`: what the portfolio really did: yesterday's decision traded today, at India's costs, and the value at the close.

A decision of the close of D is sized at that close and executed in the next session, at its open, average or close (FILL), on the tick, in
whole shares, with slippage, impact and the charges in force that day. No fill in a name that did not trade, none beyond a share of its
volume, no buy at the upper band, no sell at the lower; in trade-to-trade series nothing is sold before it is settled. Value before + P&L
- costs = value after, to a paisa, or the day fails.

Corporate actions change holdings on the first session on or after the ex-date on which the name trades
(`simulation/corporate_actions.py`): shares, cash, claims on demerged parts. An action that becomes known only after that is counted in
`late_actions`. An opening gap beyond any price band that no action explains is treated as value-neutral and counted in
`unexplained_gaps`. A name that stops trading stays at its last price, and is written down after DELISTED_AFTER sessions.

The benchmark is the index named by BENCHMARK (a price return, null on days whose index file is absent); a name that no index has is
refused. Beside it stands yesterday's universe, equally weighted.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandera.polars as pa
import polars as pl

from champion_assets.backtest.exchange import NseCashMarket
from champion_assets.backtest.index import refuse_unknown
from champion_assets.backtest.market import ACTION_SESSIONS, Market
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.parameters import Parameters
from champion_assets.lake.place import Input, Place
from champion_assets.lake.schema import TableModel, empty_frame
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.nse.costs import Plan
from champion_assets.portfolio.target_weights import NAME as WEIGHTS
from champion_assets.quant.risk import Array
from champion_assets.settings import Settings
from champion_assets.settings.simulation import SimulationSettings
from champion_assets.simulation.account import Account, held_names, new_account
from champion_assets.simulation.account_columns import ARRIVING, CLAIMS, HOLDINGS, ORDERS, OWED, as_columns, from_row, names_in
from champion_assets.simulation.exchange import Exchange
from champion_assets.simulation.fills import Rules
from champion_assets.simulation.session import SessionResult, run_session

NAME = "backtest/daily"


class Daily(TableModel):
    """The portfolio's day. Amounts in rupees."""

    trade_date: pl.Date = pa.Field(unique=True, description="Session")
    value: float = pa.Field(gt=0, description="Cash, holdings and claims at the close")
    cash: float = pa.Field(ge=-0.005, description="Cash at the close, what is not yet settled included")
    flows: float = pa.Field(description="Capital paid in: the initial capital on the first session, then 0")
    pnl: float = pa.Field(description="Gain of the day before costs")
    costs: float = pa.Field(ge=0, description="All charges of the day")
    stt: float = pa.Field(ge=0, description="Of them securities transaction tax")
    exchange_charges: float = pa.Field(ge=0, description="Of them exchange charges and SEBI fee")
    stamp_duty: float = pa.Field(ge=0, description="Of them stamp duty")
    service_tax: float = pa.Field(ge=0, description="Of them service tax, later GST")
    brokerage: float = pa.Field(ge=0, description="Of them brokerage")
    dp_charges: float = pa.Field(ge=0, description="Of them depository charges")
    bought: float = pa.Field(ge=0, description="Value of the buys")
    sold: float = pa.Field(ge=0, description="Value of the sells")
    buys: pl.Int32 = pa.Field(ge=0, description="Number of buys")
    sells: pl.Int32 = pa.Field(ge=0, description="Number of sells")
    unfilled: pl.Int32 = pa.Field(
        ge=0, description="Orders not filled, or not wholly: not traded, at the band, beyond the volume, not settled"
    )
    unexplained_gaps: pl.Int32 = pa.Field(ge=0, description="Holdings whose opening gap was treated as value-neutral")
    late_actions: pl.Int32 = pa.Field(ge=0, description="Holdings of which a past corporate action was told otherwise today")
    dividends: float = pa.Field(ge=0, description="Dividends credited, part of the P&L's account")
    interest: float = pa.Field(ge=0, description="Interest on cash")
    written_down: float = pa.Field(ge=0, description="Loss on names that count as delisted since today")
    portfolio_return: float = pa.Field(gt=-1, description="Return of the day after costs")
    benchmark_return: float = pa.Field(gt=-1, description="Mean total return of yesterday's universe, equally weighted; 0 before it exists")
    index_return: float = pa.Field(
        gt=-1, nullable=True, description="Price return of the index in BENCHMARK; null where the day has no index file"
    )
    overnight_return: float = pa.Field(ge=0, description="What an overnight deposit earned since the close before, see silver/rates")
    holdings: HOLDINGS = pa.Field(description="Positions at the close; idle: sessions without a trade")  # type: ignore[valid-type]
    arriving: ARRIVING = pa.Field(description="Bought shares, and the sessions until they are settled")  # type: ignore[valid-type]
    owed: OWED = pa.Field(description="Proceeds, and the sessions until they are settled")  # type: ignore[valid-type]
    claims: CLAIMS = pa.Field(description="Demerged parts not yet listed: of which name, shares, rupees a share")  # type: ignore[valid-type]
    orders: ORDERS = pa.Field(description="Orders tried again tomorrow: shares, negative to sell")  # type: ignore[valid-type]

    @pa.dataframe_check(description="cash, holdings and claims add up to the value, to a paisa")
    def adds_up(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805 (Pandera passes the class)
        """Recomputed from the stored rows."""
        held = pl.col("holdings").list.eval(pl.element().struct.field("value")).list.sum()
        claimed = pl.col("claims").list.eval(pl.element().struct.field("shares") * pl.element().struct.field("each")).list.sum()
        return data.lazyframe.select((pl.col("cash") + held + claimed - pl.col("value")).abs() <= 0.01)

    @pa.dataframe_check(description="the charges add up to the costs, to a paisa")
    def charges_add_up(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805 (Pandera passes the class)
        """Recomputed from the stored rows."""
        parts = pl.sum_horizontal("stt", "exchange_charges", "stamp_duty", "service_tax", "brokerage", "dp_charges")
        return data.lazyframe.select((parts - pl.col("costs")).abs() <= 0.005)


def rules_of(settings: Parameters) -> Rules:
    """The simulator's rules by the parameters of the table."""
    return Rules(
        settings.fill, settings.whole_shares, settings.slippage_bps / 10_000, settings.impact, settings.participation, settings.unfilled,
        settings.rights, settings.usable_proceeds, settings.cash_rate, settings.delisted_after, settings.delisting_recovery,
    )  # fmt: skip


def exchange_of(settings: Parameters) -> NseCashMarket:
    """NSE with the charges of the broker in the parameters of the table."""
    largest = np.inf if settings.brokerage_max is None else settings.brokerage_max
    return NseCashMarket(Plan(settings.brokerage_bps / 10_000, largest, settings.dp_charge))


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """The days of `dates`, in order; each begins with the account of the session before."""
    row = _stored(inputs, dates[0])
    weights, members, volatility = _evenings(inputs, dates)
    market = Market(inputs, dates, names_in(row) if row else None)
    account = from_row(row, market.index) if row else None
    rules, exchange, frames, facts = rules_of(inputs.parameters), exchange_of(inputs.parameters), [], {}
    for date in dates:
        evening = inputs.before(date)
        flows = inputs.parameters.initial_capital if account is None else 0.0
        passed = (date - evening).days if evening and account else 0
        account = account or new_account(flows, len(market.names))
        opened = account.value
        decided = weights.get(evening)
        targets = None if decided is None or decided["decided_on"][0] != evening else _targets(decided, market)
        result, late = step(market, account, date, targets, rules, exchange, passed, volatility.get(evening))
        benchmark = market.mean_return(date, members[evening]) if evening in members else 0.0
        frames.append(as_row(date, account, opened, result, flows, late, benchmark, market))
        facts[date] = {"value": account.value, "positions": int((account.shares > 0).sum()), "costs": result.costs.total,
                       "unfilled": result.unfilled, "unexplained_gaps": result.gaps}  # fmt: skip
    return Computed(pl.concat(frames), facts=facts)


def step(
    market: Market, account: Account, date: dt.date, targets: Array | None, rules: Rules, exchange: Exchange, days_passed: int,
    volatility: Mapping[str, float] | None = None,
) -> tuple[SessionResult, int]:  # fmt: skip
    """One session of `account`: what happened, and the late actions."""
    day = market.day(date, volatility)
    held = [int(number) for number in held_names(account)]
    actions = market.actions(date, held, day.is_gap)
    return run_session(account, day, actions, targets, rules, exchange, days_passed), market.late(date, held)


def _targets(weights: pl.DataFrame, market: Market) -> Array:
    found = np.zeros(len(market.names))
    for name, weight in weights.select("instrument_id", "weight").iter_rows():
        if name in market.index:  # else it does not trade in the whole block, and nobody holds it
            found[market.index[name]] = weight
    return found


def _evenings(inputs: Inputs, dates: Sequence[dt.date]) -> tuple[dict[Any, Any], dict[Any, Any], dict[Any, Any]]:
    """By day: the weights in force, the universe, and, if impact counts, its volatilities; of the sessions before `dates`."""
    days = sorted({day for date in dates if (day := inputs.before(date)) is not None})
    if not days:
        return {}, {}, {}
    decided = [day for date in dates for day in inputs.window(WEIGHTS, date)]
    weights = _by_day(inputs.read(WEIGHTS, ["trade_date", "instrument_id", "weight", "decided_on"])) if decided else {}
    members = inputs.read("features/universe", ["trade_date", "instrument_id"])
    moves: dict[Any, Any] = {}
    if inputs.parameters.impact:
        risk = inputs.read("features/covariance", ["trade_date", "instrument_id", "volatility"])
        moves = {day: dict(rows.select("instrument_id", "volatility").iter_rows()) for day, rows in _by_day(risk).items()}
    return weights, _by_day(members), moves


def _by_day(frame: pl.DataFrame) -> dict[dt.date, pl.DataFrame]:
    return {key[0]: rows for key, rows in frame.partition_by("trade_date", as_dict=True).items()}


def _stored(inputs: Inputs, date: dt.date) -> dict[str, Any] | None:
    return inputs.read(NAME, for_date=date).row(0, named=True) if inputs.window(NAME, date) else None


def as_row(
    date: dt.date, account: Account, opened: float, result: SessionResult, flows: float, late: int, benchmark: float, market: Market
) -> pl.DataFrame:
    """The stored form of a session; `opened` is the value it began with."""
    costs = result.costs
    return pl.DataFrame(
        {"trade_date": [date], "value": [account.value], "cash": [account.cash], "flows": [flows], "pnl": [result.pnl],
         "costs": [costs.total], "stt": [costs.of("stt")], "exchange_charges": [costs.of("exchange")], "stamp_duty": [costs.of("stamp")],
         "service_tax": [costs.of("tax")], "brokerage": [costs.of("brokerage")], "dp_charges": [costs.of("depository")],
         "bought": [result.bought],
         "sold": [result.sold], "buys": [result.buys], "sells": [result.sells], "unfilled": [result.unfilled],
         "unexplained_gaps": [result.gaps], "late_actions": [late], "dividends": [result.dividends], "interest": [result.interest],
         "written_down": [result.written_down], "portfolio_return": [account.value / opened - 1.0],
         "benchmark_return": [benchmark], "index_return": [market.index_return(date)],
         "overnight_return": [market.overnight(date).earned],
         **as_columns(account, market.names, market.symbols)},
        schema=empty_frame(Daily).schema,
    )  # fmt: skip


def preview(place: Place, date: dt.date) -> dict[str, str]:
    """The value of the last year as a picture."""
    from champion_assets.backtest.charts import line_chart

    sessions = [day for day in place.calendar.trailing_sessions(date, 250)
                if day >= place.settings.start_date and place.lake.has(NAME, day)]  # fmt: skip
    rows = place.lake.read(NAME, sessions, ["trade_date", "value"])
    return {"value": line_chart(rows["trade_date"].to_list(), {"portfolio value, rupees": rows["value"].to_numpy()})}


def _inputs(_: Settings) -> tuple[Input, ...]:
    return (
        Input("silver/equity_eod"), Input("silver/index_eod"), Input("silver/rates"), Input("features/returns"),
        Input("silver/corporate_actions", ACTION_SESSIONS), Input("features/universe", lag=1), Input("features/covariance", lag=1),
        Input(WEIGHTS, lag=1), Input(NAME, lag=1),
    )  # fmt: skip


SIMULATION = tuple(SimulationSettings.model_fields)

TABLE = DailyTable(
    name=NAME,
    description="Each session of the portfolio: fills after the evening's decision, costs, corporate actions, holdings, value.",
    model=Daily,
    code_version="4",
    inputs=_inputs,
    parameters=lambda settings: {name: getattr(settings, name) for name in SIMULATION},
    compute=compute,
    block=250,
    stateful=True,
    preview=preview,
    kinds=frozenset({"parquet", "numpy"}),
    peak_megabytes=566,
    in_warehouse=True,
    completes_day=True,
    gate=refuse_unknown,
)

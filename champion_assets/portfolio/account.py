"""`portfolio/account`: the one truth of what is held.

Each session's fills, and at its close the decision made with what was really filled.

A decision of the close of D reads the account of that evening: its shares at their prices, its value, its cash, the
names that could not be sold, the demerged parts that are not listed. It is executed in the next session, at its open,
average or close (FILL), on the tick, in whole shares, with slippage, impact and the charges in force that day. No fill
in a name that did not trade, none beyond a share of its volume, no buy at the upper band, no sell at the lower; in
trade-to-trade series nothing is sold before it is settled, and new shares of a bonus, of rights or of a merger are not
sold before they are listed (`nse/trading_rules.py`). Who was at a band is what NSE's list says of the day, where there
is one (`silver/security_status`); else every band counts. Value before + P&L - costs = value after, to a paisa, or the
day fails.

Corporate actions change holdings and open orders on the first session on or after the ex-date on which the name trades
(`simulation/corporate_actions.py`). An action that becomes known only after that is counted in `late_actions`. An
opening gap beyond any price band that no action explains is treated as value-neutral and counted in `unexplained_gaps`.
A listing that ends gives its holders what silver/endings knows: shares of the acquirer, cash. Without evidence a name
that stops trading stays at its last price, which `stale_value` counts; DELISTED_AFTER sessions later it keeps
DELISTING_RECOVERY of it.

An infeasible decision is an error that names the smallest set of constraints in conflict and the nearest way out; there
is no fallback. `portfolio/target_weights`, `backtest/daily` and `backtest/executions` are this table in rows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandera.polars as pa
import polars as pl

from champion_assets.lake.constants import values_of
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.parameters import Parameters
from champion_assets.lake.place import Input, Place
from champion_assets.lake.schema import empty_frame
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.nse import costs, trading_rules
from champion_assets.nse.costs import Plan
from champion_assets.portfolio.account_model import STALE_SESSIONS, AccountResults
from champion_assets.portfolio.decide import decide
from champion_assets.portfolio.evenings import decision_inputs, decision_parameters, evenings, strategy_of
from champion_assets.portfolio.exchange import NseCashMarket
from champion_assets.portfolio.known import Standing
from champion_assets.portfolio.mandates import unknown_names
from champion_assets.portfolio.market import ACTION_SESSIONS, Market
from champion_assets.portfolio.schedule import is_rebalance
from champion_assets.portfolio.targets import PRICES, TARGETS, Targets, standing_of, wanted_names
from champion_assets.quant.problem import Infeasible, NotSolved
from champion_assets.settings.simulation import SimulationSettings
from champion_assets.silver.endings import NAME as ENDINGS
from champion_assets.silver.price_bands import NAME as BANDS
from champion_assets.silver.rates import NAME as RATES
from champion_assets.silver.rates import Overnight, by_date
from champion_assets.silver.security_status import NAME as STATUS
from champion_assets.simulation.account import Account, held_names, new_account
from champion_assets.simulation.account_columns import (
    ARRIVING,
    CHANGES,
    EXECUTIONS,
    ORDERS,
    OWED,
    RESULTS,
    as_columns,
    frame_of,
    from_row,
    names_in,
    session_columns,
)
from champion_assets.simulation.fills import Rules
from champion_assets.simulation.session import SessionResult, run_session

NAME = "portfolio/account"
SIMULATION = tuple(name for name in SimulationSettings.model_fields if name not in ("benchmark", "tax"))


class AccountDay(AccountResults):
    """The account after a session, and the decision in force. Amounts in rupees."""

    arriving: ARRIVING = pa.Field(description="Shares bought and not settled, with the sessions until settlement")  # type: ignore[valid-type]
    unlisted: ARRIVING = pa.Field(  # type: ignore[valid-type]
        description="New shares of a bonus, rights issue or merger, with the sessions until they can be sold"
    )
    owed: OWED = pa.Field(description="Sale proceeds not settled, with the sessions until settlement")  # type: ignore[valid-type]
    orders: ORDERS = pa.Field(description="Orders carried to the next session, shares; negative to sell")  # type: ignore[valid-type]
    executions: EXECUTIONS = pa.Field(description="Outcome of each order of the session")  # type: ignore[valid-type]
    results: RESULTS = pa.Field(description="Gain of each security in the session before costs, rupees")  # type: ignore[valid-type]
    changes: CHANGES = pa.Field(  # type: ignore[valid-type]
        description="Changes of share numbers by corporate actions, in order; see simulation/changes.py"
    )
    decided_on: pl.Date = pa.Field(nullable=True, description="Day of the decision in force; null before the first")
    targets: TARGETS = pa.Field(description="Weights of the decision in force, a fraction of the value per security")  # type: ignore[valid-type]
    cash_weight: float = pa.Field(ge=0, lt=1, description="Cash weight of the decision, a fraction of the value")
    claims_weight: float = pa.Field(
        ge=0, lt=1, description="Weight of unlisted demerged parts at the decision, a fraction of the value"
    )
    relative_gap: float = pa.Field(
        ge=0, le=1e-8, description="Verified upper bound of the objective's relative distance from the optimum"
    )
    distance: float = pa.Field(
        nullable=True,
        ge=0,
        description="Proven upper bound of the distance from the best selection; null without a search",
    )
    shadow_prices: PRICES = pa.Field(  # type: ignore[valid-type]
        description="Gain of the objective if a constraint is relaxed by one unit"
    )

    @pa.dataframe_check(description="what the names brought and the interest add up to the P&L, to a paisa")
    def results_add_up(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805 (Pandera passes the class)
        """Recomputed from the stored rows."""
        parts = ("market", "dividends", "execution", "actions", "written_down")
        brought = [pl.col("results").list.eval(pl.element().struct.field(name)).list.sum() for name in parts]
        return data.lazyframe.select((pl.sum_horizontal(*brought, "interest") - pl.col("pnl")).abs() <= 0.01)


def rules_of(settings: Parameters) -> Rules:
    """The simulator's rules by the parameters of the table."""
    return Rules(
        settings.fill,
        settings.whole_shares,
        settings.slippage_bps / 10_000,
        settings.impact,
        settings.participation,
        settings.unfilled,
        settings.rights,
        settings.usable_proceeds,
        settings.delisted_after,
        settings.delisting_recovery,
    )


def exchange_of(settings: Parameters) -> NseCashMarket:
    """NSE with the charges of the broker in the parameters of the table."""
    largest = np.inf if settings.brokerage_max is None else settings.brokerage_max
    return NseCashMarket(Plan(settings.brokerage_bps / 10_000, largest, settings.dp_charge))


def cash_return(settings: Parameters, overnight: Overnight | None, days: int) -> float:
    """The return of cash over some calendar days: CASH_RATE if it is set, else the overnight rate less CASH_SPREAD."""
    if settings.cash_rate is not None:
        return float((1 + settings.cash_rate) ** (days / 365) - 1)
    if overnight is None:
        raise ValueError("the session has no overnight rate in silver/rates; run `champion backfill` for the session")
    return max(0.0, overnight.rate - float(settings.cash_spread)) * days / 365


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """The days of `dates`, in order; each begins with the account of the session before."""
    strategy, rules, exchange = (
        strategy_of(inputs.parameters),
        rules_of(inputs.parameters),
        exchange_of(inputs.parameters),
    )
    row = _stored(inputs, dates[0])
    market = Market(inputs, dates, names_in(row) if row else None)
    account = from_row(row, market.index) if row else None
    targets = Targets.from_row(row) if row else Targets({})
    looks = evenings(inputs, [date for date in dates if inputs.facts[date]], strategy)
    rates = by_date(inputs.read(RATES))
    rows: list[dict[str, Any]] = []
    facts, failed = {}, {}
    for date in dates:
        evening, flows = inputs.before(date), 0.0
        if account is None:
            flows = inputs.parameters.initial_capital
            account = new_account(flows, len(market.names))
        opened = account.value
        decided = targets.decided(market) if evening is not None and targets.decided_on == evening else None
        volatility = market.volatility(date, wanted_names(account, decided)) if rules.impact else None
        day = market.day(date, volatility)
        held = wanted_names(account, decided)
        late = market.late(date, [int(number) for number in held_names(account)])
        passed = (date - evening).days if evening and not flows else 0
        earned = cash_return(inputs.parameters, rates.get(date), passed)
        result = run_session(account, day, market.actions(date, held, day.is_gap), decided, rules, exchange, earned)
        facts[date] = {
            "value": account.value,
            "positions": int((account.shares > 0).sum()),
            "costs": result.costs.total,
            "unfilled": result.unfilled,
            "unexplained_gaps": result.gaps,
            "is_rebalance": False,
            "bands_known": 0 if day.hits is None else int(day.hits.known.sum()),
        }
        known = next(looks)[1] if inputs.facts[date] else None
        standing = standing_of(account, market.names)
        if known is not None and (strategy.rebalance != "band" or _is_due(targets, standing, strategy.rebalance_band)):
            try:
                decision = decide(known, strategy, standing)
            except (Infeasible, NotSolved) as error:
                failed[date] = error
                break
            targets = Targets.of(known, decision, strategy, standing, market, targets)
            facts[date] |= {"is_rebalance": True, "names": len(targets.rows), "relative_gap": targets.relative_gap,
                            "turnover": targets.turnover(standing), "stuck": len(standing.stuck)}  # fmt: skip
        rows.append(as_row(date, account, opened, result, flows, late, market, targets))
    return Computed(frame_of(rows, empty_frame(AccountDay).schema), facts=facts, failed=failed)


def _is_due(targets: Targets, standing: Standing, band: float) -> bool:
    """True if nothing is decided yet, or a weight has left its target by more than `band`."""
    return not targets.rows or targets.drift(standing) > band


def _stored(inputs: Inputs, date: dt.date) -> dict[str, Any] | None:
    return inputs.read(NAME, for_date=date).row(0, named=True) if inputs.window(NAME, date) else None


def as_row(
    date: dt.date,
    account: Account,
    opened: float,
    result: SessionResult,
    flows: float,
    late: int,
    market: Market,
    targets: Targets,
) -> dict[str, Any]:
    """The stored form of a session; `opened` is the value it began with."""
    costs = result.costs
    stale = (account.shares > 0) & (account.idle > STALE_SESSIONS)
    return {
        "trade_date": date,
        "value": account.value,
        "cash": account.cash,
        "flows": flows,
        "pnl": result.pnl,
        "costs": costs.total,
        "stt": costs.of("stt"),
        "exchange_charges": costs.of("exchange"),
        "stamp_duty": costs.of("stamp"),
        "service_tax": costs.of("tax"),
        "brokerage": costs.of("brokerage"),
        "dp_charges": costs.of("depository"),
        "bought": result.bought,
        "sold": result.sold,
        "buys": result.buys,
        "sells": result.sells,
        "unfilled": result.unfilled,
        "unexplained_gaps": result.gaps,
        "late_actions": late,
        "dividends": result.dividends,
        "interest": result.interest,
        "written_down": result.written_down,
        "portfolio_return": account.value / opened - 1.0,
        "stale_value": float((account.shares[stale] * account.price[stale]).sum()),
        **as_columns(account, market.names, market.symbols),
        **session_columns(result, market.names, market.symbols),
        **targets.columns(),
    }


def preview(place: Place, date: dt.date) -> dict[str, str]:
    """The orders of the day and what became of them."""
    rows = place.lake.read(NAME, [date], ["executions"])["executions"].explode().drop_nulls()
    lines = [
        f"| {each['symbol']} | {each['wanted']:,.0f} | {each['filled']:,.0f} | {each['reason']} |" for each in rows[:20]
    ]
    return {"orders": "\n".join(["| name | shares wanted | filled | why not all |", "|---|---|---|---|", *lines])}


TABLE = DailyTable(
    name=NAME,
    description="The account after each session: fills, costs, corporate actions, holdings, and the decision made "
    "at the close.",
    model=AccountDay,
    code_version="6",
    inputs=lambda settings: (
        *decision_inputs(settings),
        Input("silver/equity_eod"),
        Input(ENDINGS),
        Input(STATUS),
        Input(BANDS),
        Input(RATES),
        Input("silver/corporate_actions", ACTION_SESSIONS),
        Input(NAME, lag=1),
    ),
    parameters=lambda settings: {
        **decision_parameters(settings),
        **{name: getattr(settings, name) for name in SIMULATION},
    },
    day_facts=lambda place, dates: {
        date: is_rebalance(place.calendar, date, place.settings.rebalance) for date in dates
    },
    constants={**values_of(costs), **values_of(trading_rules)},
    compute=compute,
    gate=unknown_names,
    block=250,
    stateful=True,
    preview=preview,
    kinds=frozenset({"parquet", "numpy"}),
    peak_megabytes=600,
    in_warehouse=True,
)

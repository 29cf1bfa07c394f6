"""`portfolio/audit`: every decision looked at again.

By means that share nothing with the solver (`quant/verification.py`).

On a rebalance day there is one row per constraint (the rules on which names are held among them): the value that the
stored weights give it, its bounds, whether it binds; and one row for optimality: the Frank-Wolfe gap over the whole
feasible set of the names held, by a linear program, relative to the risk term. A constraint missed by more than 1e-9 or
a gap above 1e-8 breaks the model, and blocks the day.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandera.polars as pa
import polars as pl

from champion_assets.lake.constants import values_of
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.place import Input
from champion_assets.lake.schema import TableModel, empty_frame
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.nse import costs
from champion_assets.portfolio.account import NAME as ACCOUNT
from champion_assets.portfolio.constraints import make_problem, selection_of
from champion_assets.portfolio.decide import as_decided
from champion_assets.portfolio.evenings import decision_inputs, decision_parameters, evenings, strategy_of
from champion_assets.portfolio.known import Known, Standing
from champion_assets.portfolio.objective import as_minimised
from champion_assets.quant.problem import GAP_TOLERANCE
from champion_assets.quant.risk import Array
from champion_assets.quant.verification import constraints_met, optimality_gap
from champion_assets.settings.strategy import Strategy

NAME = "portfolio/audit"
OPTIMALITY = "optimality gap"


class Audit(TableModel):
    """A constraint of a decision as its weights meet it."""

    trade_date: pl.Date = pa.Field(description="Day of the decision")
    constraint_name: str = pa.Field(description="Name of the constraint, or `optimality gap`")
    value: float = pa.Field(description="Value of the constraint under the stored weights")
    low: float = pa.Field(nullable=True, description="Lower bound; null if there is none")
    high: float = pa.Field(nullable=True, description="Upper bound; null if there is none")
    violation: float = pa.Field(
        ge=0,
        le=1e-8,
        description="Distance outside the bounds; up to 1e-9 is allowed for rounding, 1e-8 for the optimality gap",
    )
    binds: bool = pa.Field(description="Whether the constraint is at its bound")

    class Config(TableModel.Config):
        """One row per constraint and decision."""

        unique = ["trade_date", "constraint_name"]


def examine(known: Known, weights: Array, strategy: Strategy, standing: Standing) -> pl.DataFrame:
    """The rows of one decision."""
    problem = as_decided(make_problem(known, strategy, standing), strategy, weights)
    findings = [*constraints_met(problem, weights), *selection_of(strategy).findings(weights)]
    rows = [(each.name, each.value, each.low, each.high, each.violation, each.binds) for each in findings]
    if (minimised := as_minimised(problem, strategy)) is not None:
        gap = optimality_gap(minimised, weights)
        rows.append((OPTIMALITY, gap, -GAP_TOLERANCE, GAP_TOLERANCE, max(0.0, abs(gap) - GAP_TOLERANCE), False))
    return pl.DataFrame(
        [(known.date, name, value, _finite(low), _finite(high), 0.0 if violation <= 1e-9 else violation, binds)
         for name, value, low, high, violation, binds in rows], schema=empty_frame(Audit).schema, orient="row",
    )  # fmt: skip


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """Audits of the decisions of `dates`.

    Args:
        inputs: declared inputs of the block.
        dates: sessions to compute, in order.

    Returns:
        The rows of all `dates`, with metadata by day.
    """
    strategy = strategy_of(inputs.parameters)
    account = inputs.read(ACCOUNT, ["trade_date", "value", "holdings", "claims", "decided_on", "targets"], days=dates)
    decided = {
        row["trade_date"]: row for row in account.iter_rows(named=True) if row["decided_on"] == row["trade_date"]
    }
    frames, facts = [empty_frame(Audit)], {}
    for date, known in evenings(inputs, sorted(decided), strategy) if decided else ():
        if known is None:
            raise ValueError(f"{date}: a decision without a universe")
        row = decided[date]
        weights = {each["instrument_id"]: each["weight"] for each in row["targets"] if not each["is_stuck"]}
        if strangers := sorted(weights.keys() - set(known.instruments)):
            raise ValueError(
                f"{date}: {len(strangers)} names have a weight and are not in the universe; the first is {strangers[0]}"
            )
        chosen = np.array([weights.get(name, 0.0) for name in known.instruments])
        frames.append(examine(known, chosen, strategy, stored_standing(row)))
        facts[date] = {
            "constraints": frames[-1].height,
            "binding": ", ".join(frames[-1].filter("binds")["constraint_name"]),
        }
    return Computed(pl.concat(frames), facts=facts)


def stored_standing(row: Mapping[str, Any]) -> Standing:
    """The account of a stored evening as its decision saw it, from value, holdings and claims alone."""
    value = row["value"]
    held = {each["instrument_id"]: each["value"] / value for each in row["holdings"]}
    stuck = frozenset(each["instrument_id"] for each in row["holdings"] if each["idle"] > 0)
    return Standing(value, held, stuck, sum(each["shares"] * each["each"] for each in row["claims"]) / value)


TABLE = DailyTable(
    name=NAME,
    description="One row per constraint and rebalance date: value, bounds and violation, recomputed without the "
    "solver.",
    model=Audit,
    code_version="3",
    inputs=lambda settings: (Input(ACCOUNT), *decision_inputs(settings)),
    parameters=decision_parameters,
    constants={**values_of(costs)},
    compute=compute,
    block=250,
    may_be_empty=True,
    kinds=frozenset({"parquet", "scipy"}),
    peak_megabytes=339,
    in_warehouse=True,
)

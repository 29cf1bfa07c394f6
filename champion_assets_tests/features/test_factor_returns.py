"""Factor returns: recomputed from the stored rows by other means, nothing of the session itself in the choice, any
block the same."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest

from champion_assets.features.factor_returns import FACTORS, NAME, TABLE, Evening, FactorReturns, portfolios, session
from champion_assets.lake.schema import violations
from champion_assets.lake.workspace import Workspace
from champion_assets_tests.helpers import build_until, inputs_of

START, END = dt.date(2023, 11, 1), dt.date(2024, 2, 15)
WINDOW, SKIP = 40, 3


@pytest.fixture
def built(workspace: Workspace) -> Workspace:
    build_until(workspace, NAME, START, END)
    return workspace


def evening(members: int = 30, sessions: int = WINDOW, seed: int = 1) -> Evening:
    chance = np.random.default_rng(seed)
    returns = chance.normal(0.0, chance.uniform(0.01, 0.03, members), (sessions, members))
    size = np.exp(chance.normal(18, 1, members))
    return Evening(
        size, returns, size * np.exp(chance.normal(0, 0.5, (min(63, sessions), members))), is_full=sessions == WINDOW
    )


def by_hand(workspace: Workspace, date: dt.date) -> dict[str, tuple[float, float]]:
    """Long and short returns of a session in plain Python, from the rows of the lake."""
    sessions = workspace.sessions(START, date)
    before, window = sessions[-2], sessions[-2 - WINDOW + 1 : -1]
    read = workspace.lake.read
    size = dict(read("features/universe", [before], ["instrument_id", "median_turnover"]).iter_rows())
    rows = read("features/returns", [*window, date], ["trade_date", "instrument_id", "total_return"]).drop_nulls()
    made: dict[str, dict[dt.date, float]] = {}
    for day, name, value in rows.filter(pl.col("instrument_id").is_in(list(size))).iter_rows():
        made.setdefault(name, {})[day] = value
    traded: dict[str, dict[dt.date, float]] = {}
    for day, name, value in read("silver/equity_eod", window, ["trade_date", "instrument_id", "turnover"]).iter_rows():
        traded.setdefault(name, {})[day] = value
    names = sorted(size)

    def past(name: str, days: Sequence[dt.date]) -> list[float]:
        return [made[name][day] for day in days if day in made[name]]

    order = sorted(names, key=lambda name: size[name])
    both = [sorted(order[: len(order) // 2]), sorted(order[len(order) // 2 :])]
    of = {
        "size": ({name: -size[name] for name in names}, [names]),
        "momentum": ({name: sum(map(math.log1p, past(name, window[:-SKIP]))) for name in names}, both),
        "low_volatility": ({name: -float(np.std(past(name, window))) for name in names}, both),
    }
    amihud = {
        name: float(np.mean([abs(made[name][day]) / traded[name][day] for day in window if day in made[name]]))
        for name in names
    }
    design = np.array([[1.0, math.log(size[name]), math.log(-of["low_volatility"][0][name])] for name in names])
    target = np.array([math.log(amihud[name]) for name in names])
    fitted = design @ np.linalg.solve(design.T @ design, design.T @ target)
    of["liquidity"] = (dict(zip(names, target - fitted, strict=True)), both)
    there = [name for name in names if date in made[name]]
    overnight = read("silver/rates", [date])["overnight_return"].item()
    found = {
        "market": (sum(size[name] * made[name][date] for name in there) / sum(size[name] for name in there), overnight)
    }
    for factor, (value, groups) in of.items():
        sides: list[list[tuple[float, float]]] = [[], []]
        for group in groups:
            ranked = sorted(group, key=lambda name: value[name])
            third = len(group) // 3
            for side, chosen in enumerate((ranked[-third:], ranked[:third])):
                sides[side] += [(1 / third, made[name][date]) for name in chosen if date in made[name]]
        long, short = (sum(weight * one for weight, one in side) / sum(weight for weight, _ in side) for side in sides)
        found[factor] = long, short
    return found


def test_every_factor_of_a_session_by_other_means(built: Workspace) -> None:
    for date in (dt.date(2024, 1, 15), END):
        rows = built.lake.read(NAME, [date])
        wanted = by_hand(built, date)
        assert set(rows["factor"]) == set(FACTORS) == set(wanted)
        for factor, made, long, short in rows.select(
            "factor", "factor_return", "long_return", "short_return"
        ).iter_rows():
            assert (long, short) == pytest.approx(wanted[factor], abs=1e-12), factor
            assert made == long - short
        assert rows["decided_on"].unique().to_list() == [built.sessions(START, date)[-2]]


def test_momentum_waits_for_the_whole_window_and_nothing_is_there_before_the_universe(built: Workspace) -> None:
    sessions = built.sessions(START, END)
    rows = built.lake.read(NAME, sessions)
    first = dict(rows.group_by("factor").agg(pl.col("trade_date").min()).iter_rows())
    universe = built.lake.read("features/universe", sessions)["trade_date"].min()
    assert {first[name] for name in FACTORS if name != "momentum"} == {sessions[sessions.index(universe) + 1]}
    assert first["momentum"] == sessions[WINDOW]


@pytest.mark.parametrize("alone", [dt.date(2024, 1, 15), dt.date(2024, 2, 1), END])
def test_a_day_does_not_depend_on_its_block(built: Workspace, alone: dt.date) -> None:
    computed = TABLE.compute(inputs_of(NAME, built, [alone]), [alone]).frame
    assert computed.equals(built.lake.read(NAME, [alone]))


def test_the_choice_knows_nothing_of_the_session() -> None:
    known = evening()
    before = dict(portfolios(known, SKIP))
    assert list(before) == [name for name in FACTORS if name != "market"]
    one, other = (session(known, np.full(30, made), 0.0, SKIP) for made in (0.01, -0.02))
    assert [(row[0], *row[3:]) for row in one] == [(row[0], *row[3:]) for row in other]
    made = np.arange(30) / 1000
    for name, long, short, _, _ in session(known, made, 0.0, SKIP)[1:]:
        weights = before[name]
        assert long - short == pytest.approx(weights @ made), name


def test_the_last_twelfth_moves_no_momentum_and_the_halves_no_size() -> None:
    known = evening()
    later = np.array(known.returns)
    later[-SKIP:] *= -3
    changed = Evening(known.size, later, known.turnover, is_full=True)
    one, other = dict(portfolios(known, SKIP)), dict(portfolios(changed, SKIP))
    assert one["momentum"].tolist() == other["momentum"].tolist()
    assert one["low_volatility"].tolist() != other["low_volatility"].tolist()
    small = np.argsort(known.size)[:15]
    for name in ("momentum", "low_volatility", "liquidity"):
        assert one[name][small].sum() == pytest.approx(0.0), name
    bought = known.size[one["size"] > 0]
    assert bought.max() < known.size[one["size"] < 0].min()


def test_a_universe_of_few_names_has_the_market_alone() -> None:
    assert [row[0] for row in session(evening(members=2), np.array([0.01, 0.02]), 0.0, SKIP)] == ["market"]
    assert session(evening(members=2), np.full(2, np.nan), 0.0, SKIP) == []


def test_a_return_that_is_not_the_difference_breaks_the_model(built: Workspace) -> None:
    rows = built.lake.read(NAME, [END])
    assert violations(FactorReturns, rows) is None
    assert violations(FactorReturns, rows.with_columns(pl.col("factor_return") + 1e-6)) is not None
    assert violations(FactorReturns, rows.with_columns(decided_on=pl.col("trade_date"))) is not None

"""Optimiser and simulator beside the libraries one could take instead, on one seeded market, in one run.

    python -m champion_assets_tests.benchmarks.portfolio WALK_FORWARD_PROBLEM.py [PYTHON]

WALK_FORWARD_PROBLEM.py defines `market_returns()`, `problem(n, end)` and `certificate(problem, weights)`; PYTHON is an
interpreter that has the peers (`pip install PyPortfolioOpt skfolio cvxportfolio vectorbt bt`), which never share an
environment with Champion. Without it only Champion is measured. The market and the risk model are the same for all;
each library solves the first decisions, fills all of them at the next open, and counts its own time. Champion's gaps
are those of its independent audit.
"""

from __future__ import annotations

import datetime as dt
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "POLARS_MAX_THREADS"):
    os.environ[_name] = "1"  # one thread each, so that the ratios are of work done

import numpy as np

from champion_assets.nse.calendar import load_calendar
from champion_assets.portfolio.exchange import NseCashMarket
from champion_assets.quant.optimise import solve
from champion_assets.quant.problem import Problem, Row
from champion_assets.quant.risk import RiskModel
from champion_assets.quant.verification import constraints_met, optimality_gap
from champion_assets.simulation.account import Decided, MarketDay, new_account
from champion_assets.simulation.fills import Rules
from champion_assets.simulation.session import run_session

NAMES, SESSIONS, WINDOW, EVERY = 500, 2520, 252, 21
CAPITAL = 1e9
SECTOR_CAP, ESG_FLOOR, TURNOVER = 0.25, 55.0, 0.2


def load(path: str) -> Any:
    """The module with the market and its certificate."""
    spec = importlib.util.spec_from_file_location("walk_forward_problem", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Case(NamedTuple):
    """A walk-forward: what is asked at each decision, and what holds beside the cap."""

    title: str
    names: int
    every: int
    sessions: int
    cap: float
    constrained: bool = False


CASES = (
    Case("cap 5 %", NAMES, EVERY, SESSIONS, 0.05),
    Case("cap 5 %, 12 sector caps, ESG floor, turnover limit", NAMES, EVERY, SESSIONS, 0.05, constrained=True),
    Case("cap 1 %", 2000, EVERY, SESSIONS, 0.01), Case("cap 0.5 %", 2000, EVERY, SESSIONS, 0.005),
    Case("cap 0.2 %", 2000, EVERY, SESSIONS, 0.002),
    Case("every day for 21 years, cap 5 %", NAMES, 1, 5292 - WINDOW, 0.05),
    Case("every day for 21 years, cap 5 %, all constraints", NAMES, 1, 5292 - WINDOW, 0.05, constrained=True),
)  # fmt: skip


def beside_the_cap(names: int) -> tuple[np.ndarray, np.ndarray]:
    """Sector of each name (12 of them) and ESG score."""
    random = np.random.default_rng(2)
    return random.integers(0, 12, names), random.uniform(0, 100, names)


def make_problem(market: Any, case: Case, end: int, held: np.ndarray | None) -> Problem:
    """The problem of a decision; the first investment (nothing held) has no turnover limit."""
    each = market.problem(case.names, end)
    risk = RiskModel(each["F"], np.full(case.names, each["d"]), 0.0)
    problem = Problem(each["mu"], risk, each["gamma"], cap=case.cap)
    if not case.constrained:
        return problem
    sector, scores = beside_the_cap(case.names)
    rows = [Row(f"sector {each}", (sector == each).astype(float), high=SECTOR_CAP) for each in range(12)]
    problem = replace(problem, rows=(*rows, Row("ESG score", scores, low=ESG_FLOOR)))
    return problem if held is None else replace(problem, held=held, turnover=TURNOVER)


def optimise(market: Any, case: Case) -> tuple[list[np.ndarray], float, float]:
    """Weights of every decision, seconds without the estimation, and the worst gap; each solution starts the next."""
    found: list[np.ndarray] = []
    seconds = worst = 0.0
    for end in range(WINDOW, WINDOW + case.sessions, case.every):
        held = found[-1] if found else None
        problem = make_problem(market, case, end, held)
        started = time.perf_counter()
        found.append(solve(problem, held).weights)
        seconds += time.perf_counter() - started
        if len(found) % max(1, 252 // case.every) == 0:  # the independent audit is slower than the solver
            worst = max(worst, abs(optimality_gap(problem, found[-1])))
    return found, seconds, worst


def simulate(
    prices: dict[str, np.ndarray], decisions: dict[int, np.ndarray], dates: list[dt.date]
) -> tuple[float, float]:
    """Final value and seconds of Champion's simulator with everything on: whole shares, India's costs by date, ticks,
    bands, settlement."""
    names = prices["close"].shape[1]
    nothing = np.zeros(names, dtype=bool)
    everything = ~nothing
    volume, volatility = np.full(names, 1e9), np.full(names, np.nan)
    rules = Rules(slippage=0.0005)
    started = time.perf_counter()
    account, previous, targets = new_account(CAPITAL, names), prices["close"][0], None
    for number, date in enumerate(dates):
        day = MarketDay(
            date,
            prices["open"][number],
            prices["high"][number],
            prices["low"][number],
            prices["close"][number],
            prices["close"][number],
            previous,
            volume,
            everything,
            nothing,
            nothing,
            volatility,
        )
        run_session(account, day, {}, targets, rules, NseCashMarket())
        previous = prices["close"][number]
        targets = Decided(decisions[number], previous) if number in decisions else None
    return account.value, time.perf_counter() - started


def make_prices(returns: np.ndarray) -> dict[str, np.ndarray]:
    """Rupees from returns: opens between yesterday's close and today's, highs and lows around both."""
    random = np.random.default_rng(1)
    close = np.round(200.0 * np.exp(np.cumsum(np.log1p(returns), axis=0)), 2)
    before = np.vstack([np.full((1, close.shape[1]), 200.0), close[:-1]])
    opened = np.round(before + (close - before) * random.uniform(0.2, 0.6, close.shape), 2)
    return {
        "open": np.maximum(opened, 0.05),
        "close": np.maximum(close, 0.05),
        "high": np.maximum(opened, close) * 1.001,
        "low": np.minimum(opened, close) * 0.999,
    }


def main(problem: str, peers: str | None = None) -> None:
    """Print seconds and ratios."""
    market = load(problem)
    ours = {case.title: optimise(market, case) for case in CASES}
    for case in CASES:
        weights, seconds, gap = ours[case.title]
        each = 1000 * seconds / len(weights)
        say(
            f"Champion, {case.names} names, {case.title}: {len(weights)} decisions in {seconds:.2f} s, "
            f"{each:.2f} ms each, gap {gap:.0e}"
        )
    prices = make_prices(market.market_returns()[WINDOW : WINDOW + SESSIONS, :NAMES])
    dates = load_calendar().sessions_between(dt.date(2014, 1, 1), dt.date(2026, 12, 31))[:SESSIONS]
    weights = ours[CASES[0].title][0]
    lines = list(range(0, SESSIONS, EVERY))
    value, took = min(
        (simulate(prices, dict(zip(lines, weights, strict=True)), dates) for _ in range(3)), key=lambda each: each[1]
    )
    say(
        f"Champion's simulator, {SESSIONS} sessions, {len(weights)} rebalances: {took:.2f} s, final "
        f"value {value / CAPITAL:.3f}"
    )
    if peers is not None:
        compare(
            market,
            peers,
            ours,
            took,
            dict(prices, lines=np.array(lines), dates=np.array([date.isoformat() for date in dates])),
        )


def compare(market: Any, peers: str, ours: dict[str, Any], took: float, prices: dict[str, np.ndarray]) -> None:
    """Let the peers solve the second to seventh decision of the first two cases, and fill the first case's."""
    ends = [WINDOW + EVERY * number for number in range(1, 7)]
    problems = [market.problem(NAMES, end) for end in ends]
    sector, scores = beside_the_cap(NAMES)
    plain, constrained = (ours[case.title] for case in CASES[:2])
    with tempfile.TemporaryDirectory() as folder:
        np.savez(
            Path(folder) / "case.npz",
            weights=np.array(plain[0]),
            mu=np.array([each["mu"] for each in problems]),
            factors=np.array([each["F"] for each in problems]),
            d=np.array([each["d"] for each in problems]),
            cap=0.05,
            gamma=problems[0]["gamma"],
            sector=sector,
            scores=scores,
            held=np.array(constrained[0][:6]),
            sector_cap=SECTOR_CAP,
            floor=ESG_FLOOR,
            turnover=TURNOVER,
            **prices,
        )
        script = Path(__file__).with_name("portfolio_peers.py")
        done = subprocess.run([peers, "-W", "ignore", str(script), folder], capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"the peers failed:\n{done.stderr[-3000:]}")
        told = json.loads(done.stdout.splitlines()[-1])
        solutions = np.load(Path(folder) / "solutions.npz")
    for name, each in told["optimise"].items():
        case = CASES["constrained" in name]
        mine = ours[case.title]
        exact = [make_problem(market, case, end, held) for end, held in zip(ends, mine[0], strict=False)]
        gap = max(optimality_gap(problem, row) for problem, row in zip(exact, solutions[name], strict=True))
        missed = max(
            found.violation
            for problem, row in zip(exact, solutions[name], strict=True)
            for found in constraints_met(problem, row)
        )
        milliseconds, ratio = 1000 * each["seconds"], each["seconds"] * len(mine[0]) / mine[1]
        say(
            f"optimiser {name} {each['version']}: {milliseconds:.0f} ms each, {ratio:.0f} x Champion, gap "
            f"{gap:.0e}, misses by {missed:.0e}"
        )
    for name, each in told["simulate"].items():
        say(
            f"simulator {name} {each['version']}: {each['seconds']:.2f} s, {each['seconds'] / took:.1f} x "
            f"Champion, final value "
            f"{each['value'] / CAPITAL:.3f}"
        )


def say(text: str) -> None:
    """One line."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Optimiser and simulator beside the libraries one could take instead, on one seeded market, in one run.

    python -m champion_assets_tests.benchmarks.portfolio WALK_FORWARD_PROBLEM.py [PYTHON]

WALK_FORWARD_PROBLEM.py defines `market_returns()`, `problem(n, end)` and `certificate(problem, weights)`; PYTHON is an interpreter that has
the peers (`pip install PyPortfolioOpt skfolio cvxportfolio vectorbt bt`), which never share an environment with Champion. Without it only
Champion is measured. Ten years, 500 names, one decision every 21 sessions, weights capped; each library solves the same problems, fills
the same decisions at the next open and counts its own time. Every optimiser's weights go through the same certificate.
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
from pathlib import Path
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "POLARS_MAX_THREADS"):
    os.environ[_name] = "1"  # one thread each, so that the ratios are of work done

import numpy as np

from champion_assets.nse.calendar import load_calendar
from champion_assets.quant.fills import Rules
from champion_assets.quant.optimise import solve
from champion_assets.quant.problem import Problem
from champion_assets.quant.risk import RiskModel
from champion_assets.quant.simulate import MarketDay, new_account, run_session

NAMES, SESSIONS, WINDOW, EVERY = 500, 2520, 252, 21
CAPITAL = 1e9


def load(path: str) -> Any:
    """The module with the market and its certificate."""
    spec = importlib.util.spec_from_file_location("walk_forward_problem", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def optimise(market: Any, ends: list[int]) -> tuple[list[np.ndarray], float, float]:
    """Weights of every decision, seconds, and the worst gap; each solution starts the next."""
    problems = [market.problem(NAMES, end) for end in ends]
    found: list[np.ndarray] = []
    started = time.perf_counter()
    for each in problems:
        risk = RiskModel(each["F"], np.full(NAMES, each["d"]), 0.0)
        start = found[-1] if found else None
        found.append(solve(Problem(each["mu"], risk, each["gamma"], cap=each["cap"]), start).weights)
    seconds = time.perf_counter() - started
    return found, seconds, max(market.certificate(each, weights)[0] for each, weights in zip(problems, found, strict=True))


def simulate(prices: dict[str, np.ndarray], decisions: dict[int, np.ndarray], dates: list[dt.date]) -> tuple[float, float]:
    """Final value and seconds of Champion's simulator with everything on: whole shares, India's costs by date, ticks, bands, settlement."""
    names = prices["close"].shape[1]
    nothing = np.zeros(names, dtype=bool)
    everything = ~nothing
    volume, volatility = np.full(names, 1e9), np.full(names, np.nan)
    rules = Rules(slippage=0.0005)
    started = time.perf_counter()
    account, previous, targets = new_account(CAPITAL, names), prices["close"][0], None
    for number, date in enumerate(dates):
        day = MarketDay(date, prices["open"][number], prices["high"][number], prices["low"][number], prices["close"][number],
                        prices["close"][number], previous, volume, everything, nothing, nothing, volatility)  # fmt: skip
        run_session(account, day, {}, targets, rules, 1)
        previous, targets = prices["close"][number], decisions.get(number)
    return account.value, time.perf_counter() - started


def make_prices(returns: np.ndarray) -> dict[str, np.ndarray]:
    """Rupees from returns: opens between yesterday's close and today's, highs and lows around both."""
    random = np.random.default_rng(1)
    close = np.round(200.0 * np.exp(np.cumsum(np.log1p(returns), axis=0)), 2)
    before = np.vstack([np.full((1, close.shape[1]), 200.0), close[:-1]])
    opened = np.round(before + (close - before) * random.uniform(0.2, 0.6, close.shape), 2)
    return {"open": np.maximum(opened, 0.05), "close": np.maximum(close, 0.05), "high": np.maximum(opened, close) * 1.001,
            "low": np.minimum(opened, close) * 0.999}  # fmt: skip


def main(problem: str, peers: str | None = None) -> None:
    """Print seconds and ratios."""
    market = load(problem)
    ends = list(range(WINDOW, WINDOW + SESSIONS, EVERY))
    weights, seconds, gap = optimise(market, ends)
    each_ms = 1000 * seconds / len(ends)
    say(f"{len(ends)} decisions over {NAMES} names; Champion {each_ms:.2f} ms each, {seconds:.2f} s in all, worst gap {gap:.0e}")
    prices = make_prices(market.market_returns()[WINDOW : WINDOW + SESSIONS, :NAMES])
    calendar = load_calendar()
    dates = calendar.sessions_between(dt.date(2014, 1, 1), dt.date(2026, 12, 31))[:SESSIONS]
    decisions = {end - WINDOW: each for end, each in zip(ends, weights, strict=True)}
    value, took = min((simulate(prices, decisions, dates) for _ in range(3)), key=lambda each: each[1])
    say(f"{SESSIONS} sessions, {len(ends)} rebalances; Champion's simulator {took:.2f} s, final value {value / CAPITAL:.3f} of the capital")
    if peers is None:
        return
    with tempfile.TemporaryDirectory() as folder:
        solved = [market.problem(NAMES, end) for end in ends]
        np.savez(Path(folder) / "case.npz", weights=np.array(weights), ends=np.array(ends), mu=np.array([each["mu"] for each in solved]),
                 factors=np.array([each["F"] for each in solved[:6]]), d=np.array([each["d"] for each in solved]),
                 dates=np.array([date.isoformat() for date in dates]), window=WINDOW, cap=solved[0]["cap"], gamma=solved[0]["gamma"],
                 **prices)  # fmt: skip
        script = Path(__file__).with_name("portfolio_peers.py")
        done = subprocess.run([peers, "-W", "ignore", str(script), folder], capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"the peers failed:\n{done.stderr[-3000:]}")
        told = json.loads(done.stdout.splitlines()[-1])
        solutions = np.load(Path(folder) / "solutions.npz")
        for name, each in told["optimise"].items():
            worst = max(market.certificate(solved[k], row)[0] for k, row in enumerate(solutions[name]))
            ratio = each["seconds"] * len(ends) / seconds
            say(
                f"optimiser {name} {each['version']}: {1000 * each['seconds']:.0f} ms a decision, {ratio:.0f} x Champion, worst gap {worst:.0e}"
            )
        for name, each in told["simulate"].items():
            say(f"simulator {name} {each['version']}: {each['seconds']:.2f} s, {each['seconds'] / took:.2f} x Champion, final value "
                f"{each['value'] / CAPITAL:.3f} of the capital")  # fmt: skip


def say(text: str) -> None:
    """One line."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])

"""The peers' half of `portfolio.py`, run by an interpreter that has them: `portfolio_peers.py FOLDER`.

Each optimiser solves the first problems as its documentation says; each simulator fills all decisions at the next open,
with a flat cost near India's. Compilation (numba) is not counted. The last line of the output is JSON.
"""
# mypy: ignore-errors

from __future__ import annotations

import importlib.metadata as metadata
import json
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

COST, SLIPPAGE, CAPITAL = 0.0011, 0.0005, 1e9
SOLVED = 6


def sigma(case, k):
    """The covariance in full, which these libraries want."""
    return case["factors"][k].T @ case["factors"][k] + float(case["d"][k]) * np.eye(case["mu"].shape[1])


def timed(work):
    """Seconds a decision and the weights of all."""
    work(0)
    started = time.perf_counter()
    found = [np.asarray(work(k), dtype=float) for k in range(SOLVED)]
    return (time.perf_counter() - started) / SOLVED, np.array(found)


def pypfopt(case):
    """PyPortfolioOpt's quadratic utility."""
    from pypfopt import EfficientFrontier

    def one(k):
        frontier = EfficientFrontier(case["mu"][k], sigma(case, k), weight_bounds=(0, float(case["cap"])))
        frontier.max_quadratic_utility(risk_aversion=float(case["gamma"]))
        return frontier.weights

    return timed(one)


def pypfopt_constrained(case):
    """The same with twelve sector caps, an ESG floor and a turnover limit."""
    import cvxpy as cp
    from pypfopt import EfficientFrontier

    def one(k):
        frontier = EfficientFrontier(case["mu"][k], sigma(case, k), weight_bounds=(0, float(case["cap"])))
        for each in range(12):
            frontier.add_constraint(
                lambda w, each=each: (case["sector"] == each).astype(float) @ w <= float(case["sector_cap"])
            )
        frontier.add_constraint(lambda w: case["scores"] @ w >= float(case["floor"]))
        frontier.add_constraint(lambda w: cp.norm1(w - case["held"][k]) <= 2 * float(case["turnover"]))
        frontier.max_quadratic_utility(risk_aversion=float(case["gamma"]))
        return frontier.weights

    return timed(one)


def skfolio_constrained(case):
    """The same with twelve sector caps, an ESG floor and a turnover limit."""
    sectors = [f"sector{each}" for each in case["sector"]]
    names = [f"S{number}" for number in range(len(sectors))]
    floor = " + ".join(f"{score:.12f} * {name}" for name, score in zip(names, case["scores"], strict=True))
    limits = [f"sector{each} <= {float(case['sector_cap'])}" for each in range(12)] + [
        f"{floor} >= {float(case['floor'])}"
    ]
    return skfolio(
        case,
        lambda k: {
            "groups": [names, sectors],
            "linear_constraints": limits,
            "previous_weights": case["held"][k],
            "max_turnover": 2 * float(case["turnover"]),
        },
    )


def skfolio(case, more=lambda _: {}):
    """skfolio's mean-risk with the covariance given."""
    from skfolio.optimization import MeanRisk, ObjectiveFunction
    from skfolio.prior import BasePrior, ReturnDistribution

    class Given(BasePrior):
        def __init__(self, k=0):
            self.k = k

        def fit(self, X, y=None, **_):  # noqa: N803
            self.return_distribution_ = ReturnDistribution(
                mu=case["mu"][self.k], covariance=sigma(case, self.k), returns=np.asarray(X),
            )  # fmt: skip
            return self

    def one(k):
        model = MeanRisk(objective_function=ObjectiveFunction.MAXIMIZE_UTILITY, risk_aversion=float(case["gamma"]) / 2,
                         max_weights=float(case["cap"]), prior_estimator=Given(k), **more(k))  # fmt: skip
        return model.fit(
            pd.DataFrame(case["factors"][k], columns=[f"S{n}" for n in range(case["mu"].shape[1])])
        ).weights_

    return timed(one)


def cvxportfolio(case):
    """cvxportfolio's single-period optimisation with both forecasts given; one step of its policy."""
    import cvxportfolio as cvx

    names = [f"S{number}" for number in range(case["mu"].shape[1])]
    days = pd.DatetimeIndex(case["dates"][:SOLVED])
    forecast = pd.DataFrame(case["mu"][:SOLVED], index=days, columns=names)
    risk = pd.concat({day: pd.DataFrame(sigma(case, k), index=names, columns=names) for k, day in enumerate(days)})
    returns = pd.DataFrame(0.0, index=pd.DatetimeIndex(case["dates"][: SOLVED + 2]), columns=[*names, "cash"])
    market = cvx.UserProvidedMarketData(returns=returns, cash_key="cash", min_history=pd.Timedelta("0d"))
    policy = cvx.SinglePeriodOptimization(
        cvx.ReturnsForecast(forecast) - float(case["gamma"]) / 2 * cvx.FullCovariance(risk),
        [cvx.LongOnly(), cvx.MaxWeights(float(case["cap"])), cvx.MinCashBalance(0.0), cvx.LeverageLimit(1.0)],
        include_cash_return=False,
    )  # fmt: skip

    def one(k):
        held = pd.Series(0.0, index=[*names, "cash"])
        held["cash"] = 1e6
        trades, _, _ = policy.execute(held, market, t=days[k])
        return trades.to_numpy()[:-1] / 1e6

    return timed(one)


def frames(case):
    """Open and close as frames."""
    days = pd.DatetimeIndex(case["dates"])
    return days, pd.DataFrame(case["open"], index=days), pd.DataFrame(case["close"], index=days)


def vectorbt(case):
    """vectorbt: target percents at the open of the session after the decision, marked at the close."""
    import vectorbt as vbt

    days, opened, close = frames(case)
    size = pd.DataFrame(np.nan, index=days, columns=close.columns)
    for before, row in zip(case["lines"], case["weights"], strict=True):
        line = int(before) + 1
        if line < len(days):
            size.iloc[line] = row

    def run():
        portfolio = vbt.Portfolio.from_orders(
            close,
            size=size,
            size_type="targetpercent",
            price=opened,
            val_price=opened,
            fees=COST,
            slippage=SLIPPAGE,
            init_cash=CAPITAL,
            group_by=True,
            cash_sharing=True,
            call_seq="auto",
            freq="1D",
            size_granularity=1.0,
        )
        return float(portfolio.value().iloc[-1])

    run()
    best = min(_clock(run) for _ in range(3))
    return best, run()


def backtest(case):
    """bt: its weights algorithm on the session after the decision; it trades at the one price it knows, the close."""
    import bt

    days, _, close = frames(case)
    close.columns = [f"S{number}" for number in range(close.shape[1])]
    when = {
        days[int(line) + 1]: row
        for line, row in zip(case["lines"], case["weights"], strict=True)
        if int(line) + 1 < len(days)
    }
    weights = pd.DataFrame(list(when.values()), index=list(when), columns=close.columns)

    def run():
        strategy = bt.Strategy(
            "s", [bt.algos.RunOnDate(*when), bt.algos.SelectAll(), bt.algos.WeighTarget(weights), bt.algos.Rebalance()]
        )
        test = bt.Backtest(
            strategy,
            close,
            initial_capital=CAPITAL,
            commissions=lambda q, p: abs(q * p) * (COST + SLIPPAGE),
            progress_bar=False,
        )
        test.run()
        return float(test.strategy.values.iloc[-1])

    started = time.perf_counter()
    value = run()
    return time.perf_counter() - started, value


def _clock(work):
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main(folder):
    """Measure all, write the optimisers' weights, print JSON."""
    case = dict(np.load(Path(folder) / "case.npz"))
    told, solutions = {"optimise": {}, "simulate": {}}, {}
    optimisers = {
        "PyPortfolioOpt": ("PyPortfolioOpt", pypfopt),
        "skfolio": ("skfolio", skfolio),
        "cvxportfolio": ("cvxportfolio", cvxportfolio),
        "PyPortfolioOpt constrained": ("PyPortfolioOpt", pypfopt_constrained),
        "skfolio constrained": ("skfolio", skfolio_constrained),
    }
    for name, (package, work) in optimisers.items():
        seconds, solutions[name] = work(case)
        told["optimise"][name] = {"seconds": seconds, "version": metadata.version(package)}
    for name, package, work in (("vectorbt", "vectorbt", vectorbt), ("bt", "bt", backtest)):
        seconds, value = work(case)
        told["simulate"][name] = {"seconds": seconds, "value": value, "version": metadata.version(package)}
    np.savez(Path(folder) / "solutions.npz", **solutions)
    sys.stdout.write("\n" + json.dumps(told) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])

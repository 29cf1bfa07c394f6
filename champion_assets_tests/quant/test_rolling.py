"""Rolling risk models equal those of each window alone."""

from __future__ import annotations

import numpy as np
import pytest

from champion_assets.quant.covariance import ledoit_wolf
from champion_assets.quant.optimise import solve
from champion_assets.quant.problem import Problem
from champion_assets.quant.risk import centred
from champion_assets.quant.rolling import rolling_ledoit_wolf


@pytest.mark.parametrize("step", [1, 5, 21])
def test_each_model_is_that_of_its_window(step: int) -> None:
    random = np.random.default_rng(1)
    returns = 0.0005 + 0.01 * random.standard_normal((400, 1)) + 0.02 * random.standard_normal((400, 30))
    ends = np.arange(60, 401, step)
    weights = random.dirichlet(np.ones(30))
    for end, rolled in zip(ends, rolling_ledoit_wolf(returns, 60, ends), strict=True):
        deviations, means = centred(returns[end - 60 : end])
        alone = ledoit_wolf(deviations)
        assert rolled.shrinkage == pytest.approx(alone.shrinkage, abs=1e-12)
        assert rolled.mean == pytest.approx(means, abs=1e-15)
        assert np.abs(rolled.matrix() - alone.matrix()).max() < 1e-15
        assert rolled.times(weights) == pytest.approx(alone.times(weights), rel=1e-10)
        assert rolled.volatility() == pytest.approx(alone.volatility(), rel=1e-12)
        assert rolled.mean_variance() == pytest.approx(alone.mean_variance(), rel=1e-12)


def test_it_serves_the_optimiser() -> None:
    random = np.random.default_rng(2)
    returns = 0.01 * random.standard_normal((100, 1)) + 0.02 * random.standard_normal((100, 80))
    (rolled,) = rolling_ledoit_wolf(returns, 90, np.array([100]))
    alone = ledoit_wolf(centred(returns[10:])[0])
    problems = [Problem(rolled.mean, risk, 10.0, cap=0.1) for risk in (rolled, alone)]
    assert solve(problems[0]).weights == pytest.approx(solve(problems[1]).weights, abs=1e-9)

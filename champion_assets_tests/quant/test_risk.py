"""The algebra of the low-rank form, and the rule for missing returns."""

from __future__ import annotations

import numpy as np
import pytest

from champion_assets.quant.covariance import ledoit_wolf
from champion_assets.quant.risk import centred


def _window(seed: int, sessions: int, names: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    return 0.01 * random.standard_t(5, (sessions, 1)) + 0.02 * random.standard_t(5, (sessions, names))


def test_the_forms_agree_and_the_matrix_is_positive_definite() -> None:
    model = ledoit_wolf(centred(_window(1, 30, 80))[0])
    sigma, weights = model.matrix(), np.random.default_rng(2).dirichlet(np.ones(80))
    assert np.allclose(model.times(weights), sigma @ weights, rtol=1e-12)
    assert np.allclose(model.volatility() ** 2, np.diag(sigma), rtol=1e-12)
    assert model.variance(weights) == pytest.approx(weights @ sigma @ weights)
    assert model.mean_variance() == pytest.approx(np.diag(sigma).mean())
    names = np.array([3, 40, 7])
    assert np.allclose(model.submatrix(names), sigma[np.ix_(names, names)], rtol=1e-12)
    assert np.linalg.eigvalsh(sigma).min() > 0


def test_missing_returns_count_as_the_mean() -> None:
    window = np.array([[0.1, 0.2], [np.nan, 0.4], [0.3, 0.6]])
    deviations, means = centred(window)
    assert means == pytest.approx([0.2, 0.4])
    assert deviations[:, 0] == pytest.approx([-0.1, 0.0, 0.1])


def test_a_name_without_any_return_is_an_error() -> None:
    with pytest.raises(ValueError, match="column 1"):
        centred(np.array([[0.1, np.nan], [0.2, np.nan]]))

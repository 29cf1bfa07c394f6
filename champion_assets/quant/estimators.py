"""Names of the estimators, apart from their formulae, so that settings can be read without numerics."""

from __future__ import annotations

from typing import Literal

Covariance = Literal["sample", "ewma", "ledoit_wolf", "ledoit_wolf_constant_correlation", "oas", "factor"]
ExpectedReturn = Literal["historical_mean", "ewma", "james_stein", "shrunk", "capm", "implied"]
COVARIANCE_NAMES: tuple[Covariance, ...] = Covariance.__args__  # type: ignore[attr-defined]
EXPECTED_RETURN_NAMES: tuple[ExpectedReturn, ...] = ExpectedReturn.__args__  # type: ignore[attr-defined]

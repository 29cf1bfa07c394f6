"""The settings of a strategy: estimators, objective, constraints, rebalancing.

What belongs here: names, defaults and units of what `champion experiment` may vary. What does not: where data lie and
how things run (`settings.py`).
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from champion_assets.quant.estimators import Covariance, ExpectedReturn
from champion_assets.settings.fields import variables

Tilts = dict[Annotated[str, Field(pattern=r"^(features|silver)/[a-z0-9_]+:[a-z0-9_]+$")], float]
"""What one unit of `table:column` is worth a year."""


class Strategy(BaseModel):
    """How the portfolio is decided: estimators, objective, constraints, rebalancing.

    Weights are shares of the portfolio's value.

    In a strategy file of `champion experiment` the fields stand under their own names, in the environment under those
    in capitals.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, allow_inf_nan=False)

    covariance_estimator: Covariance = Field(
        "ledoit_wolf",
        validation_alias=variables("COVARIANCE_ESTIMATOR"),
        description="Estimator of the covariance matrix.",
    )
    cov_window_days: int = Field(
        252,
        ge=2,
        validation_alias=variables("COV_WINDOW_DAYS"),
        description="Sessions in the window of the covariance estimate. The older pipeline used 20, too few for "
        "more than 20 names.",
    )
    expected_return_estimator: ExpectedReturn = Field(
        "historical_mean",
        validation_alias=variables("EXPECTED_RETURN_ESTIMATOR"),
        description="Estimator of the expected returns.",
    )
    expected_return_lookback: int = Field(
        252,
        ge=2,
        validation_alias=variables("EXPECTED_RETURN_LOOKBACK"),
        description="Sessions in the window of the expected returns.",
    )
    objective: Literal["mean_variance", "minimum_variance", "maximum_sharpe", "risk_parity", "tracking"] = Field(
        "mean_variance",
        validation_alias=variables("OBJECTIVE"),
        description="What the optimiser maximises or minimises.",
    )
    tracked: Literal["equal", "turnover"] = Field(
        "turnover",
        validation_alias=variables("TRACKED"),
        description="Weighting of the universe as benchmark for `tracking` and `implied`.",
    )
    risk_aversion: float = Field(
        5.0,
        gt=0,
        validation_alias=variables("RISK_AVERSION"),
        description="Risk aversion γ in the objective μ'w - ½γ w'Σw.",
    )
    weight_cap: float = Field(
        0.07, gt=0, le=1, validation_alias=variables("WEIGHT_CAP"), description="Maximum weight of a security."
    )
    weight_floor: float = Field(
        0.0,
        ge=0,
        le=1,
        validation_alias=variables("WEIGHT_FLOOR"),
        description="Minimum weight of every member of the universe.",
    )
    min_position: float = Field(
        0.0,
        ge=0,
        lt=1,
        validation_alias=variables("MIN_POSITION"),
        description="Minimum weight of a position: smaller ones are left out and the problem is solved again.",
    )
    max_names: int | None = Field(
        None, ge=1, validation_alias=variables("MAX_NAMES"),
        description="Maximum number of positions, chosen optimally; WEIGHT_FLOOR then applies to the positions held.",
    )  # fmt: skip
    cash_weight: float = Field(
        0.0,
        ge=0,
        lt=1,
        validation_alias=variables("CASH_WEIGHT"),
        description="Share of the portfolio that stays in cash.",
    )
    sector_cap: float | None = Field(
        None, gt=0, le=1, validation_alias=variables("SECTOR_CAP"), description="Maximum weight of a sector."
    )
    liquidity_share: float | None = Field(
        None,
        gt=0,
        validation_alias=variables("LIQUIDITY_SHARE"),
        description="Maximum position as a multiple of the median daily traded value.",
    )
    exclude: tuple[str, ...] = Field(
        (),
        validation_alias=variables("EXCLUDE"),
        description="Symbols or ISINs that are never held; separated by commas in the environment.",
    )
    universe: tuple[str, ...] = Field(
        (), validation_alias=variables("UNIVERSE"), description="If given, only these symbols are ever held."
    )
    esg_floor: float | None = Field(
        None, validation_alias=variables("ESG_FLOOR"), description="Minimum ESG score of the portfolio, 0 to 100."
    )
    esg_floor_relative: float | None = Field(
        None,
        validation_alias=variables("ESG_FLOOR_RELATIVE"),
        description="Minimum ESG score of the portfolio above that of the universe, in points.",
    )
    esg_floor_relative_to: Literal["universe", "benchmark"] = Field(
        "universe",
        validation_alias=variables("ESG_FLOOR_RELATIVE_TO"),
        description="What ESG_FLOOR_RELATIVE refers to: the plain mean of the universe's scores, or that of the "
        "benchmark in TRACKED.",
    )
    esg_best_in_class: float | None = Field(
        None,
        gt=0,
        le=1,
        validation_alias=variables("ESG_BEST_IN_CLASS"),
        description="Share of each sector that may be held: the securities with the best ESG scores.",
    )
    esg_preference: float = Field(
        0.0, ge=0, validation_alias=variables("ESG_PREFERENCE"),
        description="Annual return added to the expected return per standard deviation of ESG score.",
    )  # fmt: skip
    tilts: Tilts = Field(
        default_factory=dict,
        validation_alias=variables("TILTS"),
        description="What one unit of a feature's column is worth a year, added to the expected returns, as "
        "`features/NAME:COLUMN=0.02`; "
        "separated by commas in the environment.",
    )
    esg_min_coverage: float = Field(
        1.0, ge=0, le=1, validation_alias=variables("ESG_MIN_COVERAGE"),
        description="Minimum weight of securities with an ESG score; below 1 the floors apply to the rated part.",
    )  # fmt: skip
    turnover_max: float | None = Field(
        None,
        ge=0,
        validation_alias=variables("TURNOVER_MAX"),
        description="Maximum one-way turnover at a rebalance (0.5 × "
        "Σ|Δw|), without the first investment and forced sales.",
    )
    cost_horizon: int | None = Field(
        None,
        ge=1,
        validation_alias=variables("COST_HORIZON"),
        description="Sessions over which a trade's costs are spread in "
        "the decision; without it costs are not looked at. "
        "RISK_AVERSION says what variance is worth beside them, in every objective.",
    )
    rebalance: Literal["daily", "weekly", "monthly", "quarterly", "band"] = Field(
        "monthly",
        validation_alias=variables("REBALANCE", "REBALANCE_FREQ"),
        description="When to rebalance: at the last session of each "
        "period, or when a weight has drifted by REBALANCE_BAND.",
    )
    rebalance_band: float = Field(
        0.02,
        gt=0,
        le=1,
        validation_alias=variables("REBALANCE_BAND"),
        description="Drift of a weight that triggers a rebalance, with REBALANCE=band.",
    )

    @field_validator("exclude", "universe", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(each.strip() for each in value.split(",") if each.strip()) if isinstance(value, str) else value

    @field_validator("tilts", mode="before")
    @classmethod
    def _split_tilts(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        parts = [each.rpartition("=") for each in value.split(",") if each.strip()]
        return {name.strip(): worth for name, _, worth in parts}

    @model_validator(mode="after")
    def _agree(self) -> Self:
        """Pairs that no portfolio can meet.

        Raises:
            ValueError: names the settings.
        """
        if self.weight_floor > self.weight_cap:
            raise ValueError(
                f"WEIGHT_FLOOR={self.weight_floor} is above "
                f"WEIGHT_CAP={self.weight_cap}; lower the one or raise the other"
            )
        if self.min_position > self.weight_cap:
            raise ValueError(
                f"MIN_POSITION={self.min_position} is above "
                f"WEIGHT_CAP={self.weight_cap}; lower the one or raise the other"
            )
        if self.cost_horizon is not None and self.objective in ("maximum_sharpe", "risk_parity"):
            raise ValueError(
                f"COST_HORIZON has no meaning for OBJECTIVE={self.objective}, in which costs have no unit; leave it out"
            )
        invested = 1.0 - self.cash_weight
        if self.max_names is not None and self.max_names * self.weight_cap < invested - 1e-9:
            raise ValueError(
                f"MAX_NAMES={self.max_names} at WEIGHT_CAP={self.weight_cap} hold "
                f"{self.max_names * self.weight_cap:.4g} at most, and "
                f"{invested:.4g} must be invested; raise one of them, or CASH_WEIGHT"
            )
        return self

    @property
    def uses_esg(self) -> bool:
        """True if ESG scores change the decision."""
        return (
            self.esg_floor is not None
            or self.esg_floor_relative is not None
            or self.esg_best_in_class is not None
            or self.esg_preference > 0
        )

    @property
    def uses_sectors(self) -> bool:
        """True if sectors change the decision."""
        return self.sector_cap is not None or self.esg_best_in_class is not None

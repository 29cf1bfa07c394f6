"""Every setting of Champion, read from environment variables in this one place.

What belongs here: names, defaults, units and validation of settings. What does not: what a setting does. Variables of the two
older pipelines (`DATA_DIR`, `COV_WINDOW_DAYS`, `EXPECTED_RETURN_LOOKBACK`, `RISK_AVERSION`, `WEIGHT_CAP`) keep name and meaning.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from champion_assets.nse.names import ARCHIVE
from champion_assets.quant.estimators import Covariance, ExpectedReturn

_BlankIsNone = BeforeValidator(lambda value: None if value == "" else value)


def _env(*names: str) -> AliasChoices:
    return AliasChoices(*names)


class Strategy(BaseModel):
    """How the portfolio is decided: estimators, objective, constraints, rebalancing. Weights are shares of the portfolio's value.

    In a strategy file of `champion experiment` the fields stand under their own names, in the environment under those in capitals.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    covariance_estimator: Covariance = Field(
        "ledoit_wolf", validation_alias=_env("COVARIANCE_ESTIMATOR"), description="See quant/covariance.py."
    )
    cov_window_days: int = Field(
        252, ge=2, validation_alias=_env("COV_WINDOW_DAYS"),
        description="Sessions in the risk window. The older pipeline used 20, too few for a covariance of more than 20 names.",
    )  # fmt: skip
    expected_return_estimator: ExpectedReturn = Field(
        "historical_mean", validation_alias=_env("EXPECTED_RETURN_ESTIMATOR"), description="See quant/expected.py."
    )
    expected_return_lookback: int = Field(
        252, ge=2, validation_alias=_env("EXPECTED_RETURN_LOOKBACK"), description="Sessions in the expected return."
    )
    objective: Literal["mean_variance", "minimum_variance", "maximum_sharpe", "risk_parity", "tracking"] = Field(
        "mean_variance", validation_alias=_env("OBJECTIVE"), description="What the weights are best at; see quant/objectives.py."
    )
    tracked: Literal["equal", "turnover"] = Field(
        "turnover", validation_alias=_env("TRACKED"), description="Weights of the universe that `tracking` and `implied` take as benchmark."
    )
    risk_aversion: float = Field(5.0, gt=0, validation_alias=_env("RISK_AVERSION"), description="γ in μ'w - ½γ w'Σw.")
    weight_cap: float = Field(0.07, gt=0, le=1, validation_alias=_env("WEIGHT_CAP"), description="Largest weight of a name.")
    weight_floor: float = Field(0.0, ge=0, le=1, validation_alias=_env("WEIGHT_FLOOR"), description="Least weight of every member.")
    min_position: float = Field(
        0.0,
        ge=0,
        lt=1,
        validation_alias=_env("MIN_POSITION"),
        description="Names that would get less are left out, and the rest is solved anew.",
    )
    cash_weight: float = Field(0.0, ge=0, lt=1, validation_alias=_env("CASH_WEIGHT"), description="Share that stays in cash.")
    sector_cap: float | None = Field(None, gt=0, le=1, validation_alias=_env("SECTOR_CAP"), description="Largest weight of a sector.")
    liquidity_share: float | None = Field(
        None, gt=0, validation_alias=_env("LIQUIDITY_SHARE"), description="Largest position as a multiple of a day's median turnover."
    )
    exclude: tuple[str, ...] = Field(
        (), validation_alias=_env("EXCLUDE"), description="Symbols that are never held, separated by commas in the environment."
    )
    universe: tuple[str, ...] = Field((), validation_alias=_env("UNIVERSE"), description="If given, only these symbols are ever held.")
    esg_floor: float | None = Field(None, validation_alias=_env("ESG_FLOOR"), description="Least ESG score of the portfolio, 0 to 100.")
    esg_floor_relative: float | None = Field(
        None, validation_alias=_env("ESG_FLOOR_RELATIVE"), description="Least ESG score above that of the universe, points."
    )
    esg_floor_relative_to: Literal["universe", "benchmark"] = Field(
        "universe", validation_alias=_env("ESG_FLOOR_RELATIVE_TO"),
        description="The universe's plain mean, or that of the benchmark in TRACKED, over the names with a score.",
    )  # fmt: skip
    esg_best_in_class: float | None = Field(
        None, gt=0, le=1, validation_alias=_env("ESG_BEST_IN_CLASS"), description="Share of each sector that may be held, the best by ESG."
    )
    esg_preference: float = Field(
        0.0, ge=0, validation_alias=_env("ESG_PREFERENCE"),
        description="Annual return that a standard deviation of ESG score is worth; added to the expected returns.",
    )  # fmt: skip
    esg_min_coverage: float = Field(
        1.0, ge=0, le=1, validation_alias=_env("ESG_MIN_COVERAGE"),
        description="Least weight of names with an ESG score, where ESG counts; floors then hold for the covered part.",
    )  # fmt: skip
    turnover_max: float | None = Field(
        None, ge=0, validation_alias=_env("TURNOVER_MAX"),
        description="Largest half sum of changes of weights at a rebalance; the first investment and forced sales do not count.",
    )  # fmt: skip
    cost_horizon: int | None = Field(
        None, ge=1, validation_alias=_env("COST_HORIZON"),
        description="Sessions over which a trade's costs are spread in the decision; without it costs are not looked at.",
    )  # fmt: skip
    rebalance: Literal["daily", "weekly", "monthly", "quarterly", "band"] = Field(
        "monthly", validation_alias=_env("REBALANCE", "REBALANCE_FREQ"),
        description="Decide at the last session of each period, or when a weight has drifted by `rebalance_band`.",
    )  # fmt: skip
    rebalance_band: float = Field(0.02, gt=0, le=1, validation_alias=_env("REBALANCE_BAND"), description="For rebalance=band.")

    @field_validator("exclude", "universe", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(each.strip() for each in value.split(",") if each.strip()) if isinstance(value, str) else value

    @property
    def uses_esg(self) -> bool:
        """True if ESG scores change the decision."""
        return (
            self.esg_floor is not None
            or self.esg_floor_relative is not None
            or self.esg_best_in_class is not None
            or self.esg_preference > 0
        )


class Settings(BaseSettings, Strategy):
    """All settings, validated. Each field's description names its unit and its default's reason."""

    model_config = SettingsConfigDict(frozen=False, extra="ignore", populate_by_name=True, env_ignore_empty=True, enable_decoding=False)

    data_dir: Path = Field(Path("data"), validation_alias=_env("DATA_DIR"), description="Folder for everything kept locally.")
    lake: str = Field("", validation_alias=_env("CHAMPION_LAKE"), description="Lake root: folder or s3:// URL; DATA_DIR/lake.")
    source: str = Field(
        ARCHIVE, validation_alias=_env("CHAMPION_SOURCE"),
        description="Where NSE's files come from: a folder, an s3:// prefix, or the base URL of an archive server.",
    )  # fmt: skip
    calendar: Annotated[Path | None, _BlankIsNone] = Field(
        None,
        validation_alias=_env("CHAMPION_CALENDAR"),
        description="CSV of calendar days that override the packaged ones.",
    )
    identity_overrides: Annotated[Path | None, _BlankIsNone] = Field(
        None,
        validation_alias=_env("CHAMPION_IDENTITY"),
        description="CSV of date,symbol,old_symbol,why,evidence: which symbol is (not) the same instrument as which.",
    )
    esg_folder: Annotated[Path | None, _BlankIsNone] = Field(
        None,
        validation_alias=_env("CHAMPION_ESG"),
        description="Folder of ESG files with a mapping (YAML) for each provider, see docs/esg.md.",
    )
    esg_stale_days: int = Field(
        548, ge=1, validation_alias=_env("ESG_STALE_DAYS"), description="Days after which a rating no longer counts."
    )
    action_overrides: Annotated[Path | None, _BlankIsNone] = Field(
        None,
        validation_alias=_env("CHAMPION_CORPORATE_ACTIONS"),
        description="CSV of corporate actions that the feeds lack or have wrong, see docs/runbook.md.",
    )
    check_overrides: Annotated[Path | None, _BlankIsNone] = Field(
        None,
        validation_alias=_env("CHAMPION_CHECKS"),
        description="CSV of date,check,why,evidence: failed checks that do not count, see docs/runbook.md.",
    )
    start_date: dt.date = Field(
        dt.date(2016, 1, 1), validation_alias=_env("CHAMPION_START_DATE", "START_DATE"),
        description="First day of the grid; no window looks before it and the portfolio begins here.",
    )  # fmt: skip
    partitions_per_run: int = Field(
        250, ge=1, validation_alias=_env("CHAMPION_PARTITIONS_PER_RUN"), description="Days a run of a backfill takes."
    )
    http_connections: int = Field(
        4, ge=1, le=16, validation_alias=_env("CHAMPION_HTTP_CONNECTIONS"),
        description="Most requests under way at once; they still begin `http_interval_seconds` apart.",
    )  # fmt: skip
    http_interval_seconds: float = Field(
        1.5,
        ge=0,
        validation_alias=_env("CHAMPION_HTTP_INTERVAL_SECONDS"),
        description="Least time between two requests.",
    )
    retry_delay_scale: float = Field(
        1.0,
        ge=0,
        validation_alias=_env("CHAMPION_RETRY_DELAY_SCALE"),
        description="Factor on all retry delays; 0 in tests.",
    )

    s3_endpoint: str | None = Field(None, validation_alias=_env("CHAMPION_S3_ENDPOINT", "MINIO_ENDPOINT"))
    s3_access_key: SecretStr | None = Field(None, validation_alias=_env("AWS_ACCESS_KEY_ID", "MINIO_ACCESS_KEY"))
    s3_secret_key: SecretStr | None = Field(None, validation_alias=_env("AWS_SECRET_ACCESS_KEY", "MINIO_SECRET_KEY"))
    s3_region: str = Field("us-east-1", validation_alias=_env("AWS_REGION", "AWS_DEFAULT_REGION"))

    mlflow_tracking_uri: str | None = Field(
        None, validation_alias=_env("MLFLOW_TRACKING_URI"), description="MLflow's server or store; DATA_DIR/mlflow/mlflow.db (SQLite)."
    )
    mlflow_experiment: str = Field(
        "nse-bhavcopy-pipeline", validation_alias=_env("MLFLOW_EXPERIMENT_NAME"), description="Where the pipeline's runs are recorded."
    )
    track: bool = Field(default=True, validation_alias=_env("CHAMPION_TRACK"), description="Record the pipeline's runs in MLflow.")
    clock: Annotated[Path | None, _BlankIsNone] = Field(
        None, validation_alias=_env("CHAMPION_CLOCK"), description="File with an ISO instant that is taken for now, for rehearsals."
    )
    automation: Literal["off", "on"] = Field(
        "off",
        validation_alias=_env("CHAMPION_AUTOMATION"),
        description="Whether sensors and schedules are switched on as they are deployed.",
    )
    sensor_seconds: int = Field(
        60, ge=1, validation_alias=_env("CHAMPION_SENSOR_SECONDS"), description="Least time between two looks of a sensor."
    )
    published_at: dt.time = Field(
        dt.time(18, 0), validation_alias=_env("CHAMPION_PUBLISHED_AT"), description="Time in India from which a day's files are looked for."
    )
    late_at: dt.time = Field(
        dt.time(20, 30), validation_alias=_env("CHAMPION_LATE_AT"), description="Time in India from which a missing file is late."
    )
    republish_seconds: int = Field(
        3600, ge=1, validation_alias=_env("CHAMPION_REPUBLISH_SECONDS"),
        description="Least time between two looks at the files of a past session.",
    )  # fmt: skip
    alarm_webhook: SecretStr | None = Field(
        None, validation_alias=_env("CHAMPION_ALARM_WEBHOOK"), description="URL that gets alarms as JSON (title, text)."
    )
    alarm_email: str | None = Field(None, validation_alias=_env("CHAMPION_ALARM_EMAIL"), description="Address that gets alarms.")
    smtp_url: SecretStr | None = Field(
        None, validation_alias=_env("CHAMPION_SMTP_URL"), description="smtp[s]://[user:password@]host[:port], for alarms by e-mail."
    )
    mlflow_timeout: int = Field(
        10, ge=1, validation_alias=_env("CHAMPION_MLFLOW_TIMEOUT"), description="Seconds after which an MLflow server counts as gone."
    )

    universe_size: int = Field(500, ge=1, validation_alias=_env("UNIVERSE_SIZE"), description="Most names by turnover.")
    universe_min_price: float = Field(10.0, ge=0, validation_alias=_env("UNIVERSE_MIN_PRICE"), description="Rupees, close.")
    universe_min_turnover: float = Field(
        10_000_000.0, ge=0, validation_alias=_env("UNIVERSE_MIN_TURNOVER"), description="Rupees, median of 63 sessions."
    )
    universe_min_coverage: float = Field(
        0.95,
        gt=0,
        le=1,
        validation_alias=_env("UNIVERSE_MIN_COVERAGE"),
        description="Share of the window's sessions traded.",
    )
    universe_warmup: int = Field(
        120,
        ge=2,
        validation_alias=_env("UNIVERSE_WARMUP"),
        description="Sessions of history before the first universe.",
    )

    benchmark: str = Field("Nifty 50", validation_alias=_env("BENCHMARK"), description="Index beside the portfolio, any of its names.")
    initial_capital: float = Field(10_000_000.0, gt=0, validation_alias=_env("INITIAL_CAPITAL"), description="Rupees.")
    brokerage_bps: float = Field(0.0, ge=0, validation_alias=_env("BROKERAGE_BPS"), description="Of each fill, before GST.")
    brokerage_max: float | None = Field(
        None, ge=0, validation_alias=_env("BROKERAGE_MAX"), description="Largest brokerage of an order, rupees."
    )
    dp_charge: float = Field(
        13.5, ge=0, validation_alias=_env("DP_CHARGE"), description="Depository charge a name and day sold, rupees before GST."
    )
    slippage_bps: float = Field(5.0, ge=0, validation_alias=_env("SLIPPAGE_BPS"), description="Against us on each fill.")
    impact: float = Field(
        0.0, ge=0, validation_alias=_env("IMPACT"),
        description="Price impact of a fill in daily volatilities at a whole day's volume; it grows with the square root of the share.",
    )  # fmt: skip
    fill: Literal["open", "vwap", "close"] = Field("open", validation_alias=_env("FILL"), description="Price of the next session's fills.")
    whole_shares: bool = Field(default=True, validation_alias=_env("WHOLE_SHARES"), description="Orders in whole shares.")
    participation: float = Field(
        1.0, gt=0, le=1, validation_alias=_env("PARTICIPATION"), description="Largest share of the session's volume that a fill takes."
    )
    unfilled: Literal["cancel", "carry"] = Field(
        "cancel", validation_alias=_env("UNFILLED"), description="What becomes of the unfilled rest of an order: nothing, or tried again."
    )
    rights: Literal["renounce", "subscribe"] = Field(
        "renounce", validation_alias=_env("RIGHTS"), description="Rights entitlements are sold at their theoretical value, or paid for."
    )
    cash_rate: float = Field(0.0, ge=0, validation_alias=_env("CASH_RATE"), description="Interest on cash, a year.")
    usable_proceeds: Literal["same_day", "settled"] = Field(
        "same_day", validation_alias=_env("USABLE_PROCEEDS"), description="When the proceeds of a sale can be spent."
    )
    delisted_after: int = Field(
        250, ge=1, validation_alias=_env("DELISTED_AFTER"), description="Sessions without a trade after which a holding is written down."
    )
    delisting_recovery: float = Field(
        0.0,
        ge=0,
        le=1,
        validation_alias=_env("DELISTING_RECOVERY"),
        description="Share of its last value that a written-down holding keeps.",
    )

    @field_validator("start_date")
    @classmethod
    def _not_before_the_exchange(cls, value: dt.date) -> dt.date:
        if value < dt.date(1994, 11, 3):
            raise ValueError("CHAMPION_START_DATE: NSE's first session was 1994-11-03")
        return value

    @property
    def strategy(self) -> Strategy:
        """The strategy of the daily portfolio."""
        return Strategy.model_validate({name: getattr(self, name) for name in Strategy.model_fields})

    @property
    def lake_root(self) -> str:
        """The lake's root as a URL or a path."""
        return self.lake or str(self.data_dir / "lake")

    @property
    def duckdb_path(self) -> Path:
        """The DuckDB file of `warehouse/duckdb`."""
        return self.data_dir / "champion.duckdb"


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The settings of this process, read once. Tests call `get_settings.cache_clear()` after changing the environment."""
    return Settings()

"""Every setting of Champion, read from environment variables in this one place.

What belongs here: names, defaults, units and validation of settings. What does not: what a setting does. Variables of the two
older pipelines (`DATA_DIR`, `COV_WINDOW_DAYS`, `EXPECTED_RETURN_LOOKBACK`, `RISK_AVERSION`, `WEIGHT_CAP`) keep name and meaning.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AliasChoices, BeforeValidator, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from champion_assets.nse.names import ARCHIVE

_BlankIsNone = BeforeValidator(lambda value: None if value == "" else value)


def _env(*names: str) -> AliasChoices:
    return AliasChoices(*names)


class Settings(BaseSettings):
    """All settings, validated. Each field's description names its unit and its default's reason."""

    model_config = SettingsConfigDict(extra="ignore", populate_by_name=True, env_ignore_empty=True)

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
    action_overrides: Annotated[Path | None, _BlankIsNone] = Field(
        None,
        validation_alias=_env("CHAMPION_CORPORATE_ACTIONS"),
        description="CSV of corporate actions that the feeds lack or have wrong, see docs/runbook.md.",
    )
    start_date: dt.date = Field(
        dt.date(2016, 1, 1), validation_alias=_env("CHAMPION_START_DATE"),
        description="First day of the grid; no window looks before it and the portfolio begins here.",
    )  # fmt: skip
    partitions_per_run: int = Field(
        250, ge=1, validation_alias=_env("CHAMPION_PARTITIONS_PER_RUN"), description="Days a run of a backfill takes."
    )
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

    cov_window_days: int = Field(
        252, ge=2, validation_alias=_env("COV_WINDOW_DAYS"),
        description="Sessions in the risk window. The older pipeline used 20, too few for a covariance of more than 20 names.",
    )  # fmt: skip
    expected_return_lookback: int = Field(
        252, ge=2, validation_alias=_env("EXPECTED_RETURN_LOOKBACK"), description="Sessions in the mean return."
    )
    risk_aversion: float = Field(5.0, gt=0, validation_alias=_env("RISK_AVERSION"), description="γ in μ'w - ½γ w'Σw.")
    weight_cap: float = Field(0.07, gt=0, le=1, validation_alias=_env("WEIGHT_CAP"), description="Largest weight of a name.")
    rebalance: Literal["daily", "weekly", "monthly"] = Field(
        "monthly", validation_alias=_env("REBALANCE"), description="Decide at the last session of each period."
    )

    benchmark: str = Field("Nifty 50", validation_alias=_env("BENCHMARK"), description="Index beside the portfolio, any of its names.")
    initial_capital: float = Field(10_000_000.0, gt=0, validation_alias=_env("INITIAL_CAPITAL"), description="Rupees.")
    brokerage_bps: float = Field(0.0, ge=0, validation_alias=_env("BROKERAGE_BPS"), description="Of each fill, before GST.")
    slippage_bps: float = Field(5.0, ge=0, validation_alias=_env("SLIPPAGE_BPS"), description="Against us on each fill.")

    @field_validator("start_date")
    @classmethod
    def _not_before_the_exchange(cls, value: dt.date) -> dt.date:
        if value < dt.date(1994, 11, 3):
            raise ValueError("CHAMPION_START_DATE: NSE's first session was 1994-11-03")
        return value

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

"""Every setting of Champion, read from environment variables in this one place.

What belongs here: names, defaults, units and validation of settings; those of the strategy stand in `strategy.py`. What does not: what a
setting does. Variables of the two
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
from champion_assets.settings.strategy import Strategy

_BlankIsNone = BeforeValidator(lambda value: None if value == "" else value)


def _env(*names: str) -> AliasChoices:
    return AliasChoices(*names)


class Settings(BaseSettings, Strategy):
    """All settings, validated. Each field's description names its unit and its default's reason."""

    model_config = SettingsConfigDict(frozen=False, extra="ignore", populate_by_name=True, env_ignore_empty=True, enable_decoding=False)

    data_dir: Path = Field(Path("data"), validation_alias=_env("DATA_DIR"), description="Folder for everything kept locally.")
    lake: str = Field("", validation_alias=_env("CHAMPION_LAKE"), description="Lake root: folder or s3:// URL; DATA_DIR/lake.")
    lake_cache_gb: float = Field(
        4.0, ge=0, validation_alias=_env("CHAMPION_LAKE_CACHE_GB"),
        description="Copies of a remote lake's objects in DATA_DIR/cache, at most; 0: none.",
    )  # fmt: skip
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
    executor: Literal["in_process", "kubernetes"] = Field(
        "in_process", validation_alias=_env("CHAMPION_EXECUTOR"),
        description="Where the assets of a run are built: in the run's process, or each in a Kubernetes pod of its own.",
    )  # fmt: skip
    partitions_per_run: int = Field(
        0,
        ge=0,
        validation_alias=_env("CHAMPION_PARTITIONS_PER_RUN"),
        description="Days a run of a backfill from the web page takes, to spread it over workers; 0: all of them in one run.",
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

    load_to_duckdb: bool = Field(
        default=True, validation_alias=_env("LOAD_TO_DUCKDB"),
        description="Whether the graph has the asset warehouse/duckdb. Its file lies in DATA_DIR: not for runs on several machines.",
    )  # fmt: skip
    duckdb: Annotated[Path | None, _BlankIsNone] = Field(
        None, validation_alias=_env("CHAMPION_DUCKDB"), description="The DuckDB file of warehouse/duckdb; DATA_DIR/champion.duckdb."
    )
    load_to_clickhouse: bool = Field(
        default=False, validation_alias=_env("LOAD_TO_CLICKHOUSE"), description="Whether the graph has the asset warehouse/clickhouse."
    )
    clickhouse_host: str = Field("localhost", validation_alias=_env("CLICKHOUSE_HOST"), description="ClickHouse server.")
    clickhouse_port: int = Field(
        9000, validation_alias=_env("CLICKHOUSE_PORT"), description="Its native port, with TLS usually 9440; 8123 and 8443 are HTTP."
    )
    clickhouse_user: str = Field("default", validation_alias=_env("CLICKHOUSE_USER"), description="ClickHouse user.")
    clickhouse_password: SecretStr = Field(SecretStr(""), validation_alias=_env("CLICKHOUSE_PASSWORD"), description="Its password.")
    clickhouse_database: str = Field(
        "champion_market", pattern="^[A-Za-z_][A-Za-z0-9_]*$", validation_alias=_env("CLICKHOUSE_DATABASE"),
        description="Database, made if absent; its tables are named stage_name.",
    )  # fmt: skip
    clickhouse_secure: bool = Field(default=False, validation_alias=_env("CLICKHOUSE_SECURE"), description="TLS to ClickHouse.")
    clickhouse_ca: Annotated[Path | None, _BlankIsNone] = Field(
        None, validation_alias=_env("CLICKHOUSE_CA"), description="PEM file of the authority of its certificate, if not a public one."
    )
    clickhouse_timeout: int = Field(
        300, ge=1, validation_alias=_env("CLICKHOUSE_TIMEOUT"), description="Seconds after which ClickHouse counts as gone."
    )
    clickhouse_lease: int = Field(
        120, ge=1, validation_alias=_env("CLICKHOUSE_LEASE"),
        description="Seconds of silence after which a load on another machine counts as dead and another may take its place.",
    )  # fmt: skip

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
        return self.duckdb or self.data_dir / "champion.duckdb"


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The settings of this process, read once. Tests call `get_settings.cache_clear()` after changing the environment."""
    return Settings()

"""The warehouses and MLflow."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field, SecretStr, field_validator

from champion_assets.common.address import Address
from champion_assets.settings.fields import BLANK_IS_NONE, CONFIG, variables


class ServiceSettings(BaseModel):
    """The warehouses and MLflow."""

    model_config = CONFIG

    load_to_duckdb: bool = Field(
        default=True,
        validation_alias=variables("LOAD_TO_DUCKDB"),
        description="Whether the graph has the asset warehouse/duckdb. Its file lies in DATA_DIR: not for runs on "
        "several machines.",
    )
    duckdb: Annotated[Path | None, BLANK_IS_NONE] = Field(
        None,
        validation_alias=variables("CHAMPION_DUCKDB"),
        description="The DuckDB file of warehouse/duckdb; DATA_DIR/champion.duckdb.",
    )
    load_to_clickhouse: bool = Field(
        default=False,
        validation_alias=variables("LOAD_TO_CLICKHOUSE"),
        description="Whether the graph has the asset warehouse/clickhouse.",
    )
    clickhouse_host: Address = Field(
        Address("localhost"), validation_alias=variables("CLICKHOUSE_HOST"), description="ClickHouse server."
    )
    clickhouse_port: int = Field(
        9000,
        validation_alias=variables("CLICKHOUSE_PORT"),
        description="ClickHouse's native port, with TLS usually 9440; 8123 and 8443 are HTTP ports.",
    )
    clickhouse_user: str = Field(
        "default", validation_alias=variables("CLICKHOUSE_USER"), description="ClickHouse user."
    )
    clickhouse_password: SecretStr = Field(
        SecretStr(""), validation_alias=variables("CLICKHOUSE_PASSWORD"), description="ClickHouse password."
    )
    clickhouse_database: str = Field(
        "champion_market", pattern="^[A-Za-z_][A-Za-z0-9_]*$", validation_alias=variables("CLICKHOUSE_DATABASE"),
        description="Database, made if absent; its tables are named stage_name.",
    )  # fmt: skip
    clickhouse_secure: bool = Field(
        default=False, validation_alias=variables("CLICKHOUSE_SECURE"), description="TLS to ClickHouse."
    )
    clickhouse_ca: Annotated[Path | None, BLANK_IS_NONE] = Field(
        None,
        validation_alias=variables("CLICKHOUSE_CA"),
        description="PEM file of the authority of its certificate, if not a public one.",
    )
    clickhouse_timeout: int = Field(
        300,
        ge=1,
        validation_alias=variables("CLICKHOUSE_TIMEOUT"),
        description="Seconds after which ClickHouse counts as gone.",
    )
    clickhouse_lease: int = Field(
        120,
        ge=1,
        validation_alias=variables("CLICKHOUSE_LEASE"),
        description="Seconds of silence after which a load on another "
        "machine counts as dead and another may take its place.",
    )
    mlflow_tracking_uri: Address | None = Field(
        None,
        validation_alias=variables("MLFLOW_TRACKING_URI"),
        description="MLflow's server or store; DATA_DIR/mlflow/mlflow.db (SQLite).",
    )
    mlflow_experiment: str = Field(
        "nse-bhavcopy-pipeline",
        validation_alias=variables("MLFLOW_EXPERIMENT_NAME"),
        description="Where the pipeline's runs are recorded.",
    )
    track: bool = Field(
        default=True, validation_alias=variables("CHAMPION_TRACK"), description="Record the pipeline's runs in MLflow."
    )
    mlflow_timeout: int = Field(
        10,
        ge=1,
        validation_alias=variables("CHAMPION_MLFLOW_TIMEOUT"),
        description="Seconds after which an MLflow server counts as gone.",
    )

    @field_validator("clickhouse_host")
    @classmethod
    def _is_a_host_alone(cls, value: Address) -> Address:
        if value.has_secrets or "://" in value:
            raise ValueError(
                "give only the host; set port, user and password in "
                "CLICKHOUSE_PORT, CLICKHOUSE_USER and CLICKHOUSE_PASSWORD"
            )
        return value

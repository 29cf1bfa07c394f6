"""Where everything is kept."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, Field, SecretStr, field_validator

from champion_assets.common.address import Address
from champion_assets.settings.fields import CONFIG, variables, without_keys


class LakeSettings(BaseModel):
    """Where everything is kept."""

    model_config = CONFIG

    data_dir: Path = Field(
        Path("data"), validation_alias=variables("DATA_DIR"), description="Folder for everything that is kept locally."
    )
    lake: Address = Field(
        Address(""),
        validation_alias=variables("CHAMPION_LAKE"),
        description="Root of the lake: a folder or an s3:// URL. Default: DATA_DIR/lake.",
    )
    lake_cache_gb: float = Field(
        4.0, ge=0, validation_alias=variables("CHAMPION_LAKE_CACHE_GB"),
        description="Maximum size of the local copies of a remote lake in DATA_DIR/cache, in GB; 0 keeps none.",
    )  # fmt: skip
    s3_endpoint: Address | None = Field(None, validation_alias=variables("CHAMPION_S3_ENDPOINT", "MINIO_ENDPOINT"))
    s3_access_key: SecretStr | None = Field(None, validation_alias=variables("AWS_ACCESS_KEY_ID", "MINIO_ACCESS_KEY"))
    s3_secret_key: SecretStr | None = Field(
        None, validation_alias=variables("AWS_SECRET_ACCESS_KEY", "MINIO_SECRET_KEY")
    )
    s3_region: str = Field("us-east-1", validation_alias=variables("AWS_REGION", "AWS_DEFAULT_REGION"))

    @field_validator("lake", "s3_endpoint")
    @classmethod
    def _lake_has_no_keys(cls, value: Address | None) -> Address | None:
        return None if value is None else without_keys(value)

"""S3 (AWS, MinIO): from the settings to options and to a store. Shared by the lake and by the source of files.

What belongs here: endpoint, keys and region, in the spelling of Polars and of obstore.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Protocol, cast

from obstore.store import S3Store
from pydantic import SecretStr

RETRIES: Any = {"max_retries": 8, "retry_timeout": dt.timedelta(seconds=60)}
"""A request that fails (time-out, reset, 5xx, 429) is repeated, at growing intervals, for a minute at most; then the
stages try again."""


class S3Settings(Protocol):
    """The settings that this module reads, so that it need not know where settings come from."""

    @property
    def s3_endpoint(self) -> str | None:
        """Server, with or without scheme; None for AWS."""
        ...

    @property
    def s3_access_key(self) -> SecretStr | None:
        """None for the environment's own chain."""
        ...

    @property
    def s3_secret_key(self) -> SecretStr | None:
        """None for the environment's own chain."""
        ...

    @property
    def s3_region(self) -> str:
        """Region of the bucket."""
        ...


def s3_options(settings: S3Settings) -> dict[str, str]:
    """Credentials and endpoint by the names of obstore and Polars. Empty values are left to the environment.

    Args:
        settings: keys, endpoint and region.
    """
    options = {"aws_region": settings.s3_region}
    if settings.s3_access_key is not None and settings.s3_secret_key is not None:
        options["aws_access_key_id"] = settings.s3_access_key.get_secret_value()
        options["aws_secret_access_key"] = settings.s3_secret_key.get_secret_value()
    if settings.s3_endpoint:
        endpoint = settings.s3_endpoint if "://" in settings.s3_endpoint else f"http://{settings.s3_endpoint}"
        options |= {"aws_endpoint_url": endpoint, "aws_virtual_hosted_style_request": "false"}
        if endpoint.startswith("http://"):
            options["aws_allow_http"] = "true"
    return options


def s3_store(url: str, options: dict[str, str]) -> S3Store:
    """An obstore client.

    Args:
        url: `s3://bucket/prefix`.
        options: those of `s3_options`.
    """
    config = {name: value for name, value in options.items() if name != "aws_allow_http"}
    client: Any = {"allow_http": True} if options.get("aws_allow_http") == "true" else None
    return S3Store.from_url(url, config=cast("Any", config), client_options=client, retry_config=RETRIES)

"""What the groups of settings share: how a field names its variables, and what every number must be."""

from __future__ import annotations

from pydantic import AliasChoices, BeforeValidator, ConfigDict

from champion_assets.common.address import Address

BLANK_IS_NONE = BeforeValidator(lambda value: None if value == "" else value)
CONFIG = ConfigDict(populate_by_name=True, allow_inf_nan=False)


def variables(*names: str) -> AliasChoices:
    """The environment variables of a field; the first is the one that the documents use."""
    return AliasChoices(*names)


def without_keys(address: Address) -> Address:
    """Check that the address of a bucket or its server contains no keys.

    Args:
        address: the address.

    Raises:
        ValueError: it contains keys.
    """
    if address.has_secrets:
        raise ValueError("keys are not allowed in this address; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
    return address

"""What the groups of settings share: how a field names its variables, and what every number must be."""

from __future__ import annotations

from pydantic import AliasChoices, BeforeValidator, ConfigDict

BLANK_IS_NONE = BeforeValidator(lambda value: None if value == "" else value)
CONFIG = ConfigDict(populate_by_name=True, allow_inf_nan=False)


def variables(*names: str) -> AliasChoices:
    """The environment variables of a field; the first is the one that the documents use."""
    return AliasChoices(*names)

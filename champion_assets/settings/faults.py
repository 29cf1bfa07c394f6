"""Wrong values in words: one sentence each, with the name by which the user set it.

What belongs here: the wording. No secret is repeated, and no part of an address that may hold one.
"""

from __future__ import annotations

import re

from pydantic import AliasChoices, BaseModel, SecretStr, ValidationError

from champion_assets.common.address import Address


def sentences(error: ValidationError, settings: type[BaseModel]) -> list[str]:
    """One sentence per error of a validation.

    Args:
        error: what pydantic found.
        settings: class that was validated.
    """
    return [_sentence(each["loc"], each["msg"], each["input"], settings) for each in error.errors()]


def _sentence(place: tuple[int | str, ...], message: str, value: object, settings: type[BaseModel]) -> str:
    text = re.sub(r"^Value error, ", "", message)
    if not place:
        return text
    name = str(place[0])
    field = next((field for field in settings.model_fields if name in (field, *names_of(settings, field))), name)
    shown = names_of(settings, field)[0]
    if "Secret" in str(settings.model_fields[field].annotation) or isinstance(value, SecretStr):
        return f"{shown}: {text[0].lower()}{text[1:]}"
    return f"{shown}={Address(str(value))}: {text[0].lower()}{text[1:]}"


def names_of(settings: type[BaseModel], field: str) -> list[str]:
    """The environment variables of a setting; without any, its own name.

    Args:
        settings: class with the field.
        field: name of the field.
    """
    alias = settings.model_fields[field].validation_alias if field in settings.model_fields else None
    return [str(choice) for choice in alias.choices] if isinstance(alias, AliasChoices) else [field]

"""Variables that look like ours and are not: a misspelt setting must not be ignored.

What belongs here: telling them from the variables of other programs.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

from pydantic import AliasChoices, BaseModel

PREFIX = "CHAMPION_"
NOT_SETTINGS = frozenset(
    {
        "CHAMPION_CONFIG",
        "CHAMPION_POSTGRES_URL",
        "CHAMPION_CELERY_BROKER",
        "CHAMPION_CELERY_BACKEND",
        "CHAMPION_REAL_FILES",
        "CHAMPION_ARTIFACTS",
    }
)
"""Names that are read elsewhere: which file the settings are in, Dagster's own configuration, the tests."""
SHORTEST = 6
"""Shorter names are too near to those of other programs to be judged by their spelling."""


def variable_names(settings: type[BaseModel]) -> dict[str, str]:
    """Every environment variable of the settings.

    Args:
        settings: class of the settings.

    Returns:
        The field that each variable sets.
    """
    return {
        str(choice): field
        for field, info in settings.model_fields.items()
        if isinstance(info.validation_alias, AliasChoices)
        for choice in info.validation_alias.choices
    }


def unknown_variables(environment: Mapping[str, str | None], settings: type[BaseModel]) -> list[str]:
    """One sentence per unknown variable that is probably meant to be a setting.

    Every unknown `CHAMPION_…` is reported. Without that prefix a name is reported if it is one typing error away from a
    known variable.

    Args:
        environment: environment variables.
        settings: class of the settings.
    """
    known = {name.upper() for name in variable_names(settings)} | NOT_SETTINGS
    found = []
    for name in sorted(environment):
        upper = name.upper()
        if upper in known:
            continue
        if upper.startswith(PREFIX):
            near = nearest(upper, known)
            hint = f"did you mean {near}?" if near else "`champion settings` lists all"
            found.append(f"{name}: there is no such setting; {hint}")
        elif near := next((each for each in sorted(known) if len(each) >= SHORTEST and is_one_slip(upper, each)), ""):
            found.append(
                f"{name}: there is no such setting; did you mean "
                f"{near}? If the variable belongs to another program, rename it"
            )
    return found


def nearest(name: str, known: set[str] | frozenset[str]) -> str:
    """The known name that is most similar.

    Args:
        name: the unknown name.
        known: known names.

    Returns:
        A known name; empty if none is similar.
    """
    return next(iter(get_close_matches(name, sorted(known), n=1, cutoff=0.6)), "")


def is_one_slip(typed: str, meant: str) -> bool:
    """Whether two names differ by one character: left out, added, replaced, or exchanged with its neighbour.

    Args:
        typed: one name.
        meant: the other name.

    >>> is_one_slip("WIEGHT_CAP", "WEIGHT_CAP"), is_one_slip("WEIGHTS", "WEIGHT_CAP")
    (True, False)
    """
    if typed == meant or abs(len(typed) - len(meant)) > 1:
        return False
    first = next(
        (place for place, (a, b) in enumerate(zip(typed, meant, strict=False)) if a != b), min(len(typed), len(meant))
    )
    rest_typed, rest_meant = typed[first:], meant[first:]
    if len(typed) != len(meant):
        return rest_typed[1:] == rest_meant if len(typed) > len(meant) else rest_typed == rest_meant[1:]
    swapped = rest_typed[:2] == rest_meant[:2][::-1] and rest_typed[2:] == rest_meant[2:]
    return rest_typed[1:] == rest_meant[1:] or swapped

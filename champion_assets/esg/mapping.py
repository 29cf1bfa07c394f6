"""What the columns of a provider's CSV files mean: a small YAML file beside them, declared once, never guessed.

What belongs here: the declaration and its checks. A score without a declared direction and scale is refused: risk
scores (lower is better) and ratings (higher is better) look alike, and mixing them turns a portfolio upside down.
"""

from __future__ import annotations

import datetime as dt
from fnmatch import fnmatch
from pathlib import PurePosixPath
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from champion_assets.nse.errors import BadPayload

Column = Literal[
    "isin",
    "symbol",
    "name",
    "score",
    "rating_date",
    "available_from",
    "period_end",
    "environment",
    "social",
    "governance",
    "category",
    "withdrawn",
]
PRODUCTS = ("ESG", "COMBINED", "CORE", "RISK", "TRANSITION")
"""In the order in which one of several of a provider is taken."""


class MappingError(BadPayload, ValueError):
    """A mapping that cannot be used; the message names the file and what to declare."""

    rule = "ESG"


class EsgMapping(BaseModel):
    """The meaning of a provider's files.

    Attributes:
        provider: its name, lower case; a new methodology is a new provider, nothing is spliced.
        product: which of its ratings.
        files: names of its files, `*` allowed.
        direction: whether a higher or a lower number is better.
        scale: least and largest number that the provider gives.
        open_ended: numbers beyond the scale exist and count as its end (risk scores).
        history: `point_in_time` if every row says when it was known; `snapshot` if the file is only how things stand on
            `as_of`.
        as_of: the day of a snapshot; its rows count from then on.
        look_ahead: let a snapshot count before its day, too. Every result that used it says so.
        columns: the file's column for each thing it has; an identifier and `score` are needed.
        date_format: of its dates, in Python's notation.
        publication_lag_days: where only `rating_date` is known, the days until it counts as published (SEBI: 45 days).
        bands: numbers that a category may have, to catch a file whose direction is not what was declared.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    provider: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    product: Literal["ESG", "COMBINED", "CORE", "RISK", "TRANSITION"] = "ESG"
    files: str
    direction: Literal["higher_better", "lower_better"]
    scale: tuple[float, float]
    open_ended: bool = False
    history: Literal["point_in_time", "snapshot"]
    as_of: dt.date | None = None
    look_ahead: bool = False
    columns: dict[Column, str]
    date_format: str = "%Y-%m-%d"
    publication_lag_days: int = Field(45, ge=0)
    bands: dict[str, tuple[float, float]] = {}

    @model_validator(mode="after")
    def _makes_sense(self) -> EsgMapping:
        if self.provider == "blend":
            raise ValueError(
                "provider: the name 'blend' is reserved for the mean of all providers; choose another name"
            )
        if not self.scale[0] < self.scale[1]:
            raise ValueError(
                f"scale: {list(self.scale)} does not rise; give the "
                f"lowest number first, and the better end in `direction`"
            )
        if "score" not in self.columns or not {"isin", "symbol", "name"} & self.columns.keys():
            raise ValueError("columns: `score` and one of `isin`, `symbol`, `name` are needed")
        if self.history == "snapshot" and self.as_of is None:
            raise ValueError(
                "as_of: a snapshot needs its day; it is not used before that day (unless look_ahead: true)"
            )
        if (
            self.history == "point_in_time"
            and not {"available_from", "rating_date", "period_end"} & self.columns.keys()
        ):
            raise ValueError(
                "columns: point_in_time needs `available_from`, "
                "`rating_date` or `period_end`; without one of them it is a snapshot"
            )
        if self.look_ahead and self.history != "snapshot":
            raise ValueError("look_ahead: only a snapshot can look ahead")
        return self

    def covers(self, name: str) -> bool:
        """Whether a file is one of the provider's.

        Args:
            name: name of the file.
        """
        return fnmatch(PurePosixPath(name).name, self.files)


def read_mapping(text: str, name: str) -> EsgMapping:
    """The mapping in a YAML file.

    Args:
        text: content of the file.
        name: name of the file, for errors.

    Raises:
        MappingError: the mapping is incomplete or invalid.
    """
    import yaml

    try:
        found = yaml.safe_load(text)
        return EsgMapping.model_validate(found)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, each['loc'])) or 'mapping'}: {each['msg']}" for each in error.errors()
        )
        raise MappingError(
            f"{name}: {problems}. Correct the mapping as in docs/esg.md; until then nothing of this provider is used"
        ) from error
    except (
        yaml.YAMLError,
        ValueError,
        RecursionError,
    ) as error:  # 2024-13-45 is a ValueError, a thousand brackets the last
        raise MappingError(f"{name}: not YAML ({error})") from error

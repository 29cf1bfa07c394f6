"""Which instruments may be held."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field, field_validator

from champion_assets.settings.fields import CONFIG, variables

Surveillance = dict[
    Literal[
        "gsm", "long_term_asm", "short_term_asm", "esm", "insolvency", "pledge", "loss_making", "leaves_derivatives"
    ],
    Annotated[int, Field(ge=0)],
]
"""By measure the least stage that keeps a name out."""


class UniverseSettings(BaseModel):
    """Which instruments may be held."""

    model_config = CONFIG

    universe_size: int = Field(
        500,
        ge=1,
        validation_alias=variables("UNIVERSE_SIZE"),
        description="Maximum number of securities in the universe, the highest traded value first.",
    )
    universe_min_price: float = Field(
        10.0, ge=0, validation_alias=variables("UNIVERSE_MIN_PRICE"), description="Minimum closing price, in rupees."
    )
    universe_min_turnover: float = Field(
        10_000_000.0,
        ge=0,
        validation_alias=variables("UNIVERSE_MIN_TURNOVER"),
        description="Minimum median traded value of 63 sessions, in rupees.",
    )
    universe_min_coverage: float = Field(
        0.95,
        gt=0,
        le=1,
        validation_alias=variables("UNIVERSE_MIN_COVERAGE"),
        description="Minimum share of the window's sessions on which the security traded.",
    )
    universe_warmup: int = Field(
        120,
        ge=2,
        validation_alias=variables("UNIVERSE_WARMUP"),
        description="Sessions of history before the first universe.",
    )
    universe_index: Literal["", "nifty50"] = Field(
        "",
        validation_alias=variables("UNIVERSE_INDEX"),
        description="Only members of this index on the day, by the "
        "exchange's PR bundle of that day; all shares if empty.",
    )
    universe_derivatives: Literal["any", "only", "without"] = Field(
        "any",
        validation_alias=variables("UNIVERSE_DERIVATIVES"),
        description="Stocks with derivatives only, or those without, by the exchange's files of the day.",
    )
    universe_surveillance: Surveillance = Field(
        default_factory=dict,
        validation_alias=variables("UNIVERSE_SURVEILLANCE"),
        description="Measures of surveillance that keep a name out, by the exchange's list of the day, each with the "
        "least stage that does, as `gsm,long_term_asm=2`; every stage where none is given.",
    )
    universe_in_doubt: Literal["leave_out", "keep"] = Field(
        "leave_out",
        validation_alias=variables("UNIVERSE_IN_DOUBT"),
        description="Names of which an action in the risk window is unread, unexplained or unconfirmed.",
    )
    sector_lists: Literal["known", "look_ahead"] = Field(
        "known",
        validation_alias=variables("SECTOR_LISTS"),
        description="Lists of industries that count: those known on the day, or, before the first, that one, too, "
        "which looks ahead and "
        "marks every figure.",
    )

    @field_validator("universe_surveillance", mode="before")
    @classmethod
    def _split_measures(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        parts = [each.partition("=") for each in value.split(",") if each.strip()]
        return {name.strip(): stage.strip() or 0 for name, _, stage in parts}

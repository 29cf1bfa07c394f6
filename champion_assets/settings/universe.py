"""Which instruments may be held."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from champion_assets.settings.fields import CONFIG, variables


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

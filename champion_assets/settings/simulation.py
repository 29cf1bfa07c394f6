"""What the backtest assumes: prices of fills, charges, cash."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from champion_assets.settings.fields import CONFIG, variables


class SimulationSettings(BaseModel):
    """What the backtest assumes: prices of fills, charges, cash."""

    model_config = CONFIG

    benchmark: str = Field(
        "Nifty 50",
        validation_alias=variables("BENCHMARK"),
        description="Index that the portfolio is compared with, by any of its names.",
    )
    initial_capital: float = Field(
        10_000_000.0,
        gt=0,
        validation_alias=variables("INITIAL_CAPITAL"),
        description="Value of the portfolio on its first day, in rupees.",
    )
    brokerage_bps: float = Field(
        0.0,
        ge=0,
        validation_alias=variables("BROKERAGE_BPS"),
        description="Brokerage in basis points of each fill's value, before GST.",
    )
    brokerage_max: float | None = Field(
        None, ge=0, validation_alias=variables("BROKERAGE_MAX"), description="Maximum brokerage per order, in rupees."
    )
    dp_charge: float = Field(
        13.5,
        ge=0,
        validation_alias=variables("DP_CHARGE"),
        description="Depository charge in rupees per security per day with a sale, before GST.",
    )
    slippage_bps: float = Field(
        5.0,
        ge=0,
        validation_alias=variables("SLIPPAGE_BPS"),
        description="Slippage in basis points on every fill: buys pay more, sales get less.",
    )
    impact: float = Field(
        0.0,
        ge=0,
        validation_alias=variables("IMPACT"),
        description="Price impact of a fill in daily volatilities at a whole day's volume; it grows with the square "
        "root of the share.",
    )
    fill: Literal["open", "vwap", "close"] = Field(
        "open", validation_alias=variables("FILL"), description="Price at which orders are filled in the next session."
    )
    whole_shares: bool = Field(
        default=True, validation_alias=variables("WHOLE_SHARES"), description="Orders are rounded to whole shares."
    )
    participation: float = Field(
        1.0,
        gt=0,
        le=1,
        validation_alias=variables("PARTICIPATION"),
        description="Maximum share of the session's volume that one fill takes.",
    )
    unfilled: Literal["cancel", "carry"] = Field(
        "cancel",
        validation_alias=variables("UNFILLED"),
        description="What happens to the unfilled rest of an order: cancelled, or tried again.",
    )
    rights: Literal["renounce", "subscribe"] = Field(
        "renounce",
        validation_alias=variables("RIGHTS"),
        description="Whether rights entitlements are sold at their theoretical value or subscribed.",
    )
    cash_rate: float | None = Field(
        None, ge=0, validation_alias=variables("CASH_RATE"),
        description="Annual interest rate on cash, compounded. Default: the overnight rate less CASH_SPREAD.",
    )  # fmt: skip
    cash_spread: float = Field(
        0.005,
        ge=0,
        validation_alias=variables("CASH_SPREAD"),
        description="Annual spread by which cash earns less than the overnight rate.",
    )
    usable_proceeds: Literal["same_day", "settled"] = Field(
        "same_day",
        validation_alias=variables("USABLE_PROCEEDS"),
        description="When the proceeds of a sale can be spent.",
    )
    delisted_after: int = Field(
        250,
        ge=1,
        validation_alias=variables("DELISTED_AFTER"),
        description="Sessions without a trade after which a holding of which no ending is known is written down to "
        "DELISTING_RECOVERY.",
    )
    tax: Literal["none", "resident"] = Field(
        "none",
        validation_alias=variables("TAX"),
        description="Capital gains tax beside the figures before tax: "
        "none, or that of an individual who is resident in India.",
    )
    delisting_recovery: float = Field(
        1.0,
        ge=0,
        le=1,
        validation_alias=variables("DELISTING_RECOVERY"),
        description="Share of its last value that such a holding keeps; 1 keeps the last price. The tear sheet "
        "tells the figures for 0.",
    )

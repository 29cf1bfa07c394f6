"""Which days there are, and how a range of them is run."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, Field, field_validator

from champion_assets.settings.fields import BLANK_IS_NONE, CONFIG, variables


class HistorySettings(BaseModel):
    """Which days there are, and how a range of them is run."""

    model_config = CONFIG

    start_date: dt.date = Field(
        dt.date(2016, 1, 1), validation_alias=variables("CHAMPION_START_DATE", "START_DATE"),
        description="First day of the history: no window reaches before it, and the portfolio begins here.",
    )  # fmt: skip
    end_date: Annotated[dt.date | None, BLANK_IS_NONE] = Field(
        None, validation_alias=variables("CHAMPION_END_DATE", "END_DATE"),
        description="Last day of a finished history: later days are neither requested nor overdue.",
    )  # fmt: skip
    partitions_per_run: int = Field(
        0,
        ge=0,
        validation_alias=variables("CHAMPION_PARTITIONS_PER_RUN"),
        description="Days a run of a backfill from the web page takes, "
        "to spread it over workers; 0: all of them in one run.",
    )
    executor: Literal["in_process", "kubernetes"] = Field(
        "in_process",
        validation_alias=variables("CHAMPION_EXECUTOR"),
        description="Where the assets of a run are built: in the "
        "run's process, or each in a Kubernetes pod of its own.",
    )

    @field_validator("start_date")
    @classmethod
    def _not_before_the_exchange(cls, value: dt.date) -> dt.date:
        if value < dt.date(1994, 11, 3):
            raise ValueError("NSE's first session was 1994-11-03")
        return value

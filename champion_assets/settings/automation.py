"""Sensors, times, alarms."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field, SecretStr

from champion_assets.settings.fields import BLANK_IS_NONE, CONFIG, variables


class AutomationSettings(BaseModel):
    """Sensors, times, alarms."""

    model_config = CONFIG

    clock: Annotated[Path | None, BLANK_IS_NONE] = Field(
        None,
        validation_alias=variables("CHAMPION_CLOCK"),
        description="File with an ISO instant that is used as the present time, for rehearsals.",
    )
    automation: Literal["off", "on"] = Field(
        "off",
        validation_alias=variables("CHAMPION_AUTOMATION"),
        description="Whether sensors and schedules are switched on as they are deployed.",
    )
    sensor_seconds: int = Field(
        60,
        ge=1,
        validation_alias=variables("CHAMPION_SENSOR_SECONDS"),
        description="Minimum seconds between two evaluations of a sensor.",
    )
    published_at: dt.time = Field(
        dt.time(18, 0),
        validation_alias=variables("CHAMPION_PUBLISHED_AT"),
        description="Time in India from which the files of the day are looked for.",
    )
    late_at: dt.time = Field(
        dt.time(20, 30),
        validation_alias=variables("CHAMPION_LATE_AT"),
        description="Time in India from which a missing file is late.",
    )
    republish_seconds: int = Field(
        3600, ge=1, validation_alias=variables("CHAMPION_REPUBLISH_SECONDS"),
        description="Minimum time between two checks of the files of a past session.",
    )  # fmt: skip
    alarm_webhook: SecretStr | None = Field(
        None,
        validation_alias=variables("CHAMPION_ALARM_WEBHOOK"),
        description="URL that alarms are posted to, as JSON with title and text.",
    )
    alarm_email: str | None = Field(
        None, validation_alias=variables("CHAMPION_ALARM_EMAIL"), description="E-mail address that alarms are sent to."
    )
    smtp_url: SecretStr | None = Field(
        None,
        validation_alias=variables("CHAMPION_SMTP_URL"),
        description="Mail server for alarms: smtp[s]://[user:password@]host[:port].",
    )

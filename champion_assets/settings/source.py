"""Where the files come from, and what a person adds to them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, Field, field_validator

from champion_assets.common.address import Address
from champion_assets.nse.names import ARCHIVE
from champion_assets.settings.fields import BLANK_IS_NONE, CONFIG, variables, without_keys

ArchiveFile = Literal[
    "bulk",
    "block",
    "shortselling",
    "REG1_IND",
    "fao_participant_oi",
    "CM_52_wk_High_low",
    "sec_list",
    "series_change",
    "CMVOLT",
    "derivatives",
]
"""Kinds of `nse/archive_lists.py`, and the bhavcopy of the derivatives."""


class SourceSettings(BaseModel):
    """Where the files come from, and what a person adds to them."""

    model_config = CONFIG

    source: Address = Field(
        Address(ARCHIVE),
        validation_alias=variables("CHAMPION_SOURCE"),
        description="Where NSE's files come from: a folder, an s3:// prefix, or the base URL of an archive server; "
        "user, password and "
        "query of a URL are never shown.",
    )
    archive_files: tuple[ArchiveFile, ...] = Field(
        (),
        validation_alias=variables("CHAMPION_ARCHIVE_FILES"),
        description="Daily files beside the prices that an archive server is asked for, one request per day each, "
        "separated by commas; `all` for all of them. A folder or bucket is searched for them anyway.",
    )
    calendar: Annotated[Path | None, BLANK_IS_NONE] = Field(
        None,
        validation_alias=variables("CHAMPION_CALENDAR"),
        description="CSV of calendar days that override the packaged ones.",
    )
    identity_overrides: Annotated[Path | None, BLANK_IS_NONE] = Field(
        None,
        validation_alias=variables("CHAMPION_IDENTITY"),
        description="CSV of date,symbol,old_symbol,why,evidence: which symbol is (not) the same instrument as which.",
    )
    action_overrides: Annotated[Path | None, BLANK_IS_NONE] = Field(
        None,
        validation_alias=variables("CHAMPION_CORPORATE_ACTIONS"),
        description="CSV of corporate actions that the feeds lack or have wrong, see docs/runbook.md.",
    )
    check_overrides: Annotated[Path | None, BLANK_IS_NONE] = Field(
        None,
        validation_alias=variables("CHAMPION_CHECKS"),
        description="CSV of date,check,why,evidence: failed checks that do not count, see docs/runbook.md.",
    )
    rates: Annotated[Path | None, BLANK_IS_NONE] = Field(
        None,
        validation_alias=variables("CHAMPION_RATES"),
        description="CSV of first,last,percent,why: overnight rates a year that win over those of NSE's index and "
        "of the packaged table.",
    )
    endings: Annotated[Path | None, BLANK_IS_NONE] = Field(
        None,
        validation_alias=variables("CHAMPION_ENDINGS"),
        description="CSV of how listings ended (mergers, delistings), see "
        "docs/runbook.md; its lines win over the packaged ones.",
    )
    esg_folder: Annotated[Path | None, BLANK_IS_NONE] = Field(
        None,
        validation_alias=variables("CHAMPION_ESG"),
        description="Folder of ESG files with a mapping (YAML) for each provider, see docs/esg.md.",
    )
    esg_stale_days: int = Field(
        548,
        ge=1,
        validation_alias=variables("ESG_STALE_DAYS"),
        description="Days after which a rating no longer counts.",
    )
    http_connections: int = Field(
        4, ge=1, le=16, validation_alias=variables("CHAMPION_HTTP_CONNECTIONS"),
        description="Most requests under way at once; they still begin `http_interval_seconds` apart.",
    )  # fmt: skip
    http_interval_seconds: float = Field(
        1.5,
        ge=0,
        validation_alias=variables("CHAMPION_HTTP_INTERVAL_SECONDS"),
        description="Least time between two requests.",
    )
    retry_delay_scale: float = Field(
        1.0,
        ge=0,
        validation_alias=variables("CHAMPION_RETRY_DELAY_SCALE"),
        description="Factor on all retry delays; 0 in tests.",
    )

    @field_validator("source")
    @classmethod
    def _source_has_no_keys(cls, value: Address) -> Address:
        return without_keys(value) if value.startswith("s3:") else value

    @field_validator("archive_files", mode="before")
    @classmethod
    def _split_files(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return (
            get_args(ArchiveFile)
            if value.strip() == "all"
            else [part.strip() for part in value.split(",") if part.strip()]
        )

"""What `champion doctor` says of one part, and how bad it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "note", "warning", "error"]


LEVELS: tuple[Level, ...] = ("ok", "note", "warning", "error")


@dataclass(frozen=True)
class Finding:
    """Something that was looked at: of which part, how it is, and what to do next (empty if nothing)."""

    part: str
    level: Level
    says: str
    do: str = ""

"""What an object of the lake says about itself, in the footer of its Parquet file.

What belongs here: the facts, and reading them from an object's last bytes.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

FOOTER_BYTES = 32 * 1024
"""An object's last bytes, in which its footer usually lies whole."""
METADATA_KEY = "champion"


@dataclass(frozen=True)
class ObjectInfo:
    """What an object's footer says about itself: see `lake.table` for how `fingerprint` and `recipe` are made."""

    fingerprint: str
    code_version: str
    rows: int
    inputs: dict[str, Any] = field(default_factory=dict)
    recipe: str = ""

    def to_json(self) -> str:
        """One line, keys sorted, so equal facts give equal bytes."""
        return json.dumps(self.__dict__, sort_keys=True, separators=(",", ":"))


def info_in(tail: bytes) -> ObjectInfo | None:
    """The facts in an object's last bytes; None if they are not the end of a Parquet object of ours, or not all of its footer."""
    if not tail.endswith(b"PAR1"):
        return None
    try:
        text = pl.read_parquet_metadata(io.BytesIO(tail)).get(METADATA_KEY)
    except pl.exceptions.PolarsError:
        return None
    return None if text is None else ObjectInfo(**json.loads(text))


def info_of_file(path: Path) -> tuple[ObjectInfo, int] | None:
    """The facts in a file and its size, or None if it is gone or its footer is longer than the look."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, io.SEEK_END)
            file.seek(max(0, size - FOOTER_BYTES))
            info = info_in(file.read())
    except FileNotFoundError:
        return None
    return None if info is None else (info, size)

"""The boundary for outside files: every reader is called through `read_outside`, which ends in a value or a refusal.

What belongs here: the bound on the size of a file before it is parsed, and the turn of whatever a reader meets into
a `BadPayload` that names the file. What does not: containers (`container.py`), formats, and what becomes of a refused
file (`raw/`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

import polars as pl

from champion_assets.nse.errors import BadPayload, OversizedPayload, ReaderFailed

MAX_FILE_BYTES = 64 * 1024 * 1024
"""The largest file that is parsed, as received. The largest genuine one, an export of twenty years, is below 10 MB."""

T = TypeVar("T")
_log = logging.getLogger(__name__)


def read_outside(read: Callable[[bytes, str], T], body: bytes, name: str, *, limit: int = MAX_FILE_BYTES) -> T:
    """What `read` makes of an outside file.

    Args:
        read: a reader; takes the bytes as received and what to call the file in errors.
        body: the bytes as received.
        name: how to call the file.
        limit: bytes; a larger file is refused before `read` sees it.

    Raises:
        BadPayload: the file is refused. A reader's own refusal passes through. Anything else that it raises is a
            defect of the reader: it becomes `ReaderFailed` and is logged with its traceback, so that one file never
            ends a range.

    Example:
        >>> read_outside(lambda body, _: body.decode(), b"abc", "x.csv")
        'abc'
    """
    if len(body) > limit:
        raise OversizedPayload(
            f"{name}: {len(body)} bytes, at most {limit} are read; this is too large for a file of this kind"
        )
    try:
        return read(body, name)
    except BadPayload:
        raise
    except (Exception, pl.exceptions.PanicException) as error:  # a panic of Polars is no Exception
        _log.exception("the reader failed on %s", name)
        words = (str(error).splitlines() or [""])[0][:200]
        raise ReaderFailed(f"{name}: the reader failed on this file ({type(error).__name__}: {words})") from error

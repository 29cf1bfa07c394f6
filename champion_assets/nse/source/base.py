"""The contract of a source of files.

What belongs here: the interface and the record of a fetch. Each kind of source has its own module.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from champion_assets.nse.errors import BadPayload
from champion_assets.nse.names import NamedFile

Candidates = Callable[[dt.date], tuple[NamedFile, ...]]


@dataclass(frozen=True)
class Fetched:
    """Bytes with their provenance.

    The name NSE gives the file and the full address (member included) they were read from.

    `modified` is the day (in India) since which a register lies in a folder or a bucket as it is; None where nobody
    knows. `problem` says why a register that is there cannot be had; its body is empty then.
    """

    name: str
    uri: str
    body: bytes
    modified: dt.date | None = None
    problem: BadPayload | None = None

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the body in hexadecimal; a register is asked for it once per session that it serves."""
        return hashlib.sha256(self.body).hexdigest()


class Source(Protocol):
    """Something that holds NSE's files."""

    def fetch(self, dates: Sequence[dt.date], candidates: Candidates) -> Iterator[tuple[dt.date, Fetched | Exception]]:
        """For each date, in any order, the first of its candidate files that exists, or why there is none.

        A yielded exception is one of `nse.errors`; a file that does not exist is `NotYetPublished`.
        """
        ...

    def registers(self, pattern: re.Pattern[str], files: Sequence[NamedFile]) -> list[Fetched]:
        """Files that are not of one day, such as the register of symbol changes.

        A folder or bucket gives every different file whose lower-case name matches `pattern`, in order of names; a
        server those of `files` that exist. One that is broken or too large comes with its `problem`, so that the others
        serve.

        Raises:
            NseError: one of its subclasses, if the source as a whole does not answer.
        """
        ...

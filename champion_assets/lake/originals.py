"""Original files: kept byte for byte under their SHA-256, verified when they are read again, with notes about them.

What belongs here: bytes and notes. Their folders begin with `_`, which programs that clean up a Delta table leave
alone. What does not: which files a table wants and what it accepts (`raw/`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from champion_assets.lake.errors import CorruptObject
from champion_assets.lake.store import Lake


def file_key(table: str, sha256: str) -> str:
    """The lake key of the bytes with this hash."""
    return f"{table}/_files/{sha256[:2]}/{sha256}"


def note_key(table: str, name: str) -> str:
    """The lake key of a note of a raw table."""
    return f"{table}/_notes/{name}"


@dataclass(frozen=True)
class Originals:
    """The original files of a raw table, to be read."""

    lake: Lake
    table: str

    def read(self, sha256: str, name: str) -> bytes:
        """The bytes with this hash, verified; `name` is for the message.

        Raises:
            CorruptObject: the lake has lost or damaged them.
        """
        key = file_key(self.table, sha256)
        body = self.lake.get(key)
        if body is None or hashlib.sha256(body).hexdigest() != sha256:
            state = "is gone" if body is None else "is damaged"
            raise CorruptObject(
                f"{name}: its copy {key} in the lake {state}; delete it and materialize {self.table} again"
            )
        return body

    def has(self, sha256: str) -> bool:
        """True if there are bytes under this hash."""
        return self.lake.exists(file_key(self.table, sha256))

    def note(self, name: str) -> bytes | None:
        """What the table noted under `name`, such as the order of receipt."""
        return self.lake.get(note_key(self.table, name))


@dataclass(frozen=True)
class OwnOriginals(Originals):
    """The original files of a raw table as the table itself has them: to be added to, never to be changed."""

    def keep(self, body: bytes) -> str:
        """Store the bytes if they are new; returns their hash."""
        sha256 = hashlib.sha256(body).hexdigest()
        if not self.has(sha256):
            self.lake.put(file_key(self.table, sha256), body)
        return sha256

    def put(self, body: bytes) -> str:
        """Store the bytes, over whatever lies there; returns their hash."""
        sha256 = hashlib.sha256(body).hexdigest()
        self.lake.put(file_key(self.table, sha256), body)
        return sha256

    def update_note(self, name: str, change: Callable[[bytes | None], bytes]) -> None:
        """Change a note although others may change it at the same time."""
        self.lake.update(note_key(self.table, name), change)

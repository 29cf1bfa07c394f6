"""Whether the DuckDB file is still the one that a load left, so that its own notes can be believed.

What belongs here: remembering files by inode, time and size, as Git does. What does not: what is believed
(`duckdb.py`).

To confirm a day its rows are summed up in the file, which takes seconds on years of them. A file that a load compared
with the lake and that nobody has written to since need not be summed up again: `meta.loads` says what was compared.
The seal, a small file beside it, names such files: the one in force and its spare. Whatever else writes to one changes
its time, and it is summed up as before.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Collection, Sequence
from pathlib import Path

from champion_assets.warehouse.duckdb_file import log_of


def identity(path: Path) -> str:
    """What changes when somebody writes to a file, and stays when it is renamed."""
    found = path.stat()
    return f"{found.st_ino}-{found.st_mtime_ns}-{found.st_size}"


def sealed(path: Path, columns: Sequence[str]) -> frozenset[str]:
    """The files that were compared with the lake, by `identity`.

    Args:
        path: the file that people read.
        columns: of each table, as `CREATE TABLE` has them; a seal of other columns seals nothing.
    """
    try:
        said = json.loads(_place(path).read_bytes())
    except (FileNotFoundError, ValueError):  # none yet, or a machine that went down while it was written
        return frozenset()
    return frozenset(said["files"]) if said["columns"] == _digest(columns) else frozenset()


def is_sealed(path: Path, columns: Sequence[str]) -> bool:
    """True if nobody has written to the file in force since it was compared."""
    return not log_of(path).exists() and identity(path) in sealed(path, columns)


def seal(path: Path, columns: Sequence[str], files: Collection[str]) -> None:
    """Note that `files`, each an `identity`, were compared with the lake, and no others."""
    body = json.dumps({"columns": _digest(columns), "files": sorted(files)})
    work = _place(path).with_suffix(f".{os.getpid()}")
    work.write_text(body, encoding="utf-8")
    work.replace(_place(path))


def _place(path: Path) -> Path:
    return path.with_suffix(".sealed")


def _digest(columns: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(columns).encode()).hexdigest()

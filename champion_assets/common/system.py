"""What only some operating systems have: locks on files, and the peak memory of this process.

What belongs here: every use of `fcntl` and `resource`, so that importing Champion fails nowhere. Linux is supported;
macOS has the same calls. On Windows the package can be imported, and what needs a lock is refused.
"""

from __future__ import annotations

import sys
from typing import IO, Any

from champion_assets.common.errors import ChampionError

try:
    import fcntl
    import resource
except ImportError:  # Windows
    IS_POSIX = False
else:
    IS_POSIX = True


class SystemNotSupported(ChampionError, OSError):
    """The operating system lacks what was asked for; the message says what."""


def lock(file: IO[Any]) -> None:
    """Lock an open file for this process alone; waits for whoever has it. The system frees it when the file is closed.

    Args:
        file: open for writing.

    Raises:
        SystemNotSupported: there are no such locks here.
    """
    if not IS_POSIX:
        raise SystemNotSupported(
            "Champion writes lakes on Linux and macOS only: this system has no file locks of that kind"
        )
    fcntl.flock(file, fcntl.LOCK_EX)


def peak_megabytes() -> float:
    """The most memory that this process has had at once, in MiB; 0 where the system does not say."""
    if not IS_POSIX:
        return 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)

"""Whether a process of this machine still lives.

What belongs here: telling a process from another that got its number later. What does not: what follows from its death.
"""

from __future__ import annotations

import os
from pathlib import Path


def started(process: int) -> str:
    """The start time of a process, in the kernel's ticks. Without /proc, only whether it exists.

    Args:
        process: process id.

    Returns:
        The time as text; empty if the process does not exist.
    """
    stat = Path(f"/proc/{process}/stat")
    if stat.exists():
        return stat.read_text().rsplit(")", 1)[1].split()[19]
    if Path("/proc/self").exists():
        return ""
    try:
        os.kill(process, 0)
    except OSError:
        return ""
    return "exists"

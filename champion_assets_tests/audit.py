"""Known weaknesses of the pinned packages (pip-audit): `make audit`.

Fails if a pinned version has a known weakness that `ACCEPTED` does not name. Where no advisory service can be reached
nothing is known; that is said, and is no failure.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
ACCEPTED: dict[str, str] = {}
"""Advisory: why it does not matter here."""
UNREACHABLE = (
    "ConnectionError",
    "Max retries exceeded",
    "Failed to establish a new connection",
    "ServiceError",
    "timed out",
)


def main() -> int:
    """Ask, print, and return the exit code."""
    command = [
        sys.executable,
        "-m",
        "pip_audit",
        "--requirement",
        str(ROOT / "requirements-dev.lock"),
        "--no-deps",
        "--disable-pip",
        "--format",
        "json",
        "--progress-spinner",
        "off",
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    if not done.stdout.startswith("{"):
        if any(word in done.stderr for word in UNREACHABLE):
            print("audit: no advisory service can be reached from here; nothing is known about the pinned packages")  # noqa: T201
            return 0
        print(done.stderr, file=sys.stderr)  # noqa: T201
        return 1
    listed = json.loads(done.stdout)["dependencies"]
    known = [each for each in listed if "skip_reason" not in each]  # what the service does not know is skipped
    if not known:
        print(f"audit: the advisory service knows none of {len(listed)} pinned packages; nothing is known about them")  # noqa: T201
        return 0
    found = [(each["name"], each["version"], weakness["id"]) for each in known for weakness in each.get("vulns", ())]
    open_ones = [each for each in found if each[2] not in ACCEPTED]
    for name, version, advisory in open_ones:
        print(f"audit: {name} {version} has {advisory}")  # noqa: T201
    print(  # noqa: T201
        f"audit: {len(known)} of {len(listed)} packages, {len(found)} known weaknesses, {len(open_ones)} "
        f"of them not accepted"
    )
    return 1 if open_ones else 0


if __name__ == "__main__":
    sys.exit(main())

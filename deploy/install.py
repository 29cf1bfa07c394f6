"""Install a lock into the environment whose Python runs this, with every hash checked.

uv does it in a third of pip's time, so pip installs the pinned uv first and uv the rest. uv does not read pip's
configuration; where packages come from is handed on to it. If uv cannot be had or cannot do it, pip does, and says why.

    .venv/bin/python deploy/install.py requirements.lock
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
PIP = (sys.executable, "-m", "pip")
FOR_UV = {
    "index-url": ("UV_DEFAULT_INDEX", " "),
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "trusted-host": ("UV_INSECURE_HOST", " "),
    "cert": ("SSL_CERT_FILE", " "),
    "proxy": ("ALL_PROXY", " "),
    "no-index": ("UV_NO_INDEX", " "),
    "timeout": ("UV_HTTP_TIMEOUT", " "),
    "default-timeout": ("UV_HTTP_TIMEOUT", " "),
}
"""A setting of pip, the variable of uv that means the same, and what stands between several values.

Constraints are left out: every version is pinned, and uv refuses them beside hashes."""


def pinned(lock: str, name: str) -> str:
    """The lines of one package in a lock, its hashes included.

    Args:
        lock: The text of the lock.
        name: The package as the lock spells it.

    Returns:
        The package's requirement over one or more lines; empty if the lock does not have it.
    """
    found: list[str] = []
    for line in lock.splitlines():
        if line.startswith(f"{name}==") or (found and found[-1].endswith("\\")):
            found.append(line)
    return "\n".join(found)


def settings_of_uv(told: str, environment: Mapping[str, str]) -> dict[str, str]:
    """What pip is configured with, as variables for uv.

    Args:
        told: What `pip config list` prints.
        environment: The variables in force; those of uv that are set stay as they are.

    Returns:
        The variables to add.
    """
    values: dict[str, str] = {}
    for section in ("global", "install", ":env:"):  # the later one wins, as in pip
        for line in told.splitlines():
            key, _, value = line.partition("=")
            if key.startswith(f"{section}."):
                values[key.removeprefix(f"{section}.")] = str(ast.literal_eval(value))
    # pip looks at all indexes as one; what is installed is what the hashes say, whichever of them has it
    found = {"UV_INDEX_STRATEGY": "unsafe-best-match"}
    found |= {FOR_UV[key][0]: FOR_UV[key][1].join(value.split()) for key, value in values.items() if key in FOR_UV}
    return {name: value for name, value in found.items() if name not in environment}


def _with_uv(lock: Path) -> str:
    """Install `lock` with uv; returns why not if that fails."""
    with tempfile.TemporaryDirectory() as folder:
        only_uv = Path(folder, "uv.txt")
        only_uv.write_text(pinned(lock.read_text(), "uv"))
        if subprocess.run([*PIP, "install", "--quiet", "--require-hashes", "-r", only_uv], check=False).returncode:
            return "pip could not install uv"
    told = subprocess.run([*PIP, "config", "list"], check=True, capture_output=True, text=True).stdout
    command = [
        sys.executable,
        "-m",
        "uv",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--require-hashes",
        "--python",
        sys.executable,
        "-r",
        lock,
    ]
    done = subprocess.run(command, check=False, env={**os.environ, **settings_of_uv(told, os.environ)})
    return f"uv ended with {done.returncode}" if done.returncode else ""


def main(name: str) -> int:
    """Install the lock called `name`, which lies in the project's root.

    Returns:
        The exit code: that of pip if it had to do it, else 0.
    """
    lock = ROOT / name
    count = len(re.findall(r"^\S+==", lock.read_text(), re.MULTILINE))
    print(f"installing the {count} packages of {name}", file=sys.stderr)
    if why := _with_uv(lock):
        print(f"{why}; pip installs the packages instead, which takes longer", file=sys.stderr)
        return subprocess.run([*PIP, "install", "--quiet", "--require-hashes", "-r", lock], check=False).returncode
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

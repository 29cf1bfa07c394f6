"""Pandera without pandas, for the processes of the `champion` command.

What belongs here: that Pandera takes the way that it has for machines without pandas. It imports pandas where it finds
it, MLflow brings it, and nothing of Champion uses it: a third of a CPU second and 70 MB in each command. Only our own
command does this: in a process that belongs to somebody else, such as a notebook, Pandera is what its owner expects.
All others can import pandas as ever.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from types import ModuleType


def hide_pandas_from_pandera() -> None:
    """Let Pandera do without pandas in this process, unless one of the two was imported already."""
    if not {"pandas", "pandera"} & sys.modules.keys() and not any(
        isinstance(each, _HidesPandas) for each in sys.meta_path
    ):
        sys.meta_path.insert(0, _HidesPandas())


class _HidesPandas(MetaPathFinder):
    """Says to Pandera what Python says of a package that is not installed: Pandera looks at these words."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        del path, target
        if fullname == "pandas" and _importer().partition(".")[0] == "pandera":
            raise ModuleNotFoundError("No module named 'pandas'", name="pandas")


def _importer() -> str:
    """The module whose import statement is being run."""
    frame = inspect.currentframe()
    while frame is not None and (
        frame.f_globals.get("__name__") == __name__ or "importlib._bootstrap" in frame.f_code.co_filename
    ):
        frame = frame.f_back
    return "" if frame is None else str(frame.f_globals.get("__name__", ""))

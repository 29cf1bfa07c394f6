"""Packages that other packages import only because they are there, kept out of the `champion` command's processes.

What belongs here: which importer does without which package. Pandera, for one, imports pandas and Hypothesis where it
finds them, and nothing of Champion uses either there: half a CPU second and 70 MB in each command. Each of these
importers has a way for machines without the package, and takes it. Only our own command does this: in a process that
belongs to somebody else, such as a notebook, they are what its owner expects. All other importers get the packages as
ever.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from types import ModuleType

_HIDDEN = {
    "pandas": ("pandera",),
    "hypothesis": ("pandera",),  # only to generate examples
    "pygments": ("mako",),  # colours in pages of errors that nobody makes; Alembic brings Mako
    "rich.traceback": ("structlog",),  # colours on a console; our log is a file
}
"""Modules by name, and the packages that do without them."""


def hide_optional_packages() -> None:
    """Let the importers named above do without, in this process.

    A module that was imported already stays.
    """
    if not any(isinstance(each, _Hides) for each in sys.meta_path):
        sys.meta_path.insert(0, _Hides())


class _Hides(MetaPathFinder):
    """Says what Python says of a package that is not installed: the importers look at these words."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        del path, target
        if fullname in _HIDDEN and _importer().partition(".")[0] in _HIDDEN[fullname]:
            raise ModuleNotFoundError(f"No module named '{fullname}'", name=fullname)


def _importer() -> str:
    """The module whose import statement is being run."""
    frame = inspect.currentframe()
    while frame is not None and (
        frame.f_globals.get("__name__") == __name__ or "importlib._bootstrap" in frame.f_code.co_filename
    ):
        frame = frame.f_back
    return "" if frame is None else str(frame.f_globals.get("__name__", ""))

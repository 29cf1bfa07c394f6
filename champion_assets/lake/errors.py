"""What a lake says when it cannot give or take what it should, and why a day cannot be built.

What belongs here: every error of storing and building. What does not: errors of a source of files (`nse/errors.py`).
"""

from __future__ import annotations

from champion_assets.common.errors import ChampionError


class CorruptObject(ChampionError):
    """An object in the lake cannot be read as what it should be."""


class NoSuchVersion(ChampionError):
    """A table has no such version, or it was pruned."""


class DayChanged(ChampionError):
    """Another writer changed days between the look at them and the commit; look again."""


class CacheUnusable(ChampionError, OSError):
    """A copy of an object cannot be kept on this machine.

    Never a FileNotFoundError, which would say that the lake has no such object.
    """


class LakeRefused(ChampionError):
    """The bucket is absent or the keys are wrong; the message says which setting to look at."""


class LakeUnreachable(ChampionError, ConnectionError):
    """Nobody answers at the lake's endpoint; trying again may help."""


class BuildError(ChampionError):
    """A day could not be built for a reason that a repetition will not cure."""


class MissingInput(BuildError):
    """A day needs days of other tables (or its own past) that the lake does not have."""


class InvalidRows(BuildError):
    """Computed rows break the table's schema; nothing was written for the day."""


class BlockedByCheck(BuildError):
    """A check of the day failed that stops it here; the message names the check and how to override it."""


class UndeclaredInput(BuildError):
    """A computation asked for what its table does not declare; the message names the table and what to declare."""

"""What a lake says when it cannot give or take what it should."""

from __future__ import annotations

from champion_assets.common.errors import ChampionError


class CorruptObject(ChampionError):
    """An object in the lake cannot be read as what it should be."""


class CacheUnusable(ChampionError, OSError):
    """A copy of an object cannot be kept on this machine. Never a FileNotFoundError, which would say that the lake has no such object."""


class LakeRefused(ChampionError):
    """The bucket is absent or the keys are wrong; the message says which setting to look at."""


class LakeUnreachable(ChampionError, ConnectionError):
    """Nobody answers at the lake's endpoint; trying again may help."""

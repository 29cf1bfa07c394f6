"""The root of every error that Champion raises on purpose.

What belongs here: the root, and the errors of no single part: a wrong setting, a request that cannot be met. Every
other error class stands in the module or package whose work it reports, derives from `ChampionError`, and keeps a
built-in class as second base where callers catch that. The message of an error is for people: what is wrong, and what
to do about it.
"""

from __future__ import annotations


class ChampionError(Exception):
    """Root of every error raised on purpose; `except ChampionError` catches all of ours and nothing else."""

    def __str__(self) -> str:
        """The message. `KeyError` as a second base would put it in quotes."""
        return Exception.__str__(self)


class ConfigurationError(ChampionError, ValueError):
    """A setting is unknown or its value is wrong. One sentence for each fault, a line each."""


class RequestError(ChampionError, ValueError):
    """What was asked for cannot be done, such as a range of days that ends before it begins."""


class NothingStored(ChampionError, LookupError):
    """The lake does not hold what was asked for; the message says how to build it."""


class HelperUnavailable(ChampionError):
    """An optional helper beside the lake (DuckDB, ClickHouse, MLflow) cannot be asked, or will not take what it should.

    The data are built all the same. The message says which helper, why, and what to do; the next run catches it up.
    """


class FolderAbsent(ChampionError, NotADirectoryError):
    """A folder that a setting names does not exist; the message names the setting."""

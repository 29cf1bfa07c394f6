"""Errors of the research API.

What belongs here: the errors that only a notebook meets. What does not: those of the lake (`lake/errors.py`) and of the
calendar.
"""

from __future__ import annotations

from champion_assets.common.errors import ChampionError, NothingStored, RequestError


class NoLake(NothingStored):
    """There is no lake where the settings say; the message names the folder and the setting."""


class NotBuilt(NothingStored):
    """Requested days are missing from the lake; the message lists them with the command that builds them."""


class NotASession(RequestError):
    """The market was closed on all requested days; the message names the reason and the nearest sessions."""


class UnknownTable(ChampionError, KeyError):
    """There is no table of this name."""


class UnknownSymbol(ChampionError, LookupError):
    """No instrument has had this symbol; the message names similar ones."""


class NotCovered(ChampionError, LookupError):
    """Adjusted prices were requested across sessions without a source of corporate actions."""


class DoubtfulPrices(ChampionError, LookupError):
    """Adjusted prices are in doubt; the message names symbols, sessions, reasons and what settles them."""

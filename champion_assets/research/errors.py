"""What the research API refuses, and what it cannot find.

What belongs here: the errors that only a notebook meets. What does not: those of the lake (`lake/errors.py`) and of the
calendar.
"""

from __future__ import annotations

from champion_assets.common.errors import ChampionError, NothingStored, RequestError


class NoLake(NothingStored):
    """There is no lake where the settings say; the message names the folder and the setting."""


class NotBuilt(NothingStored):
    """The lake lacks days of what was asked for; the message lists them with the command that builds them."""


class NotASession(RequestError):
    """The market was closed on the day, or on all days of the range; the message says why, and when it was open."""


class UnknownTable(ChampionError, KeyError):
    """There is no table of this name."""


class UnknownSymbol(ChampionError, LookupError):
    """No instrument has had this symbol; the message names the nearest ones."""


class NotCovered(ChampionError, LookupError):
    """Adjusted prices were asked for over sessions for which no source of corporate actions was read."""


class DoubtfulPrices(ChampionError, LookupError):
    """Adjusted prices rest on what nobody knows; the message names symbols, sessions, reasons and what settles them."""

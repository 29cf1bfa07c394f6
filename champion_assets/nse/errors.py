"""Every way in which a file of the exchange can fail to be what was asked for, one exception each.

What belongs here: exceptions only. Each message names the file and says what to do. `retryable` tells the stages
whether the same request may succeed later without anybody doing anything, `stops_source` that nothing more may be
asked.
"""

from __future__ import annotations

from champion_assets.common.errors import ChampionError


class NseError(ChampionError):
    """Base of everything that can go wrong between the exchange and a parsed table."""

    retryable = False
    stops_source = False


class NotYetPublished(NseError):
    """The day is a session and its file does not exist (yet) at the source."""


class Holiday(NseError):
    """The exchange is closed that day; there is nothing to ask for."""


class Blocked(NseError):
    """The server refuses this client (403, 429 for long). Wait, or use a folder of files; never work around it."""

    stops_source = True


class Redirected(NseError):
    """The server redirects to another host or scheme, or in a loop.

    The redirect is not followed, because the settings do not name that host.
    """


class Unreachable(NseError):
    """Time-out, reset connection, 5xx: nothing wrong with the request, try again.

    `retry_after` is what the server asks for, seconds.
    """

    retryable = True
    retry_after: float | None = None


class BadPayload(NseError):
    """The bytes are not the file that was asked for. Nothing was stored. `rule` is its number in the check table."""

    rule = "B1"


class EmptyPayload(BadPayload):
    """The file is empty, or has a header and no rows."""


class HtmlPayload(BadPayload):
    """The bytes are an HTML page, not the file."""


class XlsxPayload(BadPayload):
    """The bytes are an Excel workbook, not the file."""


class TruncatedPayload(BadPayload):
    """The file is truncated: a damaged archive, or an incomplete last line."""


class ArchivePayload(BadPayload):
    """The archive does not contain exactly one data file, or it expands to an unreasonable size."""


class UnknownHeader(BadPayload):
    """The header line is not one of the registered formats."""

    rule = "B4"


class RaggedRows(BadPayload):
    """A row has more or fewer fields than the header."""

    rule = "B5"


class BadValue(BadPayload):
    """A field does not fit its column's type."""

    rule = "B5"


class OversizedPayload(BadPayload):
    """The file, one of its lines or its header is larger than any genuine file of this kind."""


class ReaderFailed(BadPayload):
    """The reader failed unexpectedly. The file is refused; please report this as a bug."""


class WrongDate(BadPayload):
    """The rows are of another day (NSE repeats a file on a holiday), or of several days."""

    rule = "B2"


class UnexpectedSession(NseError):
    """The calendar calls the day closed, but there is a valid file with its rows.

    Add the session to the calendar; the file is kept.
    """


class AmbiguousSource(NseError):
    """The source folder contains two different files of the same name."""

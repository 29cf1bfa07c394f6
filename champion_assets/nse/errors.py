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
    """The server sends to another host or scheme, or in circles.

    Nothing is asked of the other: it was not named in the settings.
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
    """No bytes, or a header without a single row."""


class HtmlPayload(BadPayload):
    """An HTML page was served under the file's name."""


class XlsxPayload(BadPayload):
    """An Excel workbook was served under the file's name."""


class TruncatedPayload(BadPayload):
    """The file ends in the middle: a broken archive, or a last line without its end."""


class ArchivePayload(BadPayload):
    """An archive that does not hold exactly one small data file, or that expands beyond all reason."""


class UnknownHeader(BadPayload):
    """The header line is none of the registered ones."""

    rule = "B4"


class RaggedRows(BadPayload):
    """A row has more or fewer fields than the header."""

    rule = "B5"


class BadValue(BadPayload):
    """A field does not hold what its column promises."""

    rule = "B5"


class OversizedPayload(BadPayload):
    """The file, a line of it or its header is larger than any file of this kind."""


class ReaderFailed(BadPayload):
    """The reader met what it does not declare: the file is refused, and that it was met so is a defect of ours."""


class WrongDate(BadPayload):
    """The rows are of another day (the "holiday echo"), or of several days."""

    rule = "B2"


class UnexpectedSession(NseError):
    """The calendar calls the day closed, but there is a valid file with its rows.

    The calendar has to learn, not the file to vanish.
    """


class AmbiguousSource(NseError):
    """Two different files of the same name lie in the source folder."""

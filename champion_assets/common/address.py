"""Addresses that may hold a password: the text of one never does, so that it can be shown, logged and stored.

What belongs here: the type, and what of an address is secret. What does not: secrets that are no part of an address (a
`SecretStr` each), and looking for secrets in the words of other libraries (`redaction.py`).

Secret are user and password before the host, every value of the query, and the fragment. Whoever opens a connection
asks for the whole by `reveal()`; everything else gets the text.
"""

from __future__ import annotations

import re
from typing import Any, Self
from urllib.parse import parse_qsl, unquote

from pydantic_core import CoreSchema, PydanticCustomError, core_schema

HIDDEN = "***"
_URL = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)(?P<authority>[^/?#]*)(?P<path>[^?#]*)(?P<query>\?[^#]*)?(?P<fragment>#.*)?",
    re.DOTALL,
)
_HOST = re.compile(r"(\[[^\]]*\]|[^:]*)(:\d*)?")
_BARE = re.compile(r"(?P<user>[^/\s@]*:[^/\s@]*)@(?P<rest>[^/\s@]+)")
"""`user:password@host`, without a scheme."""


class Address(str):
    """A URL or a path whose text has `***` for everything secret.

    Example:
        >>> Address("https://me:word@host/files?token=1")
        'https://***@host/files?token=***'
        >>> Address("https://me:word@host/files?token=1").reveal()
        'https://me:word@host/files?token=1'
    """

    _whole: str
    _secrets: tuple[str, ...]

    def __new__(cls, text: str) -> Self:
        """The address that `text` is; an `Address` stays what it is."""
        if isinstance(text, cls):
            return text
        shown, secrets = _split(text)
        made = super().__new__(cls, shown)
        made._whole, made._secrets = text, secrets
        return made

    def reveal(self) -> str:
        """The whole address, secrets included: for whoever opens a connection, and nobody else."""
        return self._whole

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be shown: user and password as they stand and as they are meant, values of the query."""
        return self._secrets

    @property
    def has_secrets(self) -> bool:
        """True if anything is hidden."""
        return str(self) != self._whole

    def bare(self) -> str:
        """The whole address without user and password: for a client that is handed these apart."""
        match = _URL.fullmatch(self._whole)
        userinfo = _userinfo(match) if match else ""
        return self._whole.replace(f"{userinfo}@", "", 1) if userinfo else self._whole

    def credentials(self) -> tuple[str, str] | None:
        """User and password, if the address has any."""
        match = _URL.fullmatch(self._whole)
        if match is None or not (userinfo := _userinfo(match)):
            return None
        user, _, password = userinfo.partition(":")
        return unquote(user), unquote(password)

    def below(self, path: str) -> Address:
        """The address of a path below this one; a query stays at the end.

        Args:
            path: relative path.
        """
        base, mark, query = self._whole.partition("?")
        return Address(f"{base.rstrip('/')}/{path}{mark}{query}")

    def cleaned(self, text: str) -> str:
        """`text` without the secrets of this address.

        Args:
            text: for instance a library's error message.
        """
        text = text.replace(self._whole, str(self))
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, HIDDEN)
        return text

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: Any) -> CoreSchema:
        """A setting of this type is read from text and written as its text."""

        def read(value: object) -> Address:
            if not isinstance(value, str):
                raise PydanticCustomError("string_type", "Input should be a valid string")
            return cls(value)

        written = core_schema.plain_serializer_function_ser_schema(str)
        return core_schema.no_info_plain_validator_function(read, serialization=written)


def _split(text: str) -> tuple[str, tuple[str, ...]]:
    """What may be shown of an address, and its secrets."""
    if bare := _BARE.fullmatch(text):
        return f"{HIDDEN}@{bare['rest']}", _forms(bare["user"])
    match = _URL.fullmatch(text)
    if match is None:
        return text, ()
    userinfo = _userinfo(match)
    if userinfo and not match["authority"].startswith(userinfo):  # a password with a bare / ? or #
        return f"{match['scheme']}{HIDDEN}@{text[len(match['scheme']) + len(userinfo) + 1 :]}", _forms(userinfo)
    host = match["authority"][len(userinfo) + 1 :] if userinfo else match["authority"]
    query, fragment = match["query"] or "", match["fragment"] or ""
    pieces = [each.partition("=") for each in query[1:].split("&")] if query else []
    hidden = "&".join(f"{name}={HIDDEN}" if equals else HIDDEN for name, equals, _ in pieces)
    values = (
        [value if equals else name for name, equals, value in pieces]
        + [value for _, value in parse_qsl(query[1:])]
        + [fragment[1:]]
    )
    shown = (match["scheme"] + (f"{HIDDEN}@" if userinfo else "") + host + match["path"]
             + (f"?{hidden}" if query else "") + (f"#{HIDDEN}" if fragment else ""))  # fmt: skip
    return shown, tuple(dict.fromkeys([*_forms(userinfo), *(each for each in values if each)]))


def _userinfo(match: re.Match[str]) -> str:
    """What stands before the host; up to the last `@` of all where the host would have a port that is no number."""
    authority = match["authority"]
    if "@" in authority:
        return authority.rpartition("@")[0]
    rest = match.string[len(match["scheme"]) :]
    return "" if _HOST.fullmatch(authority) else rest.rpartition("@")[0]


def _forms(userinfo: str) -> tuple[str, ...]:
    """User and password together, and the password alone (else the user, which may be a token).

    As written and as meant.
    """
    user, colon, password = userinfo.partition(":")
    alone = password if colon else user
    return tuple(dict.fromkeys(each for each in (userinfo, alone, unquote(alone)) if each))

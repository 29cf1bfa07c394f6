"""The second line against secrets in texts.

Known secrets, and credentials in any URL, are taken out of what is written.

What belongs here: remembering the secrets of this process, and cleaning a text. The first line are types whose text
holds no secret (`address.py`, pydantic's `SecretStr`); this one is for the words of other libraries: log records,
tracebacks, Dagster's events. It cannot tell a password of small letters from a word, nor one of digits from a number,
so it does not look for such ones.
"""

from __future__ import annotations

import json
import logging
import re
import traceback
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, unquote

from champion_assets.common.address import HIDDEN

_CREDENTIALS = re.compile(r"(\b[A-Za-z][A-Za-z0-9+.-]*://)[^/\s@\"'<>\\]+@")
_WORDLIKE = re.compile(r"[a-z_]*|[0-9.eE+-]*|.{0,5}", re.DOTALL)
_known: set[str] = set()
_pattern: list[re.Pattern[str]] = []


def remember(secrets: Iterable[str]) -> None:
    """Remove these secrets from every later text. Secrets that may be ordinary words are not removed.

    Args:
        secrets: passwords and tokens.
    """
    for secret in secrets:
        forms = {secret, unquote(secret), quote(secret, safe="")}
        _known.update(
            form for form in forms | {json.dumps(form)[1:-1] for form in forms} if not _WORDLIKE.fullmatch(form)
        )
    if _known:
        _pattern[:] = [re.compile("|".join(map(_alone, sorted(_known, key=len, reverse=True))))]


def _alone(secret: str) -> str:
    """The pattern of a secret that is no part of a longer word."""
    before, after = (
        (r"(?<![A-Za-z0-9])" if secret[0].isalnum() else ""),
        (r"(?![A-Za-z0-9])" if secret[-1].isalnum() else ""),
    )
    return before + re.escape(secret) + after


def redacted(text: str) -> str:
    """`text` with `***` for every known secret, and for user and password in every URL.

    Args:
        text: any text.

    Example:
        >>> redacted("no answer from http://me:word@host/x")
        'no answer from http://***@host/x'
    """
    if "://" in text:
        text = _CREDENTIALS.sub(rf"\1{HIDDEN}@", text)
    return _pattern[0].sub(HIDDEN, text) if _pattern else text


def install() -> None:
    """Clean every log record of this process as it is made, whichever logger and handler it goes through."""
    made = logging.getLogRecordFactory()
    if getattr(made, "redacts", False):
        return

    def clean(*args: Any, **named: Any) -> logging.LogRecord:
        record = made(*args, **named)
        text = record.getMessage() if isinstance(record.args, (tuple, dict)) else str(record.msg)
        if (cleaned := redacted(text)) != text:
            record.msg, record.args = cleaned, ()
        if record.exc_info and record.exc_info[1] is not None:
            whole = "".join(traceback.format_exception(*record.exc_info))
            if (cleaned := redacted(whole)) != whole:
                record.exc_text = cleaned.rstrip("\n")  # formatters print this instead of the exception
        return record

    clean.redacts = True  # type: ignore[attr-defined]
    logging.setLogRecordFactory(clean)

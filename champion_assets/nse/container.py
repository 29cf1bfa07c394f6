"""From the bytes of a download to the CSV text inside: zip, gzip or plain, and the refusal of everything else.

What belongs here: containers and magic bytes. What does not: columns and values (`formats.py`).
"""

from __future__ import annotations

import csv
import gzip
import io
import lzma
import struct
import zipfile
import zlib

from champion_assets.nse.errors import (
    ArchivePayload,
    BadValue,
    EmptyPayload,
    HtmlPayload,
    OversizedPayload,
    TruncatedPayload,
    XlsxPayload,
)

MAX_TEXT_BYTES = 64 * 1024 * 1024
"""The largest daily file of NSE is below 10 MB; anything beyond this is a bomb or another file."""

BROKEN_ZIP = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    RuntimeError,
    OSError,
    ValueError,
    LookupError,
)
"""What Python's reader raises on damaged and encrypted archives."""
_XLSX_PARTS = ("[Content_Types].xml", "xl/workbook.xml")


MAX_MEMBERS = 1000
"""The largest PR bundle has below 40 members."""
MAX_LINE_BYTES = 1024 * 1024
MAX_COLUMNS = 1000

MAX_NESTING = 3
"""A zip in a gzip is seen; an archive that holds itself exists, too."""


def csv_text(body: bytes, name: str, nesting: int = 0, *, may_end_open: bool = False) -> bytes:
    """The CSV text inside `body`, with Unix line ends and without a byte-order mark.

    Args:
        body: bytes as fetched: plain text, gzip, or a zip with one data member at any depth of folders.
        name: how to call the file in errors.
        nesting: how many containers were opened already.
        may_end_open: the last line of such a file may lack its end; for others that is the sign of a cut one.

    Raises:
        EmptyPayload, HtmlPayload, XlsxPayload, TruncatedPayload, ArchivePayload, OversizedPayload: each names the file.
    """
    if not body.strip():
        raise EmptyPayload(f"{name}: the file is empty")
    if body[:2] in (b"\x1f\x8b", b"PK"):
        if nesting == MAX_NESTING:
            raise ArchivePayload(f"{name}: archives inside archives, {nesting} deep; refused")
        inner = gunzip(body, name) if body[:2] == b"\x1f\x8b" else _unzip(body, name)
        return csv_text(inner, name, nesting + 1, may_end_open=may_end_open)
    text = body.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")
    if text.lstrip()[:1] == b"<":
        raise HtmlPayload(f"{name}: an HTML page ({len(body)} bytes) instead of the file; fetch it again")
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise ArchivePayload(f"{name}: text in UTF-16, as Excel saves it; fetch it again, or save it as CSV UTF-8")
    if b"\x00" in text[:4096]:
        raise ArchivePayload(f"{name}: binary content (begins with {body[:8]!r}) instead of CSV text")
    if not text.endswith(b"\n") and not may_end_open:
        raise TruncatedPayload(f"{name}: the last line has no end ({text[-40:]!r}); the file was cut, fetch it again")
    check_text(text, name)
    return text


def check_text(text: bytes, name: str) -> None:
    """Bound the text, its lines and its columns before anything parses it.

    Raises:
        OversizedPayload: names the file and what is too large.
    """
    if len(text) > MAX_TEXT_BYTES:
        raise OversizedPayload(f"{name}: {len(text)} bytes of text, at most {MAX_TEXT_BYTES} are read")
    if len(text) > MAX_LINE_BYTES and max(map(len, text.split(b"\n"))) > MAX_LINE_BYTES:
        raise OversizedPayload(f"{name}: a line of more than {MAX_LINE_BYTES} bytes")
    if text.partition(b"\n")[0].count(b",") >= MAX_COLUMNS:
        raise OversizedPayload(f"{name}: more than {MAX_COLUMNS} columns in the header")


def check_archive(archive: zipfile.ZipFile, name: str) -> None:
    """Bound the number of members and the size of all of them together, as the archive's directory says it.

    Raises:
        ArchivePayload: names the file and what is too large.
    """
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise ArchivePayload(f"{name}: {len(members)} members, at most {MAX_MEMBERS} are read")
    if sum(member.file_size for member in members) > MAX_TEXT_BYTES:
        raise ArchivePayload(f"{name}: the members together expand to more than {MAX_TEXT_BYTES // 2**20} MiB; refused")


def csv_rows(text: str, name: str) -> list[list[str]]:
    """All rows of a quoted CSV text.

    Raises:
        BadValue: the text is no CSV; the message names the file.
    """
    try:
        return list(csv.reader(io.StringIO(text, newline="")))
    except csv.Error as error:
        raise BadValue(f"{name}: not readable as CSV ({error})") from error


def member_bytes(archive: zipfile.ZipFile, member: zipfile.ZipInfo | str, name: str) -> bytes:
    """A member's bytes, never more than `MAX_TEXT_BYTES` of them, whatever the archive says of its size.

    Raises:
        ArchivePayload: it is larger.
    """
    with archive.open(member) as stream:
        return _bounded(stream.read(MAX_TEXT_BYTES + 1), name)


def gunzip(body: bytes, name: str) -> bytes:
    """The content of a gzip, bounded likewise.

    Raises:
        TruncatedPayload, ArchivePayload: each names the file.
    """
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as stream:
            text = stream.read(MAX_TEXT_BYTES + 1)
    except (EOFError, OSError, zlib.error) as error:
        raise TruncatedPayload(f"{name}: broken gzip ({error}); fetch it again") from error
    return _bounded(text, name)


def _unzip(body: bytes, name: str) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            members = [info for info in archive.infolist() if not info.is_dir()]
            if any(info.filename in _XLSX_PARTS for info in members):
                raise XlsxPayload(f"{name}: an Excel workbook was served under this name")
            check_archive(archive, name)
            if len(members) != 1:
                raise ArchivePayload(f"{name}: expected one file in the zip, found {len(members)}")
            return member_bytes(archive, members[0], name)
    except BROKEN_ZIP as error:
        raise TruncatedPayload(f"{name}: broken zip ({error}); fetch it again") from error


def _bounded(text: bytes, name: str) -> bytes:
    if len(text) > MAX_TEXT_BYTES:
        raise ArchivePayload(f"{name}: expands to more than {MAX_TEXT_BYTES // 2**20} MiB; refused")
    return text

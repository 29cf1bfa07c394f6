"""What a file is, by its first kilobytes: its kind, and the day of its rows, whatever its name says.

What belongs here: the kinds of NSE's files, the signs by which each is known, and the name under which the archive
would have it. What does not: finding files (`source/`), and reading them whole, which is where a file is accepted or
refused (`formats.py` and others).

A head can only say what a file claims to be. A day in a name counts only for kinds whose rows carry none.
"""

from __future__ import annotations

import csv
import datetime as dt
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from champion_assets.nse.constituents import COLUMNS as INDEX_LIST
from champion_assets.nse.dates import parse_date
from champion_assets.nse.errors import BadPayload
from champion_assets.nse.file_dates import date_in_name
from champion_assets.nse.file_kinds import (
    ACTIONS,
    BANDS,
    BC,
    BLOCK,
    BULK,
    CHANGES,
    CHANGES_OF_SERIES,
    DERIVATIVES,
    FULL,
    INDEX_CLOSE,
    LEGACY,
    LIST,
    MTO,
    OLD_DERIVATIVES,
    SECURITIES,
    UDIFF,
    USED,
)
from champion_assets.nse.formats import FORMATS
from champion_assets.nse.names import (
    FIRST_UDIFF,
    LAST_LEGACY,
    delivery_file,
    derivatives_files,
    index_close_file,
    legacy_bhavcopy,
    mto_file,
    udiff_bhavcopy,
)

HEAD_BYTES = 16 * 1024
"""How much of a file is read to know it."""
_TEXT_BYTES = 64 * 1024
_OF_FORMAT = {
    "legacy_l1": LEGACY, "legacy_l2": LEGACY, "udiff": UDIFF, "udiff_early": UDIFF, "sec_bhavdata_full": FULL,
}  # fmt: skip
_SECURITY_LISTS = (
    {"symbol", "nameofcompany", "dateoflisting", "isinnumber"},
    {"symbol", "securityname", "dateoflisting", "isinnumber"},
)
_SIGNS = (
    (ACTIONS, "symbol purpose exdate"),
    (BC, "symbol purpose exdt"),
    ("Pd", "mkt symbol indsec corpind"),
    ("Pr", "mkt indsec corpind"),
    ("bh", "symbol series security highlow"),
    ("mcap", "tradedate symbol issuesize"),
    ("PE", "symbol symbolpe adjustedpe"),
    ("hl", "security new previous newstatus"),
    ("gl", "gainloss security"),
    ("tt", "security prevclpr closepric nettrdqty"),
    ("etf", "market symbol underlying"),
    ("sme", "market symbol corpind"),
    (BULK, "date symbol clientname buysell remarks"),
    (BLOCK, "date symbol clientname buysell"),
    (CHANGES_OF_SERIES, "symbol fromseries toseries"),
    (BANDS, "symbol series securityname band"),
    ("shortselling", "securityname symbolname tradedate quantity"),
    ("namechange", "nchsymbol nchprevname"),
    ("CMVOLT", "date symbol underlyingclosepricea"),
    (OLD_DERIVATIVES, "instrument symbol expirydt timestamp"),
    ("REG1_IND", "scripcode symbol gsm"),
)
"""By kind the columns that its header has, in lower case and without anything but letters and digits; the first that
fits counts."""
_BEGINNINGS = {
    '"Disclaimer - The Data provided in the adjusted 52 week': "CM_52_wk_High_low",
    '""Participant wise ': "fao_participant",
    "COMPANY NAME    SYMBOL     : BM DATE": "Bm",
}
_SYMBOL = "[A-Z0-9&$*_ -]{1,24}"
_CHANGE_LINE = re.compile(rf"[^\n]*,{_SYMBOL},{_SYMBOL},\s*\d{{1,2}}-[A-Z]{{3}}-\d{{4}}\s*", re.IGNORECASE)
_MTO_DATE = re.compile(r"^10,MTO,(\d{2})(\d{2})(\d{4}),|rade Date <(\d{1,2}-[A-Za-z]{3}-\d{4})>", re.MULTILINE)


@dataclass(frozen=True)
class Recognised:
    """The kind of a file, None if it is none that is known, its day where it has one, and what is doubtful or why it
    is not known.
    """

    kind: str | None
    date: dt.date | None = None
    why: str = ""


def recognise_head(head: bytes, name: str, folder: str = "") -> Recognised:
    """What the file with this beginning is.

    Args:
        head: the first `HEAD_BYTES` as they lie there: plain, gzip or a zip with one file.
        name: the file's name, for its date where the rows have none.
        folder: the name of its folder, which is a date where people keep a folder per day.
    """
    try:
        text = head_text(head)
        return _of_text(text, name, folder)
    except BadPayload as error:
        return Recognised(None, None, str(error))


def head_text(head: bytes, nesting: int = 0) -> str:
    """The text at the beginning of a head; never more than some kilobytes, however much is packed in it.

    Raises:
        BadPayload: says what it is instead of text.
    """
    if not head.strip():
        raise BadPayload("empty")
    if head[:2] in (b"\x1f\x8b", b"PK"):
        if nesting == 3:
            raise BadPayload("archives inside archives")
        return head_text(_unpacked(head), nesting + 1)
    body = head.removeprefix(b"\xef\xbb\xbf")
    if body.lstrip()[:1] == b"<":
        raise BadPayload("an HTML or XML page")
    if b"\x00" in body[:4096] or body.startswith((b"%PDF", b"\xd0\xcf\x11\xe0", b"\x89PNG")):
        raise BadPayload("binary content")
    return body.decode("utf-8", errors="replace").replace("\r\n", "\n")


def _unpacked(head: bytes) -> bytes:
    try:
        if head[:2] == b"\x1f\x8b":
            return zlib.decompressobj(31).decompress(head, _TEXT_BYTES)
        if head[:4] != b"PK\x03\x04" or len(head) < 30:
            raise BadPayload("an empty or damaged zip")
        flags, method = int.from_bytes(head[6:8], "little"), int.from_bytes(head[8:10], "little")
        length, extra = int.from_bytes(head[26:28], "little"), int.from_bytes(head[28:30], "little")
        member, data = head[30 : 30 + length].decode("utf-8", errors="replace"), head[30 + length + extra :]
        if member == "[Content_Types].xml" or member.startswith(("xl/", "_rels/", "docProps/")):
            raise BadPayload("an Excel workbook")
        if flags & 1:
            raise BadPayload("an encrypted zip")
        if method not in (0, 8):
            raise BadPayload(f"a zip packed by method {method}, which is not read here")
        return data if method == 0 else zlib.decompressobj(-15).decompress(data, _TEXT_BYTES)
    except zlib.error as error:
        raise BadPayload(f"a damaged archive ({error})") from error


def _of_text(text: str, name: str, folder: str) -> Recognised:
    if text.lstrip()[:1] in ("[", "{"):
        is_answer = all(f'"{key}"' in text for key in ("symbol", "subject", "exDate"))
        return Recognised(ACTIONS) if is_answer else Recognised(None, None, "JSON, but no corporate actions")
    if "10,MTO," in text[:400] or "Delivery Position" in text[:400]:
        return _mto(text, name)
    for beginning, kind in _BEGINNINGS.items():
        if text.startswith(beginning):
            return _by_name(kind, name, folder)
    return _of_table(text.split("\n", 3)[:3], name, folder)


def _mto(text: str, name: str) -> Recognised:
    match = _MTO_DATE.search(text[:2000])
    if match is None:
        return Recognised(MTO, None, "no date in its first lines")
    return Recognised(MTO, parse_date(match[4] or f"{match[3]}-{match[2]}-{match[1]}", name))


def _of_table(lines: Sequence[str], name: str, folder: str) -> Recognised:
    try:
        rows = [[cell.strip() for cell in row] for row in csv.reader(lines)]
    except csv.Error as error:
        return Recognised(None, None, f"no CSV ({error})")
    header, first = (*rows, [], [])[:2]
    if (priced := _price_file(header, first, name)) is not None:
        return priced
    if header == list(INDEX_LIST):
        return Recognised(LIST)
    if header[:2] == ["Index Name", "Index Date"]:
        return _index_close(first, name)
    tidy = {re.sub(r"[^a-z0-9]", "", cell.lower()) for cell in header}
    if any(signs <= tidy for signs in _SECURITY_LISTS):
        return Recognised(SECURITIES)
    for kind, signs_ in _SIGNS:
        if tidy.issuperset(signs_.split()):
            if kind == OLD_DERIVATIVES and len(first) >= len(header) > 0:
                return Recognised(kind, parse_date(first[header.index("TIMESTAMP")], name))
            return Recognised(kind) if kind == ACTIONS else _by_name(kind, name, folder)
    if all(_CHANGE_LINE.fullmatch(line) for line in lines[:2] if line):
        return Recognised(CHANGES)
    return Recognised(None, None, f"begins with {lines[0][:60]!r}")


def _price_file(header: Sequence[str], first: Sequence[str], name: str) -> Recognised | None:
    columns = [*header[:-1]] if header and header[-1] == "" else list(header)
    form = next((each for each in FORMATS if each.header == frozenset(columns)), None)
    if form is None:
        return None
    if len(first) < len(columns):
        return Recognised(_OF_FORMAT[form.name], None, "a header without a whole row")
    for column, wanted in form.fixed.items():
        if (found := first[columns.index(column)]) != wanted:
            if (column, found) == ("Sgmt", "FO"):
                return Recognised(DERIVATIVES, parse_date(first[columns.index("TradDt")], name))
            return Recognised("UDiFF file of another segment", None, f"{column} is {found!r}, not {wanted!r}")
    day = next(column for column, target in form.columns.items() if target == "trade_date")
    return Recognised(_OF_FORMAT[form.name], parse_date(first[columns.index(day)], name))


def _index_close(first: Sequence[str], name: str) -> Recognised:
    """The name says the day of these files: three of them write the month first in their rows."""
    return Recognised(INDEX_CLOSE, date_in_name(name, name) or _index_date(first, name))


def _index_date(first: Sequence[str], name: str) -> dt.date | None:
    return date_in_name(first[1].replace("/", "-"), name) if len(first) > 1 else None


def _by_name(kind: str, name: str, folder: str) -> Recognised:
    for text in (name, folder):
        try:
            if (date := _day_in(text)) is not None:
                return Recognised(kind, date)
        except BadPayload as error:
            return Recognised(kind, None, str(error))
    return Recognised(kind, None, "" if kind not in USED else "its rows have no date, nor has its name or its folder's")


def _day_in(text: str) -> dt.date | None:
    """NSE writes six digits as DDMMYY, which a reader of any name could not know."""
    match = re.search(r"(?<!\d)(\d{2})(\d{2})(\d{2})(?!\d)", text)
    return parse_date(f"20{match[3]}-{match[2]}-{match[1]}", text) if match else date_in_name(text, text)


def archive_name(kind: str | None, date: dt.date | None) -> str | None:
    """The name, in lower case and not packed, under which a file of this kind is looked for.

    None if nothing looks for it.

    Example:
        >>> archive_name("sec_bhavdata_full", dt.date(2025, 4, 1))
        'sec_bhavdata_full_01042025.csv'
    """
    registers = {
        ACTIONS: "cf-ca-.csv",
        CHANGES: "symbolchange.csv",
        SECURITIES: "equity_l.csv",
        LIST: "ind_niftylist.csv",
    }
    if kind in registers:
        return registers[kind]
    if date is None:
        return None
    own = {
        BC: "bc%d%m%Y.csv",
        BULK: "bulk_%d%m%Y.csv",
        BLOCK: "block_%d%m%Y.csv",
        CHANGES_OF_SERIES: "series_change_%d%m%Y.csv",
        BANDS: "sec_list_%d%m%Y.csv",
    }
    if kind in own:
        return format(date, own[kind])
    if kind == DERIVATIVES and date >= FIRST_UDIFF:
        return derivatives_files(date)[0].name.removesuffix(".zip").lower()
    if kind == OLD_DERIVATIVES and date <= LAST_LEGACY:
        return derivatives_files(date)[-1].name.removesuffix(".zip").lower()
    daily = {
        LEGACY: legacy_bhavcopy,
        UDIFF: udiff_bhavcopy,
        FULL: delivery_file,
        MTO: mto_file,
        INDEX_CLOSE: index_close_file,
    }
    return daily[kind](date).name.removesuffix(".zip").lower() if kind in daily else None

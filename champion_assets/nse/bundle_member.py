"""A member of NSE's PR bundle by its kind: `Pd`, `bh` and the others, each called by its kind and the day (`Pd011220.csv`).

What belongs here: finding a member and its text. What does not: what stands in it (`bundle_prices.py`, `bundle_bands.py`), or the daily
file of corporate actions, which may also be no bundle (`actions/feed.py`).

Facts: members lie flat or in a folder, in any case of letters; bundles that a person zipped hold `__MACOSX` rubbish beside them.
"""

from __future__ import annotations

import io
import re
import zipfile

from champion_assets.nse.container import BROKEN_ZIP, gunzip, member_bytes
from champion_assets.nse.errors import BadPayload, TruncatedPayload


def bundle_member(body: bytes, name: str, kind: str) -> str | None:
    """The text of the member `kind`DDMMYY.csv, or None if `body` is no archive or holds no such member.

    Args:
        body: the bundle, or another file of the day's corporate actions.
        name: how to call it in errors.
        kind: the letters before the date, such as `pd`, in any case.

    Raises:
        BadPayload: not a readable archive, or several members of the kind.
    """
    try:
        if body.startswith(b"\x1f\x8b"):
            body = gunzip(body, name)
        if not body.startswith(b"PK"):
            return None
        with zipfile.ZipFile(io.BytesIO(body)) as bundle:
            pattern = re.compile(rf"(?:(?!__MACOSX).*/)?{kind}\d{{6,8}}\.csv", re.IGNORECASE)
            members = [each for each in bundle.namelist() if pattern.fullmatch(each)]
            if not members:
                return None
            if len(members) > 1:
                raise BadPayload(f"{name}: {len(members)} members are called {kind}DDMMYY.csv, expected one")
            return member_bytes(bundle, members[0], name).decode("utf-8-sig", errors="replace")
    except BROKEN_ZIP as error:
        raise TruncatedPayload(f"{name}: not a readable archive ({error})") from error

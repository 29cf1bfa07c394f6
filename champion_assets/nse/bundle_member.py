"""A member of NSE's PR bundle by its kind.

`Pd`, `bh` and the others, each called by its kind and the day (`Pd011220.csv`).

What belongs here: finding a member and its text. What does not: what stands in it (`bundle_prices.py`,
`market_files.py`), or the daily file of corporate actions, which may also be no bundle (`actions/feed.py`).

Facts: members lie flat or in a folder, in any case of letters; bundles that a person zipped hold `__MACOSX` rubbish
beside them.
"""

from __future__ import annotations

import io
import zipfile

from champion_assets.nse.container import BROKEN_ZIP, gunzip, member_bytes
from champion_assets.nse.daily_file import Member
from champion_assets.nse.errors import BadPayload, TruncatedPayload


def bundle_member(body: bytes, name: str, member: Member) -> str | None:
    """The text of a member, or None if `body` is no archive or holds no such member.

    Args:
        body: the bundle, or another file of the day's corporate actions.
        name: how to call it in errors.
        member: how the member is called.

    Raises:
        BadPayload: not a readable archive, or several members of the kind.
    """
    try:
        if body.startswith(b"\x1f\x8b"):
            body = gunzip(body, name)
        if not body.startswith(b"PK"):
            return None
        with zipfile.ZipFile(io.BytesIO(body)) as bundle:
            members = [each for each in bundle.namelist() if _is_called(each, member)]
            if not members:
                return None
            if len(members) > 1:
                raise BadPayload(
                    f"{name}: {len(members)} members are called {member.kind}DDMMYY{member.suffix}, expected one"
                )
            return member_bytes(bundle, members[0], name).decode("utf-8-sig", errors="replace")
    except BROKEN_ZIP as error:
        raise TruncatedPayload(f"{name}: not a readable archive ({error})") from error


def _is_called(path: str, member: Member) -> bool:
    folder, _, name = path.rpartition("/")
    return member.pattern.fullmatch(name) is not None and "__MACOSX" not in folder

"""The four days of which NSE's list of price bands is at hand, as PR bundles; two of them were kept as loose files."""

from __future__ import annotations

import datetime as dt
import io
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

BUNDLES = (dt.date(2020, 12, 1), dt.date(2025, 1, 16), dt.date(2025, 12, 16), dt.date(2025, 12, 17))


def genuine_bundle(real: Path, date: dt.date) -> bytes:
    """The PR bundle of a day of `BUNDLES`; of a day kept as loose files those of its members that Champion reads."""
    if (whole := real / "pr_zip" / f"PR{date:%d%m%y}.zip").is_file():
        return whole.read_bytes()
    with tarfile.open(real / "daily_folder" / f"{date}.tar.xz") as folder:
        names = [f"{kind}{date:%d%m%Y}.csv" for kind in ("pd", "bh", "bc")]
        return zipped({name: folder.extractfile(f"{date}/{name}").read() for name in names})  # type: ignore[union-attr]


def zipped(members: Mapping[str, str | bytes]) -> bytes:
    """A bundle with these members."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return body.getvalue()

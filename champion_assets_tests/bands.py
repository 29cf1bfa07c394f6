"""The four days of which NSE's list of price bands is at hand, as PR bundles; two of them were kept as loose files."""

from __future__ import annotations

import datetime as dt
import io
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from champion_assets.nse.bundle_member import bundle_member
from champion_assets.nse.daily_file_reader import REFUSED, read_daily_file
from champion_assets.nse.market_files import BANDS

BUNDLES = (dt.date(2020, 12, 1), dt.date(2025, 1, 16), dt.date(2025, 12, 16), dt.date(2025, 12, 17))


def genuine_bundle(real: Path, date: dt.date) -> bytes:
    """The PR bundle of a day of `BUNDLES`; of a day kept as loose files those of its members that Champion reads."""
    if (whole := real / "pr_zip" / f"PR{date:%d%m%y}.zip").is_file():
        return whole.read_bytes()
    with tarfile.open(real / "daily_folder" / f"{date}.tar.xz") as folder:
        names = [f"{kind}{date:%d%m%Y}.csv" for kind in ("pd", "bh", "bc", "mcap")] + [f"PE_{date:%d%m%y}.csv"]
        return zipped({name: folder.extractfile(f"{date}/{name}").read() for name in names})  # type: ignore[union-attr]


def read_bundle_bands(body: bytes, name: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows of a bundle's list of price bands, and those refused; none without a list."""
    text = bundle_member(body, name, BANDS.place)  # type: ignore[arg-type]
    if text is None:
        return pl.DataFrame(schema=BANDS.schema), pl.DataFrame(schema=REFUSED)
    read = read_daily_file(BANDS, text, name)
    return read.rows, read.refused


def zipped(members: Mapping[str, str | bytes]) -> bytes:
    """A bundle with these members."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return body.getvalue()

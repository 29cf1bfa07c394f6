"""The two genuine days that a person kept as a folder of loose files, through the lake."""

from __future__ import annotations

import datetime as dt
import tarfile
from pathlib import Path

from champion_assets.catalog import TABLES, open_workspace
from champion_assets.lake.build import build_range
from champion_assets.lake.workspace import Workspace
from champion_assets.settings import Settings
from champion_assets_tests.helpers import ORDER

DAYS = [dt.date(2025, 12, 16), dt.date(2025, 12, 17)]
TURNOVER = 11
"""Place of the turnover in `sec_bhavdata_full`, lakh rupees."""


def built(real: Path, folder: Path, last: str) -> Workspace:
    """A lake of both days up to the table `last`.

    Their prices are those of `sec_bhavdata_full`, which writes a turnover below 500 rupees as 0.00; such lines, three
    of 6,300, are read as 0.01, for a day with a turnover of nothing is refused.
    """
    for date in DAYS:
        with tarfile.open(real / "daily_folder" / f"{date}.tar.xz") as archive:
            archive.extractall(folder / "source", filter="data")
        prices = folder / "source" / str(date) / f"sec_bhavdata_full_{date:%d%m%Y}.csv"
        prices.write_text("".join(map(_with_turnover, prices.read_text().splitlines(keepends=True))))
    source = str(folder / "source")
    workspace = open_workspace(
        Settings(data_dir=folder / "data", source=source, start_date=DAYS[0], retry_delay_scale=0)
    )
    for table in ORDER[: ORDER.index(last) + 1]:
        report = build_range(TABLES[table], workspace, DAYS)
        assert not report.failed, (table, report.failed)
    return workspace


def _with_turnover(line: str) -> str:
    cells = line.split(",")
    if len(cells) > TURNOVER and cells[TURNOVER].strip() == "0.00":
        cells[TURNOVER] = " 0.01"
    return ",".join(cells)

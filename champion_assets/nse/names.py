"""NSE's file names and archive addresses by date.

What belongs here: how NSE calls a file. What does not: fetching it (`source/`) or reading it (`formats.py`).
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace

from champion_assets.nse.dates import MONTHS

ARCHIVE = "https://nsearchives.nseindia.com"
LAST_LEGACY = dt.date(2024, 7, 5)
FIRST_UDIFF = dt.date(2024, 1, 1)


@dataclass(frozen=True)
class NamedFile:
    """A file as NSE publishes it.

    Its name, the same name without its zip wrapper, and its path below the archive's root.

    `is_served` is False where the archive is not to be asked for it, but a folder or a bucket may have it.
    """

    name: str
    path: str
    is_served: bool = True

    @property
    def spellings(self) -> tuple[str, ...]:
        """Names under which people keep the file: as published, unpacked, or packed again with gzip."""
        plain = self.name.removesuffix(".zip")
        return tuple(dict.fromkeys((self.name, plain, plain + ".gz", plain + ".zip")))


def legacy_bhavcopy(date: dt.date) -> NamedFile:
    """`cmDDMMMYYYYbhav.csv.zip`, published from 1994-11-03 to 2024-07-05."""
    month = MONTHS[date.month - 1]
    name = f"cm{date:%d}{month}{date:%Y}bhav.csv.zip"
    return NamedFile(name, f"content/historical/EQUITIES/{date:%Y}/{month}/{name}")


def udiff_bhavcopy(date: dt.date) -> NamedFile:
    """`BhavCopy_NSE_CM_0_0_0_YYYYMMDD_F_0000.csv.zip`, published from 2024-01-01."""
    name = f"BhavCopy_NSE_CM_0_0_0_{date:%Y%m%d}_F_0000.csv.zip"
    return NamedFile(name, f"content/cm/{name}")


def delivery_file(date: dt.date) -> NamedFile:
    """`sec_bhavdata_full_DDMMYYYY.csv`, published from 2019-10-01."""
    name = f"sec_bhavdata_full_{date:%d%m%Y}.csv"
    return NamedFile(name, f"products/content/{name}")


def index_close_file(date: dt.date) -> NamedFile:
    """`ind_close_all_DDMMYYYY.csv`, published from 2012-10-01."""
    name = f"ind_close_all_{date:%d%m%Y}.csv"
    return NamedFile(name, f"content/indices/{name}")


def mto_file(date: dt.date) -> NamedFile:
    """`MTO_DDMMYYYY.DAT`, the delivery position, published from 2002-01-02."""
    name = f"MTO_{date:%d%m%Y}.DAT"
    return NamedFile(name, f"archives/equities/mto/{name}")


def derivatives_files(date: dt.date) -> tuple[NamedFile, ...]:
    """The files that can hold the derivatives of `date`, the preferred one first.

    `BhavCopy_NSE_FO_0_0_0_YYYYMMDD_F_0000.csv.zip`, and `foDDMMMYYYYbhav.csv.zip` until 2024-07-05. The archive is not
    asked for them: one has about a megabyte, and most lakes do without.
    """
    month = MONTHS[date.month - 1]
    udiff, legacy = f"BhavCopy_NSE_FO_0_0_0_{date:%Y%m%d}_F_0000.csv.zip", f"fo{date:%d}{month}{date:%Y}bhav.csv.zip"
    newer = NamedFile(udiff, f"content/fo/{udiff}", is_served=False)
    older = NamedFile(legacy, f"content/historical/DERIVATIVES/{date:%Y}/{month}/{legacy}", is_served=False)
    return (*((newer,) if date >= FIRST_UDIFF else ()), *((older,) if date <= LAST_LEGACY else ()))


def action_bundles(date: dt.date) -> tuple[NamedFile, ...]:
    """The PR bundle of `date` (from 2010-01-04), whose `Bc` member lists the corporate actions known that day.

    Or that member alone.
    """
    bundle = NamedFile(f"PR{date:%d%m%y}.zip", f"archives/equities/bhavcopy/pr/PR{date:%d%m%y}.zip")
    members = (f"Bc{date:%d%m%y}.csv", f"bc{date:%d%m%Y}.csv")
    return bundle, *(NamedFile(name, name, is_served=False) for name in members)


SYMBOL_CHANGES = NamedFile("symbolchange.csv", "content/equities/symbolchange.csv")
"""The register of symbol changes since 1999, always the present one."""
SYMBOL_CHANGES_NAMES = re.compile(r"symbolchange.*\.csv(\.gz)?")
MASTER_NAMES = re.compile(r"(sme_)?equity_l.*\.csv(\.gz)?|eq_etfseclist.*\.csv(\.gz)?")
"""Lists of present securities with their ISINs."""
CONSTITUENTS = NamedFile("ind_nifty500list.csv", "content/indices/ind_nifty500list.csv")
"""The present members of the Nifty 500, with their industries."""
CONSTITUENTS_NAMES = re.compile(r"ind_nifty\w*list.*\.csv(\.gz)?")
ACTION_REGISTERS = re.compile(r"cf-ca-.*\.csv(\.gz|\.zip)?|.*actions.*\.json(\.gz)?")
"""Exports of the corporate-actions page, and saved answers of its API."""


def bhavcopy_files(date: dt.date) -> tuple[NamedFile, ...]:
    """The files that can hold the bhavcopy of `date`, the preferred one first.

    Between 2024-01-01 and 2024-07-05 both formats were published; UDiFF carries more and comes first.
    """
    files = []
    if date >= FIRST_UDIFF:
        files.append(udiff_bhavcopy(date))
    if date <= LAST_LEGACY:
        files.append(legacy_bhavcopy(date))
    return tuple(files)


def price_files(date: dt.date) -> tuple[NamedFile, ...]:
    """All files that can hold the prices of `date`, by rank.

    `bhavcopy_files`, then `sec_bhavdata_full`, which has no ISIN.

    NSE's archive is not asked for the last one: it has a bhavcopy of every session, so a 404 there means that it is not
    out yet, and nothing is won by a file that comes later, names nobody and, on a closed weekday, is that of the day
    before.
    """
    return (*bhavcopy_files(date), replace(delivery_file(date), is_served=False))

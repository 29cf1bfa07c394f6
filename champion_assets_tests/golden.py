"""What every table says of the fictional exchange, as one hash per table and code version.

Run as a module it writes `golden.json` anew: do so after a code version was raised, never to silence the test.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path

import polars as pl

from champion_assets.catalog import TABLES
from champion_assets.lake.content_hash import content_hash
from champion_assets.lake.store import Lake
from champion_assets.nse.synthetic.exchange import write_exchange
from champion_assets.settings import Settings

FILE = Path(__file__).with_suffix(".json")
DIGITS = 6
"""Significant digits of a number: the last bits differ between processors."""
RECEIPT = ("received_on",)
"""Columns that hold the day of the run."""
GOLDEN = [name for name in TABLES if not name.startswith(("raw/", "warehouse/"))]


def said(lake: Lake, table: str) -> dict[str, str]:
    """Code version and hash of all days of a table."""
    declared, dates = TABLES[table], lake.dates(table)
    rows = lake.read(table, dates)
    floats = [name for name, kind in rows.schema.items() if kind.is_float()]
    plain = rows.select(
        pl.exclude(*RECEIPT, *(name for name, kind in rows.schema.items() if isinstance(kind, pl.List)))
    )
    rounded = plain.with_columns(pl.col(floats).round_sig_figs(DIGITS) + 0.0)  # minus zero is zero
    constants = hashlib.sha256(json.dumps(dict(declared.constants), sort_keys=True, default=str).encode()).hexdigest()[
        :16
    ]
    return {
        "code_version": declared.code_version,
        "days": str(len(dates)),
        "constants": constants,
        "content": content_hash(rounded),
    }


def main() -> None:
    """Build the fictional exchange and write the file."""
    from champion_assets.nse.calendar import load_calendar
    from champion_assets_tests.conftest import END, START
    from champion_assets_tests.helpers import template

    with tempfile.TemporaryDirectory() as folder:
        exchange = write_exchange(Path(folder) / "exchange" / "source", load_calendar(), START, END, seed=11)
        settings = Settings(
            data_dir=Path(folder),
            source=str(exchange.folder),
            esg_folder=exchange.folder / "esg",
            start_date=START,
            cov_window_days=40,
            expected_return_lookback=40,
            universe_warmup=20,
            universe_size=60,
            retry_delay_scale=0,
            http_interval_seconds=0,
        )
        FILE.write_text(json.dumps({name: said(template(settings), name) for name in GOLDEN}, indent=1) + "\n")


if __name__ == "__main__":
    main()

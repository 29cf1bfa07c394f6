"""What a lake has, at a look."""

from __future__ import annotations

import pytest

from champion_assets import research
from champion_assets.catalog import LAKE_TABLES
from champion_assets_tests.research.conftest import END, START

pytestmark = pytest.mark.usefixtures("lake")


def test_every_table_with_its_days_and_rows() -> None:
    listed = research.tables()
    assert listed["table"].to_list() == [table.name for table in LAKE_TABLES]
    prices = next(row for row in listed.iter_rows(named=True) if row["table"] == "silver/equity_eod")
    rows = research.table("silver/equity_eod", START, END)
    assert (prices["rows"], prices["days"]) == (rows.height, rows["trade_date"].n_unique())
    assert (prices["first"], prices["last"]) == (rows["trade_date"].min(), rows["trade_date"].max())
    assert listed["description"].str.ends_with(".").all()

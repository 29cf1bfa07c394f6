"""The declarations of lists read the fictional and the genuine files; a title says the day."""

from __future__ import annotations

import datetime as dt
import gzip
from pathlib import Path

import polars as pl
import pytest

from champion_assets.nse.daily_file import Loose
from champion_assets.nse.daily_file_reader import read_daily_file
from champion_assets.nse.errors import BadValue, UnknownHeader
from champion_assets.nse.market_lists import EXTREMES, FILES, PARTICIPANTS, SURVEILLANCE

DAY = dt.date(2025, 12, 17)
EXTREME_LINES = (
    '"Disclaimer - adjusted"\n"Effective for 17-Dec-2025"\n'
    '"SYMBOL","SERIES","Adjusted_52_Week_High","52_Week_High_Date","Adjusted_52_Week_Low","52_Week_Low_DT"\n'
    '"A","EQ","  12.50","23-JUL-2025","   3.10","12-FEB-2025"\n'
)


def test_extremes_have_the_day_of_their_title() -> None:
    read = read_daily_file(EXTREMES, EXTREME_LINES, "x")
    assert read.date == DAY
    assert read.rows.select("high", "high_date").rows() == [(12.5, dt.date(2025, 7, 23))]
    with pytest.raises(UnknownHeader):
        read_daily_file(EXTREMES, "SYMBOL,SERIES\nA,EQ\n", "x")
    assert read_daily_file(
        EXTREMES, EXTREME_LINES.replace("Effective for", "Of"), "x"
    ).rows.is_empty()  # no day, so no row


def test_names_of_a_day_are_never_asked_of_the_archive() -> None:
    for file in FILES:
        assert isinstance(file.place, Loose)
        (name,) = file.candidates(DAY)
        assert not name.is_served
    assert [file.candidates(DAY)[0].name for file in FILES] == [
        "bulk_17122025.csv",
        "block_17122025.csv",
        "shortselling_17122025.csv",
        "REG1_IND171225.csv",
        "fao_participant_oi_17122025.csv",
        "CM_52_wk_High_low_17122025.csv",
        "sec_list_17122025.csv",
        "series_change_17122025.csv",
        "CMVOLT_17122025.CSV",
    ]


@pytest.mark.real
def test_genuine_surveillance(real: Path) -> None:
    text = gzip.decompress((real / "surveillance" / "REG1_IND160125.csv.gz").read_bytes()).decode()
    read = read_daily_file(SURVEILLANCE, text, "x")
    assert read.refused.is_empty()
    counts = {
        name: read.rows[name].count()
        for name in ("gsm", "long_term_asm", "short_term_asm", "esm", "insolvency", "loss_making", "pledge")
    }
    assert counts == {
        "gsm": 46,
        "long_term_asm": 89,
        "short_term_asm": 12,
        "esm": 371,
        "insolvency": 30,
        "loss_making": 85,
        "pledge": 7,
    }


def test_participants_are_refused_if_their_totals_are_not_theirs() -> None:
    columns = [column.header for column in PARTICIPANTS.columns[2:]]
    lines = [
        '""Participant wise Open Interest (no. of contracts) in Equity Derivatives as on Dec 17, 2025"",,',
        ",".join(columns),
    ]
    rows = [f"{name},{','.join(['5'] * 14)}" for name in ("Client", "DII")]
    read = read_daily_file(PARTICIPANTS, "\n".join([*lines, *rows, f"TOTAL,{','.join(['10'] * 14)}"]), "x")
    assert (read.date, read.rows["participant"].to_list(), read.totals.height) == (DAY, ["Client", "DII"], 1)
    with pytest.raises(BadValue, match=r"sum to 10\.00"):
        read_daily_file(PARTICIPANTS, "\n".join([*lines, *rows, f"TOTAL,{','.join(['11'] * 14)}"]), "x")
    assert read.rows.schema["future_index_long"] == pl.Int64()

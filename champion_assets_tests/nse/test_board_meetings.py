"""Records of `Bm`: their parts, texts over several lines, subjects, and a text that is no such file."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from champion_assets.nse.board_meetings import HEADER, SUBJECTS, UNKNOWN, meetings_csv
from champion_assets.nse.bundle_member import bundle_member
from champion_assets.nse.daily_file import Member
from champion_assets.nse.daily_file_reader import read_daily_file
from champion_assets.nse.errors import UnknownHeader
from champion_assets.nse.market_files import MEETINGS

FIRST = "COMPANY NAME    SYMBOL     : BM DATE    : BM PURPOSE "


def records(*lines: str) -> list[list[str]]:
    """The records of a member with these lines after the header."""
    found = list(csv.reader(io.StringIO(meetings_csv("\r\n".join([FIRST, *lines])))))
    assert found[0] == list(HEADER)
    return found[1:]


def test_the_parts_of_a_record_and_a_text_of_several_lines() -> None:
    (one, two) = records(
        "A & B (India) Limited    A&B : 22-JAN-2025 : Financial Results/Dividend To consider",
        "",
        "1. results; 2. dividend",
        "C Limited C : 01-Dec-2020 :  The Company has informed, C : 03-Dec-2020 : again",
    )
    assert one == ["A & B (India) Limited", "A&B", "22-JAN-2025", "Financial Results/Dividend",
                   "Financial Results/Dividend To consider 1. results; 2. dividend"]  # fmt: skip
    assert two[:4] == ["C Limited", "C", "01-Dec-2020", UNKNOWN]


def test_what_comes_before_the_first_record_is_refused_and_another_header_is_another_file() -> None:
    read = read_daily_file(
        MEETINGS, f"{FIRST}\nnoise\nC Limited C : 31-FEB-2024 : Dividend x\nD Ltd D : 01-FEB-2024 : Dividend x\n", "x"
    )
    assert read.refused["source_row"].to_list() == [1, 2]
    assert read.rows["symbol"].to_list() == ["D"]
    with pytest.raises(UnknownHeader):
        read_daily_file(MEETINGS, "COMPANY,SYMBOL\nx,y\n", "x")


@given(st.lists(st.sampled_from(SUBJECTS), min_size=1, max_size=3), st.text("abc ", max_size=20))
def test_subjects_end_where_the_text_begins(subjects: list[str], text: str) -> None:
    ((_, _, _, subject, purpose),) = records(f"C Limited C : 01-DEC-2020 : {'/'.join(subjects)} {text}")
    assert subject == "/".join(subjects)
    assert purpose.startswith(subject)


@pytest.mark.real
@pytest.mark.parametrize(("name", "count", "unknown"), [("PR011220", 18, 0), ("PR160125", 50, 0)])
def test_genuine_members(real: Path, name: str, count: int, unknown: int) -> None:
    text = bundle_member(
        (real / "pr_zip" / f"{name}.zip").read_bytes(),
        name,
        MEETINGS.place if isinstance(MEETINGS.place, Member) else Member("x"),
    )
    assert text is not None
    read = read_daily_file(MEETINGS, text, name)
    assert read.refused.is_empty()
    assert (read.rows.height, (read.rows["subject"] == UNKNOWN).sum()) == (count, unknown)

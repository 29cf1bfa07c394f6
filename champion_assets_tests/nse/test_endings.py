"""The packaged endings and what a line must be."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from champion_assets.common.errors import ConfigurationError
from champion_assets.nse.endings import COLUMNS, endings_of

GOOD = "INE648A01026,SBBJ,2017-03-15,merged,INE062A01020,SBIN,28,10,,document,2017-03-15,a notice"


def test_the_packaged_lines_are_read_and_hold_what_is_known() -> None:
    lines = {line.symbol: line for line in endings_of()}
    assert lines["SBBJ"].ratio == 2.8
    assert lines["HDFC"].ratio == 42 / 25
    assert lines["POLARIS"].cash == 480
    assert lines["ABGSHIP"].confidence == "unknown"
    assert lines["ABGSHIP"].ratio is None
    assert all(line.evidence for line in lines.values())
    assert len(lines) >= 44


def test_a_users_lines_replace_the_packaged_ones_on_the_same_share(tmp_path: Path) -> None:
    path = tmp_path / "endings.csv"
    path.write_text("\n".join(["# mine", ",".join(COLUMNS), GOOD.replace("28,10", "27,10")]))
    (line,) = (each for each in endings_of(path) if each.symbol == "SBBJ")
    assert line.ratio == 2.7
    assert len(endings_of(path)) == len(endings_of())


@pytest.mark.parametrize(("wrong", "words"), [
    (GOOD.replace("merged", "eaten"), "kind 'eaten' is none of"), (GOOD.replace("document", "hearsay"), "confidence 'hearsay' is none of"),
    (GOOD.replace("INE648A01026", "INE648A01027"), "isin 'INE648A01027' is no valid ISIN"),
    (GOOD.replace("28,10", "28,"), "belong together"),
    (GOOD.replace("28,10", "-28,10"), "is no positive number"), (GOOD.replace("28,10", "nan,10"), "is no positive number"),
    (GOOD.replace("28,10", ","), "unknown exactly where"), (GOOD.replace("2017-03-15,merged", "15.3.2017,merged"), "15.3.2017"),
    (GOOD.replace("a notice", ""), "evidence must be given"), (GOOD + ",more", "zip"), (GOOD + "\n" + GOOD, "two lines on the same share"),
])  # fmt: skip
def test_a_line_that_cannot_be_meant_so_is_refused_with_its_place(tmp_path: Path, wrong: str, words: str) -> None:
    path = tmp_path / "endings.csv"
    path.write_text("\n".join([",".join(COLUMNS), wrong]))
    with pytest.raises(ConfigurationError) as caught:
        endings_of(path)
    assert str(path) in str(caught.value)
    assert words in str(caught.value)


def test_another_header_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "endings.csv"
    path.write_text("isin,ratio\n")
    with pytest.raises(ConfigurationError, match="the columns must be isin,symbol"):
        endings_of(path)


def test_no_ending_is_known_before_it_could_be() -> None:
    for line in endings_of():
        assert line.known_on <= line.last_session + dt.timedelta(days=30)

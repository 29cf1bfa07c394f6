"""The user's file of corporate actions: what is accepted, and how a mistake is named."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import pytest

from champion_assets.nse.actions.overrides import COLUMNS, OverrideError, read_overrides

HEAD = ",".join(COLUMNS)


def write(folder: Path, line: str, head: str = HEAD) -> Path:
    path = folder / "actions.csv"
    path.write_text(f"{head}\n{line}\n")
    return path


def test_a_line(tmp_path: Path) -> None:
    line = read_overrides(
        write(tmp_path, "GOLDBEES,2019-12-19,factor,0.01,100,,,,,unit split 1:100,https://example.org/notice")
    )[0]
    assert (line.symbol, line.f, line.q, line.why) == ("GOLDBEES", 0.01, 100.0, "unit split 1:100")
    assert line.effective_on == line.ex_date
    assert read_overrides(None) == ()


def test_an_edit_is_seen_at_the_next_call_even_if_size_and_time_stay(tmp_path: Path) -> None:
    path = write(tmp_path, "DVL,2021-08-05,cancel,first", "symbol,ex_date,action,why")
    stamp = path.stat()
    assert read_overrides(path)[0].why == "first"
    write(tmp_path, "DVL,2021-08-05,cancel,other", "symbol,ex_date,action,why")
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert read_overrides(path)[0].why == "other"


def test_columns_that_no_line_needs_may_be_absent(tmp_path: Path) -> None:
    line = read_overrides(
        write(tmp_path, "DVL,2021-08-05,cancel,filed under the wrong company", "symbol,ex_date,action,why")
    )[0]
    assert (line.action, line.f, line.evidence) == ("cancel", None, "")


def test_a_line_that_became_known_later_takes_effect_then(tmp_path: Path) -> None:
    line = read_overrides(
        write(tmp_path, "RELIANCE,2023-07-20,demerger_by_child,,,,JIOFIN,1,2023-08-21,child listed,")
    )[0]
    assert (line.child, line.ratio, line.effective_on) == ("JIOFIN", 1.0, dt.date(2023, 8, 21))


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("A,2019-12-19,halve,,,,,,,x,", "not one of"),
        ("A,2019-12-19,factor,0.5,,,,,,x,", "needs f and q"),
        ("A,2019-12-19,dividend,,,,,,,x,", "needs cash"),
        ("A,soon,cancel,,,,,,,x,", "soon"),
        ("A,2019-12-19,cancel,,,,,,,,", "why"),
        ("A,2019-12-19,factor,half,2,,,,,x,", "half"),
        ("A,2019-12-19,factor,-0.5,2,,,,,x,", "above 0"),
        ("A,2019-12-19,demerger_by_child,,,,B,1,,x,", "known_on"),
        ("A,2019-12-19,cost_of_acquisition,,,,,,,x,", "needs f"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, line: str, why: str) -> None:
    with pytest.raises(OverrideError, match=rf"line 2: .*{why}"):
        read_overrides(write(tmp_path, line))


def test_other_columns_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("symbol,date\n")
    with pytest.raises(OverrideError, match="columns must be"):
        read_overrides(path)

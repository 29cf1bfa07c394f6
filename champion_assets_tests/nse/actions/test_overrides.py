"""The user's file of corporate actions: what is accepted, and how a mistake is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from champion_assets.nse.actions.overrides import COLUMNS, OverrideError, read_overrides

HEAD = ",".join(COLUMNS)


def write(folder: Path, line: str) -> Path:
    path = folder / "actions.csv"
    path.write_text(f"{HEAD}\n{line}\n")
    return path


def test_a_line(tmp_path: Path) -> None:
    line = read_overrides(write(tmp_path, "GOLDBEES,2019-12-19,factor,0.01,100,,,unit split 1:100,https://example.org/notice"))[0]
    assert (line.symbol, line.f, line.q, line.why) == ("GOLDBEES", 0.01, 100.0, "unit split 1:100")
    assert read_overrides(None) == ()


@pytest.mark.parametrize(("line", "why"), [
    ("A,2019-12-19,halve,,,,,x,", "none of"), ("A,2019-12-19,factor,0.5,,,,x,", "needs f and q"), ("A,2019-12-19,dividend,,,,,x,",
     "needs cash"),
    ("A,soon,cancel,,,,,x,", "soon"), ("A,2019-12-19,cancel,,,,,,", "why"), ("A,2019-12-19,factor,half,2,,,x,", "half"),
    ("A,2019-12-19,factor,-0.5,2,,,x,", "above 0"),
])  # fmt: skip
def test_a_mistake_is_named_with_its_line(tmp_path: Path, line: str, why: str) -> None:
    with pytest.raises(OverrideError, match=rf"line 2: .*{why}"):
        read_overrides(write(tmp_path, line))


def test_other_columns_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("symbol,date\n")
    with pytest.raises(OverrideError, match="columns must be"):
        read_overrides(path)

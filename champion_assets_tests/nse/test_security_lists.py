"""NSE's lists of securities: the ISIN of a symbol of today."""

from __future__ import annotations

from pathlib import Path

import pytest

from champion_assets.nse.errors import UnknownHeader
from champion_assets.nse.security_lists import merged_isins, read_isins


def test_another_list_is_refused() -> None:
    with pytest.raises(UnknownHeader, match="no list of securities"):
        read_isins(b"a,b\n1,2\n", "x")


def test_the_newer_list_wins() -> None:
    header = b"SYMBOL,NAME OF COMPANY, SERIES, ISIN NUMBER\n"
    old, new = header + b"A,x,EQ,INE040A01026\n", header + b"A,x,EQ,INE040A01034\n"
    assert merged_isins([(new, "EQUITY_L_2026.csv"), (old, "EQUITY_L_2024.csv")]) == {"A": "INE040A01034"}


@pytest.mark.real
def test_the_genuine_lists(real: Path) -> None:
    files = [
        path
        for path in (real / "symbol_master").glob("*.csv")
        if not path.name.startswith(("symbolchange", "namechange"))
    ]
    isins = merged_isins((path.read_bytes(), path.name) for path in files)
    assert isins["PCBL"].startswith("INE602A01")
    assert isins["NIFTYBEES"].startswith("INF")
    assert len(isins) > 3000

"""`champion audit --propose`: lines with evidence for gaps that no feed explains; what has no second evidence is not
proposed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner

from champion_assets.catalog import TABLES, open_workspace
from champion_assets.cli.main import main
from champion_assets.common.dates import calendar_days
from champion_assets.common.errors import NothingStored
from champion_assets.lake.build import build_range
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.actions.overrides import read_overrides
from champion_assets.operations.action_proposals import proposals, propose
from champion_assets.settings import Settings
from champion_assets_tests.helpers import build_until

EX = dt.date(2020, 3, 26)
DAYS = [EX + dt.timedelta(each) for each in range(-6, 7)]
ACTIONS = {"instrument_id": pl.String, "ex_session": pl.Date, "f_capital": pl.Float64, "held": pl.String}


def gap(**more: Any) -> pl.DataFrame:
    """An SME that opens at 34.85 after 55 on its ex-date: near a bonus of 3:5."""
    base = {
        "trade_date": EX,
        "instrument_id": "I",
        "symbol": "AAKASH",
        "suspicion": "unexplained_gap",
        "witness": 34.85 / 55.0,
        "factor": 1.0,
        "days_since_traded": 1,
        "subject": "",
    }
    return pl.DataFrame([base | more], schema_overrides={"days_since_traded": pl.Int32})


def equity(
    f: float = 34.85 / 55.0, volume: int = 1600, isin: str = "INE1", close: float = 55.0, later: float | None = None
) -> pl.DataFrame:
    """Six sessions at `close` and a volume of 1,000; from the ex-date at `f` of it, with another volume and ISIN; then
    at `later` of it."""
    rows = []
    for day in DAYS:
        level = 1.0 if day < EX else f if day == EX or later is None else later
        rows.append(
            {
                "trade_date": day,
                "instrument_id": "I",
                "isin": "INE1" if day < EX else isin,
                "open": close * level,
                "close": close * level,
                "volume": 1000 if day < EX else volume,
            }
        )
    return pl.DataFrame(rows)


def lines(gaps: pl.DataFrame, prices: pl.DataFrame, *actions: dict[str, Any]) -> list[dict[str, Any]]:
    return proposals(gaps, pl.DataFrame(list(actions), schema=ACTIONS), prices).rows(named=True)


def test_a_bonus_of_a_small_company_is_told_by_its_volume() -> None:
    (line,) = lines(gap(), equity())
    assert (line["symbol"], line["ex_date"], line["action"], line["f"], line["q"]) == (
        "AAKASH",
        "2020-03-26",
        "factor",
        "0.625",
        "1.6",
    )
    assert line["why"] == "proposed from market data: bonus 3:5"
    assert (
        line["evidence"]
        == "opened at 34.85 after 55: 0.6336 of it, 1.4% from 0.625; volume x 1.6 (medians of 5 sessions), shares x 1.6"
    )


def test_a_split_is_told_by_its_isin() -> None:
    (line,) = lines(gap(witness=0.2), equity(f=0.2, volume=1000, isin="INE2"))
    assert (line["f"], line["q"]) == ("0.2", "5")
    assert line["evidence"].endswith("ISIN INE1 -> INE2 on 2020-03-26")


@pytest.mark.parametrize(
    ("gaps", "prices", "actions"),
    [
        (gap(), equity(volume=1000), ()),  # a gap near a ratio, and nothing else
        (gap(), equity(volume=9000), ()),  # far more trade than more shares explain
        (gap(), equity(later=1.0), ()),  # a spike: the old price is back the next day
        (
            gap(witness=0.44),
            equity(f=0.44, volume=2300),
            ({"instrument_id": "I", "ex_session": EX, "f_capital": 0.5, "held": None},),
        ),
        (gap(), equity(), ({"instrument_id": "I", "ex_session": EX, "f_capital": 1.0, "held": "waits for a person"},)),
        (gap(symbol="ABC-RE"), equity(), ()),
        (gap(suspicion="chain_break"), equity(), ()),
        (gap(witness=0.0066), equity(f=0.0066, volume=150000), ()),  # near no simple ratio
        (gap(), equity(close=1.0), ()),  # a penny stock: its volume proves nothing
        (gap(days_since_traded=40), equity(), ()),
    ],
)
def test_without_a_second_evidence_nothing_is_proposed(
    gaps: pl.DataFrame, prices: pl.DataFrame, actions: tuple[dict[str, Any], ...]
) -> None:
    assert lines(gaps, prices, *actions) == []


def test_after_a_suspension_the_line_says_so() -> None:
    (line,) = lines(gap(days_since_traded=40, subject="Scheme Of Arrangement"), equity(isin="INE2"))
    assert "after 40 days without a trade" in line["why"]
    assert line["why"].endswith("the feed says Scheme Of Arrangement")


@pytest.mark.real
def test_the_unit_split_of_a_fund_is_proposed_and_applied_when_a_person_accepts_it(
    real: Path, tmp_path: Path, environment: Callable[[str, str], None]
) -> None:
    start, end = dt.date(2024, 5, 8), dt.date(2024, 5, 28)
    source = real.parents[1] / "cases" / "uel_demerger_up_and_etf_split"
    own = open_workspace(
        Settings(data_dir=tmp_path / "data", source=str(source), start_date=start, retry_delay_scale=0)
    )
    build_until(own, "silver/suspects", start, end)
    environment("CHAMPION_SOURCE", str(source))
    environment("CHAMPION_START_DATE", str(start))
    target = tmp_path / "proposed.csv"
    command = ["audit", str(start), str(end), "--propose"]
    printed = CliRunner().invoke(main, command)
    assert printed.exit_code == 0, printed.output
    written = CliRunner().invoke(main, [*command, str(target)])
    assert written.exit_code == 0, written.output
    assert target.read_text() == printed.output
    (line,) = read_overrides(target)
    assert (line.symbol, line.ex_date, line.action, line.f, line.q) == (
        "MIDCAPIETF",
        dt.date(2024, 5, 10),
        "factor",
        0.1,
        10.0,
    )
    assert "ISIN INF109KC1G82 -> INF109KC11W8 on 2024-05-10" in line.evidence
    assert "volume x" in line.evidence
    again = CliRunner().invoke(main, [*command, str(target)])
    assert (again.exit_code, "exists already" in again.output) == (1, True)
    accepted = open_workspace(own.settings.model_copy(update={"action_overrides": target}))
    for name in ("silver/corporate_actions", "silver/suspects"):
        assert not build_range(TABLES[name], accepted, calendar_days(start, end)).failed
    suspects = accepted.lake.read("silver/suspects", accepted.sessions(start, end))
    assert "MIDCAPIETF" not in set(suspects["symbol"])
    assert propose(accepted, start, end).is_empty()


def test_an_empty_lake_says_what_to_run(workspace: Workspace) -> None:
    with pytest.raises(NothingStored, match="champion backfill"):
        propose(workspace, EX, EX)

"""`research.prices` across what nobody knows: marked, refused or left out, by choice; never silent."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from champion_assets import research
from champion_assets.catalog import TABLES, open_workspace
from champion_assets.common.dates import calendar_days
from champion_assets.common.errors import RequestError
from champion_assets.lake.build import build_range
from champion_assets.nse.synthetic.exchange import Exchange
from champion_assets.settings import get_settings
from champion_assets_tests.helpers import build_until
from champion_assets_tests.silver.test_corporate_actions import own_source, row

Environment = Callable[[str, str], None]
START, END = dt.date(2023, 11, 1), dt.date(2023, 11, 30)
EX = dt.date(2023, 11, 15)


@pytest.fixture
def doubtful(environment: Environment, exchange: Exchange, tmp_path: Path) -> list[str]:
    """Two companies, one with an action that nobody can read and one with a dividend that has no amount."""
    symbols = [exchange.market.companies[number].symbol for number in (20, 21)]
    told = row(symbols[0], "BON 1:1 GIVEN AWAY") + row(symbols[1], "Dividend - 50%").replace('"10"', '"-"')
    workspace = open_workspace(get_settings())
    own = own_source(workspace, exchange, tmp_path / "s", told)
    environment("CHAMPION_SOURCE", own.settings.source)
    build_until(open_workspace(get_settings()), "silver/doubts", START, END)
    return symbols


def test_rows_before_an_unread_action_are_marked_at_the_levels_that_it_concerns(doubtful: list[str]) -> None:
    for level, expected in {"none": [], "capital": doubtful[:1], "total_return": doubtful}.items():
        rows = research.prices(START, END, adjust=level)  # type: ignore[arg-type]
        incomplete = rows.filter(~pl.col("is_complete"))
        assert incomplete["symbol"].unique().sort().to_list() == sorted(expected)
        assert rows["doubt"].is_null().equals(rows["is_complete"].alias("doubt"))
        in_doubt = rows.filter(pl.col("symbol").is_in(expected))
        assert (in_doubt["is_complete"] == (in_doubt["trade_date"] >= EX)).all()
        no_prior = rows.filter(pl.col("prior_factor").is_null())
        assert no_prior["symbol"].unique().sort().to_list() == sorted(expected)
        assert set(no_prior["trade_date"]) <= {EX}
    assert rows.filter(pl.col("symbol") == doubtful[0])["doubt"][0].startswith("unread across 2023-11-15: ")


def test_as_of_a_day_before_it_nothing_is_in_doubt(doubtful: list[str]) -> None:
    assert research.prices(START, END, as_of="2023-11-13", symbols=doubtful)["is_complete"].all()
    assert not research.prices(START, END, as_of=EX, symbols=doubtful[0])["is_complete"].all()
    assert research.prices(EX, END, symbols=doubtful)["is_complete"].all()


def test_it_is_refused_with_what_settles_it_or_left_out(doubtful: list[str]) -> None:
    with pytest.raises(research.DoubtfulPrices) as caught:
        research.prices(START, END, on_doubt="raise")
    said = f"{doubtful[0]}: unread across 2023-11-15"
    for part in (said, "BON 1:1 GIVEN AWAY", "champion audit", "CHAMPION_CORPORATE_ACTIONS"):
        assert part in str(caught.value)
    assert doubtful[1] not in str(caught.value)
    assert research.prices(START, END, on_doubt="raise", symbols=doubtful[1]).height
    with pytest.warns(UserWarning, match=rf"10 rows of {doubtful[0]} are before a doubt"):
        left = research.prices(START, END, on_doubt="drop")
    assert left["is_complete"].all()
    assert left.filter(pl.col("symbol") == doubtful[0])["trade_date"].min() == EX
    everything = research.prices(START, END)
    assert left.equals(everything.filter("is_complete"))
    with pytest.raises(RequestError, match="not one of mark, raise, drop"):
        research.prices(START, END, on_doubt="ignore")  # type: ignore[arg-type]


def test_a_line_ends_the_doubt_from_the_day_it_was_known(
    doubtful: list[str], environment: Environment, tmp_path: Path
) -> None:
    lines = tmp_path / "lines.csv"
    lines.write_text(f"symbol,ex_date,action,known_on,why\n{doubtful[0]},{EX},cancel,2023-11-20,it never happened\n")
    environment("CHAMPION_CORPORATE_ACTIONS", str(lines))
    workspace = open_workspace(get_settings())
    for name in ("silver/corporate_actions", "silver/suspects", "silver/doubts"):
        assert not build_range(TABLES[name], workspace, calendar_days(START, END)).failed
    assert research.prices(START, END, symbols=doubtful[0], on_doubt="raise").height
    assert not research.prices(START, END, symbols=doubtful[0], as_of="2023-11-17")["is_complete"].all()


def test_before_an_uncovered_session_all_is_in_doubt(
    environment: Environment, exchange: Exchange, tmp_path: Path
) -> None:
    shutil.copytree(exchange.folder / "content" / "historical", tmp_path / "bare")
    environment("CHAMPION_SOURCE", str(tmp_path / "bare"))
    build_until(open_workspace(get_settings()), "silver/doubts", START, dt.date(2023, 11, 10))
    rows = research.prices(START, "2023-11-10", allow_uncovered=True)
    assert (rows["is_complete"] == (rows["trade_date"] == dt.date(2023, 11, 10))).all()
    assert rows["adj_prior_close"].is_null().all()
    assert rows["doubt"][0] == "unknown across 2023-11-10: no source of corporate actions was read for it"
    with pytest.raises(research.DoubtfulPrices):
        research.prices(START, "2023-11-10", allow_uncovered=True, on_doubt="raise")
    assert research.prices(START, "2023-11-10", adjust="none", on_doubt="raise")["is_complete"].all()


@pytest.mark.real
def test_the_case_of_a_unit_split_that_no_feed_holds(real: Path, environment: Environment) -> None:
    """MIDCAPIETF closed at 186.92 on 9 May 2024 and opened at 19.47 on the 10th."""
    start, end, ex = dt.date(2024, 5, 8), dt.date(2024, 5, 28), dt.date(2024, 5, 10)
    environment("CHAMPION_SOURCE", str(real.parents[1] / "cases" / "uel_demerger_up_and_etf_split"))
    environment("CHAMPION_START_DATE", str(start))
    build_until(open_workspace(get_settings()), "silver/doubts", start, end)
    rows = research.prices(start, end, adjust="capital", symbols="MIDCAPIETF")
    assert rows.filter(pl.col("trade_date") == dt.date(2024, 5, 9))["adj_close"].to_list() == [186.92]
    assert (rows["is_complete"] == (rows["trade_date"] >= ex)).all()
    assert rows["doubt"][0].startswith("unexplained across 2024-05-10: opened at 0.1042 of its adjusted previous close")
    with pytest.raises(research.DoubtfulPrices, match="MIDCAPIETF: unexplained across 2024-05-10"):
        research.prices(start, end, symbols="MIDCAPIETF", on_doubt="raise")
    assert research.prices(ex, end, symbols="MIDCAPIETF", on_doubt="raise").height == 13

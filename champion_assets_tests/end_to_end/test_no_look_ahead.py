"""No path from tomorrow to today: whatever happens to the files after a cut, every table up to it is the same to the
last bit.

One proof for all tables (`differing`), used three ways: the files after the cut replaced by noise, deleted, and on a
feature that leaks on purpose, which the proof must name.
"""

from __future__ import annotations

import datetime as dt
import random
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from champion_assets.catalog import TABLES
from champion_assets.common.dates import calendar_days
from champion_assets.lake.build import build_range
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.store import Lake
from champion_assets.lake.table import Computed
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.synthetic import files
from champion_assets.nse.synthetic.exchange import Exchange
from champion_assets.nse.synthetic.server import date_in
from champion_assets_tests.helpers import ORDER, build_until

START, END = dt.date(2023, 11, 1), dt.date(2024, 2, 29)
PROVEN = ORDER[ORDER.index("silver/instruments") : ORDER.index("warehouse/duckdb")]


def differing(one: Workspace, other: Workspace, until: dt.date) -> list[str]:
    """Tables that are not the same in both lakes on the sessions up to `until`."""
    sessions, found = one.sessions(START, until), []
    for table in PROVEN:
        mine, theirs = (each.lake.read(table, sessions) for each in (one, other))
        drop = [
            name for name in ("source_sha256", "name", "lot_size") if name in mine.columns
        ]  # of the noisy copy's own files
        if not mine.drop(drop).equals(theirs.drop(drop)):
            found.append(table)
    return found


def elsewhere(workspace: Workspace, folder: Path, name: str) -> Workspace:
    """The same settings on the files in `folder` and a lake of its own."""
    explained = folder / "checks.csv"
    settings = workspace.settings.model_copy(
        update={"source": str(folder), "check_overrides": explained if explained.exists() else None}
    )
    return replace(workspace, lake=Lake(str(folder.with_name(name))), settings=settings)


def copied(exchange: Exchange, folder: Path) -> Path:
    shutil.copytree(exchange.folder, folder, ignore=shutil.ignore_patterns(".republished"))
    return folder


def noisy(exchange: Exchange, folder: Path, cut: dt.date, chance: random.Random) -> Path:
    """All bhavcopies written anew, those after the cut with other prices."""
    shutil.copytree(exchange.folder, folder, ignore=shutil.ignore_patterns(".republished", "EQUITIES", "cm"))
    later = [date for date in exchange.market.sessions if date > cut]  # the checks would stop such days
    lines = [f"{date},{check},noise,a test" for date in later for check in ("day_missing", "market_turnover")]
    (folder / "checks.csv").write_text("\n".join(["date,check,why,evidence", *lines]))
    for number, date in enumerate(exchange.market.sessions):
        if date > END:
            break
        rows = exchange.market.rows(number)
        if date > cut:
            factor = chance.uniform(0.5, 1.5)
            rows = rows.with_columns(
                (pl.col(name) * factor).round(2) for name in ("open", "high", "low", "close", "last", "vwap")
            )
        is_new = date.year == 2024
        name = (
            f"BhavCopy_NSE_CM_0_0_0_{date:%Y%m%d}_F_0000.csv"
            if is_new
            else f"cm{date:%d%b%Y}bhav.csv".replace(f"{date:%b}", f"{date:%b}".upper())
        )
        (folder / name).write_bytes(files.udiff(rows) if is_new else files.legacy(rows))
    return folder


def truncated(exchange: Exchange, folder: Path, cut: dt.date) -> Path:
    """Without any daily file after the cut."""
    copied(exchange, folder)
    removed = 0
    for path in list(folder.rglob("*.*")):
        if path.is_file() and (date := date_in(path.name)) is not None and date > cut:
            path.unlink()
            removed += 1
    assert removed > 50
    return folder


@pytest.mark.parametrize("seed", range(2))
def test_noise_after_a_cut_changes_nothing_before_it(
    workspace: Workspace, exchange: Exchange, tmp_path: Path, seed: int
) -> None:
    build_until(workspace, "backtest/daily", START, END)
    chance = random.Random(seed)
    cut = chance.choice(workspace.sessions(dt.date(2023, 12, 1), dt.date(2024, 2, 20)))
    other = elsewhere(workspace, noisy(exchange, tmp_path / "noisy", cut, chance), "noisy_lake")
    build_until(other, "backtest/daily", START, END)
    assert differing(workspace, other, cut) == []
    assert "features/returns" in differing(workspace, other, END)


@pytest.mark.parametrize("seed", range(3, 5))
def test_deleting_everything_after_a_cut_changes_nothing_before_it(
    workspace: Workspace, exchange: Exchange, tmp_path: Path, seed: int
) -> None:
    build_until(workspace, "backtest/daily", START, END)
    cut = random.Random(seed).choice(workspace.sessions(dt.date(2023, 12, 1), dt.date(2024, 2, 20)))
    other = elsewhere(workspace, truncated(exchange, tmp_path / "short", cut), "short_lake")
    build_until(other, "backtest/daily", START, cut)
    assert differing(workspace, other, cut) == []
    after = next(date for date in workspace.sessions(cut, END) if date > cut)
    assert build_range(TABLES["raw/bhavcopy"], other, [after]).failed  # it really is gone


def test_no_optional_input_looks_ahead(workspace: Workspace, exchange: Exchange, tmp_path: Path) -> None:
    """A strategy that uses sectors, ratings, mandates, tilts, impact and open orders knows nothing of a later list of
    sectors."""
    cut = dt.date(2024, 1, 12)
    full, short = copied(exchange, tmp_path / "full"), tmp_path / "short"
    first = next((full / "content" / "indices").glob("ind_nifty500list_*.csv"))
    head, *lines = first.read_text().splitlines()
    industries = [line.split(",")[1] for line in lines]
    moved = [
        line.replace(f",{old},", f",{new},", 1)
        for line, old, new in zip(lines, industries, industries[1:] + industries[:1], strict=True)
    ]
    (first.parent / "ind_nifty500list_2024-01-20.csv").write_text("\n".join([head, *moved]) + "\n")
    shutil.copytree(full, short)
    (short / "content" / "indices" / "ind_nifty500list_2024-01-20.csv").unlink()
    symbol = lines[0].split(",")[2]
    changed = {
        "sector_cap": 0.5,
        "esg_floor": 30.0,
        "esg_min_coverage": 0.5,
        "exclude": (symbol,),
        "turnover_max": 0.3,
        "impact": 1.0,
        "unfilled": "carry",
        "participation": 0.01,
        "tilts": {"features/covariance:volatility": -0.01},
        "universe_derivatives": "without",
        "universe_surveillance": {"gsm": 0, "long_term_asm": 1},
    }
    mine, theirs = (
        replace(each, settings=each.settings.model_copy(update=changed))
        for each in (elsewhere(workspace, full, "full_lake"), elsewhere(workspace, short, "short_lake"))
    )
    for each in (mine, theirs):
        build(each, END)
    assert differing(mine, theirs, cut) == []
    assert "features/universe" in differing(mine, theirs, END)
    assert mine.lake.read("portfolio/target_weights", [cut]).height


@pytest.fixture
def leak() -> Iterator[None]:
    """Expected returns that know the next session's: only by what is not theirs, for a declared input ends on the day
    itself."""
    honest = TABLES["features/expected_returns"]

    def peek(inputs: Inputs, dates: list[dt.date]) -> Computed:
        computed, place = honest.compute(inputs, dates), inputs._place
        frames = []
        for day, rows in computed.frame.partition_by("trade_date", as_dict=True, maintain_order=True).items():
            tomorrow = place.calendar.next_session(day[0])
            if tomorrow and place.lake.has("features/returns", tomorrow):
                known = place.lake.read("features/returns", [tomorrow], ["instrument_id", "total_return"])
                moved = rows.join(known, on="instrument_id", how="left", maintain_order="left")
                frames.append(
                    moved.with_columns(pl.col("expected_return") + pl.col("total_return").fill_null(0.0)).drop(
                        "total_return"
                    )
                )
            else:
                frames.append(rows)
        return replace(computed, frame=pl.concat([computed.frame.clear(), *frames]))

    TABLES["features/expected_returns"] = replace(honest, compute=peek)  # type: ignore[arg-type]
    yield
    TABLES["features/expected_returns"] = honest


@pytest.mark.parametrize("way", ["noise", "deletion"])
def test_a_leaking_feature_is_caught(
    workspace: Workspace, exchange: Exchange, tmp_path: Path, leak: None, way: str
) -> None:
    cut = dt.date(2023, 12, 29)  # decisions are made on it
    full = elsewhere(workspace, copied(exchange, tmp_path / "full"), "full_lake")
    folder = (
        noisy(exchange, tmp_path / way, cut, random.Random(9))
        if way == "noise"
        else truncated(exchange, tmp_path / way, cut)
    )
    other = elsewhere(workspace, folder, "other_lake")
    for each in (full, other):
        build(each, cut if each is other and way == "deletion" else dt.date(2024, 1, 5))
    assert differing(full, other, cut) == [
        "features/expected_returns",
        "portfolio/account",
        "portfolio/target_weights",
        "portfolio/audit",
    ]


def build(workspace: Workspace, end: dt.date) -> None:
    """Every table by what stands in TABLES now."""
    for name in ORDER[: ORDER.index("backtest/daily") + 1]:
        report = build_range(TABLES[name], workspace, calendar_days(START, end))
        assert not report.failed, report.failed

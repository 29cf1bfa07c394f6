"""An ended listing gives its holders what is known, on the day since which it counts; without evidence its last price
stands."""

from __future__ import annotations

import datetime as dt
import itertools
import shutil
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from champion_assets.catalog import TABLES, open_workspace
from champion_assets.common.address import Address
from champion_assets.common.dates import calendar_days
from champion_assets.lake.build import build_range
from champion_assets.lake.place import Place
from champion_assets.lake.schema import empty_frame, violations
from champion_assets.lake.store import Lake
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.calendar import load_calendar
from champion_assets.nse.endings import COLUMNS, Ending, endings_of
from champion_assets.nse.isin import security_key
from champion_assets.nse.synthetic import files
from champion_assets.nse.synthetic.exchange import Exchange
from champion_assets.settings import Settings
from champion_assets.silver.endings import NAME, TABLE, Endings, Register, Told, rows_of
from champion_assets_tests.helpers import ORDER, build_until, register_of

START, END = dt.date(2023, 11, 1), dt.date(2024, 1, 31)


LAST = dt.date(2023, 12, 14)
"""Last session of the share that ends: between two decisions."""


@pytest.fixture
def ended(workspace: Workspace, exchange: Exchange, tmp_path: Path) -> tuple[Workspace, dict[str, Any], dict[str, Any]]:
    """The synthetic exchange without one of its shares after `LAST`, as it was held, and another share."""
    build_until(workspace, "portfolio/target_weights", START, LAST)
    held = workspace.lake.read("portfolio/target_weights", [LAST]).sort("weight", descending=True)
    rows = workspace.lake.read("silver/equity_eod", [LAST]).join(
        held.select("instrument_id"), on="instrument_id", maintain_order="right"
    )
    parent, child = rows.row(0, named=True), rows.row(3, named=True)
    folder = tmp_path / "source"
    shutil.copytree(
        exchange.folder,
        folder,
        ignore=shutil.ignore_patterns(".republished", "historical", "cm", "sec_bhavdata_full*", "MTO*", "PR*"),
    )
    for number, date in enumerate(exchange.market.sessions):
        if date > END:
            break
        day = exchange.market.rows(number)
        if date > LAST:
            day = day.filter(pl.col("symbol") != parent["symbol"])
        is_new = date.year == 2024
        old = f"cm{date:%d%b%Y}bhav.csv".replace(f"{date:%b}", f"{date:%b}".upper())
        name = f"BhavCopy_NSE_CM_0_0_0_{date:%Y%m%d}_F_0000.csv" if is_new else old
        (folder / name).write_bytes(files.udiff(day) if is_new else files.legacy(day))
    settings = workspace.settings.model_copy(update={"source": str(folder)})
    return replace(workspace, settings=settings, lake=Lake(str(tmp_path / "lake"))), parent, child


def with_line(workspace: Workspace, folder: Path, line: str) -> Workspace:
    path = folder / "endings.csv"
    path.write_text("\n".join([",".join(COLUMNS), line]) + "\n")
    return replace(workspace, settings=workspace.settings.model_copy(update={"endings": path}))


def build(workspace: Workspace) -> dict[dt.date, dict[str, Any]]:
    for name in ORDER[: ORDER.index("portfolio/account") + 1]:
        failed = build_range(TABLES[name], workspace, calendar_days(START, END)).failed
        assert not failed, failed
    sessions = workspace.sessions(START, END)
    return {row["trade_date"]: row for row in workspace.lake.read("portfolio/account", sessions).iter_rows(named=True)}


def test_a_merger_gives_the_acquirers_shares_on_the_first_session_after_the_end(
    ended: tuple[Workspace, dict[str, Any], dict[str, Any]], tmp_path: Path
) -> None:
    workspace, parent, child = ended
    into = f"{child['isin']},{child['symbol']},3,2,1.5,document,{LAST},a test"
    line = f"{parent['isin']},{parent['symbol']},{LAST},merged,{into}"
    mine = with_line(workspace, tmp_path, line)
    account = build(mine)
    first = next(date for date in account if date > LAST)
    assert mine.lake.read(NAME, list(account)).select(
        "trade_date", "instrument_id", "child_instrument_id", "ratio", "cash"
    ).rows() == [(first, parent["instrument_id"], child["instrument_id"], 1.5, 1.5)]
    before, after = ({each["instrument_id"]: each for each in account[day]["holdings"]} for day in (LAST, first))
    held = before[parent["instrument_id"]]["shares"]
    assert parent["instrument_id"] not in after
    own = before[child["instrument_id"]]["shares"]
    assert after[child["instrument_id"]]["shares"] == pytest.approx(own + held * 1.5, abs=1)
    assert account[END]["stale_value"] == 0


def test_a_documented_nothing_is_a_loss_of_everything_and_no_price_that_stands(
    ended: tuple[Workspace, dict[str, Any], dict[str, Any]], tmp_path: Path
) -> None:
    workspace, parent, _ = ended
    mine = with_line(
        workspace,
        tmp_path,
        f"{parent['isin']},{parent['symbol']},{LAST},failed,,,,,0,document,{LAST},the plan's own words",
    )
    account = build(mine)
    row = account[END]
    assert parent["instrument_id"] not in {each["instrument_id"] for each in row["holdings"]}
    assert row["stale_value"] == 0
    lost = [
        each for day in account.values() for each in day["results"] if each["instrument_id"] == parent["instrument_id"]
    ]
    held = next(each for each in account[LAST]["holdings"] if each["instrument_id"] == parent["instrument_id"])
    assert min(each["actions"] for each in lost) == pytest.approx(-held["value"])


def test_without_a_line_the_last_price_stands_is_marked_and_nothing_is_decided_as_if_it_could_be_sold(
    ended: tuple[Workspace, dict[str, Any], dict[str, Any]],
) -> None:
    workspace, parent, _ = ended
    account = build(workspace)
    assert workspace.lake.read(NAME, list(account)).is_empty()
    row = account[END]
    (held,) = (each for each in row["holdings"] if each["instrument_id"] == parent["instrument_id"])
    assert held["price"] == parent["close"]
    assert held["idle"] > 20
    assert row["stale_value"] == pytest.approx(held["value"])
    assert row["written_down"] == 0
    (stuck,) = (each for each in row["targets"] if each["is_stuck"])
    assert stuck["instrument_id"] == parent["instrument_id"]
    assert sum(each["weight"] for each in row["targets"]) == pytest.approx(1.0)


def test_what_is_written_down_to_nothing_is_held_at_nothing_and_decisions_go_on(
    ended: tuple[Workspace, dict[str, Any], dict[str, Any]],
) -> None:
    workspace, parent, _ = ended
    mine = replace(
        workspace, settings=workspace.settings.model_copy(update={"delisting_recovery": 0.0, "delisted_after": 5})
    )
    account = build(mine)
    assert not build_range(TABLES["portfolio/target_weights"], mine, calendar_days(START, END)).failed
    (held,) = (each for each in account[END]["holdings"] if each["instrument_id"] == parent["instrument_id"])
    assert (held["value"], account[END]["stale_value"]) == (0, 0)
    assert sum(row["written_down"] for row in account.values()) > 0
    (row,) = (
        mine.lake.read("portfolio/target_weights", [END])
        .filter(pl.col("instrument_id") == parent["instrument_id"])
        .to_dicts()
    )
    assert (row["weight"], row["held"], row["is_stuck"]) == (0.0, 0.0, True)


def test_a_line_that_the_files_contradict_is_not_used_and_named(workspace: Workspace, tmp_path: Path) -> None:
    build_until(workspace, "silver/instruments", START, END)
    alive = register_of(workspace.lake, END).filter(pl.col("last_seen") == END).sort("symbol").row(0, named=True)
    line = f"{alive['isin']},{alive['symbol']},2023-12-01,delisted_voluntary,,,,,100,document,2023-12-01,wrong"
    mine = with_line(workspace, tmp_path, line)
    for name in ORDER[: ORDER.index(NAME) + 1]:
        report = build_range(TABLES[name], mine, calendar_days(START, END))
    assert mine.lake.read(NAME, mine.sessions(START, END)).is_empty()
    assert report.outcomes[dt.date(2023, 12, 4)].facts["contradicted_by_the_files"] == [alive["symbol"]]


def instrument(name: str, symbol: str, isin: str | None, first: str, last: str, kind: str = "share") -> dict[str, Any]:
    return {"trade_date": None, "instrument_id": name, "symbol": symbol, "isin": isin, "instrument_class": kind,
            "first_seen": dt.date.fromisoformat(first), "last_seen": dt.date.fromisoformat(last)}  # fmt: skip


def register(*rows: dict[str, Any]) -> Register:
    return Register(
        pl.DataFrame(
            list(rows),
            schema={
                "trade_date": pl.Date,
                "instrument_id": pl.String,
                "symbol": pl.String,
                "isin": pl.String,
                "instrument_class": pl.String,
                "first_seen": pl.Date,
                "last_seen": pl.Date,
            },
        )
    )


MAXINDIA = instrument("INE153U01", "MAXINDIA", "INE153U01017", "2016-07-14", "2020-06-11")
MAXHEALTH = instrument("INE027H01", "MAXHEALTH", "INE027H01010", "2020-08-21", "2020-08-28")
MAXIND = instrument("INE0CG601", "MAXIND", "INE0CG601016", "2020-08-28", "2020-08-28")


def packaged(symbol: str) -> list[Ending]:
    return [line for line in endings_of() if line.symbol == symbol]


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def test_a_share_turns_into_all_its_children_when_the_last_of_them_lists_and_says_until_then_what_it_waits_for() -> (
    None
):
    lines, said = packaged("MAXINDIA"), Told()
    assert rows_of(day("2020-06-12"), day("2020-06-11"), lines, register(MAXINDIA), said) == []
    assert said.words() == {"waits_for_children": ["MAXINDIA: MAXHEALTH, MAXIND"]}
    assert rows_of(day("2020-08-21"), day("2020-08-20"), lines, register(MAXINDIA, MAXHEALTH), Told()) == []
    rows = rows_of(day("2020-08-28"), day("2020-08-27"), lines, register(MAXINDIA, MAXHEALTH, MAXIND), Told())
    assert {row["child_instrument_id"]: row["ratio"] for row in rows} == {"INE027H01": 0.99, "INE0CG601": 0.2}
    assert rows_of(day("2020-08-31"), day("2020-08-28"), lines, register(MAXINDIA, MAXHEALTH, MAXIND), Told()) == []
    assert violations(Endings, pl.DataFrame(rows, schema=empty_frame(Endings).schema)) is None


def test_nothing_counts_before_the_evening_on_which_it_was_public_is_over() -> None:
    amtek = instrument("INE130C01", "AMTEKAUTO", "INE130C01021", "2016-01-01", "2019-04-01")
    lines = packaged("AMTEKAUTO")
    assert rows_of(day("2020-07-10"), day("2020-07-09"), lines, register(amtek), Told())[0]["cash"] == 0
    assert rows_of(day("2020-07-13"), day("2020-07-10"), lines, register(amtek), Told()) == []
    facts = TABLE.day_facts(
        Place(Settings.model_construct(endings=None), None, load_calendar()),  # type: ignore[arg-type]
        [day("2019-04-02"), day("2020-07-09"), day("2020-07-10")],
    )
    named = {date: "AMTEKAUTO" in {line["symbol"] for line in told} for date, told in facts.items()}
    assert named == {day("2019-04-02"): False, day("2020-07-09"): False, day("2020-07-10"): True}


def test_a_share_without_an_isin_in_the_lake_is_found_by_its_symbol_and_one_that_bears_the_symbol_now_is_not() -> None:
    sbin = instrument("SYM:SBIN", "SBIN", None, "2016-01-01", "2017-03-16")
    sbbj = instrument("SYM:SBBJ", "SBBJ", None, "2016-01-01", "2017-03-15")
    partly = instrument("SYM:SBIN.E1", "SBIN", None, "2016-01-01", "2017-03-16", "partly_paid")
    again = instrument("INE000A01", "SBBJ", "INE000A01010", "2017-03-16", "2017-03-16")
    rows = rows_of(day("2017-03-16"), day("2017-03-15"), packaged("SBBJ"), register(sbin, partly, sbbj), Told())
    assert [(row["instrument_id"], row["child_instrument_id"], row["ratio"]) for row in rows] == [
        ("SYM:SBBJ", "SYM:SBIN", 2.8)
    ]
    assert rows_of(day("2017-03-16"), day("2017-03-15"), packaged("SBBJ"), register(sbin, again), Told()) == []


@given(data=st.data())
def test_every_ending_counts_once_after_its_end_with_all_its_children_or_never(data: st.DataObject) -> None:
    lines = packaged(data.draw(st.sampled_from(sorted({line.symbol for line in endings_of()}))))
    start = max(lines[0].last_session, lines[0].known_on)
    days = [start + dt.timedelta(days=number) for number in range(-3, 30)]
    listed = [data.draw(st.sampled_from(days) | st.none()) for _ in lines]
    seen = lines[0].last_session + dt.timedelta(days=data.draw(st.integers(0, 1)))
    found = []
    for before, date in itertools.pairwise(days):
        rows = [instrument(lines[0].key, lines[0].symbol, lines[0].isin, "2000-01-03", str(min(seen, date)))]
        rows += [
            instrument(
                security_key(line.child_isin, line.child_symbol),
                line.child_symbol,
                line.child_isin,
                str(first),
                str(date),
            )
            for line, first in zip(lines, listed, strict=True)
            if line.child_isin and first is not None and first <= date
        ]
        if date > start:
            found += rows_of(date, before, lines, register(*rows), Told())
    waits = any(line.child_isin and first is None for line, first in zip(lines, listed, strict=True))
    traded_on = seen > lines[0].last_session
    assert len(found) == (0 if waits or traded_on else len(lines))
    assert len({row["trade_date"] for row in found}) <= 1
    assert violations(Endings, pl.DataFrame(found, schema=empty_frame(Endings).schema)) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"last_session": day("2017-03-16")},
        {"confidence": "unknown"},
        {"child_instrument_id": "INE648A01"},
        {"child_instrument_id": None},
        {"cash": -1.0},
        {"ratio": 0.0},
    ],
)
def test_each_rule_of_the_model_has_a_row_that_breaks_it(wrong: dict[str, Any]) -> None:
    row = {
        "trade_date": day("2017-03-16"),
        "instrument_id": "INE648A01",
        "symbol": "SBBJ",
        "last_session": day("2017-03-15"),
        "kind": "merged",
        "child_instrument_id": "INE062A01",
        "child_symbol": "SBIN",
        "ratio": 2.8,
        "cash": 0.0,
        "confidence": "document",
        "evidence": "x",
    }
    schema = empty_frame(Endings).schema
    assert violations(Endings, pl.DataFrame([row], schema=schema)) is None
    assert violations(Endings, pl.DataFrame([row | wrong], schema=schema)) is not None


@pytest.mark.real
def test_the_genuine_associates_of_state_bank_end_on_the_first_session_without_them(real: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    with tarfile.open(real / "runs" / "cm_2017.tar.xz") as archive:
        for member in archive:
            if (name := Path(member.name).name)[2:11] in {f"{number}MAR2017" for number in (10, 14, 15, 16, 17)}:
                (source / name).write_bytes(archive.extractfile(member).read())  # type: ignore[union-attr]
    settings = Settings(data_dir=tmp_path / "data", source=Address(str(source)), start_date=day("2017-03-10"))
    place = open_workspace(settings)
    for name in (
        "raw/bhavcopy",
        "raw/security_master",
        "bronze/bhavcopy",
        "bronze/symbol_changes",
        "silver/instruments",
        NAME,
    ):
        report = build_range(TABLES[name], place, calendar_days(day("2017-03-10"), day("2017-03-17")))
        assert not report.failed, report.failed
    rows = place.lake.read(NAME, place.sessions(day("2017-03-10"), day("2017-03-17"))).sort("symbol")
    associates = {"MYSOREBANK": 2.2, "SBBJ": 2.8, "SBT": 2.2}
    assert rows.select("trade_date", "symbol", "child_symbol", "ratio", "cash", "confidence").rows() == [
        (day("2017-03-14"), "GEOMETRIC", "HCLTECH", 10 / 43, 68.0, "document"),
        *((day("2017-03-16"), symbol, "SBIN", ratio, 0.0, "document") for symbol, ratio in associates.items()),
    ]

"""`silver/corporate_actions`: the story's actions as numbers, told by two feeds; what came late; what the user says;
what is refused."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from champion_assets.catalog import TABLES
from champion_assets.common.dates import calendar_days
from champion_assets.lake.build import build_range
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.actions.overrides import COLUMNS
from champion_assets.nse.synthetic.exchange import Exchange
from champion_assets.quant.adjust import known_events
from champion_assets_tests.helpers import build_until, drop_days

START, END = dt.date(2023, 11, 1), dt.date(2024, 4, 30)
NAME = "silver/corporate_actions"
HEAD = '"SYMBOL","COMPANY NAME","SERIES","PURPOSE","FACE VALUE","EX-DATE","RECORD DATE"\n'


def own_source(
    workspace: Workspace, exchange: Exchange, folder: Path, rows: str, last: str = "31-12-2023", **settings: object
) -> Workspace:
    """The prices of the exchange, and of corporate actions only `rows`."""
    folder.mkdir(exist_ok=True)
    for part in ("content/historical", "content/cm", "content/equities"):
        (folder / part).parent.mkdir(parents=True, exist_ok=True)
        if not (folder / part).exists():
            __import__("shutil").copytree(exchange.folder / part, folder / part)
    (folder / f"CF-CA-equities-01-11-2023-to-{last}.csv").write_text(HEAD + rows)
    return replace(workspace, settings=workspace.settings.model_copy(update={"source": str(folder), **settings}))


def test_the_story_told_by_exports_and_bundles_is_told_once(workspace: Workspace, exchange: Exchange) -> None:
    build_until(workspace, NAME, START, END)
    rows = workspace.lake.read(NAME, workspace.sessions(START, END))
    told = {(event.kind.replace("special_dividend", "dividend"), exchange.market.sessions[event.ex_session])
            for company in exchange.market.companies for event in company.events}  # fmt: skip
    assert set(rows.select("kind", "ex_date").iter_rows()) == told
    assert rows.height == len(told)
    assert (rows["trade_date"] == rows["ex_session"]).all()
    assert set(rows.filter(pl.col("kind").is_in(["split", "bonus"]))["verdict"]) == {"ok"}
    assert set(rows["known_basis"]) == {"published"}  # the bundles of the days before said it first
    split = rows.filter(pl.col("kind") == "split").row(0, named=True)
    assert (split["f_capital"], split["q"], split["fv_from"], split["fv_to"]) == (0.2, 5.0, 10.0, 2.0)


@pytest.fixture
def symbol(exchange: Exchange) -> str:
    """A company to which nothing happens in the story."""
    return exchange.market.companies[20].symbol


def row(symbol: str, subject: str, ex_date: str = "15-Nov-2023") -> str:
    return f'"{symbol}","x","EQ","{subject}","10","{ex_date}","-"\n'


def built(workspace: Workspace, end: dt.date = dt.date(2023, 11, 30)) -> pl.DataFrame:
    build_until(workspace, NAME, START, end)
    return workspace.lake.read(NAME, workspace.sessions(START, end))


def test_an_event_that_the_market_flatly_contradicts_is_held_until_a_person_confirms_it(
    workspace: Workspace, exchange: Exchange, tmp_path: Path, symbol: str
) -> None:
    days = calendar_days(START, dt.date(2023, 11, 30))
    own = own_source(workspace, exchange, tmp_path / "s", row(symbol, "Bonus 1:1"))
    event = built(own).row(0, named=True)
    assert (event["verdict"], event["f_capital"], event["q"], event["f_proposed"], event["is_testable"]) == (
        "no_reprice",
        1,
        1,
        0.5,
        True,
    )
    assert "which no price band allows" in event["held"]
    build_range(TABLES["silver/suspects"], own, days)
    suspect = (
        own.lake.read("silver/suspects", own.sessions(START, days[-1]))
        .filter(pl.col("symbol") == symbol)
        .row(0, named=True)
    )
    assert (suspect["suspicion"], suspect["factor"]) == ("doubtful_action", 0.5)
    assert suspect["reading"].startswith("not applied until confirmed: it opened at")
    line = tmp_path / "mine.csv"
    line.write_text(f"symbol,ex_date,action,why\n{symbol},2023-11-15,confirm,company's notice\n")
    sure = replace(own, settings=own.settings.model_copy(update={"action_overrides": line}))
    rows = built(sure)
    assert rows.select("kind", "f_capital", "q", "held").rows() == [
        ("bonus", 0.5, 2.0, None),
        ("notice", 1.0, 1.0, None),
    ]
    build_range(TABLES["silver/suspects"], sure, days)
    assert (
        sure.lake.read("silver/suspects", own.sessions(START, days[-1])).filter(pl.col("symbol") == symbol).is_empty()
    )


def test_an_event_that_the_bundles_moved_happens_once(
    workspace: Workspace, exchange: Exchange, tmp_path: Path, symbol: str
) -> None:
    """`BONUS 1:1` with ex-date 15 November in the bundles of 1 to 8 November and 17 November from the 9th."""
    from champion_assets.nse.names import action_bundles
    from champion_assets.nse.synthetic.files import zipped

    own = own_source(workspace, exchange, tmp_path / "s", "")
    head = "SERIES,SYMBOL,SECURITY,RECORD_DT,BC_STRT_DT,BC_END_DT,EX_DT,ND_STRT_DT,ND_END_DT,PURPOSE"
    for day in own.sessions(START, dt.date(2023, 11, 17)):
        ex_date = dt.date(2023, 11, 15 if day.day <= 8 else 17)
        lines = "".join(f"{series},{symbol},x,{ex_date},,,{ex_date},,,BONUS 1:1\n" for series in ("EQ", "BE"))
        (tmp_path / "s" / action_bundles(day)[0].name).write_bytes(
            zipped(f"Bc{day:%d%m%y}.csv", f"{head}\n{lines}".encode())
        )
    line = tmp_path / "mine.csv"  # the prices of the exchange know no bonus: a person confirms it
    line.write_text(f"symbol,ex_date,action,why\n{symbol},2023-11-17,confirm,company's notice\n")
    rows = built(replace(own, settings=own.settings.model_copy(update={"action_overrides": line})))
    assert rows.filter(pl.col("kind") == "bonus").select("ex_date", "f_capital").rows() == [
        (dt.date(2023, 11, 17), 0.5)
    ]
    assert known_events(rows, dt.date(2023, 11, 16)).is_empty()
    expected = own.lake.read("bronze/corporate_actions", own.sessions(START, dt.date(2023, 11, 17)))
    said = dict(expected.group_by("trade_date").agg(pl.col("ex_date").unique().implode()).iter_rows())
    assert said[dt.date(2023, 11, 8)] == [dt.date(2023, 11, 15)]
    assert said[dt.date(2023, 11, 9)] == [dt.date(2023, 11, 17)]


def test_what_cannot_be_read_or_placed_is_listed_with_its_reason_and_is_no_event(
    workspace: Workspace, exchange: Exchange, tmp_path: Path, symbol: str
) -> None:
    own = own_source(
        workspace,
        exchange,
        tmp_path / "s",
        row(symbol, "Rights 2:7") + row(symbol, "Gobbledygook 1:2") + row("NOBODY", "Bonus 1:1"),
    )
    assert built(own).is_empty()
    refused = own.lake.read(f"quarantine/{NAME}", [dt.date(2023, 11, 15)])
    assert sorted(refused["reason"]) == [
        "no issue price in the text",
        "no known kind of action in 'Gobbledygook 1:2'",
        "nothing trades under NOBODY",
    ]
    assert set(refused["source_row"]) == {1, 2, 3}


def test_the_user_has_the_last_word(workspace: Workspace, exchange: Exchange, tmp_path: Path, symbol: str) -> None:
    lines = tmp_path / "mine.csv"
    lines.write_text(
        f"{','.join(COLUMNS)}\n{symbol},2023-11-15,cancel,,,,,,,never happened,notice 1\n"
        f"{symbol},2023-11-16,factor,0.25,4,,,,,unit split,notice 2\n"
    )
    own = own_source(workspace, exchange, tmp_path / "s", row(symbol, "Bonus 1:1"), action_overrides=lines)
    rows = built(own)
    assert rows.select("trade_date", "f_capital", "known_basis", "subject", "evidence").rows() == [
        (dt.date(2023, 11, 15), 1.0, "override", "never happened", "notice 1"),
        (dt.date(2023, 11, 16), 0.25, "override", "unit split", "notice 2"),
    ]


def test_a_demerger_is_valued_by_the_open_then_by_what_became_known(
    workspace: Workspace, exchange: Exchange, tmp_path: Path, symbol: str
) -> None:
    """The special pre-open price first; the child's first close once it lists; the company's share of the cost when it
    says so."""
    child = exchange.market.companies[21].symbol  # any name that trades stands in for the child
    lines = tmp_path / "mine.csv"
    head = "symbol,ex_date,action,f,child,ratio,known_on,why,evidence"
    lines.write_text(
        f"{head}\n{symbol},2023-11-15,demerger_by_child,,{child},0.01,2023-11-20,child listed,notice\n"
        f"{symbol},2023-11-15,cost_of_acquisition,0.7,,,2023-11-24,company's notice,notice\n"
    )
    own = own_source(
        workspace, exchange, tmp_path / "s", row(symbol, "Demerger / Dividend - Rs 1 Per Share"), action_overrides=lines
    )
    rows = built(own)
    prices = own.lake.read("silver/equity_eod", own.sessions(START, dt.date(2023, 11, 30)))
    parent = prices.filter((pl.col("symbol") == symbol) & (pl.col("trade_date") == dt.date(2023, 11, 15))).row(
        0, named=True
    )
    listed = prices.filter((pl.col("symbol") == child) & (pl.col("trade_date") == dt.date(2023, 11, 20))).row(
        0, named=True
    )
    expected = {
        dt.date(2023, 11, 17): ("special pre-open price", parent["open"] / (parent["prior_close"] - 1)),
        dt.date(2023, 11, 21): ("override: child's first close", 1 - 0.01 * listed["close"] / parent["prior_close"]),
        dt.date(2023, 11, 29): ("override: cost of acquisition", 0.7),
    }
    for as_of, (method, f) in expected.items():
        known = known_events(rows, as_of)
        assert known.filter(pl.col("kind") == "demerger").select("method", "ex_session").rows() == [
            (method, dt.date(2023, 11, 15))
        ]
        assert known["f_capital"].product() == pytest.approx(f)
        assert known["f_total_return"].product() == pytest.approx(
            f * (parent["prior_close"] - 1) / parent["prior_close"]
        )


def test_an_event_on_whose_ex_date_nothing_traded_is_settled_by_the_next_open(
    workspace: Workspace, exchange: Exchange, tmp_path: Path
) -> None:
    """A suspended name is demerged and consolidated: the demerger waits, the other with it, the first open settles
    both."""
    company = next(each for each in exchange.market.companies if each.suspended is not None)
    first, back = company.suspended  # type: ignore[misc]
    ex_date, resumed = exchange.market.sessions[first + 3], exchange.market.sessions[back]
    subject = "Demerger / Consolidation From Re 1 To Rs 10"
    own = own_source(
        workspace, exchange, tmp_path / "s", row(company.symbol, subject, f"{ex_date:%d-%b-%Y}"), "31-03-2024"
    )
    rows = built(own, resumed)
    prices = own.lake.read("silver/equity_eod", [resumed]).filter(pl.col("symbol") == company.symbol).row(0, named=True)
    assert prices["prior_date"] < ex_date
    before, after = known_events(rows, exchange.market.sessions[back - 1]), known_events(rows, resumed)
    assert before.height == 0  # an event is applied whole or not at all
    assert sorted(after["kind"]) == ["consolidation", "demerger"]
    assert set(after["verdict"]) == {"ok"}
    assert after["f_capital"].product() == pytest.approx(prices["open"] / prices["prior_close"])
    assert after["q"].product() == 0.1
    waiting = own.lake.read(f"quarantine/{NAME}", [ex_date])
    assert waiting.height == 2
    assert waiting["reason"].str.contains("no price on the ex-date").all()


def test_a_late_bundle_speaks_from_its_own_day_on_and_rewrites_nothing(
    workspace: Workspace, exchange: Exchange, tmp_path: Path, symbol: str
) -> None:
    from champion_assets.nse.names import action_bundles
    from champion_assets.nse.synthetic.files import zipped

    own = own_source(workspace, exchange, tmp_path / "s", row(symbol, "Interim Dividend - Rs 2 Per Share"))
    late = dt.date(2023, 11, 20)
    head = "SERIES,SYMBOL,SECURITY,RECORD_DT,BC_STRT_DT,BC_END_DT,EX_DT,ND_STRT_DT,ND_END_DT,PURPOSE"
    body = f"{head}\nEQ,{symbol},x, , , ,2023-11-15, , ,INT DIV - RS 3 PER SH\n"
    bundle = action_bundles(late)[0]
    (tmp_path / "s" / bundle.name).write_bytes(zipped(f"Bc{late:%d%m%y}.csv", body.encode()))
    rows = built(own)
    assert rows.select("trade_date", "ex_session", "cash").rows() == [
        (dt.date(2023, 11, 15), dt.date(2023, 11, 15), 2.0), (late, dt.date(2023, 11, 15), 3.0),
    ]  # fmt: skip
    assert known_events(rows, dt.date(2023, 11, 17))["cash"].to_list() == [2.0]
    assert known_events(rows, late)["cash"].to_list() == [3.0]
    assert rows["last_close"].n_unique() == 1


def test_in_pieces_or_at_once_the_same_bytes(workspace: Workspace) -> None:
    middle = dt.date(2023, 12, 13)
    build_until(workspace, NAME, START, middle)
    build_until(workspace, NAME, middle + dt.timedelta(days=1), dt.date(2024, 1, 10))
    days = workspace.sessions(START, dt.date(2024, 1, 10))
    pieces = workspace.lake.infos(NAME, days)
    drop_days(workspace.lake, NAME, days)
    build_range(TABLES[NAME], workspace, calendar_days(START, dt.date(2024, 1, 10)))
    assert workspace.lake.infos(NAME, days) == pieces

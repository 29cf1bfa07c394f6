"""The page as a whole: every section, figure, unit; what its tables hold is what the lake's tables hold; nothing from
outside."""

from __future__ import annotations

import base64
import datetime as dt
import io
import re
import shutil
from pathlib import Path

import polars as pl
import pytest

from champion_assets.backtest.attribution import COSTS
from champion_assets.backtest.sheet.words import METRIC_WORDS, OTHER_WORDS, label_of, shown
from champion_assets.backtest.tear_sheet import HTML_KEY, TABLE, build, history, index_beside, page, story_of
from champion_assets.backtest.tear_sheet_figures import figures
from champion_assets.catalog import TABLES, open_workspace
from champion_assets.lake.workspace import Workspace
from champion_assets.quant.metrics import METRICS
from champion_assets.settings import Settings
from champion_assets_tests.helpers import build_until
from champion_assets_tests.pages.parsed import Parsed, parsed

START, END = dt.date(2023, 11, 1), dt.date(2024, 4, 30)
SECTIONS = [
    "Verdict",
    "What the figures rest on",
    "Growth and drawdown",
    "Figures",
    "Months and years",
    "Worst and best",
    "Rolling windows",
    "Where the return came from",
    "Styles",
    "Risk",
    "Holdings",
    "Trades",
    "Costs and capacity",
    "Constraints",
    "ESG",
    "Was it luck?",
    "Holdings in doubt",
    "Strategy, settings and definitions",
]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, exchange) -> Workspace:  # type: ignore[no-untyped-def]
    """Six months of the fictional exchange; only read."""
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("sheet"),
        source=str(exchange.folder),
        esg_folder=exchange.folder / "esg",
        start_date=START,
        cov_window_days=40,
        expected_return_lookback=40,
        universe_warmup=20,
        universe_size=60,
        retry_delay_scale=0,
        http_interval_seconds=0,
    )
    workspace = open_workspace(settings)
    build_until(workspace, "backtest/daily", START, END)
    build(workspace)
    return workspace


@pytest.fixture(scope="module")
def text(whole: Workspace) -> str:
    return (whole.lake.get(HTML_KEY) or b"").decode()


@pytest.fixture(scope="module")
def sheet(text: str) -> Parsed:
    return parsed(text)


@pytest.fixture(scope="module")
def days(whole: Workspace) -> pl.DataFrame:
    return history(whole)[0]


def test_the_page_has_every_section(sheet: Parsed) -> None:
    assert sheet.headings == ["Tear sheet", *SECTIONS]


def test_every_figure_has_a_title_a_unit_and_a_key_where_there_are_several_series(sheet: Parsed) -> None:
    assert len(sheet.figures) >= 12
    for title, unit, _ in sheet.figures:
        assert title, sheet.figures
        assert unit, title
    keys = {title: key for title, _, key in sheet.figures}
    assert keys["Growth of one rupee"] == ["Portfolio", "Nifty 50 (total return)", "Equal-weight universe"]
    assert keys["Drawdown"] == keys["Growth of one rupee"]
    assert {title for title, unit, _ in sheet.figures if "log scale" in unit} == {"Growth of one rupee"}


def test_every_metric_has_a_label_and_none_is_shown_by_its_name(
    sheet: Parsed, whole: Workspace, days: pl.DataFrame
) -> None:
    assert set(METRIC_WORDS) == set(METRICS)
    table = figures(days, index=index_beside(whole, days))
    for metric in table["metric"]:
        assert label_of(metric) in sheet.text, metric
    names = {
        *(name for each in TABLES.values() for name in each.model.to_schema().columns),
        *table["metric"],
        *Settings.model_fields,
    }
    raw = {name for name in names if "_" in name}
    assert raw & set(re.findall(r"[a-z0-9]+(?:_[a-z0-9]+)+", sheet.text)) == set()


def test_every_number_of_the_figures_has_a_unit_and_is_the_stored_one(sheet: Parsed, whole: Workspace) -> None:
    stored = dict(whole.lake.read(TABLE.name, whole.lake.dates(TABLE.name)).select("metric", "value").iter_rows())
    head, *rows = sheet.tables["figures-table"]
    assert head == [
        "Figure",
        "Portfolio net of costs",
        "Nifty 50 index, before costs",
        "Equal-weight universe before costs",
        "Unit",
    ]
    assert all(row[-1] for row in rows)
    mine = {row[0]: row[1:4] for row in rows}
    for metric, (label, _, _) in METRIC_WORDS.items():
        if metric in ("beta", "alpha", "tracking_error", "information_ratio"):
            assert mine[label] == ["", shown(metric, stored[f"index_{metric}"]), shown(metric, stored[metric])]
            continue
        assert mine[label][0] == shown(metric, stored[metric]), metric
        for place, group in ((1, "index"), (2, "universe")):
            if f"{group}_{metric}" in stored:
                assert mine[label][place] == shown(metric, stored[f"{group}_{metric}"]), (group, metric)
    further = {row[0]: row[1] for row in sheet.tables["further-table"][1:]}
    for metric in OTHER_WORDS:
        if stored.get(metric) is not None:
            assert further[label_of(metric)] == shown(metric, stored[metric])


def test_the_verdict_is_first_and_has_its_confidence(text: str, sheet: Parsed) -> None:
    head = sheet.text[: sheet.text.index("Growth and drawdown Growth of one rupee")]
    for words in (
        "a year after costs and before tax",
        "95 % interval",
        "Probability of skill",
        "Lead over the Nifty 50",
        "Deepest fall",
    ):
        assert words in head, words
    assert text.index('id="verdict"') < text.index('id="basis"') < text.index('id="growth"')


def test_what_the_figures_rest_on_is_told_first(sheet: Parsed) -> None:
    assert "No decision used anything that became known after its day." in sheet.text
    assert "before income and capital gains tax" in sheet.text
    assert "worse by 5 basis points of slippage" in sheet.text


def test_the_holdings_are_those_of_the_last_close(sheet: Parsed, days: pl.DataFrame) -> None:
    last = days.row(-1, named=True)
    assert sorted(sheet.column("holdings-table", "Name")) == sorted(
        [*(each["symbol"] for each in last["holdings"]), "Cash"]
    )
    shares = dict(zip(sheet.column("holdings-table", "Name"), sheet.column("holdings-table", "Shares"), strict=True))
    assert {name: shares[name] for name in shares if name != "Cash"} == {
        each["symbol"]: f"{each['shares']:,.0f}" for each in last["holdings"]
    }
    parts = [float(each.removesuffix(" %")) for each in sheet.column("risk-table", "Part of the risk of")]
    assert sum(parts) == pytest.approx(100, abs=0.5)


def test_the_trades_are_all_in_the_file_and_the_latest_in_the_table(sheet: Parsed, whole: Workspace) -> None:
    dates = whole.lake.dates("backtest/executions")
    stored = whole.lake.read("backtest/executions", dates).sort("trade_date", "symbol")
    (address,) = [each for each in sheet.addresses if each.startswith("data:text/csv;base64,")]
    file = pl.read_csv(io.BytesIO(base64.b64decode(address.split(",")[1])), try_parse_dates=True)
    assert file.select("trade_date", "symbol", "wanted", "filled").equals(
        stored.select("trade_date", "symbol", "wanted", "filled")
    )
    assert file["charges"].to_list() == stored["charges"].to_list()
    sessions = sheet.column("trades-table", "Session")
    assert sessions == sorted(map(str, stored["trade_date"]), reverse=True)[: len(sessions)]
    assert len(sessions) == min(400, stored.height)


def test_the_lines_add_up_to_the_gain_and_the_charges_to_the_costs(
    sheet: Parsed, whole: Workspace, days: pl.DataFrame
) -> None:
    told = story_of(whole, days)
    assert told is not None
    before = days.filter(pl.col("trade_date") < told.days["trade_date"][0])["value"][-1]
    assert sheet.tables["lines-table"][-1][1] == f"{told.days['value'][-1] - before:,.0f}".replace("-", "−")
    assert told.attribution["amount"].sum() == pytest.approx(told.days["value"][-1] - before, abs=0.5)
    paid = {row[0]: row[1] for row in sheet.tables["costs-table"]}
    assert paid["All charges"] == f"{told.days['costs'].sum():,.0f}"
    assert paid["Securities transaction tax"] == f"{told.days['stt'].sum():,.0f}"
    assert sum(told.days[name].sum() for name in COSTS) == pytest.approx(told.days["costs"].sum(), abs=0.5)


def test_the_months_and_years_are_those_of_the_days(sheet: Parsed, whole: Workspace, days: pl.DataFrame) -> None:
    told = story_of(whole, days)
    assert told is not None
    january = told.days.filter(pl.col("trade_date").dt.strftime("%Y-%m") == "2024-01")["portfolio_return"].to_numpy()
    head, *rows = sheet.tables["months"]
    of_year = {row[0]: dict(zip(head[1:], row[1:], strict=True)) for row in rows}
    assert of_year["2024"]["Jan"] == f"{((1 + january).prod() - 1) * 100:.1f} %".replace("-", "−")
    assert of_year["2023"]["Jan"] == ""
    assert [row[1] for row in sheet.tables["years-table"][1:]] == [
        of_year[year]["Whole year"] for year in ("2023", "2024")
    ]


def test_constraints_are_in_words_with_what_they_cost(sheet: Parsed) -> None:
    assert set(sheet.column("constraints-table", "Constraint")) == {"Largest weight of a name", "No short positions"}
    assert sheet.column("constraints-table", "Bound")[0] == "at most 7.0 % of the value"
    assert "each recomputed by means that share nothing with the solver; no bound was missed" in sheet.text


def test_luck_tells_how_long_a_history_would_have_to_be(sheet: Parsed) -> None:
    labels = sheet.column("luck-table", "Figure")
    assert "Needed to be sure" in labels
    assert "The same, as the best of 1 trial" in labels


def test_the_settings_are_told_in_words(sheet: Parsed) -> None:
    values = dict(zip(sheet.column("settings-table", "Setting"), sheet.column("settings-table", "Value"), strict=True))
    assert values["Largest weight of a name"] == "7 %"
    assert values["Window of the covariance"] == "40 sessions"
    assert values["Initial capital"] == "₹1.00 crore"
    differ = dict(
        zip(sheet.column("settings-table", "Setting"), sheet.column("settings-table", "Default"), strict=True)
    )
    assert differ["Window of the covariance"] == "252 sessions"
    assert differ["Largest weight of a name"] == ""


def test_the_page_needs_nothing_else_and_is_small(text: str, sheet: Parsed) -> None:
    assert re.findall(r"https?:", text) == []
    assert [each for each in sheet.addresses if not each.startswith(("#", "data:"))] == []
    assert len(text) < 3_000_000
    assert len(text) < 600_000


def test_the_same_history_gives_the_same_bytes_wherever_it_lies(
    whole: Workspace, text: str, days: pl.DataFrame, tmp_path: Path
) -> None:
    shutil.copytree(whole.settings.data_dir, tmp_path / "copy")
    elsewhere = open_workspace(whole.settings.model_copy(update={"data_dir": tmp_path / "copy"}))
    mark = history(elsewhere)[1]
    again = page(elsewhere, days, figures(days, index=index_beside(elsewhere, days)), f"fingerprint {mark}")
    assert again == text
    assert str(whole.settings.data_dir) not in text

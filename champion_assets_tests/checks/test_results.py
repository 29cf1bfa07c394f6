"""Every check fails on a realistic corruption and passes on the story; a block stops the day before the features until
it is explained."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from champion_assets.catalog import TABLES
from champion_assets.checks.registry import BY_NAME, RULES
from champion_assets.checks.results import NAME, OverrideError, overrides
from champion_assets.checks.rules import Context
from champion_assets.common.dates import calendar_days
from champion_assets.lake.build import build_range
from champion_assets.lake.errors import BlockedByCheck
from champion_assets.lake.store import Lake
from champion_assets.lake.workspace import Workspace, open_inputs
from champion_assets.nse.synthetic import files
from champion_assets.nse.synthetic.exchange import Exchange
from champion_assets_tests.helpers import ORDER, build_until, put_day

START, END = dt.date(2023, 11, 1), dt.date(2024, 1, 10)
DAY = dt.date(2024, 1, 8)


class OnWorkspace(Context):
    """A context that a corruption can reach the lake of."""

    def __init__(self, workspace: Workspace, dates: list[dt.date]) -> None:
        super().__init__(open_inputs(TABLES[NAME], workspace, dates), dates)
        self.workspace = workspace


def here(expression: pl.Expr, otherwise: str) -> pl.Expr:
    """`expression` in the first row of DAY, else the column as it is."""
    is_day = pl.col("trade_date") == DAY
    return pl.when(is_day & (is_day.cum_sum() == 1)).then(expression).otherwise(pl.col(otherwise)).alias(otherwise)


def on_day(expression: pl.Expr, otherwise: str) -> pl.Expr:
    """`expression` on DAY, else the column as it is."""
    return pl.when(pl.col("trade_date") == DAY).then(expression).otherwise(pl.col(otherwise)).alias(otherwise)


def prices(*changes: pl.Expr) -> Callable[[OnWorkspace], None]:
    """The past with other values."""

    def corrupt(context: OnWorkspace) -> None:
        context.__dict__["past"] = context.past.with_columns(*changes)

    return corrupt


def cut(share: float) -> Callable[[OnWorkspace], None]:
    """DAY with so many of its rows."""

    def corrupt(context: OnWorkspace) -> None:
        today = pl.col("trade_date") == DAY
        nth = today.cum_sum() / today.sum()
        context.__dict__["past"] = context.past.filter(~today | (nth <= share))

    return corrupt


def refused(table: str, rule: str) -> Callable[[OnWorkspace], None]:
    """A row in a table's quarantine."""

    def corrupt(context: OnWorkspace) -> None:
        rows = pl.DataFrame({"trade_date": [DAY], "rule": [rule], "symbol": ["ABC"], "reason": ["as it says"]})
        put_day(context.workspace.lake, f"quarantine/{table}", DAY, rows)

    return corrupt


def frame(name: str, make: Callable[[OnWorkspace], pl.DataFrame]) -> Callable[[OnWorkspace], None]:
    """Another table of the context replaced."""

    def corrupt(context: OnWorkspace) -> None:
        context.__dict__[name] = make(context)

    return corrupt


def republished(asset: str) -> Callable[[OnWorkspace], None]:
    def corrupt(context: OnWorkspace) -> None:
        lake = context.workspace.lake
        rows = lake.read(asset, [DAY])
        older = rows.with_columns(sha256=pl.lit("0" * 64), is_current=pl.lit(value=False))
        put_day(lake, asset, DAY, pl.concat([older, rows]))

    return corrupt


def stuck(context: OnWorkspace) -> None:
    name = context.equity.filter(pl.col("trade_date") == DAY)["instrument_id"][0]
    mine = pl.col("instrument_id") == name
    fixed = {"open": 100.0, "high": 101.0, "low": 99.0, "close": 100.0}
    context.__dict__["past"] = context.past.with_columns(
        pl.when(mine).then(value).otherwise(pl.col(each)).alias(each) for each, value in fixed.items()
    )


def index_of(**columns: float) -> Callable[[OnWorkspace], pl.DataFrame]:
    def make(context: OnWorkspace) -> pl.DataFrame:
        del context
        return pl.DataFrame(
            [
                {"trade_date": DAY, "index_id": name, "simple_return": value, "turnover": value}
                for name, value in columns.items()
            ]
        )

    return make


def action(**values: object) -> Callable[[OnWorkspace], pl.DataFrame]:
    def make(context: OnWorkspace) -> pl.DataFrame:
        row = context.workspace.lake.read("silver/corporate_actions", context.workspace.sessions(START, END)).head(1)
        return row.with_columns(trade_date=pl.lit(DAY), **{name: pl.lit(value) for name, value in values.items()})

    return make


def first_of(context: OnWorkspace) -> dict[str, str]:
    """An instrument of DAY."""
    return context.equity.filter(pl.col("trade_date") == DAY).select("instrument_id", "symbol").row(0, named=True)


def without(kind: str) -> Callable[[OnWorkspace], None]:
    """DAY without a class of instruments."""

    def corrupt(context: OnWorkspace) -> None:
        context.__dict__["past"] = context.past.filter(
            (pl.col("trade_date") != DAY) | (pl.col("instrument_class") != kind)
        )

    return corrupt


SUSPECT = {
    "trade_date": DAY,
    "symbol": "ABC",
    "witness": 0.5,
    "factor": 1.0,
    "verdict": "no_reprice",
    "subject": "Bonus 1:1",
}
CORRUPTIONS: dict[str, Callable[[OnWorkspace], None]] = {
    **{
        f"{name}_{asset}": refused(f"raw/{asset}", rule)
        for asset in ("bhavcopy", "delivery", "index_close")
        for name, rule in (("container", "B1"), ("row_date", "B2"), ("header", "B4"), ("row_width", "B5"))
    },
    **{f"republished_{asset}": republished(f"raw/{asset}") for asset in ("bhavcopy", "delivery", "index_close")},
    "types": prices(here(pl.lit(None, pl.Float64), "close")),
    "unique": prices(on_day(pl.lit("SAME"), "symbol"), on_day(pl.lit("EQ"), "series")),
    "second_rows": refused("silver/equity_eod", "S2"),
    "price_range": prices(here(pl.col("high") + 1, "low")),
    "vwap_range": prices(here(pl.col("high") + 0.02, "vwap")),
    # a quantity misprinted, as GTLINFRA's
    "turnover_fits": prices(here(pl.col("high") * 1.02, "vwap"), here(pl.lit(1e6), "turnover")),
    "delivery_range": prices(here(pl.col("volume") + 1, "delivery_qty")),
    "tick_grid": prices(here(pl.col("close") + 0.02, "close")),
    "isin_valid": refused("silver/equity_eod", "S8"),
    "price_band": prices(here(pl.col("prior_close") * 1.3, "close"), here(pl.col("prior_close"), "open")),
    "open_gap": frame(
        "suspects", lambda context: pl.DataFrame([SUSPECT | {"suspicion": "unexplained_gap"} | first_of(context)])
    ),
    "action_witness": frame("suspects", lambda _: pl.DataFrame([SUSPECT | {"suspicion": "doubtful_action"}])),
    "outliers": prices(here(pl.col("prior_close") * 3.0, "close")),
    "stale_price": stuck,
    "prev_close_chain": prices(here(pl.col("prior_close") + 1, "prev_close")),
    "day_missing": prices(on_day(pl.col("prior_close") + 1, "prev_close")),
    **dict.fromkeys(
        ("previous_session_complete", "previous_session_names"),
        prices(
            on_day(pl.col("prior_date").dt.offset_by("-1d"), "prior_date"),
            on_day(pl.col("prior_close") + 1, "prev_close"),
        ),
    ),
    "row_count": cut(0.95),
    "row_count_extreme": cut(0.85),
    "class_row_count": without("share"),
    "market_turnover": prices(on_day(pl.col("turnover") * 0.2, "turnover")),
    "symbol_churn": cut(0.97),
    "index_agrees": frame("index", index_of(nifty_50=0.09)),
    "control_total": frame("index", index_of(nifty_500=1.0)),
    "factor_sanity": frame("actions", action(f_total_return=5.0, f_capital_special=1.0)),
    "delivery_complete": frame("delivery", lambda context: context.delivery.filter(pl.int_range(pl.len()) % 5 == 0)),
    "bundle_agrees": frame(
        "bundle", lambda context: context.bhavcopy.with_columns(pl.col("volume") + 1, file=pl.lit("PR080124.zip"))
    ),
    "bhavcopy_complete": frame(
        "bhavcopy", lambda context: context.bhavcopy.filter(pl.col("symbol") != context.equity["symbol"][0])
    ),
    "delivery_agrees": frame("delivery", lambda context: context.delivery.with_columns(volume=pl.col("volume") + 1)),
}


def test_every_check_is_corrupted_here() -> None:
    assert set(CORRUPTIONS) == set(BY_NAME)
    assert len(BY_NAME) == len(RULES)


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory, exchange: Exchange) -> Workspace:
    from champion_assets.catalog import open_workspace
    from champion_assets.settings import Settings

    folder = tmp_path_factory.mktemp("judged")
    settings = Settings(
        data_dir=folder,
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
    build_until(workspace, NAME, START, END)
    return workspace


def own_copy(judged: Workspace, folder: Path) -> Workspace:
    shutil.copytree(judged.lake.root, folder / "lake")
    return replace(judged, lake=Lake(str(folder / "lake")))


@pytest.mark.parametrize("name", sorted(CORRUPTIONS))
def test_a_corruption_is_found_on_its_day_only_and_named(judged: Workspace, tmp_path: Path, name: str) -> None:
    rule = BY_NAME[name]
    workspace = (
        own_copy(judged, tmp_path)
        if name.split("_", maxsplit=1)[0] in ("container", "row", "header", "republished", "second", "isin")
        else judged
    )
    days = [dt.date(2024, 1, 5), DAY]
    before = rule.evaluate(OnWorkspace(workspace, days)).filter(pl.col("trade_date") == DAY)
    assert rule.severity == "info" or not before["failed"].item(), before
    context = OnWorkspace(workspace, days)
    CORRUPTIONS[name](context)
    after = rule.evaluate(context).filter(pl.col("trade_date") == DAY).row(0, named=True)
    assert after["failed"]
    assert after["sample"]
    assert after["value"] is not None
    if rule.severity == "info":
        assert after["value"] > (before["value"].item() or 0)


@pytest.mark.parametrize(
    ("name", "other", "column"),
    [
        *(("delivery_agrees", "delivery", column) for column in ("open", "high", "low", "close")),
        ("bundle_agrees", "bundle", "close"),
    ],
)
def test_prices_of_the_files_of_a_day_are_compared(judged: Workspace, name: str, other: str, column: str) -> None:
    context = OnWorkspace(judged, [DAY])
    rows = context.bhavcopy.with_columns(file=pl.lit("PR080124.zip")) if other == "bundle" else context.delivery
    first = pl.col("symbol") == context.equity["symbol"][0]
    context.__dict__[other] = rows.with_columns(
        pl.when(first).then(pl.col(column) + 0.05).otherwise(column).alias(column)
    )
    found = BY_NAME[name].evaluate(context).row(0, named=True)
    assert found["failed"]
    assert f"{context.equity['symbol'][0]} {column} " in found["sample"]
    context.__dict__[other] = rows.with_columns(pl.lit(None, pl.Float64).alias(column))  # a format without prices
    assert not BY_NAME[name].evaluate(context).row(0, named=True)["failed"]


def test_nothing_blocks_the_story(judged: Workspace) -> None:
    rows = judged.lake.read(NAME, judged.sessions(START, END))
    assert rows.filter((pl.col("severity") == "block") & ~pl.col("passed")).is_empty()
    assert rows["check_name"].n_unique() == len(RULES)
    assert rows.height == len(RULES) * len(judged.sessions(START, END))


@pytest.fixture
def misdated(workspace: Workspace, exchange: Exchange, tmp_path: Path) -> Workspace:
    """DAY's file has other prices than the next day's file says it had: what a file of another day under its name looks
    like."""
    folder = tmp_path / "files"
    shutil.copytree(exchange.folder, folder, ignore=shutil.ignore_patterns(".republished"))
    number = exchange.market.sessions.index(DAY)
    rows = exchange.market.rows(number).with_columns(
        pl.col("open", "high", "low", "close", "last", "prev_close") * 1.05
    )
    path = next(folder.rglob(f"BhavCopy_NSE_CM*{DAY:%Y%m%d}*"))
    path.unlink()
    (folder / path.name.removesuffix(".zip")).write_bytes(files.udiff(rows))
    for legacy in folder.rglob("cm08JAN2024bhav*"):
        legacy.unlink()
    return replace(workspace, settings=workspace.settings.model_copy(update={"source": str(folder)}))


def test_a_block_stops_the_day_before_the_features_until_it_is_explained(misdated: Workspace, tmp_path: Path) -> None:
    build_until(misdated, NAME, START, END)
    report = build_range(TABLES["features/returns"], misdated, calendar_days(DAY, END))
    assert set(report.failed) == {DAY, dt.date(2024, 1, 9)}
    error = report.failed[DAY]
    assert isinstance(error, BlockedByCheck)
    assert "day_missing" in str(error)
    assert f"`{DAY},day_missing,WHY,EVIDENCE`" in str(error)
    assert END in report.outcomes
    lines = tmp_path / "checks.csv"
    lines.write_text(
        f"date,check,why,evidence\n{DAY},day_missing,prices "
        f"restated,https://example.org\n2024-01-09,day_missing,the same,x\n"
    )
    explained = replace(misdated, settings=misdated.settings.model_copy(update={"check_overrides": lines}))
    assert build_range(TABLES[NAME], explained, calendar_days(START, END)).count("written") == 2
    row = explained.lake.read(NAME, [DAY]).filter(pl.col("check_name") == "day_missing").row(0, named=True)
    assert row["passed"]
    assert row["override"] == "prices restated (https://example.org)"
    assert not build_range(TABLES["features/returns"], explained, calendar_days(DAY, END)).failed


def test_a_block_that_appears_later_stops_a_day_that_was_built(workspace: Workspace, misdated: Workspace) -> None:
    build_until(workspace, "features/returns", START, END)
    worse = replace(workspace, settings=misdated.settings)
    for name in ORDER[: ORDER.index(NAME) + 1]:
        build_range(TABLES[name], worse, calendar_days(START, END))
    assert isinstance(build_range(TABLES["features/returns"], worse, [DAY]).failed[DAY], BlockedByCheck)


def test_the_halt_of_2017_is_explained_out_of_the_box(settings) -> None:  # type: ignore[no-untyped-def]
    assert "0.27 of the median" in overrides(settings)[dt.date(2017, 7, 10), "market_turnover"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("2024-01-08,no_such,a,b", "no check 'no_such'"),
        ("tomorrow,day_missing,a,b", "is not a date"),
        ("2024-01-08,day_missing,,b", "why and evidence"),
    ],
)
def test_a_line_that_cannot_be_meant_is_refused(settings, tmp_path: Path, line: str, words: str) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "checks.csv"
    path.write_text(f"date,check,why,evidence\n{line}\n")
    with pytest.raises(OverrideError, match=f"line 2: .*{words}"):
        overrides(settings.model_copy(update={"check_overrides": path}))

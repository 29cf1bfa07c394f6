"""`backtest/tear_sheet`: the whole history on one self-contained page, and its figures as a table.

The page (`backtest/tear_sheet/tear_sheet.html` in the lake) needs no network. The figures are defined in
`quant/metrics.py`; returns before the first decision are cash and left out. It is made anew only if the history
changed.
"""

import datetime as dt
import hashlib
from collections.abc import Sequence
from typing import Literal

import pandera.polars as pa
import polars as pl

from champion_assets.backtest.attribution import NAME as ATTRIBUTION
from champion_assets.backtest.charts import line_chart
from champion_assets.backtest.daily import NAME as DAILY
from champion_assets.backtest.daily import TABLE as DAILY_TABLE
from champion_assets.backtest.index import IndexHistory, index_history
from champion_assets.backtest.tax import NAME as TAX
from champion_assets.backtest.tax import TABLE as TAX_TABLE
from champion_assets.backtest.tear_sheet_data import Measures, Story, tell
from champion_assets.backtest.tear_sheet_details import DETAIL_TABLES, details_of
from champion_assets.backtest.tear_sheet_figures import figures, invested_days, session_before, yardstick_of
from champion_assets.features.esg import BLEND
from champion_assets.features.factor_returns import NAME as FACTORS
from champion_assets.lake.commit import day_rows, write_days
from champion_assets.lake.errors import InvalidRows, MissingInput
from champion_assets.lake.fingerprints import Fingerprints, recipe_of
from champion_assets.lake.manifest import Stamp
from champion_assets.lake.place import Place
from champion_assets.lake.schema import TableModel, violations
from champion_assets.lake.table import HistoryOutcome, HistoryTable
from champion_assets.portfolio.account import TABLE as ACCOUNT_TABLE
from champion_assets.portfolio.audit import NAME as AUDIT
from champion_assets.portfolio.target_weights import NAME as WEIGHTS
from champion_assets.quant.doubts import doubtful_sessions, open_doubts
from champion_assets.silver.doubts import NAME as DOUBTS
from champion_assets.silver.index_eod import NAME as LEVELS
from champion_assets.silver.index_total_return import NAME as INDEX
from champion_assets.silver.rates import NAME as RATES
from champion_assets.silver.shares_outstanding import NAME as SHARES

NAME = "backtest/tear_sheet"
CODE_VERSION = "8"
HTML_KEY = f"{NAME}/tear_sheet.html"


class TearSheet(TableModel):
    """A figure of the tear sheet."""

    metric: str = pa.Field(unique=True, description="Name of the figure, see quant/metrics.py")
    value: float = pa.Field(nullable=True, description="Value; null where it is undefined")
    definition: str = pa.Field(description="Definition of the figure")
    first: pl.Date = pa.Field(description="First session counted")
    last: pl.Date = pa.Field(description="Last session counted")


def history(place: Place, until: dt.date = dt.date.max) -> tuple[pl.DataFrame, str]:
    """All days of `backtest/daily` without a hole (not after `until`), and the hash of their fingerprints.

    Raises:
        MissingInput: there is none, or a session in between is missing.
    """
    dates = [date for date in place.lake.dates(DAILY) if date <= until]
    if not dates:
        raise MissingInput(f"{NAME}: {DAILY} has no day yet; run `champion backfill START END` first")
    holes = sorted(set(place.sessions(dates[0], dates[-1])) - set(dates))
    if holes:
        raise MissingInput(
            f"{NAME}: {DAILY} lacks {len(holes)} sessions from {holes[0]} to {holes[-1]}; backfill them first"
        )
    marks = Fingerprints(place.lake)
    for table in (ACCOUNT_TABLE, DAILY_TABLE):
        stale = marks.unusable(table.name, dates, recipe_of(table, place.settings))
        if not stale:
            continue
        raise MissingInput(
            f"{NAME}: {len(stale)} days of {table.name} from {stale[0]} to {stale[-1]} were made by other "
            f"code or settings; "
            f"run `champion backfill {dates[0]} {dates[-1]}` first"
        )
    beside = [
        f"{table} {date} {info.content}"
        for table, wanted in ((RATES, dates), (INDEX, dates), (FACTORS, dates), (LEVELS, dates), (SHARES, dates[-1:]))
        for date, info in place.lake.infos(table, wanted).items()
        if info
    ]
    if place.settings.tax != "none":
        beside += [f"{TAX} {date} {info.content}" for date, info in place.lake.infos(TAX, dates).items() if info]
    parts = [
        CODE_VERSION,
        *(marks.stored(DAILY, date) or "" for date in dates),
        *beside,
        _doubts(place, dates).write_csv(),
    ]
    digest = hashlib.sha256("".join(parts).encode())
    return place.lake.read(DAILY, dates), digest.hexdigest()[:32]


def _doubts(place: Place, dates: Sequence[dt.date]) -> pl.DataFrame:
    """What is in doubt after these days: instrument_id, ex_session, doubt in words.

    Raises:
        MissingInput: a day is missing.
    """
    present = set(place.lake.dates(DOUBTS))
    if missing := [date for date in dates if date not in present]:
        span = f"{len(missing)} sessions from {missing[0]} to {missing[-1]}"
        raise MissingInput(f"{NAME}: {DOUBTS} lacks {span}; backfill them first")
    return doubtful_sessions(open_doubts(place.lake.read(DOUBTS, dates), dates[-1]), "total_return")


def index_beside(place: Place, days: pl.DataFrame) -> IndexHistory | None:
    """What the index in BENCHMARK did over the days from the first fill on; None before it.

    Raises:
        UnknownIndex: see `index_history`.
        ValueError: see `yardstick_of`.
    """
    invested = invested_days(days)
    return (
        None if invested.is_empty() else index_history(place, [session_before(days, invested), *invested["trade_date"]])
    )


def story_of(place: Place, days: pl.DataFrame) -> Story | None:
    """Everything the page tells of a history; None before the first fill."""
    invested = invested_days(days)
    if invested.is_empty():
        return None
    lake, dates = place.lake, invested["trade_date"].to_list()
    decisions = decisions_of(place, days)
    weights = lake.read(WEIGHTS, decisions, ["trade_date", "instrument_id", "sector", "decided_on"])
    weights = weights.filter(pl.col("decided_on") == pl.col("trade_date"))
    audit = lake.read(AUDIT, [date for date in decisions if lake.has(AUDIT, date)])
    lines = lake.read(ATTRIBUTION, dates)
    scores = lake.read("features/esg", dates, ["trade_date", "instrument_id", "provider", "score"])
    doubts = _doubts(place, days["trade_date"].to_list())
    rates = lake.read(RATES, dates, ["trade_date", "source", "is_assumed"])
    measures = Measures(yardstick_of(days), index_beside(place, days), int(rates["is_assumed"].sum()))
    return tell(invested, measures, weights, audit, lines, scores.filter(pl.col("provider") == BLEND), doubts)


def decisions_of(place: Place, days: pl.DataFrame) -> list[dt.date]:
    """The sessions up to the last of `days` that have target weights."""
    return [
        date for date in place.sessions(days["trade_date"][0], days["trade_date"][-1]) if place.lake.has(WEIGHTS, date)
    ]


def taxes_of(place: Place, days: pl.DataFrame) -> pl.DataFrame | None:
    """Rows of backtest/tax of the days; None without TAX.

    Raises:
        MissingInput: a day is missing, or was made with another TAX.
    """
    if place.settings.tax == "none":
        return None
    dates = days["trade_date"].to_list()
    stale = Fingerprints(place.lake).unusable(TAX, dates, recipe_of(TAX_TABLE, place.settings))
    if stale:
        raise MissingInput(
            f"{NAME}: {TAX} lacks {len(stale)} sessions from "
            f"{stale[0]} to {stale[-1]} or has them made by other code or "
            f"settings; run `champion backfill {dates[0]} {dates[-1]}` first"
        )
    return place.lake.read(TAX, dates)


def page(place: Place, days: pl.DataFrame, table: pl.DataFrame, note: str, title: str = "Tear sheet") -> str:
    """The HTML page."""
    from champion_assets.backtest.tear_sheet_page import render

    story = story_of(place, days)
    taxes = None if story is None else taxes_of(place, story.days)
    details = None if story is None else details_of(place, story.days, decisions_of(place, days), taxes)
    return render(days, story, table, note, title, details)


def build(place: Place) -> HistoryOutcome:
    """Write the page and the figures if the history has changed.

    Raises:
        MissingInput: see `history`.
        InvalidRows: a figure breaks the model.
    """
    days, fingerprint = history(place)
    table = figures(days, index=index_beside(place, days), taxes=taxes_of(place, days))
    if (problem := violations(TearSheet, table)) is not None:
        raise InvalidRows(f"{NAME}: {problem}")
    last, built = days["trade_date"][-1], place.lake.dates(NAME)
    stored = place.lake.info(NAME, last)
    status: Literal["written", "unchanged"] = "unchanged"
    if stored is None or stored.fingerprint != fingerprint or not place.lake.exists(HTML_KEY):
        place.lake.put(HTML_KEY, page(place, days, table, f"fingerprint {fingerprint}").encode())
        write_days(
            place.lake,
            NAME,
            {last: day_rows({last: table})[last].stamped(Stamp(fingerprint, CODE_VERSION))},
            drop=[date for date in built if date != last],
        )
        status = "written"
    return HistoryOutcome(status, table, days.height, place.lake.uri(HTML_KEY), _preview(days, table))


def _preview(days: pl.DataFrame, table: pl.DataFrame) -> dict[str, str]:
    lines = [f"| {name} | {value:.4f} |" for name, value in table.select("metric", "value").drop_nulls().iter_rows()]
    growth = {"portfolio": (1 + days["portfolio_return"]).cum_prod().to_numpy(),
              "equal-weight universe": (1 + days["benchmark_return"]).cum_prod().to_numpy()}  # fmt: skip
    return {
        "figures": "\n".join(["| figure | value |", "|---|---|", *lines]),
        "growth of one rupee": line_chart(days["trade_date"].to_list(), growth),
    }


def read_figures(place: Place) -> dict[str, float | None]:
    """The stored figures by name; empty if there is no tear sheet yet."""
    built = place.lake.dates(NAME)
    return dict(place.lake.read(NAME, built).select("metric", "value").iter_rows()) if built else {}


TABLE = HistoryTable(
    name=NAME,
    description="The whole history on one self-contained HTML page with plots, and its figures as a table.",
    model=TearSheet,
    code_version=CODE_VERSION,
    inputs=(DAILY, ATTRIBUTION, TAX, WEIGHTS, AUDIT, "features/esg", DOUBTS, RATES, INDEX, *DETAIL_TABLES),
    build=build,
    kinds=frozenset({"html"}),
    peak_megabytes=566,
)

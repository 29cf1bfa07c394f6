"""`backtest/tear_sheet`: the whole history on one self-contained page, and its figures as a table.

The page (`backtest/tear_sheet/tear_sheet.html` in the lake) needs no network. The figures are defined in `quant/metrics.py`; returns
before the first decision are cash and left out. It is made anew only if the history changed.
"""

import datetime as dt
import hashlib
import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandera.polars as pa
import polars as pl

from champion_assets.backtest.attribution import NAME as ATTRIBUTION
from champion_assets.backtest.charts import line_chart
from champion_assets.backtest.daily import NAME as DAILY
from champion_assets.backtest.daily import TABLE as DAILY_TABLE
from champion_assets.backtest.index import IndexHistory, index_history
from champion_assets.backtest.tear_sheet_data import Measures, Story, tell
from champion_assets.features.esg import BLEND
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
from champion_assets.quant.metrics import AGAINST, METRICS, Yardstick, calendar_years, performance
from champion_assets.quant.risk import Array
from champion_assets.silver.doubts import NAME as DOUBTS
from champion_assets.silver.index_total_return import NAME as INDEX
from champion_assets.silver.rates import NAME as RATES

NAME = "backtest/tear_sheet"
CODE_VERSION = "5"
HTML_KEY = f"{NAME}/tear_sheet.html"


class TearSheet(TableModel):
    """A figure of the tear sheet."""

    metric: str = pa.Field(unique=True, description="Name, see quant/metrics.py")
    value: float = pa.Field(nullable=True, description="The figure; null where it is undefined")
    definition: str = pa.Field(description="What it is")
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
        raise MissingInput(f"{NAME}: {DAILY} lacks {len(holes)} sessions from {holes[0]} to {holes[-1]}; backfill them first")
    marks = Fingerprints(place.lake)
    for table in (ACCOUNT_TABLE, DAILY_TABLE):
        stale = marks.unusable(table.name, dates, recipe_of(table, place.settings))
        if not stale:
            continue
        raise MissingInput(f"{NAME}: {len(stale)} days of {table.name} from {stale[0]} to {stale[-1]} were made by other code or settings; "
                           f"run `champion backfill {dates[0]} {dates[-1]}` first")  # fmt: skip
    beside = [f"{table} {date} {info.content}" for table in (RATES, INDEX) for date, info in place.lake.infos(table, dates).items() if info]
    parts = [CODE_VERSION, *(marks.stored(DAILY, date) or "" for date in dates), *beside, _doubts(place, dates).write_csv()]
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
    return None if invested.is_empty() else index_history(place, [_before(days, invested), *invested["trade_date"]])


def figures(days: pl.DataFrame, trials: Sequence[float] = (), index: IndexHistory | None = None) -> pl.DataFrame:
    """The metrics of the days from the first fill on, as rows of `TearSheet`.

    Args:
        days: rows of backtest/daily, from a session before the first fill on.
        trials: as in `performance`.
        index: see `index_beside`; without it there are no figures of the index.

    Raises:
        ValueError: see `yardstick_of`.
    """
    invested = invested_days(days)
    values: dict[str, float] = {}
    years = 0.0
    if invested.height >= 2:
        yardstick = yardstick_of(days)
        years = yardstick.years
        own, other = invested["portfolio_return"].to_numpy(), invested["benchmark_return"].to_numpy()
        values = performance(own, other, yardstick, trials) | {"years": years, "sessions_a_year": yardstick.sessions_a_year}
        growth = (1 + values["total_return"]) * (1 - invested["stale_value"][-1] / invested["value"][-1])
        values |= {"total_return_without_stale": growth - 1, "cagr_without_stale": growth ** (1 / years) - 1}
        universe = performance(other, other, yardstick)
        values |= {f"universe_{name}": universe[name] for name in _COMPARED}
        if index is not None:
            values |= _beside(own, index, yardstick)
    values["overnight_a_year"] = _overnight(invested) / years if years else 0.0
    values["turnover_a_year"] = _turnover(invested) / years if years else 0.0
    values["costs_rupees"] = float(invested["costs"].sum())
    values["cost_drag_a_year"] = float((invested["costs"] / invested["value"]).sum()) / years if years else 0.0
    values["dividends_rupees"] = float(invested["dividends"].sum())
    values["written_down_rupees"] = float(invested["written_down"].sum())
    values["stale_rupees"] = float(days["stale_value"][-1])
    values["unfilled"] = float(invested["unfilled"].sum())
    values["unexplained_gaps"] = float(invested["unexplained_gaps"].sum())
    period, words = invested if invested.height else days, "" if index is None else index.in_words
    return pl.DataFrame(
        {"metric": list(values), "value": pl.Series(list(values.values()), dtype=pl.Float64).fill_nan(None),
         "definition": [_definition(name, words) for name in values]}
    ).with_columns(first=pl.lit(period["trade_date"].min()), last=pl.lit(period["trade_date"].max()))  # fmt: skip


BASIS = "of the portfolio's returns net of costs, dividends included, before income and capital gains tax"
"""What every figure of `METRICS` is a figure of."""
_COMPARED = ("total_return", "cagr", "volatility", "sharpe", "max_drawdown")
_DEFINITIONS = {
    "years": "calendar years of 365.25 days from the close before the first fill to the last close",
    "sessions_a_year": "sessions counted / years; what is annualised is annualised by it",
    "overnight_a_year": "what an overnight deposit earned over the same days, added up, a calendar year; see silver/rates",
    "total_return_without_stale": "total_return if what stands at old prices at the end is lost (stale_value of backtest/daily)",
    "cagr_without_stale": "cagr if what stands at old prices at the end is lost", "stale_rupees": "value at the end that stands at old "
    "prices of names without a trade, rupees",
    "index_gaps": "sessions whose index file is absent or lacks the index, the one before the first fill included",
    "turnover_a_year": "value of buys and sells / 2 / mean value, a calendar year", "costs_rupees": "all charges paid, rupees",
    "cost_drag_a_year": "costs over the day's value, added up, a calendar year", "dividends_rupees": "dividends credited, rupees",
    "written_down_rupees": "loss on names that count as delisted, rupees", "unfilled": "orders not filled, or not wholly",
    "unexplained_gaps": "holdings' opening gaps treated as value-neutral",
}  # fmt: skip


def _definition(name: str, index: str) -> str:
    if name in METRICS:
        return f"{METRICS[name]}; {BASIS}"
    group, _, metric = name.partition("_")
    if metric in METRICS and group == "universe":
        return f"{METRICS[metric]}; of the equal-weight universe with dividends, before costs and tax"
    if metric in AGAINST and group == "index":
        return f"{METRICS[metric]}; {BASIS}; over the sessions with an index file; the benchmark is {index}"
    if metric in METRICS and group == "index":
        return f"{METRICS[metric]}; of {index}; before costs and tax; null if its files have a gap"
    return _DEFINITIONS[name]


def _beside(own: Array, index: IndexHistory, yardstick: Yardstick) -> dict[str, float]:
    """The figures of the index, and of the portfolio against it. Its levels bridge a gap in its files; risk figures do not."""
    returns, growth = index.returns, index.growth
    there = np.isfinite(returns)
    found = dict.fromkeys([f"index_{name}" for name in (*_COMPARED, *AGAINST)], math.nan)
    if math.isfinite(growth[0]) and math.isfinite(growth[-1]):
        found |= {"index_total_return": growth[-1] - 1.0, "index_cagr": growth[-1] ** (1 / yardstick.years) - 1.0}
    if there.all():
        alone = performance(returns, returns, yardstick)
        found |= {f"index_{name}": alone[name] for name in ("volatility", "sharpe", "max_drawdown")}
    if there.sum() >= 2:
        part = Yardstick(yardstick.years * float(there.mean()), yardstick.overnight[there])
        against = performance(own[there], returns[there], part)
        found |= {f"index_{name}": against[name] for name in AGAINST}
    return found | {"index_gaps": float(index.gaps)}


def _overnight(invested: pl.DataFrame) -> float:
    return float(invested["overnight_return"].sum())


def invested_days(days: pl.DataFrame) -> pl.DataFrame:
    """The days from the first fill on."""
    first = days.filter(pl.col("buys") > 0)["trade_date"].min()
    return days.clear() if first is None else days.filter(pl.col("trade_date") >= first)


def yardstick_of(days: pl.DataFrame) -> Yardstick:
    """What the days from the first fill on are measured with.

    Raises:
        ValueError: `days` begin with the first fill, so that nobody knows since when its return counts.
    """
    invested = invested_days(days)
    return Yardstick(calendar_years(_before(days, invested), invested["trade_date"][-1]), invested["overnight_return"].to_numpy())


def _before(days: pl.DataFrame, invested: pl.DataFrame) -> dt.date:
    earlier: list[dt.date] = days.filter(pl.col("trade_date") < invested["trade_date"].min())["trade_date"].to_list()
    if not earlier:
        raise ValueError("the session before the first fill is needed: its close is what the first return starts from")
    return max(earlier)


def _turnover(invested: pl.DataFrame) -> float:
    """Of all days together, as a share of the mean value."""
    return float((invested["bought"] + invested["sold"]).sum()) / 2 / float(invested["value"].to_numpy().mean())


def story_of(place: Place, days: pl.DataFrame) -> Story | None:
    """Everything the page tells of a history; None before the first fill."""
    invested = invested_days(days)
    if invested.is_empty():
        return None
    lake, dates = place.lake, invested["trade_date"].to_list()
    decisions = [date for date in place.sessions(days["trade_date"][0], dates[-1]) if lake.has(WEIGHTS, date)]
    weights = lake.read(WEIGHTS, decisions, ["trade_date", "instrument_id", "sector", "decided_on"])
    weights = weights.filter(pl.col("decided_on") == pl.col("trade_date"))
    audit = lake.read(AUDIT, [date for date in decisions if lake.has(AUDIT, date)])
    lines = lake.read(ATTRIBUTION, dates)
    scores = lake.read("features/esg", dates, ["trade_date", "instrument_id", "provider", "score"])
    doubts = _doubts(place, days["trade_date"].to_list())
    rates = lake.read(RATES, dates, ["trade_date", "source", "is_assumed"])
    measures = Measures(yardstick_of(days), index_beside(place, days), int(rates["is_assumed"].sum()))
    return tell(invested, measures, weights, audit, lines, scores.filter(pl.col("provider") == BLEND), doubts)


def page(place: Place, days: pl.DataFrame, table: pl.DataFrame, note: str, title: str = "Tear sheet") -> str:
    """The HTML page."""
    from champion_assets.backtest.tear_sheet_page import render

    return render(days, story_of(place, days), table, note, title)


def build(place: Place) -> HistoryOutcome:
    """Write the page and the figures if the history has changed.

    Raises:
        MissingInput: see `history`.
        InvalidRows: a figure breaks the model.
    """
    days, fingerprint = history(place)
    table = figures(days, index=index_beside(place, days))
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
    inputs=(DAILY, ATTRIBUTION, WEIGHTS, AUDIT, "features/esg", DOUBTS, RATES, INDEX),
    build=build,
    kinds=frozenset({"html", "plotly"}),
    peak_megabytes=566,
)

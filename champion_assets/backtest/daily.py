"""`backtest/daily`: what the portfolio really did: yesterday's decision traded today, at India's costs, and the value at the close.

A decision of the close of D is executed at the open of the next session, whole shares, with slippage and the charges in force that
day. No fill in a name that did not trade, no buy where it was locked at the upper band, no sell where it was locked at the lower. A
name that stops trading stays at its last price. Value before + P&L - costs = value after, to a paisa, or the day fails.

Corporate actions change holdings on their ex-date: splits and bonuses the number of shares, dividends the cash; a right or a demerged
part counts as sold at its theoretical value and put back into the share. An opening gap beyond any price band that no action explains
is treated as value-neutral and counted in `unexplained_gaps`.

The benchmark is the index named by BENCHMARK (a price return) where the lake has it, else yesterday's universe, equally weighted.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pandera.polars as pa
import polars as pl

from champion_assets.lake.schema import TableModel, empty_frame
from champion_assets.lake.table import Computed, DailyTable, Input, Workspace
from champion_assets.nse.costs import cost_rates
from champion_assets.nse.indices import index_id
from champion_assets.quant.simulate import Book, Position, Quote, SessionResult, run_session
from champion_assets.settings import Settings
from champion_assets.stage import daily_asset

NAME = "backtest/daily"
_HOLDINGS = pl.List(pl.Struct({"instrument_id": pl.String, "symbol": pl.String, "shares": pl.Float64, "price": pl.Float64,
                               "value": pl.Float64}))  # fmt: skip


class Daily(TableModel):
    """The portfolio's day. Amounts in rupees."""

    trade_date: pl.Date = pa.Field(unique=True, description="Session")
    value: float = pa.Field(gt=0, description="Cash and holdings at the close")
    cash: float = pa.Field(ge=-0.005, description="Cash at the close")
    flows: float = pa.Field(description="Capital paid in: the initial capital on the first session, then 0")
    pnl: float = pa.Field(description="Gain of the day before costs")
    costs: float = pa.Field(ge=0, description="Taxes, charges and brokerage of the day")
    bought: float = pa.Field(ge=0, description="Value of the buys")
    sold: float = pa.Field(ge=0, description="Value of the sells")
    buys: pl.Int32 = pa.Field(ge=0, description="Number of buys")
    sells: pl.Int32 = pa.Field(ge=0, description="Number of sells")
    unfilled: pl.Int32 = pa.Field(ge=0, description="Orders without a fill: not traded, or locked at the band")
    unexplained_gaps: pl.Int32 = pa.Field(ge=0, description="Holdings whose opening gap was treated as value-neutral")
    dividends: float = pa.Field(ge=0, description="Dividends credited on their ex-date, part of the P&L's account")
    portfolio_return: float = pa.Field(gt=-1, description="Return of the day after costs")
    benchmark_return: float = pa.Field(gt=-1, description="Mean total return of yesterday's universe, equally weighted; 0 before it exists")
    index_return: float = pa.Field(
        gt=-1, nullable=True, description="Price return of the index in BENCHMARK; null where the day has no index file"
    )
    holdings: _HOLDINGS = pa.Field(description="Positions at the close")  # type: ignore[valid-type]

    @pa.dataframe_check(description="cash and holdings add up to the value, to a paisa")
    def adds_up(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805 (Pandera passes the class)
        """Recomputed from the stored rows."""
        held = pl.col("holdings").list.eval(pl.element().struct.field("value")).list.sum()
        return data.lazyframe.select((pl.col("cash") + held - pl.col("value")).abs() <= 0.01)


def compute(workspace: Workspace, dates: Sequence[dt.date]) -> Computed:
    """The days of `dates`, in order; each begins with the book of the session before."""
    market = _Market(workspace, dates)
    book_of: tuple[dt.date | None, Book] = (None, Book(0.0))
    frames, facts = [], {}
    for date in dates:
        before = workspace.window(Input(NAME, lag=1), date)
        if not before:
            book, flows = Book(workspace.settings.initial_capital), workspace.settings.initial_capital
        else:
            book, flows = (book_of[1] if book_of[0] == before[0] else _stored_book(workspace, before[0])), 0.0
        result = run_session(book, market.quotes(date), market.targets(date), market.rates(date),
                             workspace.settings.slippage_bps / 10_000)  # fmt: skip
        frames.append(_row(date, book, result, flows, market.benchmark(date), market.index(date)))
        facts[date] = {"value": result.book.value, "positions": len(result.book.positions), "costs": result.costs,
                       "unexplained_gaps": result.gaps}  # fmt: skip
        book_of = (date, result.book)
    return Computed(pl.concat(frames), facts=facts)


class _Market:
    """What a block of sessions needs of other tables, read once."""

    def __init__(self, workspace: Workspace, dates: Sequence[dt.date]) -> None:
        self._settings = workspace.settings
        self._before = {date: next(iter(workspace.window(Input(NAME, lag=1), date)), None) for date in dates}
        evenings = sorted({day for day in self._before.values() if day is not None})
        lake = workspace.lake
        self._weights = _by_day(lake.read("portfolio/target_weights", evenings)) if evenings else {}
        self._members = _by_day(lake.read("features/universe", evenings, ["trade_date", "instrument_id"])) if evenings else {}
        columns = ["trade_date", "instrument_id", "open", "high", "low", "close", "prev_close"]
        index = lake.read("silver/index_eod", dates, ["trade_date", "index_id", "simple_return"])
        self._index = dict(
            index.filter(pl.col("index_id") == index_id(self._settings.benchmark)).select("trade_date", "simple_return").iter_rows()
        )
        prices = lake.read("silver/equity_eod", dates, columns)
        returns = lake.read(
            "features/returns", dates, ["trade_date", "instrument_id", "total_return", "f_capital", "f_total_return", "is_unexplained_gap"]
        )
        self._rows = _by_day(prices.join(returns, on=["trade_date", "instrument_id"], how="left", maintain_order="left"))

    def rates(self, date: dt.date) -> Any:
        return cost_rates(date, brokerage_bps=self._settings.brokerage_bps)

    def targets(self, date: dt.date) -> dict[str, tuple[str, float]] | None:
        evening = self._before[date]
        weights = self._weights.get(evening) if evening else None
        if weights is None or weights["decided_on"][0] != evening:
            return None
        return {row["instrument_id"]: (row["symbol"], row["weight"]) for row in weights.iter_rows(named=True)}

    def quotes(self, date: dt.date) -> dict[str, Quote]:
        one_price = pl.col("high") == pl.col("low")
        rows = self._rows[date].select(
            "instrument_id", "open", "close", "prev_close", "is_unexplained_gap", "f_capital", "f_total_return",
            one_price & (pl.col("close") > pl.col("prev_close")), (one_price & (pl.col("close") < pl.col("prev_close"))).alias("down"),
        )  # fmt: skip
        return {name: Quote(*quote) for name, *quote in rows.iter_rows()}

    def benchmark(self, date: dt.date) -> float:
        evening = self._before[date]
        members = self._members.get(evening) if evening else None
        if members is None:
            return 0.0
        mean = self._rows[date].join(members.select("instrument_id"), on="instrument_id", how="semi")["total_return"].mean()
        return 0.0 if mean is None else float(mean)  # type: ignore[arg-type]

    def index(self, date: dt.date) -> float | None:
        return self._index.get(date)


def _by_day(frame: pl.DataFrame) -> dict[dt.date, pl.DataFrame]:
    return {key[0]: rows for key, rows in frame.partition_by("trade_date", as_dict=True).items()}


def _stored_book(workspace: Workspace, date: dt.date) -> Book:
    row = workspace.lake.read(NAME, [date]).row(0, named=True)
    positions = {held["instrument_id"]: Position(held["symbol"], held["shares"], held["price"]) for held in row["holdings"]}
    return Book(row["cash"], positions)


def _row(date: dt.date, before: Book, result: SessionResult, flows: float, benchmark: float, index: float | None) -> pl.DataFrame:
    book = result.book
    holdings = [{"instrument_id": name, "symbol": held.symbol, "shares": held.shares, "price": held.price, "value": held.value}
                for name, held in book.positions.items()]  # fmt: skip
    return pl.DataFrame(
        {"trade_date": [date], "value": [book.value], "cash": [book.cash], "flows": [flows], "pnl": [result.pnl],
         "costs": [result.costs], "bought": [result.bought], "sold": [result.sold], "buys": [result.buys],
         "sells": [result.sells], "unfilled": [result.unfilled], "unexplained_gaps": [result.gaps], "dividends": [result.dividends],
         "portfolio_return": [book.value / before.value - 1.0], "benchmark_return": [benchmark],
         "index_return": [index], "holdings": [holdings]},
        schema=empty_frame(Daily).schema,
    )  # fmt: skip


def preview(workspace: Workspace, date: dt.date) -> dict[str, str]:
    """The value of the last year as a picture."""
    from champion_assets.backtest.pictures import line_chart

    sessions = [day for day in workspace.calendar.trailing_sessions(date, 250)
                if day >= workspace.settings.start_date and workspace.lake.exists(f"{NAME}/trade_date={day}/data.parquet")]  # fmt: skip
    rows = workspace.lake.read(NAME, sessions, ["trade_date", "value"])
    return {"value": line_chart(rows["trade_date"].to_list(), {"portfolio value, rupees": rows["value"].to_numpy()})}


def _inputs(_: Settings) -> tuple[Input, ...]:
    return (
        Input("silver/equity_eod"), Input("silver/index_eod"), Input("features/returns"), Input("features/universe", lag=1),
        Input("portfolio/target_weights", lag=1), Input(NAME, lag=1),
    )  # fmt: skip


TABLE = DailyTable(
    name=NAME,
    description="Each session of the portfolio: fills at the open after the decision, India's costs, holdings, value, benchmark.",
    model=Daily,
    code_version="2",
    inputs=_inputs,
    parameters=lambda settings: {
        "initial_capital": settings.initial_capital,
        "brokerage_bps": settings.brokerage_bps,
        "slippage_bps": settings.slippage_bps,
        "benchmark": settings.benchmark,
    },
    compute=compute,
    block=250,
    stateful=True,
    preview=preview,
)

daily = daily_asset(TABLE, kinds={"parquet", "python"})

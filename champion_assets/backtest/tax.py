"""`backtest/tax`: the capital gains tax of an individual resident in India on the portfolio's sales.

By lot and by financial year.

Made with TAX=resident; without it the table has no rows. The tax is a line beside the account and is not paid out of
it: the account trades the same shares with and without it. A session's `tax` is what its sales change of the tax of the
financial year, as if the year ended that day, so the sessions of a year add up to the tax that is due at its end; a
loss that is set off gives some of it back. `return_after_tax` takes it from the session's return, as if the whole
portfolio were sold in proportion to pay it; `value_after_tax` is the account's value less all tax so far. What is not
sold is not taxed, at the end of the history neither. Rates and rules: `nse/capital_gains.py`; lots: `lots.py`. Charges
but for securities transaction tax are part of cost and proceeds. Dividends are not taxed here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import pandera.polars as pa
import polars as pl

from champion_assets.backtest.lots import Lot, Lots
from champion_assets.lake.constants import values_of
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.place import Input, Place
from champion_assets.lake.schema import TableModel, empty_frame
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.nse import capital_gains, costs
from champion_assets.nse.capital_gains import FAIR_VALUE_ON, Gain, Loss, YearTax, financial_year, rates_of, tax_of_year
from champion_assets.nse.costs import cost_rates
from champion_assets.portfolio.account import NAME as ACCOUNT

NAME = "backtest/tax"
_LOT = {
    "instrument_id": pl.String,
    "acquired": pl.Date,
    "shares": pl.Float64,
    "cost": pl.Float64,
    "fair_value": pl.Float64,
}
LOTS = pl.List(pl.Struct(_LOT))
REALISED = pl.List(pl.Struct({**_LOT, "proceeds": pl.Float64, "gain": pl.Float64, "is_long": pl.Boolean}))
GAINS = pl.List(pl.Struct({"date": pl.Date, "is_long": pl.Boolean, "amount": pl.Float64}))
LOSSES = pl.List(pl.Struct({"year": pl.Int64, "is_long": pl.Boolean, "amount": pl.Float64}))


class Tax(TableModel):
    """The tax after a session. Amounts in rupees."""

    trade_date: pl.Date = pa.Field(unique=True, description="Session")
    financial_year: pl.Int32 = pa.Field(description="The financial year of the session, by the year in which it ends")
    short_gain: float = pa.Field(
        ge=0, description="Short-term gains of the financial year to date after losses are set off, rupees"
    )
    long_gain: float = pa.Field(
        ge=0, description="Taxable long-term gains of the financial year to date, before the allowance, rupees"
    )
    allowance: float = pa.Field(
        ge=0, description="Part of `long_gain` that the yearly allowance exempts from tax, rupees"
    )
    set_off: float = pa.Field(
        ge=0, description="Losses of this and earlier years set off in this financial year, rupees"
    )
    tax_of_year: float = pa.Field(
        ge=0, description="Tax of the financial year to date, with cess, rupees; on its last session the tax due"
    )
    tax: float = pa.Field(description="Change of `tax_of_year` by the session's sales, rupees")
    tax_so_far: float = pa.Field(ge=-0.005, description="Tax of all financial years to date, rupees")
    value_after_tax: float = pa.Field(description="Value of the account less `tax_so_far`, rupees")
    return_after_tax: float = pa.Field(gt=-1, description="Return of the session after costs and tax, a fraction")
    realised: REALISED = pa.Field(  # type: ignore[valid-type]
        description="Lots sold in the session; fair_value is of 2018-01-31, for lots bought before; gain uses it"
    )
    gains: GAINS = pa.Field(description="Gains of the financial year to date, one entry per session")  # type: ignore[valid-type]
    brought: LOSSES = pa.Field(description="Losses brought forward into the financial year")  # type: ignore[valid-type]
    carried: LOSSES = pa.Field(description="Losses that later financial years can use")  # type: ignore[valid-type]
    lots: LOTS = pa.Field(  # type: ignore[valid-type]
        description="Holdings by lot; claims on demerged parts are named after the parent with /claims"
    )

    @pa.dataframe_check(description="what the lots of a session gained is in the gains of the year, to a paisa")
    def gains_add_up(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805 (Pandera passes the class)
        """Recomputed from the stored rows."""
        sold = pl.col("realised").list.eval(pl.element().struct.field("gain")).list.sum()
        own = pl.col("gains").list.filter(pl.element().struct.field("date") == pl.element().struct.field("date").max())
        told = (
            pl.when(pl.col("realised").list.len() > 0)
            .then(own.list.eval(pl.element().struct.field("amount")).list.sum())
            .otherwise(0.0)
        )
        return data.lazyframe.select((sold - told).abs() <= 0.01)


@dataclass
class _Year:
    """A financial year under way."""

    number: int
    brought: tuple[Loss, ...] = ()
    gains: list[Gain] = field(default_factory=list)
    tax: float = 0.0


@dataclass
class _Books:
    """What the table carries from session to session."""

    lots: Lots
    year: _Year
    found: YearTax
    so_far: float = 0.0


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """The tax of `dates`, in order; each begins with the lots of the session before.

    Args:
        inputs: declared inputs of the block.
        dates: sessions to compute, in order.

    Returns:
        The rows of all `dates`, with metadata by day.
    """
    if inputs.parameters.tax == "none":
        return Computed(empty_frame(Tax))
    columns = ["trade_date", "value", "pnl", "costs", "portfolio_return", "executions", "changes", "holdings"]
    account = {row["trade_date"]: row for row in inputs.read(ACCOUNT, columns, days=dates).iter_rows(named=True)}
    books = _stored(inputs, dates[0])
    frames, facts = [], {}
    for date in dates:
        day = account[date]
        if financial_year(date) != books.year.number:
            books.year = _Year(financial_year(date), books.found.carried)
        books.lots.realised = []
        _session(books.lots, day, date)
        if date == FAIR_VALUE_ON:
            books.lots.value_on(_highest(inputs, date) | {})
        sums = {
            is_long: [each.gain for each in books.lots.realised if each.is_long == is_long] for is_long in (False, True)
        }
        books.year.gains += [Gain(date, is_long, sum(amounts)) for is_long, amounts in sums.items() if amounts]
        books.found = tax_of_year(books.year.gains, books.year.brought, date)
        change = books.found.tax - books.year.tax
        books.year.tax = books.found.tax
        books.so_far += change
        frames.append(_row(books, day, change))
        facts[date] = {"tax": change, "tax_of_year": books.found.tax, "lots_sold": len(books.lots.realised)}
    return Computed(pl.concat([empty_frame(Tax), *frames]), facts=facts)


def _session(lots: Lots, day: Mapping[str, Any], date: dt.date) -> None:
    """Corporate actions, sells, buys; then the lots are the holdings, or it is an error."""
    for step in day["changes"]:
        lots.change(step, date)
    for order in sorted(day["executions"], key=lambda each: each["filled"]):
        shares, value = abs(order["filled"]), abs(order["filled"]) * (order["price"] or 0.0)
        charges = order["charges"] - cost_rates(date).stt * value
        if order["filled"] < 0:
            lots.sell(order["instrument_id"], shares, value - charges, date)
        else:
            lots.buy(order["instrument_id"], shares, value + charges, date)
    lots.must_be({each["instrument_id"]: each["shares"] for each in day["holdings"]}, date)


def _highest(inputs: Inputs, date: dt.date) -> dict[str, float]:
    """The highest price of each name that traded; of one that did not, its last mark is all that is known."""
    rows = inputs.read(ACCOUNT, ["holdings"], days=[date]).explode("holdings").drop_nulls().unnest("holdings")
    marks = dict(rows.select("instrument_id", "price").iter_rows())
    prices = inputs.read("silver/equity_eod", ["trade_date", "instrument_id", "high"], days=[date])
    return marks | dict(prices.select("instrument_id", "high").iter_rows())


def _row(books: _Books, day: Mapping[str, Any], change: float) -> pl.DataFrame:
    found, opened = books.found, day["value"] - day["pnl"] + day["costs"]
    realised = [
        {
            "instrument_id": each.name,
            **asdict(each.lot),
            "proceeds": each.proceeds,
            "gain": each.gain,
            "is_long": each.is_long,
        }
        for each in books.lots.realised
    ]
    lots = [{"instrument_id": name, **asdict(lot)} for name in sorted(books.lots.held) for lot in books.lots.held[name]]
    columns = {
        "trade_date": [day["trade_date"]],
        "financial_year": [books.year.number],
        "short_gain": [found.short],
        "long_gain": [found.long],
        "allowance": [found.allowance],
        "set_off": [found.set_off],
        "tax_of_year": [found.tax],
        "tax": [change],
        "tax_so_far": [books.so_far],
        "value_after_tax": [day["value"] - books.so_far],
        "return_after_tax": [day["portfolio_return"] - change / opened],
        "realised": [realised],
        "gains": [[asdict(each) for each in books.year.gains]],
        "brought": [[asdict(each) for each in books.year.brought]],
        "carried": [[asdict(each) for each in found.carried]],
        "lots": [lots],
    }
    schema = empty_frame(Tax).schema
    return pl.DataFrame({name: columns[name] for name in schema}, schema=schema)


def _stored(inputs: Inputs, date: dt.date) -> _Books:
    """The books of the session before the block."""
    rows = inputs.read(NAME, for_date=date) if inputs.window(NAME, date) else pl.DataFrame()
    if rows.is_empty():
        return _Books(Lots(), _Year(financial_year(date)), YearTax(0.0, 0.0, 0.0, 0.0, 0.0, ()))
    row = rows.row(0, named=True)
    held: dict[str, list[Lot]] = {}
    for each in row["lots"]:
        held.setdefault(each["instrument_id"], []).append(
            Lot(each["acquired"], each["shares"], each["cost"], each["fair_value"])
        )
    brought, carried = (tuple(Loss(**each) for each in row[name]) for name in ("brought", "carried"))
    year = _Year(row["financial_year"], brought, [Gain(**each) for each in row["gains"]], row["tax_of_year"])
    return _Books(Lots(held), year, YearTax(row["tax_of_year"], 0.0, 0.0, 0.0, 0.0, carried), row["tax_so_far"])


def _law(_: Place, dates: Sequence[dt.date]) -> dict[dt.date, dict[str, float]]:
    """The packaged rates of each day, so that a changed line of the file is a changed day."""
    laws = {date: rates_of(date) for date in dates}
    return {
        date: {"short": law.short, "long": law.long, "allowance": law.allowance, "cess": law.cess}
        for date, law in laws.items()
    }


def by_year(rows: pl.DataFrame) -> pl.DataFrame:
    """One row per financial year, as of its last session in `rows`: gains, allowance, losses set off, tax."""
    columns = ["financial_year", "short_gain", "long_gain", "allowance", "set_off", "tax_of_year"]
    return rows.sort("trade_date").group_by("financial_year", maintain_order=True).last().select(columns)


def preview(place: Place, date: dt.date) -> dict[str, str]:
    """The lots sold in the session."""
    rows = place.lake.read(NAME, [date], ["realised"])["realised"].explode().drop_nulls()
    lines = [f"| {each['instrument_id']} | {each['acquired']} | {each['shares']:,.0f} | {each['gain']:,.0f} | "
             f"{'long' if each['is_long'] else 'short'} |" for each in rows[:20]]  # fmt: skip
    return {"lots sold": "\n".join(["| name | acquired | shares | gain | term |", "|---|---|---|---|---|", *lines])}


TABLE = DailyTable(
    name=NAME,
    description="Capital gains tax of a resident of India: lots sold, gains, losses set off and carried forward, "
    "value and return after tax.",
    model=Tax,
    code_version="1",
    inputs=lambda _: (Input(ACCOUNT), Input("silver/equity_eod"), Input(NAME, lag=1)),
    parameters=lambda settings: {"tax": settings.tax},
    constants={**values_of(capital_gains), **values_of(costs)},
    day_facts=_law,
    compute=compute,
    block=250,
    stateful=True,
    may_be_empty=True,
    preview=preview,
    kinds=frozenset({"parquet", "polars"}),
    peak_megabytes=400,
    in_warehouse=True,
)

"""`silver/earnings`.

Price to earnings as published that evening, the trailing earnings a share in it, and the days on which they change.

From the `PE` member of the PR bundle, so days without one have no rows; loss makers are not listed. The file divides
the close of the session before, so earnings a share are that close over the ratio: on 2025-12-16 and -17 they agree to
the rounding of the ratio in 99 % of 1,724 names, with the day's own close in 5 %.

A session on which they change by more than two decimals of the ratio and shares allotted to employees allow is a
results date, if no action of that session or the one before changed the number of shares. Where the session before has
no file, or not the name, nobody knows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import pandera.polars as pa
import polars as pl

from champion_assets.lake.inputs import Inputs
from champion_assets.lake.place import Input
from champion_assets.nse.market_files import EARNINGS
from champion_assets.silver.corporate_actions import NAME as ACTIONS
from champion_assets.silver.daily_file import Derived, silver_table

EQUITY, BRONZE = "silver/equity_eod", "bronze/earnings"
KEY = ["trade_date", "instrument_id"]
ROUNDING = 0.0051
"""How far a ratio of two decimals may be from the exact one, with room for the last bit."""
ALLOTTED = 0.005
"""Changes up to this share are shares allotted to employees: 12 of the 13 changes beyond rounding on 2025-12-17, all
below 0.2 %."""
_RATIOS = {"pe": "eps", "adjusted_pe": "adjusted_eps"}


def implied(ratios: pl.DataFrame, equity: pl.DataFrame) -> pl.DataFrame:
    """Earnings a share by day and instrument, with the least and the most that the rounded ratio allows (`_low`,
    `_high`), rupees.

    Args:
        ratios: rows of bronze/earnings: trade_date, symbol and the ratios.
        equity: trade_date, instrument_id, symbol and prev_close of silver/equity_eod.
    """
    joined = equity.join(
        ratios.unique(["trade_date", "symbol"], keep="first", maintain_order=True), on=["trade_date", "symbol"]
    )
    price = pl.when(pl.col("prev_close") > 0).then(pl.col("prev_close"))
    columns = []
    for ratio, name in _RATIOS.items():
        bound = pl.col(ratio).abs()
        is_usable = bound > ROUNDING
        size = [pl.when(is_usable).then(price / (bound + shift)) for shift in (0.0, ROUNDING, -ROUNDING)]
        columns += [
            (each * pl.col(ratio).sign()).alias(called)
            for each, called in zip(size, (name, f"{name}_low", f"{name}_high"), strict=True)
        ]
    return joined.select(*KEY, *columns)


def with_results(
    rows: pl.DataFrame, found: pl.DataFrame, before: Mapping[dt.date, dt.date], acted: pl.DataFrame
) -> pl.DataFrame:
    """Rows with `eps`, `adjusted_eps` and `is_results_day`.

    Args:
        rows: identified rows of the file.
        found: `implied` of the days and of the session before each.
        before: by day the session before it.
        acted: trade_date and instrument_id of names whose number of shares an action changed on the day or the session
            before.
    """
    after = pl.DataFrame(
        {"trade_date": list(before.values()), "next": list(before)}, schema={"trade_date": pl.Date, "next": pl.Date}
    )
    ends = [
        pl.col(f"{name}_{side}").alias(f"{name}_{side}_before") for name in _RATIOS.values() for side in ("low", "high")
    ]
    past = found.join(after, on="trade_date").select("instrument_id", *ends, trade_date="next")
    marked = acted.select(*KEY).unique().with_columns(acted=pl.lit(value=True))
    joined = rows
    for more in (found, past, marked):
        joined = joined.join(more, on=KEY, how="left", maintain_order="left")
    changed = [_differ(name) for name in _RATIOS.values()]
    is_known = pl.col("acted").is_null() & pl.any_horizontal(each.is_not_null() for each in changed)
    is_results = pl.when(is_known).then(pl.any_horizontal(each.fill_null(value=False) for each in changed))
    return joined.with_columns(is_results_day=is_results).select(*rows.columns, *_RATIOS.values(), "is_results_day")


def _differ(name: str) -> pl.Expr:
    """True where the ranges of the two sessions lie apart; null where one of them is not known."""
    ends = [pl.col(f"{name}_{side}{when}") for when in ("", "_before") for side in ("low", "high")]
    least = [pl.min_horizontal(ends[:2]), pl.min_horizontal(ends[2:])]
    most = [pl.max_horizontal(ends[:2]), pl.max_horizontal(ends[2:])]
    known = pl.all_horizontal(each.is_not_null() for each in ends)
    room = ALLOTTED * ends[0].abs()
    return pl.when(known).then((least[0] > most[1] + room) | (least[1] > most[0] + room))


def _compute(inputs: Inputs, rows: pl.DataFrame) -> pl.DataFrame:
    windows = {date: inputs.window(BRONZE, date) for date in rows["trade_date"].unique().sort().to_list()}
    before = {date: window[0] for date, window in windows.items() if len(window) > 1}
    days = sorted({day for window in windows.values() for day in window})
    equity = inputs.read(EQUITY, [*KEY, "symbol", "prev_close"], days=days)
    found = implied(inputs.read(BRONZE, ["trade_date", "symbol", *_RATIOS], days=days), equity)
    actions = inputs.read(ACTIONS, [*KEY, "q"], days=days).filter(pl.col("q") != 1.0).select(KEY)
    after = actions.with_columns(
        pl.col("trade_date").replace_strict(
            {day: date for date, day in before.items()}, default=None, return_dtype=pl.Date
        )
    )
    return with_results(rows, found, before, pl.concat([actions, after.drop_nulls()]))


DERIVED = Derived(
    fields={
        "eps": (
            pl.Float64,
            pa.Field(nullable=True, description="Earnings per share of four quarters, rupees: previous close / `pe`"),
        ),
        "adjusted_eps": (
            pl.Float64,
            pa.Field(nullable=True, description="As the column before, without exceptional items"),
        ),
        "is_results_day": (
            bool,
            pa.Field(
                nullable=True,
                description="The earnings changed by more than rounding, without a corporate action; null if unknown",
            ),
        ),
    },
    compute=_compute,
    inputs=(Input(BRONZE, 2), Input(EQUITY, 2), Input(ACTIONS, 2)),
    constants={"rounding": ROUNDING, "allotted": ALLOTTED},
)
TABLE = silver_table(
    EARNINGS,
    derived=DERIVED,
    description="One row per security and day: price to earnings as published, earnings per share, results days.",
)
NAME = TABLE.name

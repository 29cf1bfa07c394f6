"""`features/universe`: the names that could be held, decided each day by rule from what was known that day.

A name belongs to the universe of a day if it is a share (no fund or trust unit, no entitlement, not partly paid) that
traded in EQ that day, closed at or above `UNIVERSE_MIN_PRICE`, traded on at least `UNIVERSE_MIN_COVERAGE` of the
sessions of the risk window, and is among the `UNIVERSE_SIZE` largest by median turnover of 63 sessions, which must
reach `UNIVERSE_MIN_TURNOVER`. Delisted names are members as long as they traded, so there is no survivorship bias.
Until `UNIVERSE_WARMUP` sessions of history exist the universe is empty.

A name of which something in the risk window is in doubt (silver/doubts: an action that cannot be read, a gap that none
explains, a factor that nobody confirmed) is left out, since its returns are not known; the metadata of the day say how
many and which. With `UNIVERSE_IN_DOUBT=keep` it is a member, and its `doubt` says why its figures rest on less.

With `UNIVERSE_INDEX=nifty50` only those can be members that were in the index on that day, by the exchange's own list
of the day (silver/security_status), so what left the index later is there as long as it was in it. A day without a list
takes the newest of the ten sessions up to it; without any the universe is empty, and the metadata of the day say so.

`UNIVERSE_DERIVATIVES` and `UNIVERSE_SURVEILLANCE` keep names out by the exchange's lists of the day
(`universe_lists.py`), in the same way; where the list is of an earlier session every member's `doubt` names its day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandera.polars as pa
import polars as pl

from champion_assets.bronze.index_constituents import NAME as CONSTITUENTS
from champion_assets.checks.results import NAME as CHECKS
from champion_assets.checks.results import blocked
from champion_assets.features.panel import Panel, panel
from champion_assets.features.universe_lists import Permitted, by_derivatives, by_surveillance, stale_words
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.parameters import Parameters
from champion_assets.lake.place import Input
from champion_assets.lake.schema import TableModel
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.nse.isin import is_valid_isin, security_key
from champion_assets.quant.doubts import doubtful_sessions, open_doubts
from champion_assets.silver.doubts import NAME as DOUBTS
from champion_assets.silver.security_status import NAME as STATUS
from champion_assets.silver.trading_activity import NAME as ACTIVITY
from champion_assets.silver.trading_activity import STAGES

NAME = "features/universe"
TURNOVER_SESSIONS = 63
UNKNOWN_SECTOR = "Unclassified"
LIST_SESSIONS = 10
"""How old a list of index members may be."""
_COLUMNS = ["trade_date", "instrument_id", "symbol", "isin", "series", "instrument_class", "close", "turnover"]
_SHARES = ("share", "unclassified")
"""Classes that can be members; before NSE's files carried ISINs (2011-06-22) a fund unit cannot be told from a
share."""
_LISTED = ["trade_date", "list_order", "source_row", "symbol", "isin", "industry", "is_look_ahead", "source_sha256"]


class Universe(TableModel):
    """A member of the day's universe."""

    trade_date: pl.Date = pa.Field(description="Day whose close decided the membership")
    instrument_id: str = pa.Field(description="Permanent id of the instrument")
    symbol: str = pa.Field(description="Ticker on that date")
    rank: pl.Int32 = pa.Field(gt=0, description="1 is the largest by median turnover")
    median_turnover: float = pa.Field(
        gt=0, description="Median traded value of the last 63 sessions, rupees; sessions without a trade count as 0"
    )
    sessions_traded: pl.Int32 = pa.Field(gt=0, description="Sessions of the window on which the instrument traded")
    window_sessions: pl.Int32 = pa.Field(gt=0, description="Sessions in the window")
    close: float = pa.Field(gt=0, description="Closing price of the day, rupees")
    sector: str = pa.Field(
        description=f"NSE's industry by the list known on the day "
        f"(bronze/index_constituents), {UNKNOWN_SECTOR} if no list has it"
    )
    sector_is_look_ahead: bool = pa.Field(
        description="The sector list is of a later day; only with SECTOR_LISTS=look_ahead"
    )

    doubt: str = pa.Field(
        nullable=True,
        description="Doubt in the risk window (see UNIVERSE_IN_DOUBT), or the outdated list that was used",
    )

    class Config(TableModel.Config):
        """One row per member and day."""

        unique = ["trade_date", "instrument_id"]


@dataclass(frozen=True)
class Sectors:
    """Industries by security key (see nse/isin.py), and whether they are of a later day."""

    of: Mapping[str, str] = field(default_factory=dict)
    is_look_ahead: bool = False


def qualified(turnover: Panel, today: pl.DataFrame, row: int, rules: Parameters, doubts: pl.DataFrame) -> pl.DataFrame:
    """All names of a day that meet the rules on class, price, history and turnover, the largest first.

    Args:
        turnover: rupees by session and instrument; line `row` is the day.
        today: the day's rows of silver/equity_eod.
        row: see `turnover`.
        rules: the parameters of the table.
        doubts: instrument_id and `doubt` in words of the names in doubt, see `doubts_of`.
    """
    first = max(0, row + 1 - rules.window)
    window = turnover.values[first : row + 1]
    eligible = today.filter(
        (pl.col("series") == "EQ") & (pl.col("close") >= rules.min_price) & pl.col("instrument_class").is_in(_SHARES)
    ).sort("instrument_id")  # fmt: skip
    if window.shape[0] < rules.warmup:
        eligible = eligible.clear()
    columns = turnover.columns(eligible["instrument_id"].to_list())
    traded = np.isfinite(window[:, columns]).sum(axis=0)
    recent = np.nan_to_num(window[-TURNOVER_SESSIONS:, columns])
    table = eligible.select("trade_date", "instrument_id", "symbol", "isin", "close").with_columns(
        median_turnover=pl.Series(np.median(recent, axis=0), dtype=pl.Float64),
        sessions_traded=pl.Series(traded.astype(np.int32)),
        window_sessions=pl.lit(window.shape[0], pl.Int32),
    )
    enough = pl.col("sessions_traded") >= rules.min_coverage * pl.col("window_sessions")
    chosen = table.filter(enough & (pl.col("median_turnover") >= rules.min_turnover) & (pl.col("median_turnover") > 0))
    chosen = chosen.join(doubts, on="instrument_id", how="left", maintain_order="left")
    return chosen.sort(["median_turnover", "instrument_id"], descending=[True, False])


def members(names: pl.DataFrame, rules: Parameters, sectors: Sectors) -> pl.DataFrame:
    """The universe out of all names that qualify (see `qualified`)."""
    chosen = (names if rules.in_doubt == "keep" else names.filter(pl.col("doubt").is_null())).head(rules.size)
    keys = [sectors.of.get(security_key(isin, symbol) if isin else name, UNKNOWN_SECTOR)
            for isin, symbol, name in chosen.select("isin", "symbol", "instrument_id").iter_rows()]  # fmt: skip
    ranked = chosen.with_columns(
        rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int32), sector=pl.Series(keys, dtype=pl.String),
        sector_is_look_ahead=pl.lit(sectors.is_look_ahead),
    )  # fmt: skip
    return ranked.select(list(Universe.to_schema().columns)).sort("instrument_id")


def index_members(status: pl.DataFrame, window: Sequence[dt.date]) -> tuple[dt.date | None, list[str]]:
    """The newest day of a window that has a list of the index, and the instruments on it; no day if none has.

    Args:
        status: trade_date, instrument_id and is_nifty_50 of silver/security_status.
        window: sessions, in order.
    """
    listed = status.filter(pl.col("is_nifty_50") & pl.col("trade_date").is_in(list(window)))
    newest: dt.date | None = listed["trade_date"].max()  # type: ignore[assignment]
    return newest, listed.filter(pl.col("trade_date") == newest)["instrument_id"].to_list() if newest else []


def doubts_of(doubts: pl.DataFrame, window: Sequence[dt.date]) -> pl.DataFrame:
    """What is in doubt in a window, as known on its last day, at any level: one row per instrument, `doubt` in words.

    Args:
        doubts: rows of silver/doubts.
        window: the sessions of the risk window, in order.
    """
    known = doubts.filter(pl.col("trade_date") >= window[0])
    sessions = doubtful_sessions(open_doubts(known, window[-1]), "total_return")
    sessions = sessions.filter(pl.col("ex_session") >= window[0])
    return sessions.group_by("instrument_id").agg(pl.col("doubt").str.join("; "))


def _facts(names: pl.DataFrame, universe: pl.DataFrame, rules: Parameters) -> dict[str, object]:
    """How many are members, and how many of the largest are not, or rest on less, since something is in doubt."""
    doubtful = names.head(rules.size).drop_nulls("doubt")["symbol"].sort().to_list()
    what = "kept_in_doubt" if rules.in_doubt == "keep" else "left_out_in_doubt"
    named = {f"{what}_symbols": ", ".join(doubtful[:20])} if doubtful else {}
    return {"members": universe.height, what: len(doubtful), **named}


def sectors_by_day(lists: pl.DataFrame) -> dict[dt.date, Sectors]:
    """Rows of bronze/index_constituents to the industries of each day that has lists."""
    read: dict[tuple[str, ...], dict[str, str]] = {}
    sectors: dict[dt.date, Sectors] = {}
    for (date,), rows in (
        lists.sort("trade_date", "list_order", "source_row").partition_by("trade_date", as_dict=True).items()
    ):
        key = tuple(rows["source_sha256"].unique(maintain_order=True))
        if key not in read:
            members = rows.select("isin", "symbol", "industry").iter_rows()
            read[key] = {
                security_key(isin, symbol): industry for isin, symbol, industry in members if is_valid_isin(isin)
            }
        sectors[date] = Sectors(read[key], bool(rows["is_look_ahead"].any()))
    return sectors


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """Universes of `dates`.

    Args:
        inputs: declared inputs of the block.
        dates: sessions to compute, in order.

    Returns:
        The rows of all `dates`, with metadata by day.
    """
    sessions = inputs.days("silver/equity_eod")
    rows = inputs.read("silver/equity_eod", _COLUMNS)
    turnover = panel(rows, "turnover", sessions)
    today = rows.filter(pl.col("trade_date").is_in(list(dates))).partition_by("trade_date", as_dict=True)
    lists = inputs.read(CONSTITUENTS, _LISTED)
    sectors = sectors_by_day(
        lists if inputs.parameters.sector_lists == "look_ahead" else lists.filter(~pl.col("is_look_ahead"))
    )
    doubts = inputs.read(DOUBTS, ["trade_date", "instrument_id", "ex_session", "doubt", "level", "reason"])
    frames, facts, rules = [], {}, inputs.parameters
    status = inputs.read(STATUS, ["trade_date", "instrument_id", "is_nifty_50"]) if rules.index else None
    permitted = _lists(inputs, dates)
    for date in dates:
        told = doubts_of(doubts, inputs.window(DOUBTS, date))
        rows = today[date,]
        list_of: dict[str, object] = {}
        if status is not None:
            newest, listed = index_members(status, inputs.window(STATUS, date))
            rows, list_of = (
                rows.filter(pl.col("instrument_id").is_in(listed)),
                {"index_list_of": str(newest or "no day: the universe is empty")},
            )
        for each in permitted[date].values():
            rows = rows.filter(pl.col("instrument_id").is_in(each.instruments))
            list_of |= each.facts
        names = qualified(turnover, rows, turnover.row(date), rules, told)
        chosen = members(names, rules, sectors.get(date, Sectors()))
        if stale := stale_words(date, permitted[date]):
            both = pl.concat_str(pl.lit(stale), "doubt", separator="; ", ignore_nulls=True)
            chosen = chosen.with_columns(doubt=both)
        frames.append(chosen)
        facts[date] = _facts(names, chosen, rules) | list_of
    return Computed(pl.concat(frames), facts=facts)


def _lists(inputs: Inputs, dates: Sequence[dt.date]) -> dict[dt.date, dict[str, Permitted]]:
    """By day who may be a member by each list that the settings ask for."""
    rules = inputs.parameters
    found: dict[dt.date, dict[str, Permitted]] = {date: {} for date in dates}
    if rules.derivatives != "any":
        status = inputs.read(STATUS, ["trade_date", "instrument_id", "has_derivatives"])
        for date in dates:
            permitted = by_derivatives(status, inputs.window(STATUS, date), rules.derivatives)
            found[date]["derivatives"] = permitted
    if rules.surveillance:
        activity = inputs.read(ACTIVITY, ["trade_date", "instrument_id", "symbol", "is_watched", *STAGES])
        for date in dates:
            permitted = by_surveillance(activity, inputs.window(ACTIVITY, date), rules.surveillance)
            found[date]["surveillance"] = permitted
    return found


TABLE = DailyTable(
    name=NAME,
    description="Instruments that may be held, by rules on traded value, history, price, series and doubt, as of "
    "the close.",
    model=Universe,
    code_version="4",
    inputs=lambda settings: (
        Input("silver/equity_eod", settings.cov_window_days),
        Input(DOUBTS, settings.cov_window_days),
        Input(CONSTITUENTS),
        Input(CHECKS, is_gate=True),
        *((Input(STATUS, LIST_SESSIONS),) if settings.universe_index or settings.universe_derivatives != "any" else ()),
        *((Input(ACTIVITY, LIST_SESSIONS),) if settings.universe_surveillance else ()),
    ),
    parameters=lambda settings: {
        "window": settings.cov_window_days,
        "size": settings.universe_size,
        "min_price": settings.universe_min_price,
        "warmup": settings.universe_warmup,
        "min_turnover": settings.universe_min_turnover,
        "min_coverage": settings.universe_min_coverage,
        "in_doubt": settings.universe_in_doubt,
        "sector_lists": settings.sector_lists,
        "index": settings.universe_index,
        "derivatives": settings.universe_derivatives,
        "surveillance": settings.universe_surveillance,
    },
    compute=compute,
    gate=blocked,
    block=125,
    may_be_empty=True,
    kinds=frozenset({"parquet", "polars"}),
    peak_megabytes=378,
    in_warehouse=True,
    grain="instrument",
)

"""Lines that a person may add to the file of corporate actions.

For gaps that no feed explains and that look like a split or a bonus.

Unit splits of funds and bonuses of small companies are in few feeds. A gap near a simple ratio says little alone,
since nearly every large fall is near one; it is proposed if something independent says the same: another ISIN on the
day or just after, or a volume that steps by about the share factor while the price stays. What belongs here:
gathering that evidence. What does not: a decision. Nothing is applied until a person has put the line into the file.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from champion_assets.common.errors import NothingStored
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.actions.overrides import COLUMNS
from champion_assets.nse.actions.price_check import ORDINARY_PAUSE, nearest_ratio

ACTIONS, SUSPECTS, EQUITY = "silver/corporate_actions", "silver/suspects", "silver/equity_eod"
NEAR = 0.12
"""Largest |ln| between the gap and the ratio; the open moves by itself, too (GOLDBEES 2019-12-19: 0.107)."""
SESSIONS = 5
"""Sessions traded on either side whose median volume is compared."""
ISIN_SESSIONS = 3
"""Sessions traded, the ex-date's included, within which the ISIN changes: 122 of 124 changes of 2016 to 2020 by
then."""
NEAR_VOLUME = 3.0
"""Largest factor between the step of the volume and the share factor; volumes move by themselves much more."""
SMALLEST = 5.0
"""Rupees of the last close below which a step of volume proves nothing: a penny stock jumps by ticks and attracts
trade."""
_SCHEMA = dict.fromkeys(COLUMNS, pl.String)


def propose(workspace: Workspace, start: dt.date, end: dt.date) -> pl.DataFrame:
    """Proposed lines for the sessions from `start` to `end` that the lake has, in order of date and symbol.

    Returns:
        The columns of the file of corporate actions (`nse/actions/overrides.py`) as text, null where a line needs none.

    Raises:
        NothingStored: the lake has none of the sessions.
    """
    lake = workspace.lake
    stored = set(lake.dates(SUSPECTS))
    days = [day for day in workspace.sessions(start, end) if day in stored]
    if not days:
        raise NothingStored(
            f"the lake has no {SUSPECTS} between {start} and {end}; run `champion backfill {start} {end}` first"
        )
    suspects = lake.read(SUSPECTS, days)
    actions = lake.read(ACTIONS, days, ["instrument_id", "ex_session", "f_capital", "held"])
    names = suspects.filter(pl.col("suspicion") == "unexplained_gap")["instrument_id"].unique()
    around = [day for day in lake.dates(EQUITY) if days[0] - dt.timedelta(60) <= day <= days[-1] + dt.timedelta(60)]
    columns = ["trade_date", "instrument_id", "isin", "open", "close", "volume"]
    equity = lake.read(EQUITY, around, columns).filter(pl.col("instrument_id").is_in(names.implode()))
    return proposals(suspects, actions, equity)


def proposals(suspects: pl.DataFrame, actions: pl.DataFrame, equity: pl.DataFrame) -> pl.DataFrame:
    """Lines for the unexplained gaps of `suspects` that other evidence than the price supports.

    Args:
        suspects: rows of silver/suspects.
        actions: rows of silver/corporate_actions of the same days (instrument_id, ex_session, f_capital, held).
        equity: rows of silver/equity_eod of these instruments around the days (trade_date, instrument_id, isin, open,
            close in rupees, volume in shares).
    """
    told = actions.filter((pl.col("f_capital") != 1) | pl.col("held").is_not_null())
    gaps = suspects.filter(
        (pl.col("suspicion") == "unexplained_gap") & ~pl.col("symbol").str.contains(r"-RE\d*$")
    ).join(told, left_on=["instrument_id", "trade_date"], right_on=["instrument_id", "ex_session"], how="anti")
    days: Mapping[Any, pl.DataFrame] = equity.sort("trade_date").partition_by("instrument_id", as_dict=True)
    lines = [
        line
        for gap in gaps.sort("trade_date", "symbol").iter_rows(named=True)
        if (line := _line(gap, days[(gap["instrument_id"],)].rows(named=True))) is not None
    ]
    return pl.DataFrame(lines, schema=_SCHEMA, orient="row")


def _line(gap: dict[str, Any], rows: Sequence[dict[str, Any]]) -> dict[str, str | None] | None:
    date, moved = gap["trade_date"], gap["witness"] / gap["factor"]
    ratio, f = nearest_ratio(moved)
    before = [row for row in rows if row["trade_date"] < date]
    since = [row for row in rows if row["trade_date"] >= date]
    if not before or abs(math.log(moved / f)) > NEAR or not _stays(since, f):
        return None
    last, opened, paused = before[-1]["close"], since[0]["open"], gap["days_since_traded"]
    old, new = (
        before[-1]["isin"],
        next((row for row in since[:ISIN_SESSIONS] if row["isin"] != before[-1]["isin"]), None),
    )
    evidence = [f"opened at {opened:g} after {last:g}: {moved:.4g} of it, {abs(moved / f - 1):.1%} from {f:.4g}"]
    if old is not None and new is not None and new["isin"] is not None:
        evidence.append(f"ISIN {old} -> {new['isin']} on {new['trade_date']}")
    step = _step(before, since)
    may_ask_volume = paused is not None and paused <= ORDINARY_PAUSE and last >= SMALLEST
    if (
        may_ask_volume
        and step is not None
        and abs(math.log(step * f)) < min(abs(math.log(step)), math.log(NEAR_VOLUME))
    ):
        evidence.append(f"volume x {step:.3g} (medians of {SESSIONS} sessions), shares x {1 / f:.4g}")
    if len(evidence) < 2:
        return None
    line: dict[str, str | None] = dict.fromkeys(COLUMNS)
    named: dict[str, str | None] = {
        "symbol": gap["symbol"],
        "ex_date": date.isoformat(),
        "action": "factor",
        "f": f"{f:.10g}",
        "q": f"{1 / f:.10g}",
    }
    why = [f"proposed from market data: {ratio}"]
    if paused is not None and paused > ORDINARY_PAUSE:
        why.append(f"after {paused} days without a trade, so the ratio is uncertain")
    if gap["subject"]:
        why.append(f"the feed says {gap['subject']}")
    return line | named | {"why": "; ".join(why), "evidence": "; ".join(evidence)}


def _stays(since: Sequence[dict[str, Any]], f: float) -> bool:
    """True if the closes of the next sessions are nearer to the new price than to the old one.

    No misprint and no spike.
    """
    closes = sorted(row["close"] for row in since[: SESSIONS + 1])
    middle = closes[len(closes) // 2]
    return abs(math.log(middle / since[0]["open"])) < abs(math.log(f)) / 2


def _step(before: Sequence[dict[str, Any]], since: Sequence[dict[str, Any]]) -> float | None:
    sides = [sorted(row["volume"] for row in rows) for rows in (before[-SESSIONS:], since[:SESSIONS])]
    old, new = (side[len(side) // 2] for side in sides)
    return new / old if old and new else None

"""The audit of a period.

What the corporate actions and identities of the lake rest on, and what a person should look at.

What belongs here: counting and listing what the tables already say. What does not: any judgement of its own.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from champion_assets.common.errors import NothingStored
from champion_assets.lake.workspace import Workspace
from champion_assets.quant.adjust import known_events

ACTIONS, SUSPECTS, INSTRUMENTS, SOURCES = (
    "silver/corporate_actions",
    "silver/suspects",
    "silver/instruments",
    "raw/corporate_actions",
)


@dataclass(frozen=True)
class Audit:
    """Frames to be shown; `sessions` and `covered` count sessions with actions read and with a source for them.

    `held` are events that wait for a line `confirm`, `unwitnessed` demergers whose value the open alone says.
    """

    sessions: int
    covered: int
    kinds: pl.DataFrame
    verdicts: pl.DataFrame
    doubtful: pl.DataFrame
    held: pl.DataFrame
    unwitnessed: pl.DataFrame
    rejects: pl.DataFrame
    suspects: pl.DataFrame
    links: pl.DataFrame

    @property
    def hit_rate(self) -> float:
        """Of the splits, consolidations and bonuses that traded on their ex-date.

        The share that the market followed.
        """
        counts = dict(self.verdicts.iter_rows())
        traded = sum(counts.values()) - counts.get("untradable", 0)
        return counts.get("ok", 0) / traded if traded else float("nan")


def audit(workspace: Workspace, start: dt.date, end: dt.date) -> Audit:
    """Gather the audit of all sessions from `start` to `end` that the lake has.

    Raises:
        NothingStored: the lake has none of them.
    """
    lake = workspace.lake
    stored = set(lake.dates(SUSPECTS))
    days = [day for day in workspace.sessions(start, end) if day in stored]
    if not days:
        raise NothingStored(
            f"the lake has no {SUSPECTS} between {start} and {end}; run `champion backfill {start} {end}` first"
        )
    actions, suspects = known_events(lake.read(ACTIONS, days), days[-1]), lake.read(SUSPECTS, days)
    keys = ["trade_date", "instrument_id"]
    ratios = _ratios(lake.read(ACTIONS, days), actions)
    readings = suspects.filter(pl.col("suspicion") == "doubtful_action").select(*keys, "reading")
    untraded = pl.when(~pl.col("traded")).then(
        pl.format("did not trade on its ex-date; at its next open {}", "last_verdict")
    )
    doubtful = ratios.filter(pl.col("verdict") != "ok").join(readings, on=keys, how="left", maintain_order="left")
    doubtful = doubtful.with_columns(f_capital=pl.coalesce("f_proposed", "f_capital"))
    changes = lake.read(
        INSTRUMENTS,
        days,
        ["trade_date", "instrument_id", "symbol", "isin", "valid_from", "evidence", "previous_symbol", "previous_isin"],
    ).filter(pl.col("valid_from") == pl.col("trade_date"))
    changes = changes.with_columns(
        renamed=pl.col("previous_symbol") != pl.col("symbol"), new_isin=pl.col("previous_isin") != pl.col("isin")
    )
    return Audit(
        sessions=len(days),
        covered=lake.read(SOURCES, days, ["trade_date"])["trade_date"].n_unique(),
        kinds=actions.group_by("kind").len().sort("len", descending=True),
        verdicts=ratios.group_by("verdict").len().sort("verdict"),
        doubtful=doubtful.select(
            "ex_date", "symbol", "subject", "f_capital", "witness", "verdict", reading=pl.coalesce(untraded, "reading")
        ),
        held=actions.filter(pl.col("held").is_not_null())
        .sort("ex_date", "symbol", "leg")
        .select("ex_date", "symbol", "kind", "subject", "f_proposed", "witness", "held"),
        unwitnessed=actions.filter(pl.col("kind").is_in(["demerger", "scheme"]) & (pl.col("verdict") == "unwitnessed"))
        .sort("ex_date", "symbol", "leg")
        .select("ex_date", "symbol", "subject", "f_capital", "witness"),
        rejects=_rejects(workspace, days),
        suspects=suspects.group_by("suspicion", "reading").len().sort("suspicion", "len", descending=True),
        links=changes.group_by("evidence", "renamed", "new_isin").len().sort("evidence", "len", descending=True),
    )


def _ratios(told: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Splits, consolidations and bonuses, an event a row.

    `verdict` of its ex-date, `last_verdict` of the first open since.
    """
    event = ["instrument_id", "ex_date"]
    first = told.sort("trade_date").unique(event, keep="first", maintain_order=True)
    untraded = first.filter(pl.col("verdict") == "untradable").select(*event, traded=pl.lit(value=False))
    chosen = known.filter(pl.col("kind").is_in(["split", "consolidation", "bonus"])).unique(event, maintain_order=True)
    joined = chosen.join(untraded, on=event, how="left", maintain_order="left").with_columns(
        pl.col("traded").fill_null(value=True)
    )
    verdict = pl.when("traded").then("verdict").otherwise(pl.lit("untradable"))
    return joined.with_columns(last_verdict=pl.col("verdict"), verdict=verdict).sort("ex_date", "symbol")


def _rejects(workspace: Workspace, days: list[dt.date]) -> pl.DataFrame:
    present = [day for day in days if workspace.lake.has(f"quarantine/{ACTIONS}", day)]
    columns = ["trade_date", "symbol", "subject", "reason"]
    if not present:
        return pl.DataFrame(schema=dict.fromkeys(columns, pl.String))
    return workspace.lake.read(f"quarantine/{ACTIONS}", present, columns)

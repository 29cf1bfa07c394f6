"""`silver/doubts`: the sessions across which adjusted prices of an instrument rest on what nobody knows yet.

Three kinds of doubt. `unread`: the feeds tell of an action whose text gives no factor, so none is applied (quarantine
of silver/corporate_actions). `unexplained`: the open lies beyond any price band and no action explains it, or well
below because something was handed out whose price nobody stated (silver/suspects). `unconfirmed`: a factor that is held
back, or one that the market did not follow. A broken chain of previous closes is no doubt of its own: where it matters
for a price there is a gap as well. A refused row whose symbol trades under no instrument belongs to nobody.

A row counts from the end of its `trade_date` on. `settled` ends all that was known before of the instrument and
session: a line of the user (`confirm`, `cancel`, a factor), or an announcement that came late and leaves nothing open.
A late event that leaves nothing open writes `settled` whether or not something was in doubt; so no object depends on a
later one, and objects up to a day A are what was known on A. A line that was known before its ex-date leaves no doubt
in the first place. A line ends a doubt if its `ex_date` is the doubt's session.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

import pandera.polars as pa
import polars as pl

from champion_assets.lake.constants import values_of
from champion_assets.lake.inputs import Inputs
from champion_assets.lake.place import Input
from champion_assets.lake.schema import TableModel, empty_frame
from champion_assets.lake.table import Computed, DailyTable
from champion_assets.nse.actions import vocabulary
from champion_assets.nse.actions.grammar import read_subject
from champion_assets.nse.actions.legs import CASH_KINDS
from champion_assets.silver.suspects import gap_of

NAME = "silver/doubts"
ACTIONS, SUSPECTS, EQUITY = "silver/corporate_actions", "silver/suspects", "silver/equity_eod"
KEY = ["trade_date", "instrument_id", "ex_session"]
_OPEN = [*KEY, "symbol", "doubt", "level", "reason"]
KINDS = ("unread", "unexplained", "unconfirmed", "settled")
_ADDS_CASH = ("override: dividend", "override: special_dividend")
_DOUBTFUL = ("no_reprice", "ratio_mismatch")


class Doubts(TableModel):
    """A doubt across a session, or its end."""

    trade_date: pl.Date = pa.Field(description="Session by whose end the doubt is known")
    instrument_id: str = pa.Field(description="Permanent id of the instrument")
    symbol: str = pa.Field(description="Ticker on that date, or as the feed writes it")
    ex_session: pl.Date = pa.Field(description="Adjusted prices before this session are in doubt")
    doubt: str = pa.Field(isin=KINDS, description="Kind of doubt; `settled` ends an earlier one")
    level: str = pa.Field(isin=["capital", "capital_special"], description="Lowest level of adjustment in doubt")
    reason: str = pa.Field(description="In words")

    class Config(TableModel.Config):
        """One row per instrument, session, doubt and day on which it became known."""

        unique = [*KEY, "doubt"]

    @pa.dataframe_check(description="no doubt across a session that is still to come")
    def is_past(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805 (Pandera passes the class)
        """An ex-session lies on the day or before it."""
        return data.lazyframe.select(pl.col("ex_session") <= pl.col("trade_date"))


def transform(
    actions: pl.DataFrame,
    suspects: pl.DataFrame,
    refused: pl.DataFrame,
    resumed: pl.DataFrame,
) -> pl.DataFrame:
    """The doubts of some days.

    Args:
        actions: rows of silver/corporate_actions, `ex_session` a session.
        suspects: rows of silver/suspects.
        refused: rows of the quarantine of silver/corporate_actions with `ex_session`.
        resumed: trade_date, instrument_id, prior_date of what traded; for days on which `actions` tell of the past.

    Returns:
        Rows of `Doubts`, sorted.
    """
    events = _events(actions)
    parts = [
        _unread(refused, events),
        _held(actions),
        _unexplained(suspects),
        _not_followed(suspects, events),
        *_still_doubtful(events, resumed),
    ]
    left_open = pl.concat([part.select(_OPEN) for part in parts])
    late = events.filter("is_late").join(left_open, on=KEY, how="anti")
    answer = pl.when(pl.col("lines") == "").then(pl.lit("told anew, and nothing is left open")).otherwise("lines")
    settled = late.with_columns(doubt=pl.lit("settled"), level=pl.lit("capital"), reason=answer).select(_OPEN)
    found = pl.concat([left_open, settled]).group_by(*KEY, "doubt")
    merged = found.agg(pl.col("symbol").first(), pl.col("level").min(), pl.col("reason").unique().sort().str.join("; "))
    return merged.select(list(Doubts.to_schema().columns)).sort(*KEY, "doubt")


def _events(actions: pl.DataFrame) -> pl.DataFrame:
    """One row per instrument and ex-session: the product of its factors, and what the user says of it."""
    is_line = pl.col("method").str.starts_with("override: ")
    line = pl.when(is_line).then(pl.format("{}: {}", "method", "subject")).drop_nulls()
    return actions.group_by(KEY).agg(
        pl.col("symbol", "verdict", "witness", "last_close").first(),
        f=pl.col("f_capital_special").product(),
        is_cash=_is_cash().all(),
        is_held=pl.col("held").is_not_null().any(),
        is_line=is_line.any(),
        is_last_word=(is_line & ~pl.col("method").is_in(_ADDS_CASH)).any(),
        is_confirmed=(pl.col("method") == "override: confirm").any(),
        is_late=(pl.col("ex_session") < pl.col("trade_date")).any(),
        lines=line.unique(maintain_order=True).str.join("; "),
    )


def _unread(refused: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """Refused texts, but for those of which a line of the user on the same event says what they are."""
    rows = refused.drop_nulls("instrument_id")
    rows = rows.with_columns(level=_level_of(rows["subject"]))
    lines = events.select(*KEY, "is_line", "is_last_word")
    rows = rows.join(lines, on=KEY, how="left").with_columns(pl.col("is_line", "is_last_word").fill_null(value=False))
    is_answered = pl.col("is_last_word") | (pl.col("is_line") & (pl.col("level") != "capital"))
    rows = rows.filter(~is_answered | pl.col("reason").str.starts_with("override:"))
    is_quoted = pl.col("reason").str.contains(pl.col("subject"), literal=True)
    reason = pl.when(is_quoted).then("reason").otherwise(pl.format("{} ('{}')", "reason", "subject"))
    return rows.with_columns(doubt=pl.lit("unread"), reason=reason)


def _level_of(subjects: Iterable[str]) -> pl.Series:
    """`capital_special` where a text speaks of payments only: prices at the level `capital` do not depend on it."""
    legs = ([leg.kind in CASH_KINDS for leg in read_subject(text).legs] for text in subjects)
    levels = ["capital_special" if kinds and all(kinds) else "capital" for kinds in legs]
    return pl.Series(levels, dtype=pl.String)


def _held(actions: pl.DataFrame) -> pl.DataFrame:
    rows = actions.filter(pl.col("held").is_not_null())
    factor = pl.format(", a factor of {},", pl.col("f_proposed").round(6))
    proposed = pl.when(pl.col("f_proposed").is_null()).then(pl.lit("")).otherwise(factor)
    reason = pl.format("'{}'{} is not applied: {}", "subject", proposed, "held")
    return rows.with_columns(doubt=pl.lit("unconfirmed"), level=_level(_is_cash()), reason=reason)


def _unexplained(suspects: pl.DataFrame) -> pl.DataFrame:
    rows = suspects.filter(pl.col("suspicion").is_in(["unexplained_gap", "value_handed_out"]))
    moved = (pl.col("witness") / pl.col("factor")).round(4)
    reason = pl.format("opened at {} of its adjusted previous close, near {}; {}", moved, "nearest", "reading")
    return rows.with_columns(_today(), doubt=pl.lit("unexplained"), level=pl.lit("capital"), reason=reason)


def _not_followed(suspects: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """Actions that the market did not follow; not those that are held, nor those that the user has stated."""
    day = ["trade_date", "instrument_id"]
    is_known = (pl.col("is_last_word") | pl.col("is_held")).any()
    known = events.group_by(day).agg(pl.col("is_cash").all(), is_known=is_known)
    rows = suspects.filter(pl.col("suspicion") == "doubtful_action").join(known, on=day, how="left")
    rows = rows.filter(~pl.col("is_known").fill_null(value=False))
    numbers = [pl.col(name).round(4) for name in ("factor", "witness")]
    reason = pl.format("'{}' says {}, the open says {}; {}", "subject", *numbers, "reading")
    level = _level(pl.col("is_cash").fill_null(value=False))
    return rows.with_columns(_today(), doubt=pl.lit("unconfirmed"), level=level, reason=reason)


def _still_doubtful(events: pl.DataFrame, resumed: pl.DataFrame) -> list[pl.DataFrame]:
    """Late events that the open of their ex-session contradicts; silver/suspects has those that trade again today."""
    rows = events.filter(pl.col("is_late") & ~pl.col("is_confirmed") & ~pl.col("is_held"))
    rows = rows.join(resumed, on=["trade_date", "instrument_id"], how="left")
    rows = rows.filter(~(pl.col("prior_date") < pl.col("ex_session")).fill_null(value=False))
    gap, is_gap = gap_of(pl.col("witness") * pl.col("last_close"), pl.col("last_close"), pl.col("f"))
    text = pl.format("opened at {} of its close before, adjusted by what was told late", (gap + 1).round(4))
    gaps = rows.filter(is_gap).with_columns(doubt=pl.lit("unexplained"), level=pl.lit("capital"), reason=text)
    others = rows.filter(pl.col("verdict").is_in(_DOUBTFUL) & ~pl.col("is_last_word"))
    numbers = [pl.col(name).round(4) for name in ("f", "witness")]
    said = pl.format("a factor of {}, told late; the open says {}", *numbers)
    return [gaps, others.with_columns(doubt=pl.lit("unconfirmed"), level=_level(pl.col("is_cash")), reason=said)]


def _is_cash() -> pl.Expr:
    return pl.col("kind").is_in(sorted(CASH_KINDS))


def _level(is_cash: pl.Expr) -> pl.Expr:
    return pl.when(is_cash).then(pl.lit("capital_special")).otherwise(pl.lit("capital"))


def _today() -> pl.Expr:
    """What silver/suspects finds lies between the last trade and today's open."""
    return pl.col("trade_date").alias("ex_session")


_ACTION_COLUMNS = [
    *("trade_date", "instrument_id", "symbol", "ex_date", "kind", "f_capital_special", "held", "f_proposed", "method"),
    *("last_close", "witness", "verdict", "subject"),
]
_REFUSED_COLUMNS = ["trade_date", "instrument_id", "symbol", "ex_date", "subject", "reason"]


def compute(inputs: Inputs, dates: Sequence[dt.date]) -> Computed:
    """Doubts of `dates`.

    Args:
        inputs: declared inputs of the block.
        dates: sessions to compute, in order.

    Returns:
        The rows of all `dates`, with metadata by day.
    """
    actions = _with_session(inputs, inputs.read(ACTIONS, _ACTION_COLUMNS, days=dates))
    refused = [frame.select(_REFUSED_COLUMNS) for frame in inputs.refused(ACTIONS).values()]
    schema = {name: pl.Date if name.endswith("date") else pl.String for name in _REFUSED_COLUMNS}
    late = actions.filter(pl.col("ex_session") < pl.col("trade_date"))["trade_date"].unique().sort().to_list()
    frame = transform(
        actions,
        inputs.read(SUSPECTS, days=dates),
        _with_session(inputs, pl.concat(refused) if refused else pl.DataFrame(schema=schema)),
        inputs.read(EQUITY, ["trade_date", "instrument_id", "prior_date"], days=late),
    )
    counted = frame.filter(pl.col("doubt") != "settled").group_by("trade_date").agg(pl.col("symbol").unique().sort())
    facts = {day: {"doubtful": len(names), "symbols": ", ".join(names[:20])} for day, names in counted.iter_rows()}
    return Computed(pl.concat([empty_frame(Doubts), frame]), facts=facts)


def _with_session(inputs: Inputs, rows: pl.DataFrame) -> pl.DataFrame:
    """`ex_session`: the day itself for what takes effect on it, else the first session from the ex-date on."""
    sessions = []
    for date, ex_date in rows.select("trade_date", "ex_date").iter_rows():
        before = inputs.calendar.previous_session(date)
        is_past = before is not None and ex_date is not None and ex_date <= before
        sessions.append(inputs.calendar.sessions_between(ex_date, date)[0] if is_past else date)
    return rows.with_columns(ex_session=pl.Series(sessions, dtype=pl.Date))


TABLE = DailyTable(
    name=NAME,
    description="Sessions across which prices depend on an unread text, an unexplained gap or an unconfirmed factor.",
    model=Doubts,
    code_version="1",
    inputs=lambda _: (Input(ACTIONS), Input(SUSPECTS), Input(EQUITY)),
    constants={**values_of(vocabulary)},
    compute=compute,
    may_be_empty=True,
    kinds=frozenset({"parquet", "polars"}),
    peak_megabytes=235,
    in_warehouse=True,
)

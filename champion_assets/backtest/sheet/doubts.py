"""What the figures rest on, in plain words: what is marked, assumed, of a later day, unconfirmed.

What belongs here: the list at the top of the page, and the table of holdings in doubt. Every sentence has its number.
"""

from __future__ import annotations

import polars as pl

from champion_assets.backtest.tear_sheet_data import Story
from champion_assets.pages.blocks import Cell, Column, Note, Notes, Table, Text
from champion_assets.pages.units import percent, rupees
from champion_assets.portfolio.account_model import STALE_SESSIONS
from champion_assets.settings import Settings

LOOK_AHEAD, UNCONFIRMED, MARKED, ASSUMED, BASIS = "Look-ahead", "Unconfirmed", "Marked", "Assumed", "Basis"


def notes(story: Story, settings: Settings) -> Notes:
    """What warns first."""
    found = [
        Note(
            BASIS,
            "Returns are net of costs, with dividends, before income and capital gains tax. The "
            "equal-weight universe has dividends "
            "and no costs. Returns before the first fill are left out. Years are those of the calendar; "
            "Sharpe, Sortino, alpha and beta "
            "are in excess of the overnight rate of each day.",
        ),
        *_look_ahead(story),
        *_stale(story),
        *_written_down(story),
        *_in_doubt(story),
        *_index(story),
        *_rates(story),
        *_gaps(story),
        *_fills(settings),
    ]
    order = {"warning": 0, "quiet": 1}
    return Notes(sorted(found, key=lambda each: order[each.tone]))


def _look_ahead(story: Story) -> list[Note]:
    if not story.looks_ahead:
        return [Note(BASIS, "No decision used anything that became known after its day.")]
    text = (
        "Decisions used a snapshot of ESG scores, or a list of sectors, of a later day, as the settings "
        "allow. This was not known "
        "then, so every figure of this page is marked."
    )
    return [Note(LOOK_AHEAD, text, "warning")]


def _stale(story: Story) -> list[Note]:
    last = story.days.row(-1, named=True)
    if last["stale_value"] <= 0:
        return []
    names = [each["symbol"] for each in last["holdings"] if each["idle"] > STALE_SESSIONS]
    text = (
        f"{percent(last['stale_value'] / last['value'], 2)} of the value is based on the last prices of "
        f"names that have not traded for more "
        f"than {STALE_SESSIONS} sessions ({', '.join(names)}). The figures count them at these prices; "
        f"the rows 'if names without a trade "
        "are lost' count them as worth nothing."
    )
    return [Note(MARKED, text, "warning")]


def _written_down(story: Story) -> list[Note]:
    if story.written_down.is_empty():
        return []
    names = ", ".join(f"{symbol} on {date} ({rupees(loss)})" for date, symbol, loss in story.written_down.iter_rows())
    text = (
        f"Written down because they no longer traded: {names}. If a company was merged or bought out, say so in "
        "CHAMPION_CORPORATE_ACTIONS (docs/runbook.md), and the holding gets what its holders got."
    )
    return [Note(MARKED, text, "warning")]


def _in_doubt(story: Story) -> list[Note]:
    found, every = story.in_doubt, int(story.days["holdings"].list.len().sum())
    if found.is_empty():
        return [
            Note(
                BASIS,
                f"None of {every:,} holding days depends on an unread, unexplained or unconfirmed corporate action.",
            )
        ]
    text = (
        f"{int(found['new_days'].sum()):,} of {every:,} holding days, of {found['symbol'].n_unique()} "
        f"names, come after a session whose "
        "action is unread, unexplained or unconfirmed: what the position was worth since rests on it. "
        "The names are listed below."
    )
    return [Note(UNCONFIRMED, text, "warning")]


def _index(story: Story) -> list[Note]:
    index = story.measures.index
    if index is None:
        return []
    found = []
    if index.gaps:
        days = index.rows.filter(pl.col("close").is_null())["trade_date"].to_list()
        text = (
            f"The index files have a gap: {index.gaps:,} of {index.rows.height:,} sessions, the first "
            f"{days[0]}, the last {days[-1]}. The "
            "curve has the same gap, and figures that would need these days are not given."
        )
        found.append(Note(MARKED, text, "warning"))
    assumed = int(index.rows[1:]["is_assumed"].fill_null(value=False).sum())
    return [*found, Note(ASSUMED if assumed else BASIS, f"The index is {index.in_words}.")]


def _rates(story: Story) -> list[Note]:
    assumed, sessions = story.measures.assumed_rates, story.days.height
    if not assumed:
        return []
    text = (
        f"On {assumed:,} of {sessions:,} sessions the overnight rate is the Reserve Bank's average of "
        f"the financial year, since the day "
        "has no row of Nifty 1D Rate Index."
    )
    return [Note(ASSUMED, text)]


def _gaps(story: Story) -> list[Note]:
    gaps, late = int(story.days["unexplained_gaps"].sum()), int(story.days["late_actions"].sum())
    if not gaps and not late:
        text = (
            "No opening gap of a holding is without its corporate action, and none became known too late to "
            "change a holding."
        )
        return [Note(BASIS, text)]
    text = (
        f"{gaps:,} opening gaps of holdings beyond any price band, which no corporate action explains, "
        f"were treated as value-neutral; "
        f"{late:,} actions became known too late to change a holding. Both are rows of suspects (docs/runbook.md)."
    )
    return [Note(MARKED, text, "warning")]


_FILLS = {"open": "opening price", "vwap": "average price", "close": "closing price"}


def _fills(settings: Settings) -> list[Note]:
    impact = (
        f"an impact of {settings.impact:g} daily volatilities at a whole day's volume"
        if settings.impact
        else "no impact of its own orders on prices"
    )
    text = (
        f"Orders fill in the session after the decision, at its {_FILLS[settings.fill]}, worse by "
        f"{settings.slippage_bps:g} "
        f"basis points of slippage, with {impact}, at most {percent(settings.participation, 0)} of a "
        f"session's volume, and with "
        "the charges of the date."
    )
    return [Note(ASSUMED, text)]


def doubt_table(story: Story) -> Table | Text:
    """The holdings in doubt."""
    if story.in_doubt.is_empty():
        return Text("No holding depends on an unread, unexplained or unconfirmed corporate action.", "quiet")
    columns = [
        Column("Name", is_number=False),
        Column("Held across", is_number=False),
        Column("Weight", "of the value"),
        Column("Holding days since"),
        Column("Doubt", is_number=False, wraps=True),
    ]
    rows = [
        [Cell(symbol), Cell(str(session)), Cell(percent(weight), weight), Cell(f"{held:,}", held), Cell(doubt)]
        for symbol, session, doubt, weight, held, _ in story.in_doubt.iter_rows()
    ]
    return Table(
        "doubt-table",
        columns,
        rows,
        "Holdings in doubt. A line in CHAMPION_CORPORATE_ACTIONS settles each (docs/runbook.md)",
        is_long=len(rows) > 30,
    )

"""`silver/board_meetings`: board meetings as announced that evening.

When, about what, and whether results are among it.

From the `Bm` member of the PR bundle, so days without one have no rows. A meeting is announced some days before, and
its outcome after it, on other days: a name has a row for each meeting and subject that the day's list has. Meetings of
which the list of a day says the same twice are one row.
"""

from __future__ import annotations

import pandera.polars as pa
import polars as pl

from champion_assets.lake.inputs import Inputs
from champion_assets.nse.market_files import MEETINGS
from champion_assets.silver.daily_file import Derived, silver_table

OUTCOME = "outcome of board meeting"
_WORDS = {"is_results": "financial results", "is_dividend": "dividend", "is_outcome": OUTCOME}


def with_subjects(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with a flag for each of the subjects that matter for prices.

    Args:
        rows: with `subject` and `purpose`.
    """
    subject = pl.col("subject").str.to_lowercase()
    return rows.with_columns(subject.str.contains(word, literal=True).alias(name) for name, word in _WORDS.items())


def _compute(inputs: Inputs, rows: pl.DataFrame) -> pl.DataFrame:
    del inputs
    return with_subjects(rows)


DERIVED = Derived(
    fields={
        "is_results": (bool, pa.Field(description="Financial results are on the agenda")),
        "is_dividend": (bool, pa.Field(description="A dividend is on the agenda")),
        "is_outcome": (bool, pa.Field(description="True for the outcome of a meeting, false for a notice")),
    },
    compute=_compute,
    constants={"words": _WORDS},
)
TABLE = silver_table(
    MEETINGS, derived=DERIVED, description="Board meetings announced by the evening of the day: date and subject."
)
NAME = TABLE.name

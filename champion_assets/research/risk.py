"""The risk model of a day.

What belongs here: finding the day. What does not: estimating (`features/covariance.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from champion_assets.common.errors import NothingStored
from champion_assets.research.arguments import Day, as_day
from champion_assets.research.opening import open_for_reading
from champion_assets.research.stored import require_stored, sessions_of

if TYPE_CHECKING:
    from champion_assets.quant.risk import Array


def covariance(date: Day) -> tuple[Array, list[str]]:
    """Covariance matrix Σ of the day's universe, in units of one session's return squared.

    Args:
        date: a session.

    Returns:
        The matrix, shape (n, n), and the symbols of its rows.

    Raises:
        RequestError: the day's universe is empty, or `date` is not a day.
        NotASession: the market was closed on that day.
        NotBuilt: the lake lacks the day's universe, or days of its window of returns.
        NoLake: there is no lake where the settings say.

    Example:
        >>> sigma, names = research.covariance("2024-03-28")
        >>> dict(zip(names, sigma.diagonal() ** 0.5, strict=True))  # the volatility of each name's return in a session
    """
    from champion_assets.features.covariance import TABLE, risk_model

    day = as_day(date, "date")
    workspace = open_for_reading()
    sessions = sessions_of(workspace, day, day)
    for wanted in TABLE.inputs(workspace.settings):
        require_stored(workspace, wanted.table, workspace.window(wanted, day) or sessions)
    try:
        dated = risk_model(workspace, day)
    except FileNotFoundError as error:
        raise NothingStored(f"{day}: the universe or a return was replaced while it was read; ask again") from error
    return dated.model.matrix(), dated.symbols

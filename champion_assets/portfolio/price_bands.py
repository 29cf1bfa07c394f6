"""Who touched its price band, where the band is known and the exchange's list of hits does not speak of the name.

What belongs here: from bands to hits. What does not: reading tables (`market.py`), edges (`nse/trading_rules.py`), or
what a hit means for an order (`simulation/fills.py`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import numpy as np
import polars as pl

from champion_assets.nse.trading_rules import at_edge
from champion_assets.quant.risk import Array
from champion_assets.simulation.account import BandHits


def with_bands(
    hits: BandHits | None, bands: pl.DataFrame, index: Mapping[str, int], date: dt.date, prices: Mapping[str, Array]
) -> BandHits | None:
    """Hits with those of names whose band is known and of which nothing was published.

    Args:
        hits: what the exchange published; None if nothing.
        bands: instrument_id and band of a day's rows of silver/price_bands, null for a stock without any.
        index: which place a name has.
        date: the session.
        prices: `high`, `low`, `previous` (the close before, adjusted), `tick`: of shape (n,), NaN where unknown.

    Returns:
        A name without a band touched none. One with a band did if its highest (lowest) price lies at the edge.
    """
    mine = bands.filter(pl.col("instrument_id").is_in(list(index)))
    if mine.is_empty():
        return hits
    nobody = np.zeros(len(index), dtype=bool)
    told = BandHits(nobody, nobody, nobody) if hits is None else hits
    places = np.array([index[name] for name in mine["instrument_id"]])
    band = np.full(len(index), np.nan)
    band[places] = mine["band"].fill_null(np.inf).to_numpy()
    has_none = np.isinf(band)
    is_judged = ~told.known & (has_none | (np.isfinite(band) & np.isfinite(prices["previous"])))
    sides = {}
    for name, extreme, listed in (("upper", "high", told.upper), ("lower", "low", told.lower)):
        width = np.where(has_none, np.nan, band)
        touched = at_edge(prices[extreme], prices["previous"], width, date, prices["tick"], upper=name == "upper")
        sides[name] = np.where(is_judged, listed | touched, listed)
    return BandHits(told.known | is_judged, sides["upper"], sides["lower"])

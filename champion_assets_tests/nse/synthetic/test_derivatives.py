"""The fictional derivatives are read by the reader of the genuine ones, in the wording of their era."""

from __future__ import annotations

import datetime as dt

import polars as pl

from champion_assets.nse.derivatives import read_derivatives, with_lots
from champion_assets.nse.synthetic.derivatives import DUMMY, EVERY, NO_FILE, derivatives
from champion_assets.nse.synthetic.exchange import Exchange


def test_both_eras_are_read(exchange: Exchange) -> None:
    sessions, formats = exchange.market.sessions, set()
    for day in [*range(0, len(sessions), 9), NO_FILE]:
        written = derivatives(exchange.market, day)
        assert (written is None) == (day % EVERY == NO_FILE)
        if written is None:
            continue
        file, body = written
        read = read_derivatives(body, file.name)
        formats.add(read.format)
        assert set(read.frame["trade_date"]) == {sessions[day]}
        assert DUMMY in set(read.frame["symbol"])
        assert read.frame.select("symbol", "kind", "expiry", "strike", "option_type").is_duplicated().sum() == 0
        idle = read.frame.filter(pl.col("contracts") == 0)
        assert (idle["open"] == 0).all()
        assert 0.3 < idle.height / read.frame.height < 0.7
        if read.format == "legacy_fo":
            lots = dict(
                with_lots(read.frame).filter(pl.col("kind") == "index_future").select("symbol", "lot_size").iter_rows()
            )
            assert lots == {"NIFTY": 75}
        assert (read.frame["expiry"] >= sessions[day]).all()
        assert read.frame["expiry"].max() - sessions[day] < dt.timedelta(days=100)  # type: ignore[operator]
    assert formats == {"legacy_fo", "udiff_fo", "udiff_fo_early"}

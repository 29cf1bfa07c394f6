"""The members of the fictional bundle are those of the declarations, and their faults are where they are said to be."""

from __future__ import annotations

from champion_assets.nse.bundle_member import bundle_member
from champion_assets.nse.daily_file_reader import read_daily_file
from champion_assets.nse.errors import BadValue
from champion_assets.nse.market_files import EARNINGS, SHARES
from champion_assets.nse.names import action_bundles
from champion_assets.nse.synthetic.bundle import EVERY, NO_EARNINGS, WRONG_NUMBER, WRONG_TOTAL
from champion_assets.nse.synthetic.exchange import Exchange


def test_every_member_is_read_and_every_fault_is_found(exchange: Exchange) -> None:
    wrong, refused, absent = [], [], []
    for day, date in enumerate(exchange.market.sessions):
        body = (exchange.folder / action_bundles(date)[0].path).read_bytes()
        shares, earnings = (bundle_member(body, "x", file.place) for file in (SHARES, EARNINGS))  # type: ignore[arg-type]
        assert shares is not None
        try:
            read = read_daily_file(SHARES, shares, "x")
            assert read.totals.height == 3
            assert read.date == date
            refused += [day] * read.refused.height
        except BadValue:
            wrong.append(day)
        if earnings is None:
            absent.append(day)
        else:
            assert read_daily_file(EARNINGS, earnings, "x").refused.is_empty()
    days = range(len(exchange.market.sessions))
    assert (wrong, refused, absent) == tuple(
        [day for day in days if day % EVERY == which] for which in (WRONG_TOTAL, WRONG_NUMBER, NO_EARNINGS)
    )

"""The lists of the fictional bundle fit its bhavcopy, and their faults are where they are said to be."""

from __future__ import annotations

from champion_assets.nse.bundle_member import bundle_member
from champion_assets.nse.bundle_prices import read_bundle_prices
from champion_assets.nse.daily_file import DailyFile, Member
from champion_assets.nse.daily_file_reader import ReadFile, read_daily_file
from champion_assets.nse.market_files import FUNDS, HIGHS, MEETINGS, SMALL
from champion_assets.nse.names import action_bundles
from champion_assets.nse.synthetic.bundle_lists import EVERY, MEMBERS, NO_PRICE, WRONG_DAY
from champion_assets.nse.synthetic.exchange import Exchange


def read(file: DailyFile, body: bytes) -> ReadFile:
    """A member of a bundle."""
    assert isinstance(file.place, Member)
    return read_daily_file(file, bundle_member(body, "x", file.place) or "", "x")


def test_lists_fit_the_bhavcopy_and_every_fault_is_found(exchange: Exchange) -> None:
    for day, date in list(enumerate(exchange.market.sessions))[:60]:
        body = (exchange.folder / action_bundles(date)[0].path).read_bytes()
        prices, refused = read_bundle_prices(body, "x")
        assert refused.is_empty()
        traded = exchange.market.rows(day)
        assert (
            prices.drop_nulls("symbol").select("symbol", "series", "volume").rows()
            == traded.select("symbol", "series", "volume").rows()
        )
        assert prices["is_nifty_50"].sum() == MEMBERS
        for listed in (read(FUNDS, body), read(SMALL, body)):
            assert listed.refused.is_empty()
            assert listed.rows.height
            assert listed.rows.join(prices, on=["symbol", "series", "close", "volume"], how="anti").is_empty()
        extremes = read(HIGHS, body)
        assert extremes.refused.height == (day % EVERY == NO_PRICE)
        for status in ("high", "low"):
            mine = extremes.rows.filter(extremes.rows["status"] == status)
            assert mine.join(prices, left_on=["security", "new"], right_on=["security", status], how="anti").is_empty()
        assert read(MEETINGS, body).refused.height == (day % EVERY == WRONG_DAY)

"""The fictional lists of securities are those of the declarations, and their faults are where they are said to be."""

from __future__ import annotations

from champion_assets.nse.daily_file_reader import read_daily_file
from champion_assets.nse.market_lists import BANDS_OF_DAY, SERIES_CHANGES, VOLATILITY
from champion_assets.nse.synthetic.exchange import Exchange
from champion_assets.nse.synthetic.security_lists import (
    EVERY,
    NO_BAND,
    NO_LIST,
    WRONG_VOLATILITY,
    security_lists,
)


def test_every_list_is_read_and_every_fault_is_found(exchange: Exchange) -> None:
    refused, absent, wrong = [], [], []
    for day in range(1, 45):
        texts, date = dict(security_lists(exchange.market, day)), exchange.market.sessions[day]
        for file in (BANDS_OF_DAY, SERIES_CHANGES, VOLATILITY):
            name = file.candidates(date)[0].name
            if name not in texts:
                absent.append((day, file))
                continue
            read = read_daily_file(file, texts[name], "x")
            assert read.date in (None, date) or file is SERIES_CHANGES
            if read.refused.height:
                refused.append((day, file))
            if file is VOLATILITY:
                rows = read.rows
                own = (0.995 * rows["previous_volatility"] ** 2 + 0.005 * rows["log_return"] ** 2).sqrt()
                wrong += [day] * ((own - rows["volatility"]).abs() > 0.000101).sum()
    days = range(1, 45)
    assert refused == [(day, BANDS_OF_DAY) for day in days if day % EVERY == NO_BAND]
    assert absent == [(day, BANDS_OF_DAY) for day in days if day % EVERY == NO_LIST]
    assert wrong == [day for day in days if day % EVERY == WRONG_VOLATILITY]

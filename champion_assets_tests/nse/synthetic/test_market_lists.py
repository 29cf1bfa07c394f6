"""The fictional lists are those of the declarations, and their faults are where they are said to be."""

from __future__ import annotations

from champion_assets.nse.daily_file_reader import read_daily_file
from champion_assets.nse.deals import without_names
from champion_assets.nse.errors import BadValue
from champion_assets.nse.market_lists import BLOCK, BULK, EXTREMES, PARTICIPANTS, SHORT, SURVEILLANCE
from champion_assets.nse.synthetic.exchange import Exchange
from champion_assets.nse.synthetic.market_lists import EVERY, NO_DEALS, NO_NUMBER, WRONG_TOTAL, lists


def test_every_list_is_read_and_every_fault_is_found(exchange: Exchange) -> None:
    wrong, refused, empty = [], [], []
    for day in range(1, 45):
        texts = dict(lists(exchange.market, day))
        date = exchange.market.sessions[day]
        for file in (BULK, BLOCK, SHORT, SURVEILLANCE, PARTICIPANTS, EXTREMES):
            text = texts[file.candidates(date)[0].name]
            if file in (BULK, BLOCK):
                text = without_names(text, "x")
            try:
                read = read_daily_file(file, text, "x")
            except BadValue:
                wrong.append((day, file))
                continue
            if not read.refused.is_empty():
                refused.append((day, file))
            if read.rows.is_empty() and file is not SHORT:
                empty.append((day, file))
            if file is EXTREMES:
                assert (read.rows["high"] >= read.rows["low"]).all()
                assert read.date == date
    days = range(1, 45)
    assert wrong == [(day, PARTICIPANTS) for day in days if day % EVERY == WRONG_TOTAL]
    assert refused == [(day, SHORT) for day in days if day % EVERY == NO_NUMBER]
    assert empty == [(day, file) for day in days if day % EVERY == NO_DEALS for file in (BULK, BLOCK)]

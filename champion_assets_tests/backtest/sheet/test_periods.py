"""Years, months and falls against plain recomputation."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from champion_assets.backtest.sheet.periods import by_period, extremes, falls_of, falls_table, months, years_table
from champion_assets.quant.metrics import drawdowns

BEFORE = dt.date(2022, 12, 30)
DATES = [dt.date(2023, 1, 2) + dt.timedelta(days=number) for number in range(500)]
RETURNS = np.random.default_rng(4).normal(0.0003, 0.01, 500)


def frame(**columns: np.ndarray) -> pl.DataFrame:
    return pl.DataFrame({"trade_date": DATES} | columns)


def test_falls_are_the_stretches_below_a_peak() -> None:
    falls = falls_of(BEFORE, DATES, RETURNS)
    depth = drawdowns(RETURNS)
    below = [date for each in falls for date in DATES if each.peak < date < (each.recovered or dt.date.max)]
    assert sorted(below) == [date for date, fall in zip(DATES, depth, strict=True) if fall < 0]
    assert falls[0].depth == depth.min()
    assert [each.depth for each in falls] == sorted(each.depth for each in falls)
    value = dict(zip([BEFORE, *DATES], np.concatenate([[1.0], np.cumprod(1 + RETURNS)]), strict=True))
    for each in falls:
        assert value[each.trough] / value[each.peak] - 1 == pytest.approx(each.depth)
        between = [value[date] for date in value if each.peak < date < (each.recovered or dt.date.max)]
        assert max(between) < value[each.peak]
        assert min(between) == value[each.trough]
        if each.recovered is not None:
            assert value[each.recovered] >= value[each.peak]


@pytest.mark.parametrize(
    ("returns", "found"),
    [
        ([0.1, 0.1], []),
        ([-0.1, 0.2], [(0, 1, 2, 1, 1)]),
        ([0.1, -0.1, -0.1], [(1, 3, None, 2, None)]),
        ([-0.5, 1.0, -0.1], [(0, 1, 2, 1, 1), (2, 3, None, 1, None)]),
    ],
)
def test_a_fall_begins_at_its_peak_and_may_still_last(
    returns: list[float], found: list[tuple[int | None, ...]]
) -> None:
    sessions = [BEFORE, *DATES]
    told = falls_of(BEFORE, DATES[: len(returns)], np.array(returns))
    days = {None: None} | {date: number for number, date in enumerate(sessions)}
    assert (
        sorted((days[each.peak], days[each.trough], days[each.recovered], each.down, each.up) for each in told) == found
    )
    assert len(falls_table(told).rows) == len(found)


def test_an_index_with_a_gap_has_no_return_of_that_period() -> None:
    gap = RETURNS.copy()
    gap[40] = np.nan
    rows = frame(portfolio=RETURNS, index=gap).with_columns(pl.col("index").fill_nan(None))
    monthly = by_period(rows, "1mo")
    january, february = (np.array([each.month == month and each.year == 2023 for each in DATES]) for month in (1, 2))
    assert monthly["portfolio"][0] == pytest.approx(np.prod(1 + RETURNS[january]) - 1)
    assert monthly["index"][0] == pytest.approx(np.prod(1 + RETURNS[january]) - 1)
    assert monthly["index"][1] is None
    assert monthly["portfolio"][1] == pytest.approx(np.prod(1 + RETURNS[february]) - 1)
    years = years_table(rows, "Nifty 50")
    assert [column.label for column in years.columns] == ["Year", "Portfolio", "Nifty 50", "From", "To"]
    assert years.rows[0][2].text == "–"


def test_the_heat_map_has_every_month_once_and_the_whole_year() -> None:
    found = months(frame(portfolio=RETURNS))
    assert [label for label, _ in found.rows] == ["2023", "2024"]
    assert all(len(cells) == 13 for _, cells in found.rows)
    colours = [each.colour for _, cells in found.rows for each in cells[:12] if each.colour is not None]
    assert max(map(abs, colours)) == 1
    assert [each.text for each in found.rows[1][1][6:12]] == [""] * 6  # the days end in May


def test_best_and_worst_are_named_with_their_day() -> None:
    table = extremes(frame(portfolio=RETURNS, universe=-RETURNS), "x")
    best, worst = table.rows[0], table.rows[1]
    assert (best[0].text, best[1].text, best[2].value) == ("Best day", str(DATES[int(RETURNS.argmax())]), RETURNS.max())
    assert (worst[1].text, worst[2].value, worst[3].value) == (
        str(DATES[int(RETURNS.argmin())]),
        RETURNS.min(),
        -RETURNS.min(),
    )

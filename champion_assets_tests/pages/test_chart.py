"""Charts: values lie where the axes say, gaps stay gaps, and what is read off is what was drawn."""

from __future__ import annotations

import datetime as dt
import re

import numpy as np
import pytest

from champion_assets.pages.chart import Chart, Series, curve_chart, grouped_bars, histogram, stacked_chart, time_chart
from champion_assets.pages.marks import BOX, Mark
from champion_assets.pages.scale import Scale

DATES = [dt.date(2020, 1, 1) + dt.timedelta(days=number) for number in range(400)]


def drawn(chart: Chart, name: str) -> list[list[tuple[float, float]]]:
    """The values of a series as its path has them, one list per unbroken part."""
    (mark,) = [each for each in chart.marks if each.name == name]
    parts = [part for part in mark.path.split("M") if part]
    return [[read(chart, pair) for pair in re.findall(r"(-?\d+) (-?\d+)", part)] for part in parts]


def read(chart: Chart, pair: tuple[str, str]) -> tuple[float, float]:
    """A point back into the units of the axes, as the page's script does."""

    def back(scale: Scale, share: float) -> float:
        return (
            scale.low * (scale.high / scale.low) ** share
            if scale.is_log
            else scale.low + (scale.high - scale.low) * share
        )

    return back(chart.x, int(pair[0]) / BOX), back(chart.y, 1 - int(pair[1]) / BOX)


@pytest.mark.parametrize("is_log", [False, True])
def test_a_curve_is_drawn_where_its_values_are(is_log: bool) -> None:
    values = np.exp(np.cumsum(np.random.default_rng(1).normal(0, 0.02, 400)))
    chart = time_chart("t", "u", DATES, [Series("a", "c1", values)], "ratio", str, is_log=is_log)
    (points,) = drawn(chart, "a")
    assert len(points) == 400
    assert [y for _, y in points] == pytest.approx(values, rel=2e-3)
    assert points[-1][0] - points[0][0] == 399


def test_a_gap_stays_a_gap_and_a_single_day_is_seen() -> None:
    values = np.arange(400.0)
    values[100:200] = np.nan
    values[250:300], values[270] = np.nan, 270.0
    parts = drawn(time_chart("t", "u", DATES, [Series("a", "c1", values)], "ratio", str), "a")
    assert [len(part) for part in parts] == [100, 50, 1, 100]


def test_a_long_curve_keeps_its_extremes_and_gaps() -> None:
    dates = [dt.date(2000, 1, 1) + dt.timedelta(days=number) for number in range(8000)]
    values = np.random.default_rng(2).normal(0, 1, 8000)
    values[4321], values[1234], values[6000:6500] = 9.0, -9.0, np.nan
    parts = drawn(time_chart("t", "u", dates, [Series("a", "c1", values)], "ratio", str), "a")
    assert len(parts) == 2
    heights = [y for part in parts for _, y in part]
    assert len(heights) < 2900
    assert (max(heights), min(heights)) == (pytest.approx(9, abs=0.01), pytest.approx(-9, abs=0.01))


def test_labels_lie_at_their_values_and_a_log_axis_begins_above_nothing() -> None:
    chart = time_chart(
        "t",
        "u",
        DATES,
        [Series("a", "c1", np.geomspace(1, 1000, 400))],
        "ratio",
        lambda value: f"{value:g}",
        is_log=True,
        around=1.0,
    )
    assert [tick.label for tick in chart.y_ticks] == ["1", "10", "100", "1000"]
    assert [chart.y.position(float(tick.label)) for tick in chart.y_ticks] == [tick.at for tick in chart.y_ticks]
    assert chart.zero == chart.y.position(1.0)
    assert [tick.label for tick in chart.x_ticks][:2] == ["Jan 2020", "Mar"]
    with pytest.raises(ValueError, match="above 0"):
        time_chart("t", "u", DATES, [Series("a", "c1", np.linspace(-1, 1, 400))], "ratio", str, is_log=True)


def test_years_are_labelled_where_there_are_many() -> None:
    dates = [dt.date(2004, 3, 1) + dt.timedelta(days=number) for number in range(6000)]
    chart = time_chart("t", "u", dates, [Series("a", "c1", np.ones(6000))], "ratio", str)
    assert [tick.label for tick in chart.x_ticks] == ["2006", "2008", "2010", "2012", "2014", "2016", "2018", "2020"]
    assert [tick.is_minor for tick in chart.x_ticks][:2] == [False, True]


def test_areas_stand_on_each_other() -> None:
    parts = [Series("a", "s1", np.full(400, 0.25)), Series("b", "s2", np.full(400, 0.75))]
    chart = stacked_chart("t", "u", DATES, parts, str)
    low, high = (drawn(chart, name)[0] for name in ("a", "b"))
    assert {round(y, 3) for _, y in low} == {0.0, 0.25}
    assert {round(y, 3) for _, y in high} == {0.25, 1.0}
    small = stacked_chart("t", "u", DATES, parts[:1], str, is_whole=False)
    assert small.y.high == pytest.approx(0.2625)


def test_bars_begin_at_nothing() -> None:
    chart = grouped_bars(
        "t",
        "u",
        ["2020", "2021"],
        [Series("a", "c1", np.array([0.1, -0.2])), Series("b", "c2", np.array([np.nan, 0.3]))],
        "ratio",
        str,
    )
    first = re.findall(r"M(\d+) (\d+)V(\d+)H(\d+)V(\d+)Z", chart.marks[0].path)
    assert len(first) == 2
    assert len(re.findall("M", chart.marks[1].path)) == 1
    zero = round((1 - chart.y.position(0.0)) * BOX)
    assert {int(bar[1]) for bar in first} == {zero}
    assert [1 - int(bar[2]) / BOX for bar in first] == pytest.approx(
        [chart.y.position(0.1), chart.y.position(-0.2)], abs=1e-4
    )


def test_a_histogram_counts_every_value_and_has_room_for_the_curve() -> None:
    values = np.array([0.0, 0.1, 0.1, 0.9])
    chart = histogram("t", "u", values, str, bins=2, curve=lambda at: np.full(at.shape, 2.0), curve_name="two")
    heights = [1 - int(each) / BOX for each in re.findall(r"V(\d+)H", chart.marks[0].path)]
    assert heights == pytest.approx([chart.y.position(0.75), chart.y.position(0.25)], abs=1e-4)
    assert drawn(chart, "two")[0][0][1] == pytest.approx(0.9, abs=1e-3)


def test_dots_lie_on_their_curve() -> None:
    across = np.geomspace(1e6, 1e9, 10)
    dots = [(Mark("here", "c2", "", "dot"), across[3:4], np.sqrt(across[3:4]))]
    curve = [Series("a", "c1", np.sqrt(across))]
    chart = curve_chart(
        "t", "u", across, curve, "percent", str, x_unit="crore", x_words="x", x_label=str, is_log_x=True, dots=dots
    )
    (dot,) = drawn(chart, "here")
    assert dot[0] == pytest.approx(drawn(chart, "a")[0][3], rel=1e-3)

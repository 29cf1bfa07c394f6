"""Pictures in metadata: an SVG that is well formed, has every curve, and lies where the values say."""

from __future__ import annotations

import base64
import datetime as dt
import re
from xml.etree import ElementTree

import numpy as np

from champion_assets.backtest.charts import HEIGHT, WIDTH, line_chart
from champion_assets.pages.marks import BOX

SVG = "{http://www.w3.org/2000/svg}"
DAYS = [dt.date(2024, 1, 1) + dt.timedelta(days=number) for number in range(5)]


def drawn(image: str) -> ElementTree.Element:
    found = re.fullmatch(r"!\[([^\]]*)\]\(data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)\)", image)
    assert found is not None
    return ElementTree.fromstring(base64.b64decode(found[2]))


def points(path: str) -> list[tuple[int, int]]:
    return [(int(x), int(y)) for x, y in re.findall(r"[ML](\d+) (\d+)", path)]


def curves(image: str) -> list[str]:
    """The paths of the curves; the first path is the grid."""
    return [path.get("d", "") for path in drawn(image).iter(f"{SVG}path")][1:]


def test_a_rising_line_goes_from_the_left_below_to_the_right_above() -> None:
    (curve,) = curves(line_chart(DAYS, {"value": np.array([1.0, 2.0, 3.0, 4.0, 5.0])}))
    across, down = zip(*points(curve), strict=True)
    assert across == (0, BOX // 4, BOX // 2, 3 * BOX // 4, BOX)
    assert list(down) == sorted(down, reverse=True)
    assert down[2] == BOX // 2  # 3 is the middle between 1 and 5
    assert down[0] + down[4] == BOX


def test_names_are_in_the_key_as_they_are() -> None:
    root = drawn(line_chart(DAYS, {"a < b": np.arange(5.0), "second": np.arange(5.0)[::-1]}))
    assert [each.text for each in root.iter(f"{SVG}tspan")] == ["a < b", "second"]
    assert (root.get("width"), root.get("height")) == (str(WIDTH), str(HEIGHT))


def test_values_and_dates_are_labelled() -> None:
    root = drawn(
        line_chart([dt.date(2023, 6, 1), dt.date(2024, 6, 1)], {"rupees": np.array([1_000_000.0, 2_000_000.0])})
    )
    words = [each.text for each in root.iter(f"{SVG}text")]
    assert "1,000,000" in words
    assert "2024" in words


def test_a_gap_breaks_the_line_and_a_single_day_is_drawn() -> None:
    (curve,) = curves(line_chart(DAYS, {"value": np.array([1.0, 2.0, np.nan, 4.0, 5.0])}))
    assert curve.count("M") == 2
    assert len(points(curve)) == 4
    assert len(curves(line_chart(DAYS[:1], {"value": np.array([7.0])}))) == 1


def test_the_same_values_give_the_same_picture() -> None:
    values = np.array([1.0, 1.5, 1.25, 3.0, 2.0])
    assert line_chart(DAYS, {"value": values}) == line_chart(list(DAYS), {"value": values.copy()})

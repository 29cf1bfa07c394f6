"""`features/esg`: comparisons over the universe and within sectors, the blend of providers, and that missing stays
missing."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from champion_assets.features.esg import BLEND, transform
from champion_assets.lake.workspace import Workspace
from champion_assets_tests.helpers import build_until

DAY = dt.date(2024, 1, 15)


def scores(*rows: tuple[str, str, float], product: str = "ESG") -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "trade_date": DAY,
                "instrument_id": name,
                "symbol": name,
                "provider": provider,
                "product": product,
                "score": score,
                "is_look_ahead": False,
            }
            for name, provider, score in rows
        ]
    )


def universe(*names: str, sector: str = "IT") -> pl.DataFrame:
    return pl.DataFrame(
        {
            "trade_date": [DAY] * len(names),
            "instrument_id": list(names),
            "sector": [sector] * len(names),
            "sector_is_look_ahead": [False] * len(names),
        }
    )


def of(frame: pl.DataFrame, provider: str, column: str) -> dict[str, float | None]:
    return dict(frame.filter(pl.col("provider") == provider).select("instrument_id", column).iter_rows())


def test_z_percentile_and_min_max_by_hand() -> None:
    frame = transform(
        scores(("A", "x", 10), ("B", "x", 20), ("C", "x", 20), ("D", "x", 30)), universe("A", "B", "C", "D")
    )
    assert of(frame, "x", "percentile") == {"A": 0.125, "B": 0.5, "C": 0.5, "D": 0.875}  # ties share a rank
    assert of(frame, "x", "min_max") == {"A": 0.0, "B": 0.5, "C": 0.5, "D": 1.0}
    assert of(frame, "x", "z")["D"] == pytest.approx(10 / 50**0.5)
    assert set(of(frame, "x", "sector_z").values()) == {None}  # four are too few


def test_each_provider_is_compared_before_they_are_blended() -> None:
    rows = scores(("A", "x", 10), ("B", "x", 30), ("A", "y", 80), ("B", "y", 90), ("C", "x", 20))
    frame = transform(rows, universe("A", "B", "C"))
    assert of(frame, BLEND, "providers") == {"A": 2, "B": 2, "C": 1}
    assert of(frame, BLEND, "score") == {
        "A": pytest.approx(45.0, abs=2),
        "B": pytest.approx(60.0, abs=2),
        "C": pytest.approx(52.5),
    }
    x, y = of(frame, "x", "z"), of(frame, "y", "z")
    assert of(frame, BLEND, "z")["A"] == pytest.approx((x["A"] + y["A"]) / 2)  # type: ignore[operator]
    assert of(frame, BLEND, "disagreement")["C"] is None
    assert of(frame, BLEND, "disagreement")["A"] == pytest.approx(abs(x["A"] - y["A"]) / 2)  # type: ignore[operator]


def test_the_best_of_a_strict_provider_beats_the_average_of_a_generous_one() -> None:
    """X has 80 among 76 to 84, Y has 45 among 30 to 45: the blend ranks Y above X."""
    generous = [("X", "a", 80.0), *((f"A{number}", "a", float(number)) for number in (76, 78, 82, 84))]
    strict = [("Y", "b", 45.0), *((f"B{number}", "b", float(number)) for number in (30, 33, 36, 38))]
    rows = scores(*generous, *strict)
    frame = transform(rows, universe(*[name for name, _, _ in (*generous, *strict)]))
    for column in ("score", "percentile", "min_max", "z", "sector_percentile"):
        told = of(frame, BLEND, column)
        assert told["Y"] > told["X"], column  # type: ignore[operator]
    assert of(frame, BLEND, "percentile")["X"] == pytest.approx(0.5, abs=0.11)
    assert of(frame, BLEND, "percentile")["Y"] == pytest.approx(0.95)
    assert of(frame, "a", "score")["X"] == 80.0  # a provider's own score stays what it published


def test_one_provider_is_its_own_blend_and_one_that_says_nothing_moves_nobody() -> None:
    alone = transform(scores(("A", "x", 10), ("B", "x", 30)), universe("A", "B"))
    assert of(alone, BLEND, "score") == {"A": 10.0, "B": 30.0}
    flat = transform(scores(("A", "x", 10), ("B", "x", 30), ("A", "y", 70), ("B", "y", 70)), universe("A", "B"))
    told = of(flat, BLEND, "score")
    assert told["B"] - told["A"] == pytest.approx(10.0)  # type: ignore[operator]


def test_only_members_count_and_a_name_without_a_rating_has_no_row() -> None:
    frame = transform(scores(("A", "x", 10), ("OUT", "x", 90)), universe("A", "B"))
    assert set(frame["instrument_id"]) == {"A"}
    assert frame["z"].to_list() == [0.0, 0.0]  # alone: all are equal


def test_within_the_sector_of_five_rated_names() -> None:
    names = ["A", "B", "C", "D", "E"]
    rows = scores(*[(name, "x", 10.0 * number) for number, name in enumerate(names)], ("Z", "x", 100))
    frame = transform(rows, pl.concat([universe(*names), universe("Z", sector="Power")]))
    assert of(frame, "x", "sector_percentile") == {"A": 0.1, "B": 0.3, "C": 0.5, "D": 0.7, "E": 0.9, "Z": None}
    assert of(frame, "x", "sector_z")["C"] == 0.0


def test_of_several_products_of_a_provider_one_is_taken() -> None:
    frame = transform(pl.concat([scores(("A", "x", 10), product="CORE"), scores(("A", "x", 70))]), universe("A"))
    assert of(frame, "x", "score") == {"A": 70.0}


def test_on_the_synthetic_exchange(workspace: Workspace) -> None:
    start, end = dt.date(2023, 11, 1), dt.date(2024, 1, 15)
    build_until(workspace, "features/esg", start, end)
    frame, members = (workspace.lake.read(name, [end]) for name in ("features/esg", "features/universe"))
    rated = frame.filter(pl.col("provider") == BLEND)
    assert 0 < rated.height < members.height
    assert set(rated["instrument_id"]) <= set(members["instrument_id"])

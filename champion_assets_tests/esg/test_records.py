"""Rows of a provider's file: direction, scale, dates; each bad row refused with its reason, the others kept."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from champion_assets.esg.mapping import EsgMapping
from champion_assets.esg.records import FIRST_DAY, EsgFileError, oriented, read_records

BASE = {
    "provider": "acme",
    "files": "*.csv",
    "direction": "higher_better",
    "scale": (0, 100),
    "history": "point_in_time",
    "columns": {
        "isin": "ISIN",
        "symbol": "Symbol",
        "score": "Score",
        "rating_date": "Rated",
        "available_from": "Published",
        "category": "Band",
    },
}
HEAD = "ISIN,Symbol,Score,Rated,Published,Band\n"


def mapping(**changes: object) -> EsgMapping:
    return EsgMapping.model_validate(BASE | changes)


def read(rows: str, **changes: object):  # type: ignore[no-untyped-def]
    return read_records((HEAD + rows).encode(), "acme.csv", mapping(**changes))


@pytest.mark.parametrize(
    ("direction", "scale", "open_ended", "raw", "score"),
    [
        ("higher_better", (0, 100), False, 73, 73.0),
        ("lower_better", (0, 100), False, 12.5, 87.5),
        ("higher_better", (0, 10), False, 7, 70.0),
        ("lower_better", (0, 50), True, 60, 0.0),
        ("lower_better", (1, 5), False, 1, 100.0),
    ],
)
def test_scores_are_oriented(
    direction: str, scale: tuple[float, float], open_ended: bool, raw: float, score: float
) -> None:
    records, _ = read(
        f"INE040A01034,HDFCBANK,{raw},2023-01-01,2023-02-01,", direction=direction, scale=scale, open_ended=open_ended
    )
    assert records["score"].to_list() == [score]
    assert records["score_raw"].to_list() == [raw]


@given(st.floats(0, 100))
def test_flipping_the_direction_flips_the_score(raw: float) -> None:
    assert oriented(raw, mapping()) == pytest.approx(100 - oriented(raw, mapping(direction="lower_better")))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("INE040A01034,X,120,2023-01-01,2023-02-01,", "outside the declared scale"),
        ("INE040A01035,X,50,2023-01-01,2023-02-01,", "no valid ISIN"),
        (",,50,2023-01-01,2023-02-01,", "no ISIN, symbol or name"),
        (",X,good,2023-01-01,2023-02-01,", "no number"),
        (",X,nan,2023-01-01,2023-02-01,", "no number"),
        (",X,50,2023-03-01,2023-02-01,", "rated on"),
        (",X,50,soon,2023-02-01,", "no date"),
        (",X,50,,,", "no date from which"),
        (",X,12,2023-01-01,2023-02-01,Severe", "is the direction right"),
        (",X,,2023-01-01,2023-02-01,", "no number"),
    ],
)
def test_a_bad_row_is_refused_with_its_reason_and_the_others_stay(row: str, reason: str) -> None:
    records, rejects = read(f"{row}\n,GOOD,50,2023-01-01,2023-02-01,", bands={"Severe": (40, 100)})
    assert records["symbol"].to_list() == ["GOOD"]
    assert reason in rejects["reason"][0]
    assert rejects["source_row"].to_list() == [1]


def test_when_a_rating_was_known() -> None:
    columns = {"symbol": "Symbol", "score": "Score"}
    dated = read(",X,50,2023-01-01,2023-02-01,")[0].row(0, named=True)
    assert (dated["rating_date"], dated["available_from"]) == (dt.date(2023, 1, 1), dt.date(2023, 2, 1))
    lagged = read(",X,50,2023-01-01,,", columns=columns | {"rating_date": "Rated"})[0]
    assert lagged["available_from"].to_list() == [dt.date(2023, 2, 15)]
    year = read(",X,50,2023-03-31,,", columns=columns | {"period_end": "Rated"})[0]
    assert year["available_from"].to_list() == [dt.date(2023, 11, 15)]
    snapshot = read(",X,50,,,", columns=columns, history="snapshot", as_of=dt.date(2024, 6, 1))[0]
    assert snapshot["available_from"].to_list() == [dt.date(2024, 6, 1)]
    ahead = read(",X,50,,,", columns=columns, history="snapshot", as_of=dt.date(2024, 6, 1), look_ahead=True)[0]
    assert ahead.select("available_from", "is_look_ahead").row(0) == (FIRST_DAY, True)


def test_a_withdrawn_rating_needs_no_score() -> None:
    columns = {"symbol": "Symbol", "score": "Score", "available_from": "Published", "withdrawn": "Band"}
    records, _ = read(",X,,,2023-02-01,withdrawn\n,Y,50,,2023-02-01,", columns=columns)
    assert records.select("symbol", "is_withdrawn", "score").rows() == [("X", True, None), ("Y", False, 50.0)]


def test_a_file_that_is_not_what_its_mapping_says() -> None:
    with pytest.raises(EsgFileError, match="without the column"):
        read_records(b"Symbol,Score\nA,1\n", "acme.csv", mapping())
    with pytest.raises(EsgFileError, match="without a single row"):
        read_records(HEAD.encode(), "acme.csv", mapping())

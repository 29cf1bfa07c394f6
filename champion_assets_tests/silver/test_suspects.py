"""`silver/suspects`: gaps that no action explains, with a hint; what is explained or ordinary is not listed."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest

from champion_assets.lake.schema import empty_frame
from champion_assets.silver.corporate_actions import CorporateActions
from champion_assets.silver.suspects import transform

DAY = dt.date(2019, 12, 19)


def equity(**row: Any) -> pl.DataFrame:
    base = {
        "trade_date": DAY,
        "instrument_id": "INF732E01102",
        "symbol": "GOLDBEES",
        "series": "EQ",
        "open": 30.2,
        "prev_close": 3359.6,
        "prior_close": 3359.6,
        "prior_date": DAY - dt.timedelta(days=1),
    }
    if row.get("prior_close") is not None:
        row = {"prev_close": row["prior_close"]} | row
    return pl.DataFrame([base | row], schema_overrides={"prior_close": pl.Float64, "prior_date": pl.Date})


def actions(*rows: dict[str, Any]) -> pl.DataFrame:
    wanted = [
        "trade_date",
        "instrument_id",
        "ex_session",
        "kind",
        "f_capital_special",
        "held",
        "f_proposed",
        "verdict",
        "candidates",
        "subject",
        "method",
    ]
    base = {
        "trade_date": DAY,
        "instrument_id": "INF732E01102",
        "ex_session": DAY,
        "kind": "bonus",
        "f_capital_special": 1.0,
        "verdict": None,
        "candidates": "",
        "subject": "x",
        "method": "ratio",
        "held": None,
        "f_proposed": None,
    }
    schema = {name: kind for name, kind in empty_frame(CorporateActions).schema.items() if name in wanted}
    return pl.DataFrame([base | each for each in rows], schema=schema).select(wanted)


def test_a_unit_split_that_the_feed_lacks_is_listed_with_its_ratio() -> None:
    row = transform(equity(), actions()).row(0, named=True)
    assert (row["suspicion"], row["nearest"]) == ("unexplained_gap", "split 100:1")
    assert "fund unit" in row["reading"]


@pytest.mark.parametrize(
    "found",
    [
        transform(equity(), actions({"f_capital_special": 0.01})),
        transform(equity(), actions({"method": "override: confirm"})),
        transform(equity(prior_close=None, prior_date=None, prev_close=3000.0), actions()).filter(pl.lit(value=False)),
        transform(equity(open=0.15, prior_close=0.05), actions()),
    ],
)
def test_what_is_explained_confirmed_or_a_tick_is_not_listed(found: pl.DataFrame) -> None:
    assert found.is_empty()


def test_a_listing_is_no_gap() -> None:
    two = pl.concat(
        [
            equity(),
            equity(instrument_id="B", symbol="NEW", prior_close=None, prior_date=None, open=150.0, prev_close=100.0),
        ]
    )
    assert transform(two, actions())["symbol"].to_list() == ["GOLDBEES"]


def test_an_action_under_the_wrong_company_is_listed_with_the_one_that_moved() -> None:
    row = transform(
        equity(open=3388.0), actions({"f_capital_special": 0.6667, "verdict": "no_reprice", "candidates": "DTIL"})
    )
    doubtful = row.filter(pl.col("suspicion") == "doubtful_action").row(0, named=True)
    assert "wrong company" in doubtful["reading"]
    assert doubtful["candidates"] == "DTIL"


def test_an_action_that_is_held_is_listed_with_its_factor_and_why() -> None:
    row = transform(
        equity(open=3388.0), actions({"verdict": "no_reprice", "held": "two files differ", "f_proposed": 0.5})
    ).row(0, named=True)
    assert (row["suspicion"], row["factor"], row["reading"]) == (
        "doubtful_action",
        0.5,
        "not applied until confirmed: two files differ",
    )
    alone = transform(equity(open=3388.0), actions({"held": "an export has it", "f_proposed": 1.0}))
    assert alone["suspicion"].to_list() == ["doubtful_action"]


@pytest.mark.parametrize(("opened", "kind", "f", "expected"), [
    (21.20, "bonus_other", 1.0, ["value_handed_out"]),  # Scheme Of Arrangement - Bonus Ncrps 1:10, -19.8 %
    (25.50, "bonus_other", 1.0, []), (21.20, "rights_other", 1.0, ["value_handed_out"]), (21.20, "bonus", 1.0, []),
    (21.20, "demerger", 21.20 / 26.45, []), (20.10, "scheme", 1.0, ["unexplained_gap", "value_handed_out"]),
])  # fmt: skip
def test_a_fall_on_the_day_of_a_gift_without_a_price_is_no_ordinary_return(
    opened: float, kind: str, f: float, expected: list[str]
) -> None:
    found = transform(equity(open=opened, prior_close=26.45), actions({"kind": kind, "f_capital_special": f}))
    assert found["suspicion"].to_list() == expected
    assert transform(
        equity(open=opened, prior_close=26.45), actions({"kind": kind, "method": "override: confirm"})
    ).is_empty()


@pytest.mark.parametrize(
    ("change", "reading"),
    [
        ({"symbol": "ABFRL-RE"}, "rights entitlement"),
        ({"prior_date": DAY - dt.timedelta(days=40)}, "suspension"),
        ({"instrument_id": "INE1", "open": 1.0, "prior_close": 4.0}, "penny"),
        ({"instrument_id": "INE1", "series": "SM"}, "SME"),
    ],
)
def test_readings(change: dict[str, Any], reading: str) -> None:
    assert reading in transform(equity(**change), actions())["reading"][0]


@pytest.mark.parametrize(
    ("change", "reading"),
    [
        (
            {"symbol": "MOTOGENFIN", "series": "BE", "prior_close": 45.75, "prev_close": 22.90, "open": 22.9},
            "adjusted for a split",
        ),
        (
            {"symbol": "ALLSEC", "series": "BE", "prior_close": 318.0, "prev_close": 308.0, "open": 310.0},
            "adjusted for a dividend",
        ),
        (
            {"symbol": "CUPID", "prior_close": 222.25, "prev_close": 219.75, "open": 220.0},
            "corrected after publication",
        ),
        (
            {
                "symbol": "SIGIND",
                "prior_close": 6.5,
                "prev_close": 65.0,
                "open": 65.0,
                "prior_date": DAY - dt.timedelta(days=15),
            },
            "after a suspension",
        ),
    ],
)
def test_a_broken_chain_is_listed_with_its_reading(change: dict[str, Any], reading: str) -> None:
    rows = transform(equity(**({"instrument_id": "INE1"} | change)), actions()).filter(
        pl.col("suspicion") == "chain_break"
    )
    assert reading in rows["reading"][0]

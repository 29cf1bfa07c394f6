"""`silver/security_status`: genuine bundles whole, what the list of price bands does not say, and a bundle of another
day."""

from __future__ import annotations

import datetime as dt
import shutil
import tarfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from champion_assets.bronze.bundle_lists import BundleLists
from champion_assets.catalog import TABLES, open_workspace
from champion_assets.lake.build import build_range
from champion_assets.lake.schema import empty_frame, violations
from champion_assets.lake.workspace import Workspace
from champion_assets.settings import Settings
from champion_assets.silver.security_status import NAME, SecurityStatus, transform
from champion_assets_tests.bands import BUNDLES, read_bundle_bands, zipped
from champion_assets_tests.daily_folder import DAYS
from champion_assets_tests.helpers import ORDER, build_until

DAY = dt.date(2025, 1, 16)
PRICES = {"trade_date": DAY, "symbol": "A", "series": "BE", "security": "A LTD", "prev_close": 100.0,
          "high": 105.0, "low": 99.0, "volume": 10,
          "is_nifty_50": False, "corporate_flag": None, "high_52_weeks": 200.0, "low_52_weeks": 50.0}  # fmt: skip
NO_LISTS = pl.DataFrame(schema=empty_frame(BundleLists).schema)
HITS = {"trade_date": pl.Date, "symbol": pl.String, "series": pl.String, "side": pl.String}


def status(
    hits: list[tuple[str, str, str]], rows: list[dict[str, object]], incomplete: tuple[dt.date, ...] = ()
) -> pl.DataFrame:
    """Of securities that differ from `PRICES` in these values, and are equal in the bhavcopy, with these lines on the
    list."""
    prices = pl.DataFrame([PRICES | row for row in rows], schema_overrides={"corporate_flag": pl.String})
    equity = prices.select("trade_date", "symbol", "series", "volume", instrument_id=pl.lit("SYM:") + pl.col("symbol"))
    return transform(
        prices, equity, pl.DataFrame([(DAY, *hit) for hit in hits], schema=HITS, orient="row"), NO_LISTS, incomplete
    )


def flags(frame: pl.DataFrame) -> dict[str, tuple[bool | None, bool | None]]:
    return {
        symbol: (upper, lower) for symbol, upper, lower in frame.select("symbol", "hit_upper", "hit_lower").iter_rows()
    }


def test_whether_it_has_derivatives_is_known_on_days_with_contracts_only() -> None:
    rows = pl.DataFrame([PRICES, PRICES | {"symbol": "B"}], schema_overrides={"corporate_flag": pl.String})
    equity = rows.select("trade_date", "symbol", "series", "volume", instrument_id=pl.lit("SYM:") + pl.col("symbol"))
    hits = pl.DataFrame(schema=HITS)
    for days, wanted in (([DAY, DAY], [False, True]), ([], [None, None]), ([DAY - dt.timedelta(days=1)], [None, None])):
        contracts = pl.DataFrame(
            {"trade_date": days, "instrument_id": ["SYM:B"] * len(days)},
            schema={"trade_date": pl.Date, "instrument_id": pl.String},
        )
        frame = transform(rows, equity, hits, NO_LISTS, derivatives=contracts)
        assert frame["has_derivatives"].to_list() == wanted
        assert violations(SecurityStatus, frame) is None


@pytest.fixture(scope="module")
def december(real: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A source with the genuine bhavcopy of 2020-12-01."""
    source = tmp_path_factory.mktemp("source")
    with tarfile.open(real / "runs/cm_2020.tar.xz") as run:
        (source / "cm01DEC2020bhav.csv").write_bytes(run.extractfile("2020/cm01DEC2020bhav.csv").read())  # type: ignore[union-attr]
    return source


def built(source: Path, data: Path) -> Workspace:
    workspace = open_workspace(Settings(data_dir=data, source=str(source), start_date=BUNDLES[0], retry_delay_scale=0))
    for table in ORDER[: ORDER.index(NAME) + 1]:
        report = build_range(TABLES[table], workspace, [BUNDLES[0]])
        assert not report.failed, report.failed
    return workspace


@pytest.mark.real
def test_the_genuine_bundle_through_the_lake(real: Path, tmp_path: Path, december: Path) -> None:
    source = shutil.copytree(december, tmp_path / "source")
    shutil.copy(real / "pr_zip" / "PR011220.zip", source)
    rows = built(source, tmp_path / "data").lake.read(NAME, [BUNDLES[0]])
    assert rows["is_nifty_50"].sum() == 50
    listed = read_bundle_bands((real / "pr_zip" / "PR011220.zip").read_bytes(), "x")[0]
    equity = listed.join(rows, on=["symbol", "series"], how="semi")
    assert equity.height > 400
    assert (rows["hit_upper"].sum(), rows["hit_lower"].sum()) == tuple(
        (equity["side"] == side).sum() for side in ("upper", "lower")
    )
    assert flags(rows)["SATHAISPAT"] == (True, False)
    unknown = rows.filter(pl.col("hit_upper").is_null())
    assert set(unknown["series"]) == {"BE"}
    assert unknown.height < 20
    assert rows.filter(pl.col("corporate_flag") == "XD").height > 0


@pytest.mark.real
def test_a_bundle_of_another_day_says_nothing(real: Path, tmp_path: Path, december: Path) -> None:
    source = shutil.copytree(december, tmp_path / "source")
    shutil.copy(real / "pr_zip" / "PR160125.zip", source / "PR011220.zip")
    assert built(source, tmp_path / "data").lake.read(NAME, [BUNDLES[0]]).is_empty()


@pytest.mark.real
def test_loose_members_say_who_was_in_the_nifty_50(folder_lake: Workspace) -> None:
    for day in DAYS:
        rows = folder_lake.lake.read(NAME, [day])
        assert rows["is_nifty_50"].sum() == 50
        assert rows["hit_upper"].sum() > 50
    assert (rows["is_new_high"].sum(), rows["is_new_low"].sum()) == (32, 62)
    assert rows["underlying"].null_count() == rows.height - 297


def test_the_fictional_bundle_says_who_is_in_the_index_and_nothing_of_bands(workspace: Workspace) -> None:
    start, end = dt.date(2023, 11, 1), dt.date(2023, 11, 10)
    build_until(workspace, NAME, start, end)
    rows = workspace.lake.read(NAME, workspace.sessions(start, end))
    assert set(rows.group_by("trade_date").agg(pl.col("is_nifty_50").sum())["is_nifty_50"]) == {50}
    assert rows["hit_upper"].null_count() == rows.height
    assert rows.filter("is_new_high").height
    assert rows.drop_nulls("underlying")["symbol"].str.starts_with("FICTBEES").all()


def test_new_highs_are_found_by_name_and_price() -> None:
    lists = pl.DataFrame(
        [(DAY, "highs", "A LTD", "high", 105.0, None), (DAY, "highs", "B LTD", "low", 98.0, None),
         (DAY, "funds", None, None, None, "GOLD")],
        schema=["trade_date", "list_name", "security", "status", "new", "underlying"], orient="row",
    ).with_columns(symbol=pl.lit("B"), series=pl.lit("BE"))  # fmt: skip
    rows = pl.DataFrame(
        [PRICES, PRICES | {"symbol": "B", "security": "B LTD"}], schema_overrides={"corporate_flag": pl.String}
    )
    equity = rows.select("trade_date", "symbol", "series", "volume", instrument_id="symbol")
    frame = transform(rows, equity, pl.DataFrame(schema=HITS), lists)
    assert frame.select("is_new_high", "is_new_low", "underlying").rows() == [
        (True, False, None),
        (False, False, "GOLD"),
    ]  # 99 is not 98
    without = transform(rows, equity, pl.DataFrame(schema=HITS), lists.filter(pl.col("list_name") == "funds"))
    assert without["is_new_high"].null_count() == 2
    misprint = transform(rows.with_columns(high=1e22), equity, pl.DataFrame(schema=HITS), lists)
    assert misprint["is_new_high"].to_list() == [False, False]  # and no integer that is too small for it


def test_who_is_not_on_the_list_hit_no_band() -> None:
    found = flags(
        status(
            [("A", "BE", "upper"), ("B", "BE", "upper"), ("B", "BE", "lower")], [{}, {"symbol": "B"}, {"symbol": "C"}]
        )
    )
    assert found == {"A": (True, False), "B": (True, True), "C": (False, False)}


def test_without_a_list_nobody_knows() -> None:
    assert flags(status([], [{}])) == {"A": (None, None)}


def test_who_is_not_on_a_list_that_is_not_whole_may_have_been_on_it() -> None:
    frame = status([("A", "BE", "upper")], [{}, {"symbol": "B"}], (DAY,))
    assert flags(frame) == {"A": (True, None), "B": (None, None)}
    assert violations(SecurityStatus, frame) is None


@pytest.mark.parametrize(("series", "high", "low", "known"), [
    ("BE", 102.0, 102.0, False), ("ST", 100.0, 98.0, False), ("BE", 102.0, 98.0, False), ("BE", 102.05, 98.0, True),
    ("BE", 102.0, 97.9, True), ("EQ", 102.0, 102.0, True), ("BZ", 102.0, 102.0, True), ("SM", 102.0, 102.0, True),
])  # fmt: skip
def test_the_list_does_not_speak_of_trade_to_trade_names_within_two_percent(
    series: str, high: float, low: float, known: bool
) -> None:
    rows: list[dict[str, object]] = [{"series": series, "high": high, "low": low}, {"symbol": "B"}]
    found = flags(status([("B", "BE", "upper")], rows))
    assert found["A"] == ((False, False) if known else (None, None))
    listed = flags(status([("A", series, "upper")], rows))
    assert listed["A"] == (True, False)


def test_a_symbol_that_the_bhavcopy_does_not_know_is_left_out_and_a_wrong_half_of_a_list_is_refused() -> None:
    frame = status([("A", "BE", "upper")], [{}, {"symbol": "B"}])
    assert violations(SecurityStatus, frame) is None
    assert (
        violations(
            SecurityStatus, frame.with_columns(hit_upper=pl.lit(value=False), hit_lower=pl.lit(None, pl.Boolean))
        )
        is not None
    )
    prices = pl.DataFrame([PRICES], schema_overrides={"corporate_flag": pl.String})
    other = prices.select("trade_date", "series", "volume", symbol=pl.lit("NEW"), instrument_id=pl.lit("SYM:A"))
    assert transform(prices, other, pl.DataFrame(schema=HITS), NO_LISTS).is_empty()


def test_no_rows_give_no_rows() -> None:
    frame = transform(
        pl.DataFrame([PRICES], schema_overrides={"corporate_flag": pl.String}).clear(),
        pl.DataFrame(
            schema={
                "trade_date": pl.Date,
                "symbol": pl.String,
                "series": pl.String,
                "volume": pl.Int64,
                "instrument_id": pl.String,
            }
        ),
        pl.DataFrame(schema=HITS),
        NO_LISTS,
    )
    assert frame.schema == empty_frame(SecurityStatus).schema


@given(st.lists(st.tuples(st.sampled_from("ABC"), st.sampled_from(["upper", "lower"])), max_size=8),
       st.lists(st.floats(90, 110), min_size=3, max_size=3), st.booleans())  # fmt: skip
def test_every_listed_security_is_marked_and_no_other(
    hits: list[tuple[str, str]], highs: list[float], is_whole: bool
) -> None:
    rows: list[dict[str, object]] = [{"symbol": name, "high": high} for name, high in zip("ABC", highs, strict=True)]
    frame = status([(name, "BE", side) for name, side in hits], rows, () if is_whole else (DAY,))
    assert violations(SecurityStatus, frame) is None
    for name, (upper, lower) in flags(frame).items():
        assert (upper is True, lower is True) == ((name, "upper") in hits, (name, "lower") in hits)


def test_the_members_of_a_bundle_are_found_in_any_letters() -> None:
    body = zipped(
        {"PR/BH011220.CSV": "SYMBOL,SERIES,SECURITY,HIGH/LOW\nA,EQ,A LTD,L\n", "__MACOSX/PR/._BH011220.CSV": "rubbish"}
    )
    assert read_bundle_bands(body, "x")[0]["side"].to_list() == ["lower"]

"""The files of a trial: the list comes last, and nothing counts without it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from champion_assets.experiments.stored import LIST, Stored, remove, stored_days, write
from champion_assets.lake.errors import CorruptObject
from champion_assets.lake.objects import ObjectStore
from champion_assets.lake.store import Lake

DAYS = [dt.date(2024, 1, 1), dt.date(2024, 1, 2)]
ROWS = pl.DataFrame({"trade_date": DAYS, "x": [1.5, None]})


def test_what_was_written_is_read(tmp_path: Path) -> None:
    place = ObjectStore(str(tmp_path / "trial"))
    assert Stored.opened(place).infos("a/b") == {}
    write(place, "mark", DAYS, {"a/b": (ROWS, "3", "recipe"), "a/empty": (ROWS.clear(), "1", "r")})
    stored = Stored.opened(place)
    assert stored.mark == "mark"
    assert stored.rows("a/b").equals(ROWS)
    assert stored.rows("a/empty").equals(ROWS.clear())
    info = stored.infos("a/b")[DAYS[1]]
    assert (info.fingerprint, info.code_version, info.recipe, info.content) == ("mark", "3", "recipe", "mark")
    with pytest.raises(FileNotFoundError, match="c/d"):
        stored.rows("c/d")
    days = stored_days(Lake(str(tmp_path)), "trial", "a/b", ["x"])
    assert days is not None
    assert days.columns == ["x"]


def test_what_is_taken_away_is_the_list_and_what_earlier_releases_kept(tmp_path: Path) -> None:
    place = ObjectStore(str(tmp_path))
    write(place, "mark", DAYS, {"a/b": (ROWS, "3", "recipe")})
    for key in ("a/b/2024-01/x.parquet", "a/b/_delta_log/0.json", "a/page/page.html"):
        place.put(key, b"x")
    remove(place, ["a/b"])
    assert Stored.opened(place).mark == ""
    assert place.keys("") == ["a/b.parquet", "a/page/page.html"]
    assert stored_days(Lake(str(tmp_path)), "nothing", "a/b", ["x"]) is None


def test_a_list_that_is_none_is_told(tmp_path: Path) -> None:
    place = ObjectStore(str(tmp_path))
    place.put(LIST, b"[]")
    with pytest.raises(CorruptObject, match="delete it and repeat"):
        Stored.opened(place)

"""`champion init`: a file that the settings read, for the files that a person has."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from champion_assets.cli.main import main
from champion_assets.nse.synthetic.exchange import Exchange
from champion_assets.settings import get_settings


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    get_settings.cache_clear()
    return tmp_path


def init(*arguments: str, given: str | None = None) -> Result:
    return CliRunner().invoke(main, ["init", *arguments], input=given, catch_exceptions=False)


def test_a_folder_is_looked_at_and_what_it_lacks_is_said(home: Path, exchange: Exchange) -> None:
    (home / "files").mkdir()
    for name in ("cm02NOV2023bhav.csv.zip", "cm03NOV2023bhav.csv.zip"):
        shutil.copyfile(next(exchange.folder.rglob(name)), home / "files" / name)
    done = init("--source", "files", "--yes")
    assert done.exit_code == 0, done.output
    assert "no portfolio: it needs" in done.output
    assert "no adjusted prices: add an export" in done.output
    assert "no symbolchange.csv" in done.output
    assert "champion backfill 2023-11-02 2023-11-03" in done.output
    get_settings.cache_clear()
    settings = get_settings()
    assert (Path(settings.source), settings.start_date) == (home / "files", dt.date(2023, 11, 2))
    assert settings.data_dir == home / "data"


def test_the_longest_history_without_a_hole_is_proposed(home: Path, exchange: Exchange) -> None:
    (home / "files").mkdir()
    for day in ("02", "06", "07", "10"):
        name = f"cm{day}NOV2023bhav.csv.zip"
        shutil.copyfile(next(exchange.folder.rglob(name)), home / "files" / name)
    done = init("--source", "files", "--yes")
    assert done.exit_code == 0, done.output
    assert "the longest history without a gap is 2023-11-06 to 2023-11-07" in done.output
    assert "champion backfill 2023-11-06 2023-11-07" in done.output
    assert "# end_date = 2023-11-07" in (home / "champion.toml").read_text()


def test_what_is_asked_can_be_answered(home: Path) -> None:
    done = init(given='https://example.org/it"s\nmy lake\n2020-01-01\n')
    assert done.exit_code == 0, done.output
    get_settings.cache_clear()
    settings = get_settings()
    assert (settings.source, settings.data_dir, settings.start_date) == (
        'https://example.org/it"s',
        home / "my lake",
        dt.date(2020, 1, 1),
    )


def test_nothing_is_replaced_and_nothing_wrong_is_written(home: Path) -> None:
    for arguments, words in (
        (("--source", "nowhere"), "there is no folder nowhere"),
        (("--first", "1 May"), "is not a day"),
    ):
        done = init("--yes", *arguments)
        assert done.exit_code == 1
        assert words in done.output
        assert not (home / "champion.toml").exists()
    (home / "champion.toml").write_text("# mine\n")
    assert "exists already; edit it, or replace it with --force" in init("--yes").output
    assert (home / "champion.toml").read_text() == "# mine\n"
    assert init("--yes", "--force").exit_code == 0
    assert not list(home.glob("*.part"))

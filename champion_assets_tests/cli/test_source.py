"""`champion source`: what a folder holds is told before a backfill, on synthetic files under names that lie and on a
genuine archive."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from champion_assets.cli.main import main
from champion_assets.nse.synthetic.exchange import Exchange
from champion_assets.settings import get_settings


@pytest.fixture
def folder(tmp_path: Path, exchange: Exchange) -> Path:
    """A fortnight of price files, the second one under a name that says nothing."""
    target = tmp_path / "files"
    target.mkdir()
    names = sorted(path for path in exchange.folder.rglob("cm*NOV2023bhav.csv.zip"))[:10]
    assert len(names) == 10
    for path in names:
        shutil.copyfile(path, target / path.name)
    (target / names[1].name).rename(target / "download (1).csv.zip")
    return target


def _run(monkeypatch: pytest.MonkeyPatch, folder: Path, *arguments: str) -> Result:
    monkeypatch.setenv("DATA_DIR", str(folder.parent / "data"))
    get_settings.cache_clear()
    return CliRunner().invoke(main, ["source", str(folder), *arguments], catch_exceptions=False)


def _json(monkeypatch: pytest.MonkeyPatch, folder: Path) -> tuple[int, dict[str, Any]]:
    result = _run(monkeypatch, folder, "--json")
    return result.exit_code, json.loads(result.stdout)


def test_a_whole_folder_is_well_whatever_its_files_are_called(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    code, found = _json(monkeypatch, folder)
    prices = found["kinds"][0]
    assert (code, found["findings"], prices["kind"], prices["files"], prices["days"]) == (
        0,
        [],
        "any price file",
        10,
        10,
    )
    assert "has a price file" in _run(monkeypatch, folder).stdout


def test_of_a_folder_of_other_things_only_some_reasons_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "files").mkdir()
    for number in range(20):
        (tmp_path / "files" / f"{number}.txt").write_text(f"text of number {number}\n")
    said = _run(monkeypatch, tmp_path / "files").stdout
    assert said.count("not read: 1 file(s)") == 12
    assert "not read: 8 file(s) for other reasons; --all names them" in said
    assert _run(monkeypatch, tmp_path / "files", "--all").stdout.count("not read: 1 file(s)") == 20


def test_a_gap_a_copy_that_differs_and_what_is_not_known_are_named(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    paths = sorted(folder.glob("cm*.zip"))
    gone = paths[4].name
    paths[4].unlink()
    text = _unzipped(paths[0])
    (folder / "copy.csv").write_text(text.replace("\n", "\n", 1).rsplit("\n", 2)[0] + "\n", "utf-8")  # one row less
    (folder / "notes [b].txt").write_text("<html>Access denied</html>", "utf-8")
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    code, found = _json(monkeypatch, folder)
    assert code == 1
    assert len(found["kinds"][0]["missing"]) == 1
    assert any(gone[2:4] in day for day in found["kinds"][0]["missing"])
    assert any("copy.csv" in text and "different files of this day" in text for text in found["findings"])
    assert any("loop" in text and "is read already" in text for text in found["findings"])
    assert [group["why"] for group in found["unused"]] == ["an HTML or XML page"]
    shown = _run(monkeypatch, folder).stdout
    assert "notes%20%5Bb%5D.txt" in shown


def test_a_folder_without_prices_or_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    code, found = _json(monkeypatch, tmp_path / "empty")
    assert code == 1
    assert found["findings"][0].startswith("no price file")
    result = _run(monkeypatch, tmp_path / "absent")
    assert result.exit_code == 1
    assert "there is no folder" in result.output


@pytest.mark.real
def test_a_genuine_year_has_a_price_file_for_every_session(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, real: Path
) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "cm_2016.tar.xz").symlink_to(real / "runs" / "cm_2016.tar.xz")
    code, found = _json(monkeypatch, folder)
    assert (code, found["kinds"][0]["days"], found["kinds"][0]["missing"]) == (0, 247, [])


def _unzipped(path: Path) -> str:
    import zipfile

    with zipfile.ZipFile(path) as archive:
        return archive.read(archive.namelist()[0]).decode("utf-8")

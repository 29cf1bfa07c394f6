"""The documentation builds as a site without a warning, and neither it nor the README asks anything of the network."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from champion_assets import research
from champion_assets.catalog import HISTORY_TABLES, TABLES
from champion_assets.settings import Settings

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built strictly: a link that leads nowhere or a page that no menu has is an error."""
    if importlib.util.find_spec("mkdocs") is None or importlib.util.find_spec("material") is None:
        if os.environ.get("CI"):
            pytest.fail("CI must have MkDocs and its theme; requirements-dev.lock pins them")
        pytest.skip("no MkDocs in this environment; `make develop` installs it")
    folder = tmp_path_factory.mktemp("site")
    environment = os.environ | {"PYTHONPATH": str(ROOT), "NO_MKDOCS_2_WARNING": "1"}
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "mkdocs",
        "build",
        "--strict",
        "--quiet",
        "--site-dir",
        str(folder),
    ]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_every_public_name_setting_and_table_has_its_place(site: Path) -> None:
    assert {page.stem for page in (site / "reference" / "api").glob("*.html")} == {"index", *research.__all__}
    settings, lineage = ((site / "reference" / f"{name}.html").read_text("utf-8") for name in ("settings", "lineage"))
    assert [field for field in Settings.model_fields if f"<code>{field}</code>" not in settings] == []
    assert [
        name for name in TABLES if not name.startswith("warehouse/") and f"<code>{name}</code>" not in lineage
    ] == []


def test_nothing_is_loaded_from_the_network(site: Path) -> None:
    for page in site.rglob("*.html"):
        loaded = re.findall(
            r"<(?:link|script|img|iframe)\b[^>]*(?:href|src)=\"?((?:https?:)?//[^\"\s>]+)", page.read_text("utf-8")
        )
        assert loaded == [], page
    for style in site.rglob("*.css"):
        assert re.findall(r"url\(['\"]?(?:https?:)?//[^)]+\)", style.read_text("utf-8")) == [], style


def test_the_page_of_the_graph_names_every_table() -> None:
    page = (ROOT / "docs" / "graph.md").read_text("utf-8")
    names = {*TABLES, *(table.name for table in HISTORY_TABLES)}
    assert [name for name in sorted(names) if not name.startswith("bronze/") and f"`{name}`" not in page] == []


def test_the_picture_of_the_graph_is_current() -> None:
    command = [sys.executable, "-W", "ignore", str(ROOT / "deploy" / "site" / "graph_picture.py")]
    made = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True
    ).stdout
    assert (ROOT / "docs" / "pictures" / "graph.svg").read_text("utf-8") == made, "run `make docs`"
    assert "prefers-color-scheme: dark" in made

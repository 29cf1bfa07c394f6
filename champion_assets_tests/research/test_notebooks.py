"""The notebooks of the documentation run from top to bottom on a small lake, and hold no output."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[2] / "docs" / "notebooks"
NAMES = ("prices_and_actions", "strategy", "data_quality", "esg_frontier")
OF_THE_LAKE = {
    "CHAMPION_START_DATE": "2023-11-01",
    "COV_WINDOW_DAYS": "40",
    "EXPECTED_RETURN_LOOKBACK": "40",
    "UNIVERSE_WARMUP": "20",
    "UNIVERSE_SIZE": "60",
    "OMP_NUM_THREADS": "1",
}
"""The settings that the lake of the tests was built with."""


def _cells(name: str) -> list[dict[str, Any]]:
    return list(json.loads((FOLDER / f"{name}.ipynb").read_text("utf-8"))["cells"])


def test_there_are_these_and_no_output_is_kept() -> None:
    assert {path.stem for path in FOLDER.glob("*.ipynb")} == set(NAMES)
    for name in NAMES:
        code = [cell for cell in _cells(name) if cell["cell_type"] == "code"]
        assert [cell for cell in code if cell["outputs"] or cell["execution_count"] is not None] == [], name
        assert any("assert " in "".join(cell["source"]) for cell in code), f"{name} holds itself to nothing"


@pytest.mark.parametrize("name", NAMES)
def test_it_runs(name: str, data_folder: Path, tmp_path: Path) -> None:
    if importlib.util.find_spec("nbclient") is None or importlib.util.find_spec("ipykernel") is None:
        if os.environ.get("CI"):
            pytest.fail("CI must have nbclient and ipykernel; requirements-dev.lock pins them")
        pytest.skip("no nbclient in this environment; `make develop` installs it")
    import nbformat
    from nbclient import NotebookClient

    shutil.copytree(
        data_folder / "lake", tmp_path / "lake", copy_function=os.link
    )  # trials are written beside the lake's files
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    client = NotebookClient(notebook, timeout=300, startup_timeout=300, resources={"metadata": {"path": str(tmp_path)}})
    root = str(FOLDER.parents[1])
    client.execute(
        env=os.environ
        | OF_THE_LAKE
        | {"DATA_DIR": str(tmp_path), "PYTHONPATH": root, "IPYTHONDIR": str(tmp_path / "ipython")}
    )
    assert any(cell.get("outputs") for cell in notebook.cells)

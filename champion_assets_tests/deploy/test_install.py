"""deploy/install.py: which lines of the lock pip gets, and what of pip's configuration uv is told."""

from __future__ import annotations

import importlib.util
import re
from types import ModuleType

import pytest

from champion_assets_tests.servers.run import ROOT

LOCK = (ROOT / "requirements.lock").read_text()
TOLD = """\
global.index-url='https://global.example/simple'
global.extra-index-url='https://one.example/simple https://two.example/simple'
install.index-url='https://install.example/simple'
freeze.timeout='5'
:env:.find-links='/wheels\\n/more'
:env:.default-timeout='180'
:env:.disable-pip-version-check='1'
"""


@pytest.fixture(scope="module")
def install() -> ModuleType:
    spec = importlib.util.spec_from_file_location("install", ROOT / "deploy/install.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_lock_pins_uv_and_pip_gets_it_with_all_its_hashes(install: ModuleType) -> None:
    first, *hashes = install.pinned(LOCK, "uv").splitlines()
    assert re.fullmatch(r"uv==[\d.]+ \\", first)
    assert len(hashes) > 1
    assert all("--hash=sha256:" in line for line in hashes)
    assert not hashes[-1].endswith("\\")
    assert len(hashes) == re.split(r"\n(?=[a-z])", LOCK.split("\nuv==")[1])[0].count("--hash")
    assert install.pinned(LOCK, "no-such-package") == ""


def test_uv_is_told_where_pip_finds_packages(install: ModuleType) -> None:
    assert install.settings_of_uv(TOLD, {}) == {
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_DEFAULT_INDEX": "https://install.example/simple",
        "UV_INDEX": "https://one.example/simple https://two.example/simple",
        "UV_FIND_LINKS": "/wheels,/more",
        "UV_HTTP_TIMEOUT": "180",
    }


def test_what_is_said_to_uv_itself_stays(install: ModuleType) -> None:
    assert "UV_DEFAULT_INDEX" not in install.settings_of_uv(TOLD, {"UV_DEFAULT_INDEX": "https://mine.example/simple"})


def test_the_products_lock_is_a_part_of_the_whole_one() -> None:
    """The same versions and hashes, and nothing that only tests, servers or documents need."""
    whole = _packages((ROOT / "requirements-dev.lock").read_text())
    product = _packages(LOCK)
    assert product.items() <= whole.items()
    assert {"dagster", "polars", "mlflow", "setuptools", "uv"} <= {name for name, _ in product}
    assert {name for name, _ in product}.isdisjoint(
        {"pytest", "mypy", "moto", "playwright", "celery", "kubernetes", "psycopg2-binary"}
    )
    assert "://" not in LOCK


def _packages(lock: str) -> dict[tuple[str, str], frozenset[str]]:
    """Hashes by name and version."""
    found = {}
    for entry in re.split(r"\n(?=[a-zA-Z0-9])", lock):
        match = re.match(r"([A-Za-z0-9_.-]+)(?:\[[^\]]*\])?==(\S+)", entry)
        assert match is not None, entry[:80]
        found[match[1], match[2]] = frozenset(re.findall(r"sha256:[0-9a-f]{64}", entry))
    return found

"""Every Python snippet of README.md and docs/ runs on a small lake, and every table that they name in SQL is there.

The lake is fictional, so names and days of the pages are replaced by some of its own.
"""

from __future__ import annotations

import ast
import doctest
import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from champion_assets import research
from champion_assets.catalog import HISTORY_TABLES, LAKE_TABLES, TABLES
from champion_assets.quant.adjust import LEVELS
from champion_assets.warehouse.loaded import loaded

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted(page for page in (ROOT / "docs").rglob("*.md") if page.name != "extending.md")]
"""Without the page whose blocks are modules of a package; test_extending.py builds them."""


def _example(name: str) -> str:
    """The statements of the example in a docstring of the research API."""
    parsed = doctest.DocTestParser().get_examples(str(getattr(research, name).__doc__))
    needed = "import datetime as dt\n\nimport duckdb\nimport polars as pl\n\nfrom champion_assets import research\n\n"
    return needed + "".join(each.source for each in parsed)


BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
SNIPPETS = [
    pytest.param(block, id=f"{page.name}-{number}")
    for page in PAGES
    for number, block in enumerate(BLOCK.findall(page.read_text("utf-8")), 1)
] + [
    pytest.param(_example(name), id=f"research.{name}")
    for name in research.__all__
    if ">>>" in (getattr(research, name).__doc__ or "")
]
FICTIONAL = {"INFY": "ARANYASTEE", "infy": "aranyastee", "TCS": "EKANTANEW", "HDFCBANK": "EKANTANEW"} | {
    "2016-01-01": "2023-11-01", "2020-01-01": "2024-01-01", "2020-12-31": "2024-04-30",
}  # fmt: skip
SCHEMAS = ("raw", "bronze", "silver", "checks", "features", "portfolio", "backtest", "warehouse", "meta")


def _run(snippet: str) -> list[object]:
    """Run the statements one by one; the values of those that are expressions."""
    for real, fictional in FICTIONAL.items():
        snippet = snippet.replace(real, fictional)
    names: dict[str, object] = {}
    values = []
    for statement in _statements(snippet):
        try:
            code = compile(statement, "snippet", "eval")
        except SyntaxError:
            exec(statement, names)
        else:
            values.append(eval(code, names))
    return values


def _statements(snippet: str) -> list[str]:
    return [ast.get_source_segment(snippet, node) or "" for node in ast.parse(snippet).body]


def test_the_pages_have_snippets() -> None:
    assert len(SNIPPETS) >= 4
    assert any("research.prices" in str(each.values[0]) for each in SNIPPETS)


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_a_snippet_runs_and_finds_rows(snippet: str, lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(lake.parent.parent)  # where the pages' `data/` lies
    values = _run(snippet)
    assert values
    assert [value for value in values if hasattr(value, "shape") and 0 in value.shape] == []


@pytest.fixture
def tables_in_duckdb(lake: Path, environment: Callable[[str, str], None]) -> set[str]:
    with duckdb.connect(str(lake.parent / "champion.duckdb"), read_only=True) as connection:
        rows = connection.execute("SELECT table_schema || '.' || table_name FROM information_schema.tables").fetchall()
        names = {name for (name,) in rows}
        for name in names:
            connection.execute(f"SELECT * FROM {name} LIMIT 1").fetchall()
    return names


def test_the_page_says_what_is_inside_duckdb(tables_in_duckdb: set[str]) -> None:
    views = {f"silver.prices_{level}" for level in LEVELS[1:]}
    assert tables_in_duckdb == {table.name.replace("/", ".") for table in loaded(LAKE_TABLES)} | views | {"meta.loads"}
    section = (ROOT / "docs" / "queries.md").read_text("utf-8").split("## What is inside")[1].split("##")[0]
    rows = re.findall(r"^\| `(\w+)`[^|]*\|([^|]*)\|([^|]*)\|", section, re.MULTILINE)
    named = {f"{schema}.{name}" for schema, *cells in rows for name in re.findall(r"`(\w+)`", " ".join(cells))}
    assert named == tables_in_duckdb


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_names_of_tables_in_the_pages_exist(page: Path, tables_in_duckdb: set[str]) -> None:
    text = page.read_text("utf-8")
    in_sql = set(re.findall(rf"(?<![\w/.])(?:{'|'.join(SCHEMAS)})\.[a-z_]+\b(?!\.md)", text))
    modules = {name for name in in_sql if name.endswith((".py", ".ts"))}
    assert in_sql - modules - tables_in_duckdb == set()
    in_lake = set(re.findall(rf"`((?:{'|'.join(SCHEMAS)})/[a-z_]+)`", text))
    assert in_lake - set(TABLES) - {table.name for table in HISTORY_TABLES} == set()


def test_the_dictionary_names_the_tables_in_sql(tables_in_duckdb: set[str]) -> None:
    page = (ROOT / "docs" / "data_dictionary.md").read_text("utf-8")
    assert set(re.findall(r"In SQL: `([\w.]+)`", page)) == {
        name for name in tables_in_duckdb if not name.startswith(("meta.", "silver.prices_"))
    }


def test_what_notebooks_need_is_declared_and_locked() -> None:
    declared = " ".join(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"])
    locked = (ROOT / "requirements.lock").read_text("utf-8")
    for name in ("polars", "pandas", "pyarrow", "duckdb", "numpy"):
        assert re.search(rf"(^| ){name}\b", declared), name
        assert re.search(rf"^{name}==", locked, re.MULTILINE), name


def test_no_page_promises_all_tables_in_sql() -> None:
    promise = re.compile(r"\ball (the )?tables (for|in) (sql|duckdb)|all of it in one duckdb", re.IGNORECASE)
    assert [page.name for page in PAGES if promise.search(page.read_text("utf-8"))] == []

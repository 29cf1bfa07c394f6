"""docs/extending.md: every block of Python on it is written to its file and run, on the synthetic exchange."""

from __future__ import annotations

import datetime as dt
import importlib
import inspect
import re
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import polars as pl
import pytest

from champion_assets.catalog import TABLES, open_workspace, own_tables
from champion_assets.common.errors import ConfigurationError
from champion_assets.experiments.plan import parse_trials
from champion_assets.features.expected_returns import expected_of
from champion_assets.lake.build import build_range
from champion_assets.lake.workspace import Workspace
from champion_assets.nse.daily_file_reader import read_daily_file
from champion_assets.nse.synthetic.exchange import Exchange
from champion_assets.operations.data_dictionary import data_dictionary
from champion_assets.portfolio.constraints import make_problem
from champion_assets.quant.expected import PLAIN
from champion_assets.quant.infeasibility import diagnose
from champion_assets.quant.optimise import solve
from champion_assets.quant.verification import constraints_met
from champion_assets.settings import Settings
from champion_assets.settings.strategy import Strategy
from champion_assets_tests.helpers import build_until, in_catalog
from champion_assets_tests.portfolio.test_decide import STANDING, known

__all__ = ["known"]
PAGE = Path(__file__).parents[1] / "docs" / "extending.md"
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
NAMED = {body.split("\n", 1)[0].removeprefix("# "): body for kind, body in BLOCKS if kind == "python"}
OWN = {path: body for path, body in NAMED.items() if path.startswith("my_market/")}
"""Those of the reader's own project."""
PYTHON = {path: body for path, body in NAMED.items() if path not in OWN}
START, END = dt.date(2023, 11, 1), dt.date(2023, 12, 29)
VOLATILITY_HEADER = (
    "Date,Symbol,Underlying Close Price (A),Underlying Previous Day Close Price (B),Underlying Log "
    "Returns (C) = LN(A/B),"
    "Previous Day Underlying Volatility (D),Current Day Underlying Daily Volatility (E) = Sqrt(0.995*D*D + 0.005*C*C),"
    "Underlying Annualised Volatility (F) = E*Sqrt(365)"
)
HEADER = (
    "TradDt,BizDt,Sgmt,Src,FinInstrmTp,FinInstrmId,ISIN,TckrSymb,SctySrs,XpryDt,FininstrmActlXpryDt,StrkPric,OptnTp,FinInstrmNm,OpnPric,HghPric,"
    "LwPric,ClsPric,LastPric,PrvsClsgPric,UndrlygPric,SttlmPric,OpnIntrst,ChngInOpnIntrst,TtlTradgVol,TtlTrfVal,TtlNbOfTxsExctd,SsnId,"
    "NewBrdLotQty,Rmks,Rsvd1,Rsvd2,Rsvd3,Rsvd4"
)


@pytest.fixture
def extension(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, ModuleType]]:
    """The blocks of the page as modules under the names that they have there, from a folder of their own."""
    modules = {}
    for path, body in PYTHON.items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(body)
        package = importlib.import_module(".".join(Path(path).parts[:-1]))
        if str(file.parent) not in package.__path__:
            monkeypatch.setattr(package, "__path__", [*package.__path__, str(file.parent)])
    importlib.invalidate_caches()
    for path in PYTHON:
        modules[path] = importlib.import_module(".".join(Path(path).with_suffix("").parts))
    yield modules
    for module in modules.values():
        package, _, name = module.__name__.rpartition(".")
        del sys.modules[module.__name__]
        delattr(sys.modules[package], name)


@pytest.fixture
def short(settings: Settings) -> Settings:
    """With a universe after three weeks."""
    return settings.model_copy(update={"universe_warmup": 15})


def tables_of(extension: dict[str, ModuleType], *names: str) -> list:  # type: ignore[type-arg]
    return [extension[f"champion_assets/{name}.py"].TABLE for name in names]


def test_every_block_of_python_names_its_file() -> None:
    assert len(NAMED) == sum(kind == "python" for kind, _ in BLOCKS) >= 6
    assert all(re.fullmatch(r"champion_assets(_tests)?/\w+/\w+\.py", path) for path in PYTHON)


def test_the_table_is_built_and_its_own_tests_pass(extension: dict[str, ModuleType], short: Settings) -> None:
    with in_catalog(*tables_of(extension, "features/momentum")):
        workspace = open_workspace(short)
        tests = dict(
            inspect.getmembers(extension["champion_assets_tests/features/test_momentum.py"], inspect.isfunction)
        )
        own = {name: test for name, test in tests.items() if name.startswith("test_")}
        assert len(own) == 2
        for test in own.values():
            test(*([workspace] if inspect.signature(test).parameters else []))


def test_the_tilt_of_the_page_moves_the_portfolio(extension: dict[str, ModuleType], short: Settings) -> None:
    (text,) = (body for kind, body in BLOCKS if kind == "yaml" and not body.startswith("# "))
    _, trials = parse_trials(text, "extending.md", "momentum", short)
    assert [trial.settings.tilts for trial in trials] == [
        {},
        {"features/momentum:z": 0.02},
        {"features/momentum:z": 0.5},
    ]
    with in_catalog(*tables_of(extension, "features/momentum")):
        momentum, weights = [], {}
        for trial in trials[::2]:
            workspace = open_workspace(trial.settings)
            build_until(workspace, "portfolio/audit", START, END)
            momentum.append(held_momentum(workspace))
            weights[len(weights)] = workspace.lake.read("portfolio/target_weights", [END])
    assert momentum[1] > momentum[0]
    assert not weights[0].equals(weights[1])


def held_momentum(workspace: Workspace) -> float:
    """The portfolio's mean z-score."""
    decided = workspace.lake.read("portfolio/target_weights", [END])
    scores = workspace.lake.read("features/momentum", [decided["decided_on"][0]])
    joined = decided.join(scores.select("instrument_id", "z"), on="instrument_id", how="left")
    return float(joined.select((pl.col("weight") * pl.col("z").fill_null(0.0)).sum()).item())


@pytest.fixture
def own_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The reader's own project, installed: its package, and what an installer writes of its pyproject.toml."""
    (text,) = (body for kind, body in BLOCKS if kind == "toml")
    project = tomllib.loads(text)["project"]
    for path, body in OWN.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(body)
    told = tmp_path / "my_market-0.1.dist-info"
    told.mkdir()
    (told / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    points = [(group, *each) for group, lines in project["entry-points"].items() for each in lines.items()]
    (told / "entry_points.txt").write_text("".join(f"[{group}]\n{name} = {value}\n" for group, name, value in points))
    monkeypatch.syspath_prepend(tmp_path)
    yield
    for name in [each for each in sys.modules if each.split(".")[0] == "my_market"]:
        del sys.modules[name]


def volatilities(path: Path, date: dt.date, rows: list[tuple[str, str]]) -> None:
    """A fictional volatility file: symbols, and their daily volatility as text."""
    said = [f"{date:%d-%b-%Y},{symbol},101.00,100.00,0.0100,0.0199,{daily},0.3820".upper() for symbol, daily in rows]
    path.write_text("\n".join([VOLATILITY_HEADER, *said, ""]))


@pytest.mark.usefixtures("own_project")
def test_a_daily_file_of_an_own_project_gives_all_its_tables(
    settings: Settings, exchange: Exchange, tmp_path: Path
) -> None:
    days = [dt.date(2023, 11, day) for day in (1, 2, 3)]
    source = tmp_path / "source"
    source.mkdir()
    (source / "market").mkdir()
    for each in exchange.folder.iterdir():  # without its own file of volatilities
        if each.name not in ("lists", ".republished"):
            (source / "market" / each.name).symlink_to(each)
    symbols = [company.symbol for company in exchange.market.companies[:7]]
    volatilities(
        source / "cmvolt_01112023.csv",
        days[0],
        [*((symbol, "0.0200") for symbol in symbols), ("WRONG", "x"), ("DUMMYFICT", "0.1")],
    )
    volatilities(
        source / "CMVOLT_02112023.CSV", days[0], [(symbol, "0.0200") for symbol in symbols]
    )  # of the day before
    volatilities(
        source / "CMVOLT_03112023.CSV", days[2], [(symbols[0], "0.02"), ("STRANGER", "0.02"), ("500009", "0.02")]
    )
    own = own_tables()
    assert [table.name for table in own] == ["raw/nse_volatility", "bronze/nse_volatility", "silver/nse_volatility"]
    with in_catalog(*own):
        workspace = open_workspace(settings.model_copy(update={"source": str(source)}))
        reports = {}
        for name, table in workspace.tables.items():
            if name.split("/")[0] in ("raw", "bronze", "silver"):
                reports[name] = build_range(table, workspace, days)
                assert not reports[name].failed, reports[name].failed
        assert "## silver/nse_volatility" in data_dictionary()
        rows = workspace.lake.read("silver/nse_volatility", days)
        assert rows.select("trade_date", "volatility").unique().rows() == [(days[0], 0.02)]
        assert set(rows["symbol"]) == set(symbols)
        refused = workspace.lake.read("quarantine/bronze/nse_volatility", days[:1])
        assert refused.select("source_row", "rule").rows() == [(8, "B5")]
        outcomes = reports["raw/nse_volatility"].outcomes
        assert "its rows are of 2023-11-01" in outcomes[days[1]].facts["absent"]
        facts = reports["silver/nse_volatility"].outcomes[days[0]].facts
        assert (facts["listed"], facts["joined"], facts["not_joined_names"]) == (8, 7, "DUMMYFICT")
        (poor,) = workspace.lake.read("quarantine/silver/nse_volatility", days[2:])["reason"]
        assert "1 of 3 rows name a known instrument" in poor


@pytest.mark.parametrize(
    ("value", "words"), [("json:loads", "names neither"), ("no_such_module:X", "cannot be loaded: ModuleNotFoundError")]
)
def test_an_entry_point_that_is_none_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str, words: str
) -> None:
    told = tmp_path / "other-1.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: other\nVersion: 1\n")
    (told / "entry_points.txt").write_text(f"[champion_assets.daily_files]\nx = {value}\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ConfigurationError, match=f"the entry point x = {value} {words}"):
        own_tables()


@pytest.mark.real
@pytest.mark.usefixtures("own_project")
def test_the_genuine_file_is_read_whole(real: Path) -> None:
    file = importlib.import_module("my_market.cmvolt").VOLATILITY
    with tarfile.open(real / "daily_folder" / "2025-12-16.tar.xz") as folder:
        text = folder.extractfile("2025-12-16/CMVOLT_16122025.CSV").read().decode()  # type: ignore[union-attr]
    read = read_daily_file(file, text, "CMVOLT")
    assert read.date == dt.date(2025, 12, 16)
    assert read.refused.is_empty()
    assert read.rows.height == len(text.splitlines()) - 1 > 2500


def derivatives(folder: Path, date: dt.date, rows: list[str]) -> None:
    """A fictional file of the derivatives, packed as the exchange packs it."""
    name = f"BhavCopy_NSE_FO_0_0_0_{date:%Y%m%d}_F_0000.csv"
    with zipfile.ZipFile(folder / f"{name}.zip", "w") as archive:
        archive.writestr(name, "\n".join([HEADER, *rows, ""]))


def contract(date: dt.date, kind: str, strike: str, option: str) -> str:
    """A row of it."""
    about = f"{date},{date},FO,NSE,{kind},1,,FICTION,,2023-11-30,2023-11-30,{strike},{option},X"
    return f"{about},1,2,1,1.5,1.5,1.4,100,1.55,500,-50,7,4200.5,3,F1,50,,,,,"


def test_the_source_is_fetched_and_read(extension: dict[str, ModuleType], settings: Settings, tmp_path: Path) -> None:
    days = [dt.date(2023, 11, day) for day in (7, 8, 9)]
    source = tmp_path / "derivatives"
    source.mkdir()
    derivatives(source, days[0], [contract(days[0], "STF", "", ""), contract(days[0], "STO", "105.00", "CE")])
    derivatives(source, days[1], [contract(days[0], "STF", "", "")])
    raw, bronze = tables_of(extension, "raw/fo_bhavcopy", "bronze/fo_bhavcopy")
    with in_catalog(raw, bronze):
        workspace = open_workspace(settings.model_copy(update={"source": str(source)}))
        reports = [build_range(TABLES[table.name], workspace, days) for table in (raw, bronze)]
        assert not any(report.failed for report in reports)
        outcomes = reports[0].outcomes
        assert [outcomes[day].rows for day in days] == [2, 0, 0]
        assert "its rows are of 2023-11-07" in outcomes[days[1]].facts["absent"]
        assert "no BhavCopy_NSE_FO_0_0_0_20231109_F_0000.csv.zip" in outcomes[days[2]].facts["absent"]
        rows = workspace.lake.read("bronze/fo_bhavcopy", days)
    assert rows.select("kind", "strike", "option", "expiry", "open_interest", "source_row").rows() == [
        ("STF", None, None, dt.date(2023, 11, 30), 500, 1), ("STO", 105.0, "CE", dt.date(2023, 11, 30), 500, 2),
    ]  # fmt: skip


def test_the_estimator_leaves_out_the_ends_and_can_be_chosen(
    extension: dict[str, ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    trimmed_mean = extension["champion_assets/quant/trimmed_mean.py"].trimmed_mean
    returns = np.column_stack([np.append(np.full(99, 0.01), 5.0), np.append(np.full(99, np.nan), 0.02)])
    assert trimmed_mean(returns).tolist() == pytest.approx([0.01, 0.02])
    window, rules = SimpleNamespace(returns=returns), SimpleNamespace(estimator="trimmed_mean")
    with pytest.raises(ValueError, match="it belongs into PLAIN"):
        expected_of(window, rules)  # type: ignore[arg-type]
    monkeypatch.setitem(PLAIN, "trimmed_mean", trimmed_mean)  # type: ignore[arg-type]
    assert expected_of(window, rules).tolist() == pytest.approx([0.01, 0.02])  # type: ignore[arg-type]


def test_the_constraint_holds_and_says_the_way_out(extension: dict[str, ModuleType], known) -> None:  # type: ignore[no-untyped-def]
    thin_rows = extension["champion_assets/portfolio/liquidity_rows.py"].thin_rows
    plain = make_problem(known, Strategy(), STANDING)
    is_thin = known.turnover < np.median(known.turnover)
    free = float(solve(plain).weights[is_thin].sum())
    limited = replace(plain, rows=(*plain.rows, *thin_rows(known, free / 2)))
    solution = solve(limited)
    assert solution.weights[is_thin].sum() == pytest.approx(free / 2)
    (met,) = (each for each in constraints_met(limited, solution.weights) if each.name == "thinly traded")
    assert met.binds
    assert thin_rows(known, None) == []
    tight = make_problem(known, Strategy(weight_cap=0.06), STANDING)
    impossible = replace(tight, cap=np.where(is_thin, 0.06, 0.03), rows=tuple(thin_rows(known, 0.1)))
    assert "raise the cap on thin names (THIN_CAP) to at least 0.4" in str(diagnose(impossible))

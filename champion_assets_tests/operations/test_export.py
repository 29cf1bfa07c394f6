"""`champion export`: each format is read back by a reader of its documented layout, and gives the returns of
`research.prices`."""

from __future__ import annotations

import csv
import datetime as dt
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from champion_assets import research
from champion_assets.catalog import open_workspace
from champion_assets.cli.main import main
from champion_assets.common.errors import RequestError
from champion_assets.operations.export import export, names_of, spans
from champion_assets.operations.export_formats import WRITERS, Exported
from champion_assets.settings import Settings
from champion_assets_tests.helpers import build_until

START, END = dt.date(2023, 11, 1), dt.date(2023, 12, 20)
Closes = dict[str, dict[dt.date, float]]


@pytest.fixture
def lake(environment: Callable[[str, str], None], settings: Settings) -> None:
    """The environment names a lake with all of silver."""
    build_until(open_workspace(settings), "silver/doubts", START, END)
    environment("DATA_DIR", str(settings.data_dir))


def read_csv(folder: Path) -> Closes:
    """Adjusted closes of the plain CSV."""
    found: Closes = {}
    for row in csv.DictReader((folder / "prices.csv").open()):
        found.setdefault(row["symbol"], {})[dt.date.fromisoformat(row["date"])] = float(row["close"])
    return found


def read_eod2(folder: Path) -> Closes:
    """Adjusted closes of EOD2: a file for each symbol in lower case."""
    found: Closes = {}
    for path in (folder / "daily").glob("*.csv"):
        rows = list(csv.DictReader(path.open()))
        assert list(rows[0]) == [
            "Date",
            "Open",
            "High",
            "Low",
            "Close",
            "Volume",
            "Series",
            "TOTAL_TRADES",
            "QTY_PER_TRADE",
            "DLV_QTY",
        ]
        found[path.stem.upper()] = {dt.date.fromisoformat(row["Date"]): float(row["Close"]) for row in rows}
    return found


def read_qlib(folder: Path) -> Closes:
    """Adjusted closes of Qlib: a file of 32-bit numbers, of which the first is the place in the calendar."""
    calendar = [dt.date.fromisoformat(line) for line in (folder / "calendars" / "day.txt").read_text().split()]
    found: Closes = {}
    for line in (folder / "instruments" / "all.txt").read_text().splitlines():
        name, first, last = line.split("\t")
        numbers = np.fromfile(folder / "features" / name.lower() / "close.day.bin", dtype="<f4")
        days = calendar[int(numbers[0]) : int(numbers[0]) + numbers.size - 1]
        assert (str(days[0]), str(days[-1])) == (first, last)
        found[name] = {day: float(value) for day, value in zip(days, numbers[1:], strict=True) if np.isfinite(value)}
    return found


def read_zipline(folder: Path) -> Closes:
    """Adjusted closes of Zipline's csvdir: prices before a row are multiplied by the reciprocal of its `split`."""
    found: Closes = {}
    for path in (folder / "daily").glob("*.csv"):
        closes: dict[dt.date, float] = {}
        scale = 1.0
        for row in reversed(list(csv.DictReader(path.open()))):
            closes[dt.date.fromisoformat(row["date"])] = float(row["close"]) * scale
            scale /= float(row["split"])
        found[path.stem] = closes
    return found


def read_lean(folder: Path) -> Closes:
    """Adjusted closes of LEAN: prices in ten-thousandths; the factors of a row hold up to its day."""
    home, found = folder / "equity" / "india", {}
    for path in (home / "daily").glob("*.zip"):
        factors = [line.split(",") for line in (home / "factor_files" / f"{path.stem}.csv").read_text().split()]
        assert (home / "map_files" / f"{path.stem}.csv").read_text().split()[-1] == f"20501231,{path.stem},NSE"
        with zipfile.ZipFile(path) as archive:
            lines = archive.read(f"{path.stem}.csv").decode().splitlines()
        closes = {}
        for line in lines:
            day, *numbers = line.replace(" 00:00", "").split(",")
            price, split = next((float(one), float(other)) for until, one, other, _ in factors if day <= until)
            closes[dt.datetime.strptime(day, "%Y%m%d").replace(tzinfo=dt.UTC).date()] = (
                int(numbers[3]) / 10_000 * price * split
            )
        found[path.stem.upper()] = closes
    return found


READERS = {"csv": read_csv, "eod2": read_eod2, "qlib": read_qlib, "zipline": read_zipline, "lean": read_lean}


def returns(closes: dict[dt.date, float]) -> np.ndarray:
    """Returns in order of days."""
    values = np.array([closes[day] for day in sorted(closes)])
    return np.asarray(values[1:] / values[:-1] - 1)


@pytest.mark.usefixtures("lake")
def test_every_format_gives_the_same_returns(tmp_path: Path) -> None:
    rows = research.prices(START, END, adjust="capital", on_doubt="drop")
    names = names_of(rows)
    wanted = {names[instrument]: dict(mine.select("trade_date", "adj_close").iter_rows())
              for (instrument,), mine in rows.partition_by("instrument_id", as_dict=True).items()}  # fmt: skip
    assert (rows["factor"] != 1).any()
    assert set(READERS) == set(WRITERS)
    for form, read in READERS.items():
        done = export(form, tmp_path / form, START, END, "capital")
        assert (done.instruments, done.rows) == (len(wanted), rows.height)
        found = read(tmp_path / form)
        assert found.keys() == wanted.keys(), form
        for name, closes in wanted.items():
            assert found[name].keys() == closes.keys()
            np.testing.assert_allclose(
                returns(found[name]), returns(closes), rtol=0, atol=1e-6, err_msg=f"{form} {name}"
            )
    spans_of_qlib = (tmp_path / "qlib" / "instruments" / "nifty50.txt").read_text().splitlines()
    members = (tmp_path / "csv" / "members_nifty50.csv").read_text().splitlines()[1:]
    assert [line.split("\t") for line in spans_of_qlib] == [line.split(",") for line in members]
    assert len({line.split(",")[0] for line in members}) >= 50


@pytest.mark.usefixtures("lake")
def test_the_command_and_what_it_refuses(tmp_path: Path) -> None:
    words = ["export", "csv", str(START), str(END), str(tmp_path / "out"), "--symbol", "ARANYASTEE"]
    done = CliRunner().invoke(main, words, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert "of 1 instruments in" in done.output
    with pytest.raises(RequestError, match="holds something already"):
        export("csv", tmp_path / "out", START, END, "capital")
    with pytest.raises(RequestError, match="not one of csv"):
        export("xls", tmp_path / "other", START, END, "capital")


def test_two_instruments_of_one_symbol_keep_their_histories_apart() -> None:
    days = [dt.date(2024, 1, 1), dt.date(2024, 1, 2)]
    rows = pl.DataFrame({"trade_date": days, "instrument_id": ["INE1:A", "INE2:A"], "symbol": ["A", "A"]})
    assert names_of(rows) == {"INE2:A": "A", "INE1:A": "A_INE1_A"}
    frame = pl.DataFrame({"trade_date": [days[0], days[0], days[1]], "instrument_id": ["INE1:A", "INE2:A", "INE2:A"]})
    assert spans(frame, days, {"INE1:A": "B", "INE2:A": "A"}) == [("A", days[0], days[1]), ("B", days[0], days[0])]


def test_a_gap_in_membership_is_two_spans(tmp_path: Path) -> None:
    days = [dt.date(2024, 1, day) for day in (1, 2, 3)]
    frame = pl.DataFrame({"trade_date": [days[0], days[2]], "instrument_id": ["I", "I"]})
    assert spans(frame, days, {"I": "A"}) == [("A", days[0], days[0]), ("A", days[2], days[2])]
    row = {"trade_date": [days[0]], "adj_volume": [2.0], "factor": [0.5], "volume": [1]}
    prices = {f"{kind}{name}": [1.0] for kind in ("", "adj_") for name in ("open", "high", "low", "close")}
    WRITERS["qlib"](Exported({"A": pl.DataFrame(row | prices)}, days, {}), tmp_path)
    assert np.fromfile(tmp_path / "features" / "a" / "factor.day.bin", dtype="<f4").tolist() == [0.0, 0.5]

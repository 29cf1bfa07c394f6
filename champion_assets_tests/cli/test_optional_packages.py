"""Commands validate and log without what Pandera and structlog import by the way; whoever asks for it gets it."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys
HIDDEN = {"pandas", "hypothesis", "pygments", "rich.traceback"}
from champion_assets.cli.optional_packages import hide_optional_packages
finders = len(sys.meta_path)
for _ in range(2):
    hide_optional_packages()
assert len(sys.meta_path) == finders + 1
import alembic.command, polars as pl, structlog
assert not HIDDEN & sys.modules.keys(), HIDDEN & sys.modules.keys()
from champion_assets.catalog import TABLES
from champion_assets.lake.schema import empty_frame, violations
assert not HIDDEN & sys.modules.keys(), HIDDEN & sys.modules.keys()
model = TABLES["silver/rates"].model
frame = empty_frame(model)
assert violations(model, frame) is None
wrong = pl.DataFrame([[None] * frame.width], schema=frame.schema, orient="row")
print(violations(model, wrong))
assert "pandas" not in sys.modules, "pandas was imported by a failed check"
import hypothesis, pygments, rich.traceback
import pandas
print(pandas.Series([1, 2]).sum())
"""


def test_pandera_finds_what_is_wrong_and_pandas_comes_when_it_is_asked_for() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", "-c", PROGRAM], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    problem, total = done.stdout.splitlines()
    assert "trade_date" in problem
    assert total == "3"

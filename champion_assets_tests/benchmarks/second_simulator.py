"""Compares the account of a lake with that of the second simulator: `python -m
champion_assets_tests.benchmarks.second_simulator`.

Needs the settings of the lake in the environment, and a backfill of it. 2016-2017 with `WEIGHT_CAP=0.003 IMPACT=1
UNFILLED=carry RIGHTS=subscribe FILL=vwap USABLE_PROCEEDS=settled PARTICIPATION=0.02 BROKERAGE_BPS=10 BROKERAGE_MAX=20
INITIAL_CAPITAL=100000000` has 495 sessions, 48,244 orders, 9 names that end while they are held, 35 bonuses, 18 splits,
4 rights issues and demergers: no difference.
"""

from __future__ import annotations

from champion_assets.catalog import open_workspace
from champion_assets.settings import get_settings
from champion_assets_tests.backtest.test_independent_simulator import differences


def main() -> None:
    """Print every amount that differs by a paisa."""
    workspace = open_workspace(get_settings())
    found = differences(workspace)
    for line in found:
        print(*line)  # noqa: T201
    print(f"{len(workspace.lake.dates('portfolio/account')):,} sessions, {len(found):,} differences")  # noqa: T201


if __name__ == "__main__":
    main()

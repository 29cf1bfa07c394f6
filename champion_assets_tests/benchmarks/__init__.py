"""Measurements against a stated baseline, as ratios in one run. Run by hand: `python -m
champion_assets_tests.benchmarks.NAME`."""

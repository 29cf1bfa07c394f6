"""The examples in the docstrings of the numerics give what they say."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

from champion_assets import quant

MODULES = [each.name for each in pkgutil.iter_modules(quant.__path__, "champion_assets.quant.")]
WITH_EXAMPLES = {"covariance", "cross_section", "expected", "metrics"}


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_are_right(name: str) -> None:
    done = doctest.testmod(importlib.import_module(name))
    assert done.failed == 0
    if name.rpartition(".")[2] in WITH_EXAMPLES:
        assert done.attempted > 0

import doctest
import importlib
import pkgutil

import pytest

import svclib.stats

MODULES = [module.name for module in pkgutil.walk_packages(svclib.stats.__path__, "svclib.stats.")]


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_hold(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0

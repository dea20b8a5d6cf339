import subprocess
import sys

import pytest

from svclib import stats


def test_every_exported_name_is_there():
    for name in stats.__all__:
        assert callable(getattr(stats, name))


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nonsense"):
        _ = stats.nonsense


def test_importing_the_room_loads_nothing_heavy():
    code = "import svclib.stats, sys; print([m for m in ('pandas', 'scipy', 'statsmodels') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

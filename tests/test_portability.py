"""The library imports where there is no POSIX; the server alone is Linux's."""

import subprocess
import sys

import pytest

MISSING = ("fcntl", "pwd", "grp", "resource", "termios", "pty")
IMPORT_ALL = """
import importlib, pkgutil, sys
for name in {missing!r}:
    sys.modules[name] = None
import svclib
package = importlib.import_module({room!r})
for found in pkgutil.walk_packages(getattr(package, "__path__", []), {room!r} + "."):
    if not found.name.endswith(".__main__") and ".migrations" not in found.name:
        importlib.import_module(found.name)
assert not [name for name in sys.modules if name.startswith(("svclib.web", "svclib.jobs"))]
"""


@pytest.mark.parametrize("room", ["svclib.forms", "svclib.stats", "svclib.client", "svclib.frames", "svclib.reports"])
def test_the_library_needs_no_posix(room):
    code = IMPORT_ALL.format(missing=MISSING, room=room)
    done = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr


def test_a_store_of_ones_own_opens_without_posix():
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({MISSING!r})); import svclib; "
        "svc = svclib.connect('sqlite://'); print(svc.people.units())"
    )
    done = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True, timeout=120)
    assert done.stdout.strip() == "[]", done.stderr

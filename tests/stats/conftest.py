import json
import os
import sys
from pathlib import Path

import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parent))
REFERENCE = Path(__file__).parent / "reference"


@pytest.fixture(scope="session")
def reference():
    """Values of R: topic → name → value."""
    topics = json.loads((REFERENCE / "values.json").read_text(encoding="utf-8"))["topics"]
    return {name: topic["values"] for name, topic in topics.items()}


@pytest.fixture(scope="session")
def table():
    """Read a synthetic table by name."""
    return lambda name, **options: pd.read_csv(REFERENCE / f"{name}.csv", **options)


@pytest.fixture(scope="session")
def published():
    """Read a value file and a table of the open data that may not be committed."""
    folder = os.environ.get("SVC_REFERENCE")
    if not folder:
        pytest.skip("SVC_REFERENCE is not set")
    real = Path(folder) / "real"

    def read(name: str):
        return json.loads((real / f"{name}.json").read_text(encoding="utf-8"))["values"]

    return read, lambda name, **options: pd.read_csv(real / "data" / f"{name}.csv", **options)


ITEMS = [f"I{i:02d}" for i in range(1, 21)]


@pytest.fixture(scope="session")
def exam(table):
    """Scores of 1,200 candidates on 20 items."""
    return table("exam")[ITEMS]

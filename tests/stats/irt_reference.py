"""R's values about item response models, read into our frames."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

REFERENCE = Path(__file__).parent / "reference"
TOPICS = json.loads((REFERENCE / "irt_scores.json").read_text(encoding="utf-8"))["topics"]
ITEMS = [f"I{one:02d}" for one in range(1, 31)]


def values(topic: str) -> dict:
    return TOPICS[topic]["values"]


def mirt_items(table: dict, model: str | None = None) -> pd.DataFrame:
    """Items of R mirt (slope, intercepts of cumulative models) as a frame."""
    read = pd.DataFrame(table[".matrix"], columns=table[".colnames"])
    frame = pd.DataFrame({"item": table[".rownames"], "a": read["a1"]})
    for name in [name for name in read if name.startswith("d")]:
        frame["d1" if name == "d" else name] = read[name]
    if "g" in read:
        frame["c"] = read["g"]
    return frame.assign(model=model) if model else frame


def mirt_steps(table: dict, model: str) -> pd.DataFrame:
    """Items of mirt's gpcm, whose intercepts are summed, as a frame."""
    read = pd.DataFrame(table[".matrix"], columns=table[".colnames"])
    frame = pd.DataFrame({"item": table[".rownames"], "a": read["a1"], "model": model})
    summed = read[[name for name in read if name.startswith("d")]].to_numpy()
    return frame.assign(**{f"d{at + 1}": step for at, step in enumerate(np.diff(summed, axis=1).T)})


def exam(items: int = 30) -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "exam.csv")[ITEMS[:items]]


def exam_3pl() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "exam_3pl.csv").iloc[:, 1:]


def rating() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "rating.csv").iloc[:, 1:] - 1

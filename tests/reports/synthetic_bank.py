"""A small synthetic bank with the frames of the client, for reports and charts."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

BRANCHES = {
    "cd": "成都分行", "cq": "重庆分行", "fz": "福州支行", "gz": "广州分行", "hz": "杭州分行", "nj": "南京分行",
    "qd": "青岛支行", "sh": "上海分行", "sz": "深圳分行", "tj": "天津支行", "wh": "武汉分行", "xa": "西安分行",
}  # fmt: skip
MONTHS = [f"2026-{month:02d}" for month in range(1, 13)]
SLOW = "tj"
FALL = "2026-12"
WRONG_KEY = "aml-007"


def responses(seed=5):
    """Twelve months of answers: one branch with a waiting problem, one month with a fall, one tiny branch."""
    random = np.random.default_rng(seed)
    frames = []
    for month in MONTHS:
        for branch in BRANCHES:
            n = 2 if branch == "qd" else int(random.poisson(25)) + 1
            shift = (-1.4 if branch == SLOW else 0) + (-0.45 if month == FALL else 0)
            latent = random.normal(0, 1, n) + shift
            rating = np.clip(np.round(4.35 + latent * 0.75 + random.normal(0, 0.3, n)), 1, 5)
            frames.append(
                pd.DataFrame(
                    {
                        "branch": branch,
                        "submitted_at": pd.Timestamp(f"{month}-15", tz="UTC"),
                        "overall": rating,
                        "recommend": np.clip(np.round(8.6 + latent * 1.6), 0, 10),
                        "effort": np.clip(np.round(5.6 + latent), 1, 7),
                        "waiting_time": np.clip(np.round(3.9 + latent + (-0.8 if branch == SLOW else 0)), 1, 5),
                        "staff": np.clip(np.round(4.3 + latent * 0.5), 1, 5),
                        "source": random.choice(["opt-in", "probability"], n, p=[0.6, 0.4]),
                        "channel": random.choice(["qr", "personal"], n),
                        "weight": 1.0,
                    }
                )
            )
    frame = pd.concat(frames, ignore_index=True)
    frame.loc[frame.index % 17 == 0, "effort"] = np.nan
    frame.index = pd.Index([f"r{number:06d}" for number in range(len(frame))], name="response_id")
    return frame.assign(branch=pd.Categorical(frame["branch"], categories=list(BRANCHES)))


def exam(seed=9, candidates=300, items=20):
    """Scores and choices of an exam; one item has a wrong key."""
    random = np.random.default_rng(seed)
    ability = random.normal(0, 1, candidates)
    names = [f"aml-{number:03d}" for number in range(1, items + 1)]
    scores, choices = {}, {}
    for position, name in enumerate(names):
        right = random.random(candidates) < 1 / (1 + np.exp(-1.3 * (ability + 1.2 - 0.1 * position)))
        wrong = random.choice(["b", "c", "d"], candidates, p=[0.6, 0.3, 0.1])
        choices[name] = np.where(right, "a", wrong)
        scores[name] = (choices[name] == ("b" if name == WRONG_KEY else "a")).astype(float)
    index = pd.Index([f"a{number:04d}" for number in range(candidates)], name="attempt_id")
    return pd.DataFrame(scores, index), pd.DataFrame(choices, index)


def results():
    scores, _ = exam()
    percent = scores.mean(axis=1) * 100
    random = np.random.default_rng(3)
    return pd.DataFrame(
        {
            "person": [f"p{number:04d}" for number in range(len(scores))],
            "branch": random.choice(list(BRANCHES), len(scores)),
            "exam": "aml_annual",
            "percent": percent.to_numpy(),
            "passed": percent.to_numpy() >= 60,
            "submitted_at": pd.to_datetime(random.choice(MONTHS, len(scores)), utc=True) + pd.Timedelta(days=10),
        }
    )


def coverage():
    random = np.random.default_rng(4)
    rows = [
        (month, channel, unit, 750, invited, int(random.poisson(mean)))
        for month in MONTHS
        for unit in BRANCHES
        for channel, invited, mean in (("qr", 0, 14), ("personal", 75, 13))
    ]
    return pd.DataFrame(rows, columns=["month", "channel", "unit", "served", "invited", "answered"])


def certified():
    return pd.DataFrame(
        {
            "unit": list(BRANCHES),
            "branch": list(BRANCHES),
            "staff": 30,
            "certified": [24 + i % 5 for i in range(len(BRANCHES))],
        }
    )


def connect():
    """Stand in for `svclib.connect`."""
    scores, choices = exam()
    frames = SimpleNamespace(
        responses=lambda survey: responses(),
        results=lambda exam=None: results(),
        scores=lambda exam, attempts: scores,
        choices=lambda exam, attempts: choices,
        coverage=coverage,
        certified=certified,
        codebook=lambda name: pd.DataFrame(
            {"column": ["waiting_time"], "title_zh": ["等候时间"], "title_en": ["Waiting"]}
        ),
    )
    units = [{"id": key, "name": {"zh-CN": name, "en": key.upper()}} for key, name in BRANCHES.items()]
    people = SimpleNamespace(units=lambda: units)
    audit = SimpleNamespace(head=lambda: {"sequence": 41, "hash": "sha256:5f1d", "at": "2026-12-31T16:00:00Z"})
    titles = [{"name": "aml", "title": {"zh-CN": "反洗钱考试", "en": "AML exam"}}]
    definitions = SimpleNamespace(list=lambda kind: titles)
    return SimpleNamespace(frames=frames, people=people, audit=audit, definitions=definitions)

"""The fits that the tests of factor models share, each fitted once."""

import json
from functools import cache
from pathlib import Path

import pandas as pd

from svclib import stats

FOLDER = Path(__file__).parent / "reference"
WORDS = {name: [f"{name.lower()}{number}" for number in range(1, 5)] for name in "ABC"}
CROSSED = {**WORDS, "A": [*WORDS["A"], "c4"]}
ITEMS = [item for items in WORDS.values() for item in items]
EQUAL = ["loadings", "intercepts", "residuals"]
FIML = {"missing": "fiml"}
GROUPED = {"groups": "language", "std_lv": True}
CASES = {
    "ml": {},
    "crossed": {"dimensions": CROSSED, "correlated": [("a2", "a3")], "std_lv": True},
    "mlr": {"estimator": "mlr"},
    "fiml": FIML,
    "fiml_mlr": {"estimator": "mlr", **FIML},
    "wlsmv": {"estimator": "wlsmv"},
    "wlsm": {"estimator": "dwls", "std_lv": True},
    "pairwise": {"estimator": "wlsmv", "missing": "pairwise"},
    "configural": GROUPED,
    "metric": {"equal": EQUAL[:1], **GROUPED},
    "scalar": {"equal": EQUAL[:2], **GROUPED},
    "strict": {"equal": EQUAL, **GROUPED},
    "partial": {"equal": EQUAL[:2], "free": ["b2~1", "C=~c2"], **GROUPED},
    "configural_mlr": {"estimator": "mlr", **FIML, **GROUPED},
    "metric_mlr": {"estimator": "mlr", "equal": EQUAL[:1], **FIML, **GROUPED},
    "scalar_mlr": {"estimator": "mlr", "equal": EQUAL[:2], **FIML, **GROUPED},
    "o_configural": {"estimator": "wlsmv", **GROUPED},
    "o_thresholds": {"estimator": "wlsmv", "equal": ["thresholds"], **GROUPED},
    "o_loadings": {"estimator": "wlsmv", "equal": ["thresholds", "loadings"], **GROUPED},
    "o_intercepts": {"estimator": "wlsmv", "equal": ["thresholds", "loadings", "intercepts"], **GROUPED},
}
R = json.loads((FOLDER / "factor_models.json").read_text(encoding="utf-8"))["values"]


@cache
def answers():
    """Three factors of four five-point items, answers missing, two languages."""
    return pd.read_csv(FOLDER / "factor_models.csv")


@cache
def fitted(name):
    """Fit a case."""
    given = dict(CASES[name])
    return stats.cfa(answers(), given.pop("dimensions", WORDS), **given)


def term_in(known, term):
    """The term as R writes it: covariances may be named the other way round."""
    return term if term in known else "~~".join(reversed(term.split("~~")))


def parameters_in_r(name):
    """R's parameters by group and term."""
    rows = R[name]["est"]
    group = rows.get("group", [1] * len(rows["lhs"]))
    terms = [left + sign + right for left, sign, right in zip(rows["lhs"], rows["op"], rows["rhs"], strict=True)]
    values = zip(rows["est"], rows["se"], rows["std"], rows["std_se"], strict=True)
    return dict(zip(zip(group, terms, strict=True), values, strict=True))


def told(fit, name):
    """Rows of all frames of parameters beside R's."""
    reference = parameters_in_r(name)
    frames = [fit.loadings, fit.covariances, fit.variances, fit.intercepts, fit.thresholds, fit.means]
    for row in (one for frame in frames for one in frame.to_dict("records")):
        group = list(fit.groups).index(row["language"]) + 1 if fit.groups else 1
        terms = {term for of, term in reference if of == group}
        term = term_in(terms, row["term"])
        if term in terms:
            yield row, reference[group, term]

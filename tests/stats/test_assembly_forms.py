"""Forms assembled: R's optima, every rule kept, and words where no form can be."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.assembly.conflict import ImpossibleBlueprint


@pytest.fixture(scope="module")
def told():
    path = Path(__file__).parent / "reference" / "assembly.json"
    return json.loads(path.read_text(encoding="utf-8"))["values"]


@pytest.fixture(scope="module")
def pool(table):
    return table("pool")


RULES = {"length": 16, "limits": {"seconds": (None, 900)}, "enemies": "enemy"}
CONTENT = {"content": dict.fromkeys(["credit", "compliance", "payments", "products"], (3, None))}


def test_one_form(told, pool):
    made = stats.assemble(pool, targets=0, gap=0, **RULES, **CONTENT)
    assert made.objective == pytest.approx(told["one_form_GLPK"]["objective"], abs=1e-9)
    assert made.forms["item"].tolist() == told["one_form_GLPK"]["items"]
    assert made.forms["seconds"].sum() == told["one_form_GLPK"]["seconds"]
    assert made.status == "optimal" and made.summary["met"].all()


def test_two_forms(told, pool):
    made = stats.assemble(
        pool, forms=2, targets=0, goal="maximise", information={0: (4.55, None)}, gap=1e-7, **RULES, **CONTENT
    )
    assert made.objective == pytest.approx(told["two_forms_GLPK"]["sum_info0"], abs=1e-6)
    assert not made.forms["item"].duplicated().any()
    assert made.summary["met"].all()
    assert set(made.summary["rule"]) >= {"forms of an item", "enemies together", "information at 0"}


def test_targets_and_parallel_forms(pool):
    aim = stats.assemble(pool, forms=2, length=12, targets={-1: 1.5, 0: 2.5, 1: 2.0}, gap=0.01, seconds=20)
    found = aim.information([-1, 0, 1]).pivot(index="form", columns="theta", values="information").to_numpy()
    assert aim.objective == pytest.approx(np.abs(found - [1.5, 2.5, 2.0]).max())
    assert aim.objective < 0.05
    alike = stats.assemble(pool, forms=2, length=12, targets=[-1, 0, 1], goal="parallel", gap=0.01, seconds=10)
    assert alike.objective < 0.1
    least = stats.assemble(pool, forms=2, length=12, targets=[0], seconds=5)
    assert least.goal == "maximin"
    assert least.objective == pytest.approx(least.information([0])["information"].min())


def test_seed_gives_other_forms_as_good(pool):
    one, other = (stats.assemble(pool, length=16, targets=0, gap=0, seed=seed) for seed in (1, 2))
    assert one.objective == pytest.approx(other.objective, abs=1e-9)
    again = stats.assemble(pool, length=16, targets=0, gap=0, seed=1)
    assert again.forms.equals(one.forms)


def test_must_overlap_uses(pool):
    made = stats.assemble(pool, forms=2, length=10, must=["T001", "T002"], must_not=["T003"], targets=0)
    counts = made.forms["item"].value_counts()
    assert counts["T001"] == counts["T002"] == 2 and (counts.drop(["T001", "T002"]) == 1).all()
    assert "T003" not in counts
    shared = stats.assemble(pool, forms=2, length=10, max_uses=2, overlap=(3, 4), targets=0, goal="maximise", gap=0.01)
    both = shared.forms["item"].duplicated().sum()
    assert 3 <= both <= 4 and shared.summary["met"].all()


def test_uses_cost(pool):
    best = stats.assemble(pool, length=10, targets=0).forms["item"]
    used = pool.assign(uses=pool["item"].isin(best) * 10)
    assert not set(stats.assemble(used, length=10, targets=0, used="uses", penalty=100).forms["item"]) & set(best)


def test_sets_whole_or_counted(pool):
    cases = pool.assign(stimulus=[f"s{at // 4}" if at < 24 else None for at in range(len(pool))])
    whole = stats.assemble(cases, length=14, sets="stimulus", n_sets=2, targets=0)
    assert whole.forms["stimulus"].value_counts().tolist() == [4, 4]
    some = stats.assemble(cases, length=14, sets="stimulus", per_set=(2, 3), n_sets=3, targets=0)
    assert some.forms["stimulus"].value_counts().between(2, 3).all()
    assert some.forms["stimulus"].nunique() == 3 and some.summary["met"].all()


def test_classical(pool):
    rng = np.random.default_rng(1)
    classical = pd.DataFrame(
        {"item": pool["item"], "difficulty": rng.uniform(0.3, 0.9, 80), "discrimination": rng.uniform(0, 0.5, 80)}
    )
    made = stats.assemble(classical, length=20, means={"difficulty": (0.6, 0.65)}, targets="discrimination")
    assert 0.6 - 1e-9 <= made.forms["difficulty"].mean() <= 0.65 + 1e-9
    assert made.objective == pytest.approx(made.forms["discrimination"].sum())
    with pytest.raises(InvalidInput, match="no parameters"):
        made.information()


def test_expected_score(pool):
    made = stats.assemble(pool, length=16, expected={0: (8, 8.5)}, targets=0)
    row = made.summary[made.summary["rule"] == "expected score at 0"].iloc[0]
    assert 8 <= row["got"] <= 8.5


def test_impossible_says_which(pool):
    with pytest.raises(ImpossibleBlueprint) as caught:
        stats.assemble(pool, length=16, limits={"seconds": (None, 200)}, content={"credit": (3, None)}, targets=0)
    said = str(caught.value)
    assert "number of items" in said and "sum of seconds" in said and "credit" not in said.split("The nearest")[0]
    assert caught.value.code == "impossible_blueprint"
    assert "题" in caught.value.render("zh-CN")
    made = stats.assemble(pool, length=16, limits={"seconds": (None, 200)}, nearest=True)
    assert made.status == "impossible" and not made.summary["met"].all() and len(made.conflict) == 2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"length": 500}, "80 items, fewer than the 500"),
        ({"length": 5, "content": {"karaoke": 2}}, "karaoke"),
        ({"length": 5, "limits": {"seconds": (900, 100)}}, "seconds"),
        ({"length": 5, "limits": {"hours": (0, 1)}}, "hours"),
        ({"length": 5, "must": ["T999"]}, "T999"),
        ({"length": 5, "forms": 0}, "forms"),
        ({"length": 5, "goal": "parallel", "targets": 0}, "two forms"),
        ({"length": 5, "goal": "cheap", "targets": 0}, "goal"),
        ({"length": 0}, "at least one item"),
        ({"length": "many"}, "length"),
        ({"length": 5, "enemies": [["T001", "nobody"]]}, "nobody"),
    ],
)
def test_bad_input(pool, options, words):
    with pytest.raises(InvalidInput, match=words):
        stats.assemble(pool, **options)


def test_bad_pools(pool):
    with pytest.raises(InvalidInput, match="negative"):
        stats.assemble(pool.assign(seconds=-pool["seconds"]), length=5, limits={"seconds": (None, 900)})
    with pytest.raises(InvalidInput, match="no value"):
        stats.assemble(
            pool.assign(seconds=pool["seconds"].where(pool.index > 0)), length=5, limits={"seconds": (0, 900)}
        )
    with pytest.raises(InvalidInput, match="no slope"):
        stats.assemble(pool.assign(b=pool["b"].where(pool.index > 0)), length=5, targets=0)
    with pytest.raises(InvalidInput, match="no items"):
        stats.assemble(pool.iloc[:0], length=5)
    with pytest.raises(InvalidInput, match="twice"):
        stats.assemble(pd.concat([pool, pool]), length=5)

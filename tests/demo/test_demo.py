"""The demonstration bank: whole or not at all, verified, with its stories in it."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from svclib.demo import LOGINS, PASSWORD, build, is_demo
from svclib.demo.clock import months_before
from svclib.errors import Conflict
from svclib.operations import accounts
from svclib.settings import Settings
from svclib.store import Store
from svclib.store.schema import people, responses, results, sittings, units
from svclib.store.verify import verify

ANCHOR = datetime(2026, 3, 9, 2, tzinfo=UTC)
DIMENSIONS = ("tangibles", "reliability", "responsiveness", "assurance", "empathy")


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    home = tmp_path_factory.mktemp("demo home")
    settings = Settings(home=home, store=f"sqlite:///{home / 'svc.sqlite'}")
    build(settings, anchor=ANCHOR, scale=0.1)
    with Store.open(settings.store, settings=settings, clock=lambda: ANCHOR) as store:
        yield store


def column(store, query):
    with store.read() as connection:
        return list(connection.execute(query))


def test_the_chains_the_trail_and_the_answers_verify(demo):
    assert verify(demo).findings == ()


def test_forty_branches_answer_in_each_of_twelve_months(demo):
    assert column(demo, select(func.count()).where(units.c.kind == "branch")) == [(40,)]
    months = func.substr(responses.c.submitted_on, 1, 7)
    rows = column(demo, select(months, func.count()).where(responses.c.submitted_on.is_not(None)).group_by(months))
    assert [month for month, _count in rows] == [f"{day:%Y-%m}" for day in months_before(ANCHOR.date(), 12)]


def test_only_the_demonstration_log_ins_have_a_password(demo):
    rows = column(demo, select(people.c.login).where(people.c.password_hash.is_not(None)))
    assert {row.login for row in rows} == {one.login for one in LOGINS}
    assert accounts.check_password(demo, "hr", PASSWORD)


def test_the_waiting_branch_fell_and_the_others_did_not(demo):
    waiting = func.avg(responses.c.answers["waiting_time"].as_float())
    late = responses.c.submitted_on >= months_before(ANCHOR.date(), 6)[0]
    query = select(responses.c.branch == "b07", late, waiting).where(responses.c.survey == "branch_visit")
    means = {(troubled, after): mean for troubled, after, mean in column(demo, query.group_by("branch", late)) if mean}
    by_place = {(a, b): mean for (a, b), mean in means.items()}
    assert by_place[True, True] < by_place[True, False] - 0.8


def test_the_bank_falls_short_most_where_customers_expect_most(demo):
    import svclib
    from svclib import stats

    with svclib.connect(demo.settings.store) as svc:
        design = svc.frames.design(survey="servqual_44")
    columns = design.frame.columns[design.frame.columns.str.contains("_p__")]
    dimensions = {name: [one.split("__")[1] for one in columns if one.startswith(name)] for name in DIMENSIONS}
    patterns = {"perception": "{dimension}_p__{item}", "expectation": "{dimension}_e__{item}"}
    rows = stats.servqual(design, dimensions, **patterns).set_index("term")
    gaps = rows.loc[list(DIMENSIONS), "estimate"]
    assert gaps.nsmallest(2).index.isin(["reliability", "responsiveness"]).all()
    assert rows.loc["overall", "high"] < 0


def test_a_survey_gives_its_design_in_one_line(demo):
    import svclib
    from svclib.stats.design.results import OPT_IN

    with svclib.connect(demo.settings.store) as svc:
        both = svc.frames.design(survey="branch_visit")
        sampled = svc.frames.design(
            survey="branch_visit", source="probability", since=months_before(ANCHOR.date(), 2)[0]
        )
        wire = svc._way.call("frames.design", {"survey": "branch_visit"})
    assert wire == {"weights": "weight", "strata": "stratum", "cluster": None, "fpc": None,
                    "source": ["probability", "opt-in"]}  # fmt: skip
    assert both.mean("overall").frame["note"].item() == OPT_IN
    assert both.frame["stratum"].nunique() == 41
    assert (sampled.frame["source"] == "probability").all()
    assert sampled.frame["submitted_at"].dt.strftime("%Y-%m").nunique() == 2
    assert sampled.mean("overall").frame["note"].item() == ""


def test_one_branch_has_many_answers_on_the_last_days_of_months(demo):
    late = func.substr(responses.c.submitted_on, 9, 2) >= "29"
    qr = (responses.c.survey == "branch_visit") & (responses.c.channel == "qr") & (responses.c.status == "submitted")
    query = (
        select(responses.c.branch == "b23", late, func.count()).where(qr).group_by(responses.c.branch == "b23", late)
    )
    counts = {(there, end): count for there, end, count in column(demo, query)}
    share = {there: counts[there, True] / (counts[there, True] + counts[there, False]) for there in (True, False)}
    assert share[True] > 2 * share[False]


def test_the_wrong_key_is_in_the_sitting_and_mended_in_the_latest_bank(demo):
    from svclib.operations import definitions

    used = column(demo, select(sittings.c.bank_hash).where(sittings.c.exam == "aml_annual").order_by("opens_at"))
    first, last = (definitions.definition(demo, row.bank_hash) for row in (used[0], used[-1]))
    changed = [one.id for one in last.items if first.by_id[one.id] != one]
    assert (first.version, last.version, len(changed)) == (1, 2, 1)


def test_some_pass_and_some_do_not(demo):
    passed = [row.passed for row in column(demo, select(results.c.passed))]
    assert 0.5 < sum(passed) / len(passed) < 0.95


def test_a_store_that_holds_something_is_left_alone(demo):
    with pytest.raises(Conflict):
        build(demo.settings)
    assert is_demo(demo)


def test_a_build_that_breaks_leaves_no_store(tmp_path):
    settings = Settings(home=tmp_path, store=f"sqlite:///{tmp_path / 'svc.sqlite'}")

    def stop(sentence, share):
        if share > 0.05:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(settings, stop, scale=0.02)
    assert not (tmp_path / "svc.sqlite").exists()
    build(settings, scale=0.02)
    assert (tmp_path / "svc.sqlite").exists()

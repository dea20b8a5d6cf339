"""Bad moments: too late, twice, twice at once, again with another value, in another's name, with a spent link."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from fortress import BANK, EXAM, check_json_error, check_page_error
from sqlalchemy import func, select

from svclib.errors import Conflict
from svclib.store.schema import attempt_events, attempts, responses, results

RATING = {"seq": 1, "kind": "answer", "name": "overall", "value": 4}
SINGLE = {"seq": 1, "kind": "answer", "name": "t-single", "value": "a"}


def both(call):
    return tuple(call(language) for language in ("en", "zh-CN"))


# ── sequence and replay ──────────────────────────────────────────────────────────────────────────────────────────────
def test_replay_with_another_value_is_refused(fortress):
    customer, link = fortress.stranger(), fortress.ids["probe"]
    sheet = customer.open(link).json
    assert customer.save(link, sheet, RATING).json["saved_seq"] == 1
    before = fortress.counts()
    assert customer.save(link, sheet, RATING).json["saved_seq"] == 1
    other = {**RATING, "value": 1}
    answers = both(lambda language: customer.save(link, sheet, other, language=language))
    check_json_error(*answers, (409,))
    assert answers[0].error["code"] == "replay_conflict"
    assert fortress.counts() == before
    assert customer.open(link, session=sheet["session"]).json["answers"] == {"overall": 4}


def test_gap_in_the_sequence_is_refused(fortress):
    customer, link = fortress.stranger(), fortress.ids["probe"]
    sheet = customer.open(link).json
    before = fortress.counts()
    answers = both(lambda language: customer.save(link, sheet, {**RATING, "seq": 3}, language=language))
    check_json_error(*answers, (409,))
    assert answers[0].error["code"] == "gap"
    assert fortress.counts() == before


def test_same_event_many_times_at_once_is_kept_once(fortress):
    customer, link = fortress.stranger(), fortress.ids["probe"]
    sheet = customer.open(link).json
    before = fortress.counts()["response_events"]
    start = threading.Barrier(8)

    def send(_number):
        start.wait(10)
        return fortress.stranger().save(link, sheet, RATING).status

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(send, range(8))) == {200}
    assert fortress.counts()["response_events"] == before + 1


def test_two_values_for_one_number_at_once_keep_one(fortress):
    customer, link = fortress.stranger(), fortress.ids["probe"]
    sheet = customer.open(link).json
    start = threading.Barrier(5)

    def send(value):
        start.wait(10)
        return fortress.stranger().save(link, sheet, {**RATING, "value": value}).status

    with ThreadPoolExecutor(5) as pool:
        statuses = list(pool.map(send, range(1, 6)))
    assert sorted(statuses) == [200, 409, 409, 409, 409]
    kept = customer.open(link, session=sheet["session"]).json["answers"]["overall"]
    assert kept == statuses.index(200) + 1


# ── two submissions ──────────────────────────────────────────────────────────────────────────────────────────────────
def test_two_submissions_at_once_are_one(fortress):
    staff, path = fortress.visitor("proctor"), fortress.ids["attack_proctor"]
    sheet = staff.open(path).json
    assert staff.save(path, sheet, SINGLE).status == 200
    before = fortress.counts()
    start = threading.Barrier(6)

    def hand_in(_number):
        visitor = fortress.visitor("proctor")
        start.wait(10)
        return visitor.submit(path, sheet, 1)

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(hand_in, range(6)))
    assert {answer.status for answer in answers} == {200}
    assert len({str({**answer.json, "server_time": None}) for answer in answers}) == 1
    after = fortress.counts()
    assert after["results"] == before["results"] + 1
    assert after["audit"] == before["audit"] + 1
    late = staff.save(path, sheet, {**SINGLE, "seq": 2})
    assert late.error["code"] == "closed"


def test_personal_link_used_by_two_at_once_counts_once(fortress):
    link = fortress.ids["probe_anonymous_personal"][0]
    sheets = [fortress.stranger().open(link, client=f"client-{n:04}").json for n in range(4)]
    assert len({sheet["session"] for sheet in sheets}) == 4
    start = threading.Barrier(4)

    def hand_in(number):
        start.wait(10)
        return fortress.stranger().submit(link, sheets[number], 0, client=f"client-{number:04}")

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(hand_in, range(4)))
    assert sorted(answer.status for answer in answers) == [200, 409, 409, 409]


# ── another's, spent, cut ────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def anothers(fortress):
    path = fortress.ids["trap_manager"]
    sheet = fortress.visitor("manager").open(path).json
    return path, sheet


@pytest.mark.parametrize("login", ["staff", "hr", "researcher", "admin", "auditor"])
def test_answer_for_anothers_attempt_is_refused(fortress, anothers, login):
    path, sheet = anothers
    visitor, own = fortress.visitor(login), fortress.ids.get(f"trap_{login}", path)
    before = fortress.counts()
    for address in {path, own}:
        check_json_error(*both(lambda language, a=address: visitor.save(a, sheet, SINGLE, language=language)), (404,))
        assert visitor.submit(address, sheet, 0).status == 404
    assert visitor.open(path).status == 404
    assert fortress.counts() == before


def test_anothers_response_cannot_be_continued_by_its_link_alone(fortress):
    link = fortress.ids["probe"]
    mine, theirs = fortress.stranger().open(link).json, fortress.stranger().open(link).json
    assert mine["session"] != theirs["session"]
    other = fortress.ids["probe_anonymous"]
    before = fortress.counts()
    check_json_error(*both(lambda language: fortress.stranger().save(other, mine, RATING, language=language)), (404,))
    assert fortress.stranger().open(other, session=mine["session"]).status in {404, 409}
    assert fortress.counts() == before


@pytest.mark.parametrize("name", ["probe_personal", "probe_anonymous_personal"])
def test_spent_link_says_so(fortress, name):
    link = fortress.ids[name][1]
    customer = fortress.stranger()
    sheet = customer.open(link).json
    assert customer.save(link, sheet, RATING).status == 200
    assert customer.submit(link, sheet, 1).status == 200
    before = fortress.counts()
    other = fortress.stranger()
    path = link.partition("?")[0]
    opened = {"client": "othertabothertab"}
    check_json_error(*both(lambda language: other.post(f"{path}/open", opened, Accept_Language=language)), (409,))
    check_page_error(other.get(link), (409,))
    assert customer.save(link, sheet, {**RATING, "seq": 2}).status == 409
    assert fortress.counts() == before


@pytest.mark.parametrize("cut", [-1, -5, 10, 1], ids=["last letter", "last five", "ten letters", "one letter"])
@pytest.mark.parametrize("name", ["probe", "personal"])
def test_cut_link_says_so(fortress, name, cut):
    link = fortress.ids["probe"] if name == "probe" else fortress.ids["probe_personal"][2]
    path = link.partition("?")[0]
    head, token = path.rsplit("/", 1)
    short = f"{head}/{token[:cut]}"
    before = fortress.counts()
    stranger = fortress.stranger()
    answers = both(
        lambda language: stranger.post(f"{short}/open", {"client": "tabtabtabtab"}, Accept_Language=language)
    )
    check_json_error(*answers, (404,))
    check_page_error(stranger.get(short), (404,))
    changed = f"{head}/{token[:-1]}{'A' if token[-1] != 'A' else 'B'}"
    assert stranger.get(changed).status == 404
    assert fortress.counts() == before


@pytest.mark.parametrize("token", ["", "x", "a" * 22, "a" * 43, "' OR 1=1 --", "..", "\u202e", "x" * 5000])
def test_made_up_credentials_open_nothing(fortress, token):
    for scheme in ("Bearer", "Kernel"):
        visitor = fortress.stranger()
        visitor.authorization = f"{scheme} {token}".encode().decode("latin-1")
        answer = visitor.api("people.me", {})
        assert answer.status in {400, 401}, answer.text
    visitor = fortress.stranger()
    visitor.cookies["svc_session"] = "".join(one for one in token if one.isalnum()) or "x"
    assert visitor.api("people.me", {}).status == 401


# ── the deadline, by a clock that can be moved ───────────────────────────────────────────────────────────────────────
@pytest.fixture
def sitting(store, clock):
    """An attempt under way in a store of its own: ``(store, actor, assignment, sheet)``."""
    from svclib.operations import accounts, definitions, exams, people
    from svclib.operations.actor import system_actor
    from svclib.store import schema

    system = system_actor()
    people.create_unit(store, system, id="head", parent=None, kind="head_office", name={"zh-CN": "总行", "en": "Head"})
    row = {"id": "id-ann", "login": "ann", "name": "Ann", "unit_id": "head", "active": True}
    row |= {"must_change_password": False, "created_at": store.now()}
    store.write(lambda tx: tx.execute(schema.people.insert().values(**row)))
    definitions.publish(store, system, text=BANK)
    definitions.publish(store, system, text=EXAM.format(name="trap", attempts=1, feedback_from="last_attempt"))
    made = exams.schedule(
        store, system, exam="trap", name="Late", opens_at=clock.moment, closes_at=clock.moment + timedelta(days=1),
        unit="head",
    )  # fmt: skip
    exams.assign(store, system, sitting=made.id, people=["ann"])
    actor = accounts.actor_of(store, "id-ann")
    assignment = exams.mine(store, actor)[0].assignment
    return store, actor, assignment, exams.open_sheet(store, actor, assignment=assignment, client="tabtabtab")


def save(sitting, seq):
    from svclib.operations import exams

    store, actor, assignment, sheet = sitting
    given = {"session": sheet["session"], "client": "tabtabtab", "lease": sheet["lease"]}
    return exams.save_answers(store, actor, assignment=assignment, events=[{**SINGLE, "seq": seq}], **given)


def test_save_at_the_last_moment_of_the_grace_counts(sitting, clock):
    store, _actor, _assignment, sheet = sitting
    clock.moment = sheet["deadline"] + timedelta(seconds=store.settings.grace_seconds)
    assert save(sitting, 1)["saved_seq"] == 1


def test_save_a_millisecond_after_the_grace_is_refused(sitting, clock):
    store, _actor, _assignment, sheet = sitting
    assert save(sitting, 1)["saved_seq"] == 1
    clock.moment = sheet["deadline"] + timedelta(seconds=store.settings.grace_seconds, milliseconds=1)
    with pytest.raises(Conflict) as refused:
        save(sitting, 2)
    assert refused.value.code == "closed"
    assert refused.value.render("zh-CN") != refused.value.render("en")
    with store.read() as connection:
        assert connection.scalar(select(func.count()).select_from(attempt_events)) == 1


def test_submission_a_millisecond_after_the_grace_expires_the_attempt(sitting, clock):
    from svclib.operations import exams

    store, actor, assignment, sheet = sitting
    save(sitting, 1)
    clock.moment = sheet["deadline"] + timedelta(seconds=store.settings.grace_seconds, milliseconds=1)
    given = {"session": sheet["session"], "client": "tabtabtab", "lease": sheet["lease"]}
    answer = exams.submit_sheet(store, actor, assignment=assignment, seq=1, **given)
    assert answer["status"] == "expired"
    with store.read() as connection:
        assert connection.scalar(select(attempts.c.status)) == "scored"
        assert connection.scalar(select(func.count()).select_from(results)) == 1


def test_no_row_of_a_response_tells_of_the_refused_ones(fortress):
    with fortress.store() as store, store.read() as connection:
        kept = connection.scalars(select(responses.c.answers)).all()
    assert all("<img" not in str(answers) for answers in kept)

"""Surveys in the field: a link opens, answers are kept once, handing in is checked, anonymity holds."""

from pathlib import Path

import pytest

from svclib.errors import AccessDenied, Conflict, InvalidInput, NotFound
from svclib.operations import definitions, links, people, responses, surveys
from svclib.operations.actor import Actor, Grant, system_actor
from svclib.store.schema import invitations
from svclib.store.schema import responses as responses_table

SURVEYS = Path(__file__).parents[2] / "surveys"
CLIENT = "client-0001"


@pytest.fixture
def field(store):
    """A store with two branches, the branch survey, and an open collector."""
    system = system_actor()
    names = {"zh-CN": "总行", "en": "Head office"}
    people.create_unit(store, system, id="head", parent=None, kind="head_office", name=names)
    for unit in ("b01", "b02"):
        people.create_unit(store, system, id=unit, parent="head", kind="branch", name={"zh-CN": unit, "en": unit})
    definitions.import_files(store, system, [SURVEYS / "branch_visit.yaml", SURVEYS / "complaint_closing.yaml"])
    return store


def open_collector(store, **changes):
    given = {"survey": "branch_visit", "name": "Lobby", "unit": "b01", **changes}
    return surveys.open_collector(store, system_actor(), **given)


def token_of(store, collector):
    return links.open_token(store, collector.id)


def save(store, token, sheet, events, client=CLIENT, lease=None):
    work = responses.save_work(
        store, token, session=sheet["session"], client=client, lease=lease or sheet["lease"], events=events
    )
    return store.submit(work).result()


def submit(store, token, sheet, seq):
    work = responses.submit_work(store, token, session=sheet["session"], client=CLIENT, lease=sheet["lease"], seq=seq)
    return store.submit(work).result()


def answer(seq, name, value):
    return {"seq": seq, "kind": "answer", "name": name, "value": value}


COMPLETE = [answer(1, "overall", 5)]


def complete_events(store, token, sheet):
    """Answer every required question with its first possible answer."""
    survey = responses.door(store, token).survey
    values = survey.simulate(1, 7)[0]
    events = []
    for name, value in values.items():
        kind = "comment" if name.endswith("-Comment") else "answer"
        events.append({"seq": len(events) + 1, "kind": kind, "name": name.removesuffix("-Comment"), "value": value})
    return events


def test_an_answer_is_kept_and_shown_again_after_a_reload(field):
    token = token_of(field, open_collector(field))
    sheet = responses.open_sheet(field, token, client=CLIENT)
    assert save(field, token, sheet, [answer(1, "overall", 4)])["saved_seq"] == 1
    again = responses.open_sheet(field, token, client=CLIENT, session=sheet["session"])
    assert again["answers"] == {"overall": 4}
    assert (again["saved_seq"], again["lease"]) == (1, sheet["lease"] + 1)


def test_the_same_event_sent_twice_is_kept_once(field):
    token = token_of(field, open_collector(field))
    sheet = responses.open_sheet(field, token, client=CLIENT)
    for _time in range(2):
        assert save(field, token, sheet, [answer(1, "overall", 4)])["saved_seq"] == 1
    with pytest.raises(Conflict) as conflict:
        save(field, token, sheet, [answer(1, "overall", 1)])
    assert conflict.value.code == "replay_conflict"


def test_of_two_windows_the_older_is_read_only(field):
    token = token_of(field, open_collector(field))
    sheet = responses.open_sheet(field, token, client=CLIENT)
    responses.open_sheet(field, token, client="client-0002", session=sheet["session"])
    with pytest.raises(Conflict) as conflict:
        save(field, token, sheet, [answer(1, "overall", 4)])
    assert conflict.value.code == "read_only"


@pytest.mark.parametrize("value", [0, 6, 4.5, "4", True, None.__class__, [4], {"a": 1}])
def test_an_impossible_answer_leaves_the_whole_batch_out(field, value):
    token = token_of(field, open_collector(field))
    sheet = responses.open_sheet(field, token, client=CLIENT)
    events = [answer(1, "overall", 4), answer(2, "overall", value)]
    with pytest.raises(InvalidInput) as fault:
        save(field, token, sheet, events)
    assert fault.value.fields["name"] == "overall"
    again = responses.open_sheet(field, token, client=CLIENT, session=sheet["session"])
    assert again["answers"] == {}


def test_handing_in_checks_what_is_required_and_is_done_once(field):
    token = token_of(field, open_collector(field))
    sheet = responses.open_sheet(field, token, client=CLIENT)
    with pytest.raises(InvalidInput):
        submit(field, token, sheet, 0)
    events = complete_events(field, token, sheet)
    save(field, token, sheet, events)
    first, second = (submit(field, token, sheet, len(events)) for _time in range(2))
    assert first["status"] == second["status"] == "submitted"
    assert surveys.counts(field, system_actor(), survey="branch_visit").submitted == 1
    with pytest.raises(Conflict) as conflict:
        save(field, token, sheet, [answer(len(events) + 1, "overall", 1)])
    assert conflict.value.code == "closed"


def test_an_unsent_answer_stops_the_handing_in(field):
    token = token_of(field, open_collector(field))
    sheet = responses.open_sheet(field, token, client=CLIENT)
    with pytest.raises(Conflict) as conflict:
        submit(field, token, sheet, 3)
    assert conflict.value.code == "gap"


def test_a_signed_context_names_the_branch_and_a_changed_one_is_refused(field):
    collector = open_collector(field)
    path = surveys.link(field, system_actor(), collector=collector.id, branch="b02", counter="3", ticket="A7")
    query = dict(pair.split("=") for pair in path.split("?")[1].split("&"))
    token = token_of(field, collector)
    sheet = responses.open_sheet(field, token, client=CLIENT, context=query)
    with field.read() as connection:
        row = connection.execute(responses_table.select()).mappings().one()
    assert (row["branch"], row["counter"], row["ticket"]) == ("b02", "3", None)  # a ticket would name the visit
    assert sheet["kind"] == "survey"
    with pytest.raises(InvalidInput):
        responses.open_sheet(field, token, client=CLIENT, context={**query, "b": "b01"})


def test_a_personal_token_is_used_once_and_an_anonymous_one_leaves_no_trace(field):
    collector = open_collector(field, kind="personal", channel="sms", source="probability")
    invited = surveys.invite(field, system_actor(), collector=collector.id, customers=["c1"])
    token = invited[0].path.removeprefix("/s/")
    sheet = responses.open_sheet(field, token, client=CLIENT)
    events = complete_events(field, token, sheet)
    save(field, token, sheet, events)
    submit(field, token, sheet, len(events))
    with pytest.raises(Conflict) as conflict:
        responses.open_sheet(field, token, client="client-0002")
    assert conflict.value.code == "used_link"
    with field.read() as connection:
        row = connection.execute(responses_table.select()).mappings().one()
        used = connection.execute(invitations.select()).mappings().one()
    assert used["used"] and used["response_id"] is None
    assert row["customer_id"] is None and row["started_at"] is None and row["submitted_at"] is None


def test_a_survey_that_closed_takes_nobody_new_but_lets_who_began_finish(field, clock):
    from datetime import timedelta

    collector = open_collector(field, closes_at=clock() + timedelta(hours=1))
    token = token_of(field, collector)
    sheet = responses.open_sheet(field, token, client=CLIENT)
    clock.advance(minutes=70)
    assert save(field, token, sheet, [answer(1, "overall", 3)])["saved_seq"] == 1
    with pytest.raises(Conflict):
        responses.open_sheet(field, token, client="client-0002")
    clock.advance(minutes=30)
    with pytest.raises(Conflict):
        save(field, token, sheet, [answer(2, "overall", 3)])


@pytest.mark.parametrize("token", ["", "x" * 22, "../../etc/passwd", "'; DROP TABLE people", "\ud800" * 20])
def test_a_made_up_token_opens_nothing(field, token):
    with pytest.raises(NotFound):
        responses.open_sheet(field, token, client=CLIENT)


def test_a_manager_sees_the_collectors_of_the_own_branch_only(field):
    open_collector(field)
    open_collector(field, unit="b02")
    manager = Actor("p1", "manager", "M", "b01", "/head/b01/", (Grant("manager", "/head/b01/"),))
    assert [one.unit_id for one in surveys.collectors_(field, manager)] == ["b01"]
    with pytest.raises(AccessDenied):
        manager.require("surveys.publish")


def test_a_poster_holds_the_code_and_both_languages(field):
    collector = open_collector(field)
    drawn = surveys.poster(field, system_actor(), collector=collector.id, address="https://svc.example", branch="b01")
    assert drawn.count("<svg") == 3 and "网点" in drawn and "Branch" in drawn


def test_nobody_is_alone_with_their_weight_in_an_anonymous_survey(field):
    import base64

    from svclib.operations.rosters import RosterError

    collector = open_collector(field, kind="personal", channel="sms", source="probability")
    alike = "customer,unit,weight\n" + "".join(f"c{n},b01,1.5\n" for n in range(5))
    send = {"collector": collector.id, "file_name": "people.csv"}
    content = base64.b64encode(alike.encode()).decode()
    assert len(surveys.invite(field, system_actor(), content=content, **send)) == 5
    alone = base64.b64encode((alike + "c9,b01,1.7\n").encode()).decode()
    with pytest.raises(RosterError) as fault:
        surveys.invite(field, system_actor(), content=alone, **send)
    assert [one.number for one in fault.value.faults] == [7]

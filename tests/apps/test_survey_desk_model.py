"""The survey desk on a real small store: publish, open, link, poster, invite, count, close."""

import base64
import csv
import io
import json
from pathlib import Path

import pytest

from svclib.apps.pieces.voice import Voice
from svclib.apps.survey_desk.model import SurveyDeskModel
from svclib.client import Record, Service
from svclib.errors import Conflict, InvalidInput
from svclib.operations import definitions, people, responses
from svclib.operations.actor import Actor, Grant, system_actor
from svclib.operations.registry import call, operations

SURVEYS = Path(__file__).parents[2] / "surveys"
ADDRESS = "https://svc.example"


class Acting:
    """A way of the client's: the operations in this process, for one person."""

    def __init__(self, store, actor):
        self.store, self.actor = store, actor

    def call(self, name, given):
        plain = json.loads(json.dumps(given, default=lambda value: value.isoformat()))
        result, adapter = call(self.store, self.actor, name, plain), operations()[name].result
        return result if adapter is None else json.loads(adapter.dump_json(result), object_hook=Record)

    def close(self):
        """Nothing to let go of."""


@pytest.fixture
def bank(file_store):
    system = system_actor()
    name = {"zh-CN": "总行", "en": "Head office"}
    people.create_unit(file_store, system, id="head", parent=None, kind="head_office", name=name)
    for unit in ("b01", "b02"):
        name = {"zh-CN": f"{unit}支行", "en": f"Branch {unit}"}
        people.create_unit(file_store, system, id=unit, parent="head", kind="branch", name=name)
    definitions.import_files(file_store, system, [SURVEYS / "branch_visit.yaml"])
    return file_store


@pytest.fixture
def desk(bank):
    """Give a model for a person with roles; the branch survey chosen."""

    def of(*roles, language="en"):
        login = "-".join(roles)
        made = people.create(bank, system_actor(), login=login, name=login, unit="head")
        grants = tuple(Grant(role, "/head/") for role in roles)
        svc = Service(Acting(bank, Actor(made.person_id, login, login, "head", "/head/", grants)))
        model = SurveyDeskModel(svc, Voice(language), ADDRESS)
        model.choose("branch_visit")
        return model

    return of


def form(**changes):
    """What the form of a new way to answer holds."""
    held = {"name": "Lobby", "kind": "open", "channel": "qr", "source": "opt-in", "unit": "head", "hourly_limit": 60}
    return {**held, "opens_at": "", "closes_at": "", **changes}


def upload(text):
    return "branch_visit.yaml", base64.b64encode(text.encode()).decode()


def published_text():
    return (SURVEYS / "branch_visit.yaml").read_text("utf-8")


def next_version(text=None):
    return (text or published_text()).replace("version: 1", "version: 2", 1)


def test_the_next_version_is_checked_and_published(desk):
    model = desk("quality")
    checked = model.check(*upload(next_version()))
    assert checked.publishable and checked.standing == "next"
    assert model.publish(checked).version == 2
    assert model.definition.version == 2 and model.surveys()[0].version == 2


def test_a_fault_is_told_with_line_and_column_in_both_languages(desk):
    checked = desk("quality").check(*upload(next_version().replace("rateMax: 5", "rateMax: five", 1)))
    (finding, *_rest) = checked.findings
    line = published_text().split("rateMax: 5")[0].count("\n") + 1
    assert not checked.publishable and finding["line"] == line and finding["column"]
    assert "rateMax" in finding["message"]["en"] and any("\u4e00" <= c <= "\u9fff" for c in finding["message"]["zh-CN"])


def test_a_published_version_is_told_apart_from_a_changed_one(desk):
    model = desk("quality")
    assert model.check(*upload(published_text())).standing == "same"
    changed = published_text().replace("Branch visit survey", "Branch survey")
    changed = changed if changed != published_text() else changed.replace("anonymous: true", "anonymous: false")
    checked = model.check(*upload(changed))
    assert checked.standing == "taken" and not checked.publishable
    with pytest.raises(Conflict):
        model.publish(checked)


def test_a_bank_is_no_survey(desk):
    text = (SURVEYS.parent / "quizzes" / "banks" / "products.yaml").read_text("utf-8")
    with pytest.raises(InvalidInput, match="no survey"):
        desk("quality").check(*upload(text))


@pytest.mark.parametrize("content", ["%%%", base64.b64encode(b"\xff\xfe\x00").decode()])
def test_a_file_that_is_no_text_is_refused_in_words(desk, content):
    with pytest.raises(InvalidInput):
        desk("quality").check("survey.yaml", content)


def test_a_way_to_answer_opens_in_the_users_time_and_closes(desk):
    model = desk("quality")
    made = model.open_collector(form(closes_at="2025-03-04T09:00"))
    (listed,) = model.collectors()
    assert listed.id == made.id and listed.state == "open"
    assert model.voice.moment(listed.closes_at) == "2025-03-04 09:00"
    model.close_collector(made.id)
    assert model.collectors()[0].state == "closed"


def test_a_window_that_ends_before_it_begins_names_the_field(desk):
    with pytest.raises(InvalidInput) as fault:
        desk("quality").open_collector(form(opens_at="2025-03-05T09:00", closes_at="2025-03-04T09:00"))
    assert fault.value.fields["field"] == "closes_at"


def test_a_link_is_whole_and_carries_its_signed_place(desk):
    model = desk("quality")
    made = model.open_collector(form())
    plain, placed = model.link(made.id), model.link(made.id, branch="b01", counter="3", language="en")
    assert plain.startswith(f"{ADDRESS}/s/") and "?" not in plain
    assert all(part in placed for part in ("b=b01", "c=3", "sig=", "lang=en"))


@pytest.mark.parametrize("address", ["", "svc.example", "javascript:alert(1)", "https://svc.example/path"])
def test_without_the_sites_address_no_link_is_made(desk, address):
    model = desk("quality")
    made = model.open_collector(form())
    model.address = address
    with pytest.raises(InvalidInput) as fault:
        model.link(made.id)
    assert fault.value.fields["field"] == "address"


def test_there_is_a_poster_for_every_place(desk):
    model = desk("quality")
    made = model.open_collector(form())
    posters = model.posters(made, language="zh-CN")
    assert len(posters) == 2 and "b01支行" in posters[0] and "b02支行" in posters[1]


def test_personal_links_are_made_for_a_number_and_from_a_list(desk):
    model = desk("quality")
    made = model.open_collector(form(kind="personal", channel="sms", source="probability"))
    assert len({one.path for one in model.invite(made.id, number=3)}) == 3
    content = base64.b64encode("客户号,机构\nC1,b01\n=2+3,b02\n".encode()).decode()
    with pytest.raises(InvalidInput):
        model.invite(made.id, file_name="list.csv", content=content)
    rows = "".join(f"C{number},b01\n" for number in range(1, 6))
    content = base64.b64encode(f"客户号,机构\n{rows}".encode()).decode()
    made = model.invite(made.id, file_name="list.csv", content=content)
    assert (made[0].customer, made[0].unit) == ("C1", "b01") and len(made) == 5


def test_the_list_of_personal_links_holds_no_formula(desk):
    model = desk("quality")
    written = model.invitations_csv([Record(customer="=HYPERLINK(1)", unit=None, path="/s/abc")])
    (_head, row) = csv.reader(io.StringIO(written.decode("utf-8-sig")))
    assert row == ["'=HYPERLINK(1)", "", f"{ADDRESS}/s/abc"]


def test_what_comes_in_is_counted(desk, bank):
    model = desk("quality")
    made = model.open_collector(form())
    token = model.link(made.id).rsplit("/", 1)[1]
    sheet = responses.open_sheet(bank, token, client="client-0001")
    assert (model.counts().open, model.counts().submitted) == (1, 0)
    answers = model.definition.simulate(1, 7)[0]
    events = [
        {"seq": seq, "kind": "comment" if name.endswith("-Comment") else "answer", "value": value,
         "name": name.removesuffix("-Comment")}
        for seq, (name, value) in enumerate(answers.items(), start=1)
    ]  # fmt: skip
    held = {"session": sheet["session"], "client": "client-0001", "lease": sheet["lease"]}
    bank.submit(responses.save_work(bank, token, **held, events=events)).result()
    bank.submit(responses.submit_work(bank, token, **held, seq=len(events))).result()
    counted = model.counts()
    assert counted.submitted == 1 and counted.by_collector[made.id]["submitted"] == 1


def test_the_preview_is_the_form_in_both_languages(desk):
    shown = desk("quality").form()
    assert shown["pages"][0]["elements"][0]["title"].keys() == {"default", "zh-cn"}


def test_an_unknown_survey_of_the_address_is_refused(desk):
    with pytest.raises(InvalidInput):
        desk("quality").choose("../../etc/passwd")

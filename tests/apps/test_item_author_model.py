"""The item author on a real small store: written, sent, decided by another, published."""

import json
from pathlib import Path

import pytest

from svclib.apps.item_author import editing
from svclib.apps.item_author.model import Filter, ItemAuthorModel
from svclib.apps.pieces.voice import Voice
from svclib.client import Record, Service
from svclib.errors import Conflict, InvalidInput
from svclib.operations import definitions, people
from svclib.operations.actor import Actor, Grant, system_actor
from svclib.operations.registry import call, operations

BANKS = Path(__file__).parents[2] / "quizzes" / "banks"


class Acting:
    """A way of the client's: the operations in this process, for one person."""

    def __init__(self, store, actor):
        self.store, self.actor = store, actor

    def call(self, name, given):
        result, adapter = call(self.store, self.actor, name, given), operations()[name].result
        return json.loads(adapter.dump_json(result), object_hook=Record)

    def close(self):
        """Nothing to let go of."""


@pytest.fixture
def bank_store(file_store):
    system = system_actor()
    people.create_unit(
        file_store, system, id="head", parent=None, kind="head_office", name={"en": "Head", "zh-CN": "总行"}
    )
    definitions.import_files(file_store, system, [BANKS / "products.yaml"])
    return file_store


def person(store, login, *roles):
    made = people.create(store, system_actor(), login=login, name=login.title(), unit="head")
    return Actor(made.person_id, login, login.title(), "head", "/head/", tuple(Grant(role, "/head/") for role in roles))


@pytest.fixture
def desk(bank_store):
    """Give a model for a person with roles; one bank chosen."""
    made = {}

    def of(login, *roles, language="en"):
        if login not in made:
            made[login] = person(bank_store, login, *roles)
        model = ItemAuthorModel(Service(Acting(bank_store, made[login])), Voice(language))
        model.choose("products")
        return model

    return of


def write(model, kind="single", item="prod-100"):
    """Begin an item and write all of it."""
    body = model.begin(kind, "deposits", item).body
    for number, option in enumerate(body.get("choices", {})):
        text = {"zh-CN": f"第{number}个选项", "en": f"Option number {number}"}
        body = {**body, "choices": {**body["choices"], option: text}}
    body |= {"stem": {"zh-CN": "问题是什么?", "en": "What is asked?"}, "source": "Rule 7"}
    body |= {"rationale": {"zh-CN": "理由充分。", "en": "For a reason."}}
    model.change(body)
    return model


def test_the_list_is_narrowed_by_words_topic_type_and_state(desk):
    model = desk("ann", "author")
    everything = model.rows()
    assert len(everything) == 40
    numbers = model.rows(Filter(type="numeric"))
    assert numbers and {row.type for row in numbers} == {"Number"}
    assert [row.id for row in model.rows(Filter(words="PROD-004"))] == ["prod-004"]
    assert model.rows(Filter(state="in_review")) == []


def test_the_list_speaks_the_readers_language(desk):
    chinese = desk("ann", "author", language="zh-CN").rows(Filter(words="prod-001"))[0]
    assert "存款" in chinese.stem and chinese.topic == "存款业务" and chinese.type == "单选题"


def test_a_new_item_goes_from_draft_to_the_next_version(desk):
    author, reviewer, publisher = desk("ann", "author"), desk("rob", "reviewer"), desk("meg", "hr")
    write(author)
    assert author.open_item.changed and author.problems() == ()
    assert author.submit().status == "in_review" and not author.open_item.changed
    reviewer.open("prod-100")
    assert reviewer.may_review
    assert reviewer.decide("approved").status == "approved"
    publisher.refresh()
    assert publisher.may_publish and publisher.publish() == 2
    author.choose("products")
    assert author.version == 2 and author.open("prod-100").status == "approved"
    assert author.open_item.body["reviewer"] == "rob"


def test_nobody_reviews_their_own(desk):
    both = desk("ann", "author", "reviewer")
    write(both).submit()
    assert both.is_own and not both.may_review
    with pytest.raises(Conflict) as fault:
        both.decide("approved")
    assert fault.value.code == "four_eyes"


def test_a_rejected_item_comes_back_with_the_note(desk):
    author, reviewer = desk("ann", "author"), desk("rob", "reviewer")
    write(author).submit()
    reviewer.open("prod-100")
    with pytest.raises(InvalidInput):
        reviewer.decide("rejected", "  ")
    reviewer.decide("rejected", "The stem is ambiguous.")
    assert author.open("prod-100").note == "The stem is ambiguous."
    author.refresh()
    assert [row.state for row in author.rows(Filter(state="rejected"))] == ["Sent back"]


def test_an_unfinished_draft_is_saved_but_not_sent(desk):
    model = desk("ann", "author")
    model.begin("single", "deposits")
    model.save()
    assert model.open_item.revision == 1 and not model.open_item.changed
    with pytest.raises(InvalidInput, match="fields are to be mended"):
        model.submit()
    assert {"stem", "rationale", "source"} <= {problem.field for problem in model.problems()}


def test_of_two_authors_the_later_is_asked_and_nothing_is_lost(desk):
    first, second = desk("ann", "author"), desk("bea", "author")
    first.open("prod-001"), second.open("prod-001")
    first.change(editing.with_value(first.open_item.body, "source", "Rule A"))
    first.save()
    second.change(editing.with_value(second.open_item.body, "source", "Rule B"))
    with pytest.raises(Conflict):
        second.save()
    assert second.stale.fields == ("source",) and second.open_item.body["source"] == "Rule B"
    second.keep_mine()
    assert first.open("prod-001").body["source"] == "Rule B"


def test_the_later_author_can_take_the_other_version(desk):
    first, second = desk("ann", "author"), desk("bea", "author")
    first.open("prod-001"), second.open("prod-001")
    first.change(editing.with_value(first.open_item.body, "source", "Rule A"))
    first.save()
    second.change(editing.with_value(second.open_item.body, "source", "Rule B"))
    with pytest.raises(Conflict):
        second.save()
    assert second.take_theirs().body["source"] == "Rule A" and not second.open_item.changed


@pytest.mark.parametrize("item", ["prod-001", "prod-003", "prod-016"])
def test_the_preview_shows_the_question_and_never_the_key(desk, item):
    model = desk("ann", "author")
    model.open(item)
    model.change(editing.with_value(model.open_item.body, "source", "CANARY-SOURCE"))
    body = model.open_item.body
    model.change({**body, "rationale": {"zh-CN": "金丝雀理由说明", "en": "CANARY rationale"}})
    shown = model.preview()
    assert shown.definition["pages"] and "CANARY" not in str(shown.definition)
    assert "金丝雀" not in str(shown.definition)


def test_the_preview_waits_until_the_item_is_whole(desk):
    model = desk("ann", "author")
    model.begin("single", "deposits")
    assert model.preview().definition is None
    assert write(desk("ann", "author")).preview().definition["pages"]


def test_the_lint_speaks_up_in_the_preview(desk):
    model = write(desk("ann", "author"))
    body = model.open_item.body
    long = {
        "zh-CN": "这一个选项显然要比其他的选项都长得多得多",
        "en": "This option is by far the longest one of all the options here",
    }
    model.change({**body, "choices": {**body["choices"], "a": long}})
    assert model.preview().definition is not None
    leaked = {**model.open_item.body, "stem": long}
    model.change(leaked)
    assert any(one["code"] == "leaked_key" for one in model.preview().findings)


def test_an_id_that_is_taken_is_refused(desk):
    with pytest.raises(InvalidInput, match="prod-001"):
        desk("ann", "author").begin("single", "deposits", "prod-001")


def test_saving_takes_an_item_back_from_review(desk):
    model = write(desk("ann", "author"))
    model.submit()
    model.change(editing.with_value(model.open_item.body, "source", "Rule 8"))
    assert model.save().status == "draft"

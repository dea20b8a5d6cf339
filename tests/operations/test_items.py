"""Items as drafts: nobody overwrites a colleague, nobody approves their own, published is published."""

from pathlib import Path

import pytest

from svclib.errors import AccessDenied, Conflict, InvalidInput
from svclib.operations import accounts, definitions, items, people, portal
from svclib.operations.actor import system_actor

SYSTEM = system_actor()
BANKS = Path(__file__).parents[2] / "quizzes" / "banks"


@pytest.fixture
def desk(store):
    people.create_unit(store, SYSTEM, id="head", parent=None, kind="head_office", name={"zh-CN": "总行", "en": "Head"})
    definitions.import_files(store, SYSTEM, [BANKS / "products.yaml"])
    for login, role in (("anna", "author"), ("rolf", "reviewer"), ("both", "author"), ("hanna", "hr")):
        people.create(store, SYSTEM, login=login, name=login, unit="head", issue_password=False)
        people.grant(store, SYSTEM, person=login, role=role, unit="head")
    people.grant(store, SYSTEM, person="both", role="reviewer", unit="head")
    return store


def acting(store, login):
    return accounts.actor_of(store, people.get(store, SYSTEM, person=login).id)


def first_item(store):
    return items.list_(store, SYSTEM, bank="products")[0].id


def reworded(store, actor, item, text="改写后的题干:下列哪项正确?"):
    draft = items.get(store, actor, bank="products", item=item)
    body = {**draft.body, "stem": {"zh-CN": text, "en": "Reworded stem: which of these is right?"}}
    return items.save(store, actor, bank="products", item=item, body=body, revision=draft.revision)


def test_a_draft_goes_through_review_into_the_next_version(desk):
    item, anna, rolf = first_item(desk), acting(desk, "anna"), acting(desk, "rolf")
    draft = reworded(desk, anna, item)
    items.submit(desk, anna, bank="products", item=item, revision=draft.revision)
    assert [one.kind for one in portal.home(desk, rolf)] == ["review"]
    items.review(desk, rolf, bank="products", item=item, revision=draft.revision, decision="approved")
    made = items.publish(desk, acting(desk, "hanna"), bank="products")
    body = definitions.get(desk, SYSTEM, kind="bank", name="products")["body"]
    published = next(one for one in body["items"] if one["id"] == item)
    assert made.version == 2 and published["stem"]["en"].startswith("Reworded")
    assert (published["author"], published["reviewer"]) == ("anna", "rolf")
    assert items.get(desk, anna, bank="products", item=item).revision == 0


def test_nobody_approves_their_own_item(desk):
    item, both = first_item(desk), acting(desk, "both")
    draft = reworded(desk, both, item)
    items.submit(desk, both, bank="products", item=item, revision=draft.revision)
    with pytest.raises(Conflict) as conflict:
        items.review(desk, both, bank="products", item=item, revision=draft.revision, decision="approved")
    assert conflict.value.code == "four_eyes"


def test_an_older_revision_does_not_overwrite_a_newer(desk):
    item, anna = first_item(desk), acting(desk, "anna")
    stale = items.get(desk, anna, bank="products", item=item)
    reworded(desk, acting(desk, "both"), item)
    with pytest.raises(Conflict) as conflict:
        items.save(desk, anna, bank="products", item=item, body=stale.body, revision=stale.revision)
    assert conflict.value.code == "stale_revision"


def test_a_half_written_draft_is_kept_but_does_not_go_to_review(desk):
    item, anna = first_item(desk), acting(desk, "anna")
    body = {**items.get(desk, anna, bank="products", item=item).body, "key": "no such option"}
    draft = items.save(desk, anna, bank="products", item=item, body=body, revision=0)
    with pytest.raises(InvalidInput):
        items.submit(desk, anna, bank="products", item=item, revision=draft.revision)


def test_a_rejection_needs_its_reason_and_comes_back_to_the_author(desk):
    item, anna, rolf = first_item(desk), acting(desk, "anna"), acting(desk, "rolf")
    draft = reworded(desk, anna, item)
    items.submit(desk, anna, bank="products", item=item, revision=draft.revision)
    with pytest.raises(InvalidInput):
        items.review(desk, rolf, bank="products", item=item, revision=draft.revision, decision="rejected")
    items.review(desk, rolf, bank="products", item=item, revision=draft.revision, decision="rejected", note="Unclear")
    assert [one.kind for one in portal.home(desk, anna)] == ["rejected"]


def test_the_preview_holds_no_key(desk):
    item = first_item(desk)
    body = items.get(desk, SYSTEM, bank="products", item=item).body
    canary = {"zh-CN": "金丝雀", "en": "canary"}
    shown = items.preview(desk, SYSTEM, bank="products", body={**body, "rationale": canary, "source": "canary"})
    assert "canary" not in str(shown["definition"]) and "key" not in str(shown["definition"])


def test_keys_are_for_authors_and_reviewers(desk):
    people.create(desk, SYSTEM, login="rita", name="Rita", unit="head", issue_password=False)
    people.grant(desk, SYSTEM, person="rita", role="researcher", unit="head")
    with pytest.raises(AccessDenied):
        definitions.get(desk, acting(desk, "rita"), kind="bank", name="products")
    with pytest.raises(AccessDenied):
        definitions.export(desk, acting(desk, "rita"), kind="bank", name="products")


def test_a_published_version_never_changes(desk):
    text = definitions.export(desk, SYSTEM, kind="bank", name="products")
    assert definitions.publish(desk, SYSTEM, text=text).version == 1
    with pytest.raises(Conflict) as conflict:
        definitions.publish(desk, SYSTEM, text=text.replace("author: author", "author: somebody", 1))
    assert conflict.value.code == "version_published"


def test_unchanged_files_are_not_parsed_again(store, tmp_path, monkeypatch):
    seen = tmp_path / "imports.json"
    paths = [BANKS / "products.yaml"]
    assert len(definitions.import_files(store, SYSTEM, paths, seen=seen)) == 1
    monkeypatch.setattr("svclib.forms.load_definition", lambda path: pytest.fail("parsed again"))
    assert definitions.import_files(store, SYSTEM, paths, seen=seen) == []

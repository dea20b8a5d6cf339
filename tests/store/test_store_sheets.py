import pytest
from sqlalchemy import func, select

from svclib.errors import Conflict, InvalidInput, NotFound
from svclib.store import schema
from svclib.store.audit import GENESIS
from svclib.store.canonical import canonical


def answer(seq, name, value):
    return {"seq": seq, "kind": "answer", "name": name, "value": value}


def count(store):
    with store.read() as connection:
        return connection.scalar(select(func.count()).select_from(schema.response_events))


def test_answers_are_what_the_events_add_up_to(make, append, row_of):
    sheet = make()
    kept = append(sheet, answer(1, "overall", 4), answer(2, "why", "快"), {"seq": 3, "kind": "page", "page": 2})
    assert (kept.saved_seq, kept.page, kept.answers) == (3, 2, {"overall": 4, "why": "快"})
    kept = append(sheet, answer(4, "why", None), {"seq": 5, "kind": "comment", "name": "bank", "value": "other"})
    assert row_of(sheet).answers == kept.answers == {"overall": 4, "bank-Comment": "other"}
    assert row_of(sheet).chain_head == kept.chain_head
    assert row_of(sheet).events == 5


def test_the_same_events_again_are_acknowledged_and_not_kept_twice(store, make, append):
    sheet = make()
    first = append(sheet, answer(1, "overall", 4), answer(2, "why", "x"))
    again = append(sheet, answer(1, "overall", 4), answer(2, "why", "x"))
    assert (again.saved_seq, again.fresh, again.chain_head) == (2, (), first.chain_head)
    assert count(store) == 2


def test_a_replay_with_new_events_behind_it_keeps_the_new_ones(store, make, append):
    sheet = make()
    append(sheet, answer(1, "overall", 4))
    kept = append(sheet, answer(1, "overall", 4), answer(2, "why", "x"))
    assert [event["seq"] for event in kept.fresh] == [2]
    assert count(store) == 2


@pytest.mark.parametrize("other", [5, "4", None, [4], True])
def test_the_same_key_with_other_content_is_a_conflict(store, make, append, other):
    sheet = make()
    append(sheet, answer(1, "overall", 4))
    with pytest.raises(Conflict) as caught:
        append(sheet, answer(1, "overall", other), answer(2, "why", "x"))
    assert caught.value.code == "replay_conflict"
    assert count(store) == 1


@pytest.mark.parametrize("sequence", [[2], [1, 3], [1, 1], [2, 1]])
def test_a_gap_is_refused_and_nothing_kept(store, make, append, sequence):
    sheet = make()
    with pytest.raises(Conflict) as caught:
        append(sheet, *(answer(seq, "overall", seq) for seq in sequence))
    assert caught.value.code == "gap"
    assert count(store) == 0


def test_each_client_counts_for_itself(store, make, append, row_of):
    sheet = make()
    append(sheet, answer(1, "a", 1), client="tab-1")
    append(sheet, answer(1, "a", 2), client="tab-2")
    assert row_of(sheet).answers == {"a": 2}
    with store.read() as connection:
        assert store.sheets.saved_seq(connection, "responses", sheet, "tab-2") == 1
        assert [event["value"] for event in store.sheets.events(connection, "responses", sheet)] == [1, 2]


def test_further_columns_are_set_in_the_same_step(make, append, row_of):
    sheet = make()
    append(sheet, answer(1, "a", 1), values={"language": "zh-CN", "layout": "desktop"})
    assert (row_of(sheet).language, row_of(sheet).layout) == ("zh-CN", "desktop")


def test_an_unknown_sheet_is_not_found(make, append):
    make()
    with pytest.raises(NotFound):
        append("nobody", answer(1, "a", 1))


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), "a\x00b", "\ud800"], ids=["nan", "infinity", "nul", "surrogate"]
)
def test_what_no_database_keeps_is_refused_with_the_question(store, make, append, value):
    sheet = make()
    with pytest.raises(InvalidInput) as caught:
        append(sheet, answer(1, "why", value))
    assert caught.value.fields["name"] == "why"
    assert count(store) == 0


@pytest.mark.parametrize(
    "event",
    [{"kind": "answer"}, {"seq": 0, "kind": "answer"}, {"seq": 1, "kind": "drop"}, {"seq": "1", "kind": "page"}],
)
def test_a_malformed_event_is_refused(make, append, event):
    sheet = make()
    with pytest.raises(InvalidInput):
        append(sheet, event)


@pytest.mark.parametrize(
    "value", [1e16, -0.0, 1.0, 1e-7, 10**15, 0.1 + 0.2, "网点 \u2028 \\u0000", {"b": [1, {"a": None}]}]
)
def test_content_verifies_whatever_the_database_makes_of_its_numbers(store, make, append, value):
    from svclib.store.verify import verify

    sheet = make()
    append(sheet, answer(1, "n", value))
    assert verify(store).findings == ()


def test_no_time_is_kept_unless_given(store, make, append, clock):
    sheet = make()
    append(sheet, answer(1, "a", 1))
    append(sheet, answer(2, "a", 2), received_at=clock())
    with store.read() as connection:
        query = select(schema.response_events.c.received_at).order_by(schema.response_events.c.position)
        assert list(connection.scalars(query)) == [None, clock()]


def test_equal_answers_have_unequal_digests(store, make, append):
    for _place in range(2):
        append(make(), answer(1, "a", 1))
    with store.read() as connection:
        assert len(set(connection.scalars(select(schema.response_events.c.digest)))) == 2


def test_hashes_name_their_algorithm(store, make, append):
    append(make(), answer(1, "a", 1))
    with store.read() as connection:
        row = connection.execute(select(schema.response_events)).one()
    assert row.digest.startswith("sha256:")
    assert row.chain.startswith("sha256:")
    assert GENESIS.startswith("sha256:")


def test_canonical_json_is_the_same_for_the_same_doubles():
    assert canonical({"b": 1.0, "a": 1e16}) == canonical({"a": 10**16, "b": 1})
    assert canonical(0.1) != canonical(0.2)

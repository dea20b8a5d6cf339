"""People, rights, sessions: who may do what to whom."""

import base64
from datetime import timedelta

import pytest

from svclib.errors import AccessDenied, Conflict, InvalidInput, NotFound, NotSignedIn
from svclib.operations import accounts, people, registry, tokens
from svclib.operations.actor import ROLES_OF_RIGHT, system_actor
from svclib.operations.rosters import RosterError
from svclib.store.schema import audit

SYSTEM = system_actor()


@pytest.fixture
def bank(store):
    for unit, parent in (("head", None), ("b01", "head"), ("b02", "head")):
        kind = "branch" if parent else "head_office"
        people.create_unit(store, SYSTEM, id=unit, parent=parent, kind=kind, name={"zh-CN": unit, "en": unit})
    return store


def hired(store, login, unit="b01", **grants):
    made = people.create(store, SYSTEM, login=login, name=login.title(), unit=unit)
    for role, over in grants.items():
        people.grant(store, SYSTEM, person=login, role=role, unit=over)
    return made


def acting(store, login):
    return accounts.actor_of(store, people.get(store, SYSTEM, person=login).id)


def test_a_password_opens_a_session_that_ends_when_the_account_is_disabled(bank):
    made = hired(bank, "rita")
    person = accounts.check_password(bank, "rita", made.password)
    session = accounts.start_session(bank, person)
    assert accounts.session_person(bank, session) == person
    people.disable(bank, SYSTEM, person="rita", reason="left the bank")
    assert accounts.session_person(bank, session) is None
    with pytest.raises(NotSignedIn):
        accounts.check_password(bank, "rita", made.password)


def test_a_session_ends_after_its_hours(bank, clock):
    made = hired(bank, "rita")
    session = accounts.start_session(bank, made.person_id)
    clock.advance(hours=accounts.SESSION_HOURS)
    assert accounts.session_person(bank, session) is None


@pytest.mark.parametrize("password", ["", "wrong", "\ud800", "x" * 10_000])
def test_a_wrong_password_opens_nothing(bank, password):
    hired(bank, "rita")
    with pytest.raises(NotSignedIn):
        accounts.check_password(bank, "rita", password)
    with pytest.raises(NotSignedIn):
        accounts.check_password(bank, "nobody", password)


def test_changing_the_password_ends_every_session(bank):
    made = hired(bank, "rita")
    session = accounts.start_session(bank, made.person_id)
    people.change_password(bank, acting(bank, "rita"), old=made.password, new="a longer secret 7")
    assert accounts.session_person(bank, session) is None
    assert accounts.check_password(bank, "rita", "a longer secret 7") == made.person_id


@pytest.mark.parametrize("new", ["short", "aaaaaaaaaaaa", "xx-rita-yyyy", "x" * 300])
def test_a_weak_password_is_refused(bank, new):
    made = hired(bank, "rita")
    with pytest.raises(InvalidInput):
        people.change_password(bank, acting(bank, "rita"), old=made.password, new=new)


def test_hr_of_one_branch_neither_sees_nor_changes_another(bank):
    hired(bank, "hanna", hr="b01")
    hired(bank, "otto", unit="b02")
    hanna = acting(bank, "hanna")
    assert [one.login for one in people.list_(bank, hanna)] == ["hanna"]
    with pytest.raises(NotFound):
        people.disable(bank, hanna, person="otto", reason="no")
    with pytest.raises(AccessDenied):
        people.create(bank, hanna, login="new", name="New", unit="b02")


def test_hr_cannot_take_over_an_administrator(bank):
    hired(bank, "hanna", hr="head")
    hired(bank, "adam", administrator="head")
    with pytest.raises(AccessDenied):
        people.reset_password(bank, acting(bank, "hanna"), person="adam")


def test_nobody_gives_themselves_a_role(bank):
    hired(bank, "adam", administrator="head")
    with pytest.raises(Conflict):
        people.grant(bank, acting(bank, "adam"), person="adam", role="hr", unit="head")


def test_a_role_holds_in_its_period_only(bank, clock):
    hired(bank, "rita")
    begin = clock() + timedelta(days=1)
    people.grant(bank, SYSTEM, person="rita", role="hr", unit="b01", valid_from=begin, valid_until=begin + timedelta(1))
    seen = []
    for _day in range(3):
        seen.append(acting(bank, "rita").may("exams.assign"))
        clock.advance(days=1)
    assert seen == [False, True, False]


def test_a_revoked_role_is_gone_at_once(bank):
    hired(bank, "rita", hr="b01")
    held = people.grants_of(bank, SYSTEM, person="rita")
    people.revoke(bank, SYSTEM, grant=held[0].id)
    assert not acting(bank, "rita").grants


def test_a_roster_with_faults_names_every_row_and_stores_nobody(bank):
    text = "登录名,姓名,机构\nanna,安娜,b01\nb a d,坏,b01\nemil,埃米尔,nowhere\n"
    with pytest.raises(RosterError) as fault:
        people.import_roster(bank, SYSTEM, file_name="r.csv", content=base64.b64encode(text.encode()).decode())
    assert [one.number for one in fault.value.faults] == [3, 4]
    assert people.list_(bank, SYSTEM) == []


def test_a_roster_can_be_tried_and_then_taken(bank):
    content = base64.b64encode(b"login,name,unit\nanna,Anna,b01\nemil,Emil,b02\n").decode()
    assert people.import_roster(bank, SYSTEM, file_name="r.csv", content=content, dry_run=True) == 2
    assert people.list_(bank, SYSTEM) == []
    assert people.import_roster(bank, SYSTEM, file_name="r.csv", content=content) == 2
    assert [one.login for one in people.list_(bank, SYSTEM)] == ["anna", "emil"]


def test_a_personal_token_acts_until_it_is_revoked(bank):
    hired(bank, "rita")
    rita = acting(bank, "rita")
    made = tokens.create(bank, rita, label="laptop")
    assert accounts.token_person(bank, made.token) == rita.person_id
    tokens.revoke(bank, rita, token=made.id)
    assert accounts.token_person(bank, made.token) is None and tokens.list_(bank, rita) == []


def test_search_takes_wildcards_literally(bank):
    hired(bank, "rita")
    assert people.list_(bank, SYSTEM, search="%") == [] and len(people.list_(bank, SYSTEM, search="RIT")) == 1


def test_each_act_leaves_its_line_on_the_trail(bank):
    hired(bank, "rita", hr="b01")
    with bank.read() as connection:
        actions = [row.action for row in connection.execute(audit.select().order_by(audit.c.seq))]
    assert actions[-2:] == ["people.create", "people.grant"]


def test_every_operation_names_a_known_right_and_a_documented_purpose():
    for name, operation in registry.operations().items():
        assert operation.right is None or operation.right in ROLES_OF_RIGHT, name
        assert operation.function.__doc__, name


def test_an_unknown_argument_is_an_error_that_names_it(bank):
    with pytest.raises(InvalidInput) as fault:
        registry.call(bank, SYSTEM, "people.get", {"person": "x", "colour": "red"})
    assert "colour" in fault.value.render()

"""The exam desk's screen, driven without a browser: what the user's clicks lead to."""

import json

import ipywidgets
import pytest
from exam_hall import STAFF

from svclib.apps.exam_desk import ExamDesk


@pytest.fixture
def desk(hall):
    """Give a desk for a person, opened."""

    def of(login="hr1"):
        made = ExamDesk(hall.svc(login))
        made.show()
        return made

    return of


@pytest.fixture
def sitting(hall):
    made = hall.scheduled()
    hall.assigned(made)
    return made


def notices(app):
    return [notice["text"] for notice in app.screen.toasts.notices]


def person(hall, login):
    return hall.actor(login).person_id


def test_tabs_follow_the_rights(desk, sitting):
    assert list(desk("hr1").views) == ["sittings", "people", "live", "results", "quality", "rescore", "decisions"]
    assert list(desk("proctor").views) == ["sittings", "people", "live"]
    assert list(desk("reviewer").views) == ["decisions"]


def test_an_empty_desk_says_what_to_do(desk):
    assert (
        "No sitting yet" in desk().views["sittings"].summary.value or "还没有" in desk().views["sittings"].summary.value
    )


def test_scheduling_by_the_form_chooses_the_new_sitting(desk):
    app = desk()
    view = app.views["sittings"]
    view.new.press("new")
    view.form.heard({"event": "submit", "values": {**view.form.values, "name": "Autumn"}}, [])
    assert view.form.errors == {} and app.model.sitting.name == "Autumn"
    assert view.form_card not in view.widget.children


def test_a_form_without_a_name_keeps_the_form_open(desk):
    app = desk()
    view = app.views["sittings"]
    view.new.press("new")
    view.form.heard({"event": "submit", "values": {**view.form.values, "name": ""}}, [])
    assert "name" in view.form.errors and app.model.sittings == []


def test_people_are_assigned_by_unit_and_by_name(desk, hall):
    hall.scheduled()
    app = desk()
    app.tabs.go("people")
    view = app.views["people"]
    view.units.heard({"event": "submit", "values": {"units": ["b01"], "extra": 50}}, [])
    assert len(view.table.rows) == 3
    view.search.heard({"event": "change", "values": {"search": "s02"}}, [])
    view.found.heard({"selected": [person(hall, "s02")]}, [])
    view.take.press("assign")
    assert len(view.table.rows) == 4


def test_withdrawing_asks_for_a_reason(desk, hall, sitting):
    app = desk()
    app.tabs.go("people")
    view = app.views["people"]
    view.table.heard({"selected": [person(hall, "s01")]}, [])
    view.actions.press("withdraw")
    app.screen.dialog.answer({"reason": ""})
    assert app.screen.dialog.is_open and len(view.table.rows) == len(STAFF)
    app.screen.dialog.answer({"reason": "on leave"})
    assert len(view.table.rows) == len(STAFF) - 1


def test_a_roster_with_faults_offers_no_commit(desk, hall):
    import base64

    hall.scheduled()
    app = desk()
    app.tabs.go("people")
    view = app.views["people"]
    bad = base64.b64encode("工号\nN-zzz\n".encode()).decode()
    view.upload.heard({"name": "staff.csv", "content": bad}, [])
    assert [action["name"] for action in view.roster_actions.actions] == ["template"]
    assert view.problems.rows[0]["cells"]["row"]["text"] == "2"
    good = base64.b64encode("工号\nN-s01\n".encode()).decode()
    view.upload.heard({"name": "staff.csv", "content": good}, [])
    view.roster_actions.press("commit")
    assert len(view.table.rows) == 1


def test_the_live_board_beats_only_in_its_tab(desk, sitting):
    app = desk()
    app.tabs.go("live")
    assert app.views["live"].pulse.running
    app.tabs.go("people")
    assert not app.views["live"].pulse.running


def test_a_beat_shows_who_has_started(desk, hall, sitting):
    app = desk("proctor")
    app.tabs.go("live")
    view = app.views["live"]
    hall.opened("s03")
    view.pulse.heard({"beat": True}, [])
    first = view.table.rows[0]
    assert first["id"] == person(hall, "s03") and first["cells"]["left"]["order"] > 0


def test_the_board_is_narrowed_by_state(desk, hall, sitting):
    app = desk()
    app.tabs.go("live")
    view = app.views["live"]
    hall.opened("s03")
    view.refresh()
    view.filter.heard({"event": "change", "values": {"status": "open"}}, [])
    assert len(view.table.rows) == 1


def test_extending_from_the_board(desk, hall, sitting):
    hall.opened("s01")
    app = desk("proctor")
    app.tabs.go("live")
    view = app.views["live"]
    view.table.heard({"selected": [person(hall, "s01")]}, [])
    before = view.chosen.deadline
    view.actions.press("extend")
    app.screen.dialog.answer({"minutes": None, "closes_at": "", "extra_attempts": None, "reason": "fire drill"})
    assert app.screen.dialog.is_open
    app.screen.dialog.answer({"minutes": 5, "reason": "fire drill"})
    assert view.chosen.deadline > before


def test_voiding_goes_from_one_desk_to_the_other(desk, hall, sitting):
    hall.sit("s01", 1.0)
    first = desk("hr1")
    first.tabs.go("live")
    first.views["live"].table.heard({"selected": [person(hall, "s01")]}, [])
    first.views["live"].actions.press("void")
    first.screen.dialog.answer({"reason": "the wrong person sat"})
    second = desk("hr2")
    view = second.views["decisions"]
    assert second.tabs.current == "decisions"
    view.table.choose(view.table.rows[0]["id"])
    view.actions.press("approved")
    second.screen.dialog.answer({"reason": "seen on the list"})
    assert view.table.rows == [] and second.model.board()["void"] == 1


def test_who_proposed_is_offered_no_decision(desk, hall, sitting):
    hall.sit("s01", 1.0)
    app = desk("hr1")
    attempt = next(one.attempt for one in app.model.board().people if one.login == "s01")
    app.model.propose_void(attempt, "the wrong person sat")
    app.tabs.go("decisions")
    view = app.views["decisions"]
    view.table.choose(view.table.rows[0]["id"])
    assert view.actions.actions == []


@pytest.fixture
def sat(hall, sitting):
    for login, skill in zip(STAFF[:4], (1.0, 1.0, 0.3, 0.0), strict=True):
        hall.sit(login, skill)
    return hall


def test_results_show_sentence_chart_and_table(desk, sat):
    app = desk()
    app.tabs.go("results")
    view = app.views["results"]
    assert "<svg" in view.chart.value and len(view.table.rows) == len(STAFF)
    view.filter.heard({"event": "change", "values": {"outcome": "passed"}}, [])
    assert len(view.table.rows) == 2


def test_the_sentence_and_figures_are_drawn_not_spelt(desk, sat):
    app = desk()
    app.tabs.go("results")
    assert "&lt;" not in app.views["results"].told.value
    assert 'class="figure-value"' in app.views["results"].told.value


def test_who_has_no_result_has_not_failed(desk, sat, hall):
    app = desk()
    app.tabs.go("results")
    row = next(row for row in app.views["results"].table.rows if row["id"] == person(hall, STAFF[-1]))
    assert row["cells"]["result"] == {"text": "–"}


def test_a_form_put_away_schedules_nothing(desk):
    app = desk()
    view = app.views["sittings"]
    view.new.press("new")
    view.cancel.press("cancel")
    assert view.form_card not in view.widget.children and app.model.sittings == []


def test_the_excel_file_is_handed_over(desk, sat):
    app = desk()
    app.tabs.go("results")
    app.views["results"].actions.press("export")
    assert app.screen.download.handed.endswith(".xlsx")


def test_a_key_is_mended_through_the_screen(desk, sat):
    app = desk()
    app.tabs.go("rescore")
    view = app.views["rescore"]
    item = next(name for name in view.rescore.scores.columns if view.rescore.scores[name].notna().any())
    view.table.choose(item)
    view.form.heard({"event": "submit", "values": {"kind": "credit_all"}}, [])
    view.actions.press("propose")
    app.screen.dialog.answer({"reason": "the rule changed"})
    assert not app.screen.dialog.is_open and app.model.proposals()[0]["subject"] == item


def test_a_wrong_change_is_told_and_nothing_is_proposed(desk, sat):
    app = desk()
    app.tabs.go("rescore")
    view = app.views["rescore"]
    view.table.choose(view.table.rows[0]["id"])
    view.form.heard({"event": "submit", "values": {"kind": "two_keys", "keys": []}}, [])
    assert view.form.errors or notices(app)
    assert app.model.proposals() == []


def test_names_from_outside_are_escaped_on_the_screen(desk, hall):
    hall.scheduled(name="<script>alert(1)</script>")
    app = desk()
    shown = [widget.value for widget in _inside(app.screen) if isinstance(widget, ipywidgets.HTML)]
    assert shown and not any("<script>" in value for value in shown)


def test_everything_on_the_screen_travels_as_json(desk, sat):
    app = desk()
    for name in app.views:
        app.tabs.go(name)
        for widget in _inside(app.screen):
            state = widget.get_state()
            json.dumps({key: value for key, value in state.items() if key != "children"}, allow_nan=False)


def _inside(widget):
    yield widget
    for child in getattr(widget, "children", ()):
        yield from _inside(child)

"""Shared parts of a screen: what they tell the page, what they take from it."""

import math

import ipywidgets
import pandas as pd
import pytest

from svclib.apps import pieces
from svclib.apps.pieces import Action, Actions, Column, Dialog, Field, Fields, Html, Screen, Table, Tabs, Upload, Voice
from svclib.apps.pieces.markup import h
from svclib.errors import InvalidInput
from svclib.i18n import _

SAY = Voice("en")
NASTY = "<img src=x onerror=alert(1)>"


def test_markup_escapes_text_and_attributes():
    made = h("p", NASTY, title='"><script>')
    assert "<img" not in made and "<script>" not in made


def test_html_escapes_plain_text_and_keeps_markup():
    assert Html(NASTY).value == "&lt;img src=x onerror=alert(1)&gt;"
    assert Html(h("b", "x")).value == "<b>x</b>"


@pytest.mark.parametrize("part", [pieces.badge, pieces.sentence, pieces.banner])
def test_no_part_lets_markup_through(part):
    assert "<img" not in part(NASTY)


def test_facts_and_figures_escape():
    assert "<img" not in pieces.facts([(NASTY, NASTY)]) + pieces.figure(NASTY, NASTY, NASTY)


def test_a_moment_is_shown_and_read_in_the_users_zone():
    moment = SAY.parse("2025-03-03T09:00")
    assert moment.isoformat() == "2025-03-03T09:00:00+08:00"
    assert SAY.moment("2025-03-03T01:00:00Z") == "2025-03-03 09:00" and SAY.moment(None) == "–"


# ── tables ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def table(**options):
    made = Table([Column("name", "Name"), Column("score", "Score", "number")], SAY, **options)
    made.show([("a", {"name": "Ann", "score": 3}), ("b", {"name": "Bo", "score": math.nan})])
    return made


def test_a_missing_cell_is_a_dash_and_travels_as_json():
    assert table().rows[1]["cells"]["score"] == {"text": "–"}


def test_numbers_sort_by_their_value():
    assert table().rows[0]["cells"]["score"]["order"] == 3


def test_a_selection_from_the_page_reaches_the_handler_without_strangers():
    chosen = []
    made = table(select="many", on_select=chosen.append)
    made.heard({"selected": ["b", "stranger"]}, [])
    assert chosen == [["b"]] and made.selected == ["b"]


def test_a_refresh_keeps_the_selection_that_is_still_there():
    made = table(select="many")
    made.choose("a", "b")
    made.show([("b", {"name": "Bo", "score": 4})])
    assert made.selected == ["b"]


@pytest.mark.parametrize("address", ["javascript:alert(1)", "//elsewhere.example", "https://elsewhere.example"])
def test_a_cell_links_to_our_own_pages_alone(address):
    assert "href" not in pieces.cell("x", href=address)


# ── fields, dialogs ──────────────────────────────────────────────────────────────────────────────────────────────────
def test_fields_begin_with_a_value_of_their_kind():
    made = Fields([Field("a", "A"), Field("n", "N", "number"), Field("c", "C", "checks"), Field("b", "B", "check"),
                   Field("s", "S", "select", [("x", "X")])], submit="Go")  # fmt: skip
    assert made.values == {"a": "", "n": None, "c": [], "b": False, "s": "x"}


def test_unknown_values_from_the_page_are_left_out():
    given = []
    made = Fields([Field("a", "A")], submit="Go", on_submit=given.append)
    made.heard({"event": "submit", "values": {"a": "1", "evil": "2"}}, [])
    assert given == [{"a": "1"}]


def test_an_error_goes_to_its_field_the_rest_to_a_notice():
    screen = Screen(SAY, "Title")
    form = Fields([Field("a", "A", required=True)], submit="Go")

    def refuse(values):
        raise InvalidInput(_("Give a whole number."), field="a" if values["a"] == "mine" else "other")

    submitted = screen.submit(form, refuse)
    submitted({"a": ""})
    assert form.errors == {"a": "Fill in “A”."}
    submitted({"a": "mine"})
    assert form.errors == {"a": "Give a whole number."} and not screen.toasts.notices
    submitted({"a": "not mine"})
    assert screen.toasts.notices[-1]["text"] == "Give a whole number."


def test_a_dialog_stays_open_without_its_reason():
    dialog, given = Dialog(SAY), []
    dialog.ask("Void?", "", given.append, confirm="Propose", reason=True)
    dialog.answer({"reason": "  "})
    assert dialog.is_open and "reason" in dialog.errors and not given
    dialog.answer({"reason": "power cut"})
    assert not dialog.is_open and given == [{"reason": "power cut"}]


def test_a_dialog_shows_what_the_platform_refuses():
    dialog = Dialog(SAY)

    def refuse(_values):
        raise InvalidInput(_("Give a whole number."))

    dialog.ask("Sure?", "", refuse, confirm="Yes")
    dialog.answer({})
    assert dialog.is_open and dialog.problem == "Give a whole number."


def test_a_closed_dialog_takes_no_answer():
    dialog, given = Dialog(SAY), []
    dialog.ask("Sure?", "", given.append, confirm="Yes")
    dialog.heard({"event": "cancel"}, [])
    dialog.heard({"event": "confirm", "values": {}}, [])
    assert given == []


# ── acting ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_disabled_button_does_nothing():
    pressed = []
    row = Actions([Action("go", "Go", disabled=True)], on_action=pressed.append)
    row.heard({"action": "go"}, [])
    assert pressed == []


def test_tabs_show_one_panel_and_load_it_first():
    opened = []
    tabs = Tabs({"a": ("A", ipywidgets.VBox()), "b": ("B", ipywidgets.VBox())}, on_open=opened.append)
    tabs.bar.heard({"tab": "b"}, [])
    tabs.bar.heard({"tab": "stranger"}, [])
    assert opened == ["b"] and tabs.children == (tabs.bar, tabs.panels["b"])


def test_what_a_handler_raises_is_told_to_the_user():
    screen = Screen(SAY, "Title")
    row = Actions([Action("go", "Go")], on_action=lambda _name: 1 / 0)
    screen.fill(pieces.column(row))
    row.press("go")
    assert screen.toasts.notices[-1]["tone"] == "danger"
    assert "ZeroDivision" not in screen.toasts.notices[-1]["text"]


def test_an_upload_that_is_too_large_is_dropped():
    taken = []
    upload = Upload(SAY, "Roster", on_file=lambda *given: taken.append(given), largest=8)
    upload.heard({"name": "a.csv", "content": "A" * 40}, [])
    upload.heard({"name": "a.csv", "content": "QUJD"}, [])
    assert taken == [("a.csv", "QUJD")]


def test_a_pulse_beats_only_while_it_runs():
    beats = []
    pulse = pieces.Pulse(5, lambda: beats.append(1))
    pulse.heard({"beat": True}, [])
    pulse.running = True
    pulse.heard({"beat": True}, [])
    assert beats == [1]


def test_a_form_tells_the_kernel_nothing_but_its_four_traits():
    form = pieces.Form("/exam/a1", "en")
    told = {name for name in form.keys if not name.startswith("_")} - set(ipywidgets.DOMWidget().keys)
    assert told == {"source", "locale", "mode", "status"}


def test_a_chart_is_a_picture_with_its_sentence():
    import altair as alt

    drawn = alt.Chart(pd.DataFrame({"x": [1], "y": [2]})).mark_bar().encode(x="x:Q", y="y:Q")
    made = pieces.picture(drawn, f"Shows {NASTY}")
    assert made.startswith('<div role="img" aria-label="Shows &lt;img') and "<svg" in made
    assert "var(--chart-1" in made and "<script" not in made


def test_what_draws_charts_is_loaded_once_in_the_background():
    first = pieces.warm_up()
    first.join(30)
    assert not first.is_alive() and pieces.warm_up() is first


def test_a_workbook_cell_that_looks_like_a_formula_stays_text():
    import io

    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(pieces.workbook({"a[b]": pd.DataFrame({"x": ["=1+1", "\x0bz", None]})})))
    sheet = book.worksheets[0]
    assert [sheet.cell(row, 1).data_type for row in (2, 3)] == ["s", "s"] and sheet.cell(3, 1).value == "z"

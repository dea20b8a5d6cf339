"""The lint: what it finds, at which line, and what it leaves alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from svclib.forms import check, from_body, load_definition, parse_definition
from svclib.forms.lint.surveys import sign_of

from .conftest import BANK, EXAM, OPTIONS, T, choice, item, text

ROOT = Path(__file__).parents[2]


def codes(definition, bank=None, severity=None):
    return [one.code for one in check(definition, bank) if severity in (None, one.severity)]


def radiogroup(name, *values, **keys):
    return {"type": "radiogroup", "name": name, "choices": [choice(value) for value in values]} | keys


def boolean(name, **keys):
    return {"type": "boolean", "name": name} | keys


def rating(name, low=1, high=5, **keys):
    return {"type": "rating", "name": name, "rateMin": low, "rateMax": high} | keys


def checkbox(name, *values, **keys):
    return radiogroup(name, *values, **keys) | {"type": "checkbox"}


GRID = {"type": "matrix", "name": "g", "rows": [choice("r1")], "columns": [choice(1), choice(2)]}
NUMBER = {"type": "text", "name": "n", "inputType": "number", "min": 0, "max": 10}
DAY = {"type": "text", "name": "d", "inputType": "date"}
WORDS = {"type": "text", "name": "w"}
ASKED = [rating("a"), radiogroup("c", "x", "y"), checkbox("s", "x", "y", "z"), boolean("b"), GRID, NUMBER, DAY, WORDS]


def conditioned(make_survey, condition):
    return make_survey(*ASKED, boolean("last", visibleIf=condition))


@pytest.mark.parametrize(
    "condition",
    [
        "{a} <= 2",
        "{a} > 2 and {a} < 4",
        "{c} = 'x' or {c} = 'y'",
        "{s} contains 'x' and {s} notcontains 'y'",
        "{s} allof ['x', 'z']",
        "{b} = true",
        "{g.r1} >= 2",
        "{n} > 9.5",
        "{d} < '2020-01-01'",
        "{w} contains '排队' and {w} != 'x'",
        "{g} notempty",
        "!({c} anyof ['x', 'y'])",
        "3 >= {a}",
        "{a} = {n}",
    ],
)
def test_a_sound_condition_is_left_alone(make_survey, condition):
    assert codes(conditioned(make_survey, condition)) == []


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ("{a} <= 2 and {a} >= 4", "contradiction"),
        ("{a} > 5", "contradiction"),
        ("{a} > 2 and {a} < 3", "contradiction"),
        ("{c} = 'x' and {c} = 'y'", "contradiction"),
        ("{c} = 'x' and !({c} anyof ['x', 'y'])", "contradiction"),
        ("{b} = true and {b} empty", "contradiction"),
        ("{n} < 0", "contradiction"),
        ("{d} < '2020-01-01' and {d} > '2021-01-01'", "contradiction"),
        ("{w} = 'p' and {w} = 'q'", "contradiction"),
        ("{s} noneof ['x', 'y', 'z'] and {s} notempty", "contradiction"),
        ("({a} = 1 or {a} = 2) and {a} > 3", "contradiction"),
        ("{g.r1} = 1 and {g.r1} = 2", "contradiction"),
        ("{c} = 'q'", "no_choice"),
        ("{s} contains 'q'", "no_choice"),
        ("{a} = 9", "no_choice"),
        ("{g.r1} = 7", "no_choice"),
        ("{zz} = 1", "unknown_reference"),
        ("{g.r9} = 1", "unknown_reference"),
        ("{a.r1} = 1", "unknown_reference"),
        ("{last} = true", "later_reference"),
        ("{b} = 1", "mixed_types"),
        ("{a} = '1'", "mixed_types"),
        ("{c} > 'a'", "mixed_types"),
        ("{s} = 'x'", "mixed_types"),
        ("{c} contains 'x'", "mixed_types"),
        ("{c} = ['x']", "mixed_types"),
        ("{c} anyof 'x'", "mixed_types"),
        ("{d} = 'tomorrow'", "mixed_types"),
        ("{w} = '12'", "mixed_types"),
        ("{g} = 1", "mixed_types"),
        ("{a} = {b}", "mixed_types"),
        ("{a} like 3", "invalid_expression"),
    ],
)
def test_a_faulty_condition_is_found(make_survey, condition, code):
    assert codes(conditioned(make_survey, condition), severity="error") == [code]


def test_a_question_below_a_contrary_panel_is_unreachable(make_survey):
    inner = {"type": "boolean", "name": "q", "title": T, "visibleIf": "{a} >= 4"}
    panel = {"type": "panel", "name": "p", "visibleIf": "{a} <= 2", "elements": [inner]}
    assert codes(make_survey(rating("a"), panel)) == ["unreachable"]


def test_a_question_that_needs_a_hidden_answer_is_unreachable(make_survey):
    made = make_survey(
        rating("a"), boolean("b", visibleIf="{a} <= 2"), boolean("c", visibleIf="{a} = 5 and {b} = true")
    )
    assert codes(made) == ["unreachable"]


def test_a_question_may_need_a_hidden_answer_to_be_missing(make_survey):
    made = make_survey(rating("a"), boolean("b", visibleIf="{a} <= 2"), boolean("c", visibleIf="{a} = 5 and {b} empty"))
    assert codes(made) == []


@pytest.mark.parametrize(
    ("title", "found"),
    [("Why {a}?", []), ("{zz}", ["unknown_reference"]), ("{last}", ["later_reference"]), ("{A b}", ["piping"])],
)
def test_piped_names_are_checked(make_survey, title, found):
    made = make_survey(rating("a"), boolean("last", title={"zh-CN": "题", "en": title}))
    assert codes(made) == found


def test_a_missing_translation_is_found_at_its_line():
    yaml = "survey: s\nversion: 1\ntitle: {zh-CN: 甲, en: A}\npages:\n- name: p\n  elements:\n"
    yaml += "  - type: boolean\n    name: q\n    title: {zh-CN: 满意}\n"
    (finding,) = check(parse_definition(yaml, "s.yaml"))
    assert (finding.code, finding.severity, finding.line, finding.column) == ("missing_translation", "error", 9, 5)
    assert finding.render("zh-CN").startswith("s.yaml:9:5: 文本缺少 en 版本")


def test_one_language_is_enough_where_only_one_is_declared(make_survey):
    made = make_survey(boolean("q", title={"en": "Q"}), languages=["en"], title={"en": "S"})
    assert codes(made) == []


def test_an_untranslated_text_is_found(make_survey):
    assert codes(make_survey(boolean("q", title={"zh-CN": "满意吗", "en": "满意吗"}))) == ["untranslated"]


def test_two_choices_with_one_text_are_found(make_survey):
    choices = [choice("a"), choice("b") | {"text": {"zh-CN": "别的", "en": "choice  A"}}]
    assert codes(make_survey({"type": "radiogroup", "name": "q", "choices": choices})) == ["duplicate_choice"]


def scale(*labels):
    return [{"value": f"v{n}", "text": {"zh-CN": f"第{n}", "en": label}} for n, label in enumerate(labels)]


def test_an_unbalanced_scale_is_found(make_survey):
    labels = scale("Very dissatisfied", "Neither", "Satisfied", "Very satisfied")
    made = make_survey({"type": "radiogroup", "name": "q", "choices": labels, "scale": "ordinal"})
    assert codes(made) == ["unbalanced_scale"]


def test_a_balanced_scale_is_left_alone(make_survey):
    labels = scale("Very dissatisfied", "Dissatisfied", "Neither", "Satisfied", "Very satisfied")
    assert codes(make_survey({"type": "radiogroup", "name": "q", "choices": labels, "scale": "ordinal"})) == []


@pytest.mark.parametrize(
    ("label", "sign"),
    [
        ("非常满意", 1),
        ("不满意", -1),
        ("一般", 0),
        ("不太同意", -1),
        ("同意", 1),
        ("Strongly disagree", -1),
        ("Easy", 1),
        ("甲", None),
    ],
)
def test_the_sign_of_a_label(label, sign):
    assert sign_of(label) == sign


def test_a_scale_described_at_one_end_is_found(make_survey):
    assert codes(make_survey(rating("q", minRateDescription=T))) == ["unbalanced_scale"]


@pytest.mark.parametrize(
    "element", [rating("q", 1, 10, measure="nps"), boolean("q", measure="csat"), boolean("q", measure="nps")]
)
def test_a_measure_needs_its_scale(make_survey, element):
    assert codes(make_survey(element)) == ["measure"]


def test_required_and_required_if_contradict(make_survey):
    assert codes(make_survey(rating("a"), boolean("q", isRequired=True, requiredIf="{a} = 1"))) == ["requirement"]


def servqual(name, side, construct="tangibles"):
    return rating(name, 1, 7, measure=f"servqual-{side}", construct=construct)


def test_servqual_needs_pairs(make_survey):
    assert codes(make_survey(servqual("a", "e"), servqual("b", "p"), servqual("c", "p"))) == ["servqual"]
    assert codes(make_survey(servqual("a", "e"), servqual("b", "p"))) == []
    assert codes(make_survey(servqual("a", "p"))) == []


@pytest.mark.parametrize(
    ("one", "code"),
    [
        (item("x", "single", choices=OPTIONS, key="a", topic="zz"), "unknown_topic"),
        (item("x", "single", choices=OPTIONS, key="a", stimulus="zz"), "unknown_stimulus"),
        (item("x", "single", choices=OPTIONS, key="a", enemies=["zz"]), "unknown_enemy"),
        (item("x", "single", choices=OPTIONS, key="a", author="Li", reviewer="Li"), "own_review"),
        (item("x", "single", choices=OPTIONS | {"b": OPTIONS["a"]}, key="c"), "duplicate_choice"),
        (item("x", "multiple", choices=OPTIONS, key=list("abcd")), "all_keyed"),
        (item("x", "ordering", choices=OPTIONS, key=list("abcd"), fixed_order=True), "leaked_key"),
        (item("x", "short_text", accepted=["a", "A "]), "duplicate_choice"),
        (
            item("x", "single", choices=OPTIONS | {"b": text("A " + "much " * 9 + "longer one", "很" * 30)}, key="b"),
            "longest_key",
        ),
    ],
)
def test_faults_of_items_are_found(make_bank, one, code):
    more = (
        {"topics": BANK["topics"]}
        if code != "unknown_topic"
        else {"topics": {"t": T, "u": T}, "items": [one, *BANK["items"]]}
    )
    assert code in codes(make_bank(one, **more))


def test_a_key_in_the_stem_is_found(make_bank):
    stem = {"zh-CN": "留存身份资料五年以上的规定？", "en": "Records are kept for five years. How long?"}
    choices = {
        "a": text("kept for five years", "留存身份资料五年"),
        "b": text("kept ten years", "十年"),
        "c": text("never", "不留存"),
    }
    assert codes(make_bank(item("x", "single", choices=choices, key="a", stem=stem))) == ["leaked_key"]


def test_a_stem_that_names_all_choices_leaks_nothing(make_bank):
    stem = text("Is it enhanced diligence or simplified diligence?", "强化尽职调查还是简化尽职调查？")
    choices = {"a": text("enhanced diligence", "强化尽职调查"), "b": text("simplified diligence", "简化尽职调查")}
    assert codes(make_bank(item("x", "single", choices=choices, key="a", stem=stem))) == []


def test_an_accepted_word_in_the_stem_or_case_is_found(make_bank):
    stimuli = {"c": {"text": text("They ask about beneficial owner data", "询问受益所有人信息")}}
    one = item("x", "short_text", accepted=["beneficial owner", "受益所有人"], stimulus="c")
    assert codes(make_bank(one, stimuli=stimuli)) == ["leaked_key"]


def test_the_rationale_in_a_choice_is_found(make_bank):
    one = item("x", "single", choices=OPTIONS | {"d": text("Because of rule x, yes", "文Because of rule x")}, key="a")
    assert codes(make_bank(one)) == ["leaked_key"]


def test_a_bank_with_one_answer_everywhere_is_found(make_bank):
    items = [item(f"x{n}", "single", choices=OPTIONS, key="b") for n in range(12)]
    assert codes(make_bank(*items)) == ["key_position"]


def test_a_sound_bank_is_left_alone(bank):
    assert codes(bank) == []


def test_a_blueprint_that_the_bank_cannot_fill_is_found(bank):
    made = from_body("exam", EXAM | {"blueprint": [{"count": 1}, {"type": "single", "count": 3}]})
    (finding,) = check(made, bank)
    assert finding.code == "blueprint" and finding.fields["row"] == 2 and finding.fields["missing"] == 2


def test_an_unknown_topic_of_a_blueprint_is_found(bank):
    assert "unknown_topic" in codes(from_body("exam", EXAM | {"blueprint": [{"topic": "zz", "count": 1}]}), bank)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"minutes": 1}, "time"),
        ({"attempts": 2, "feedback": "rationale", "feedback_from": "submitted"}, "feedback"),
        ({"certificate": {"valid_months": 1, "renew_from_days": 60}}, "certificate"),
        ({"bank": "other"}, "other_bank"),
        ({"title": {"en": "E"}}, "missing_translation"),
    ],
)
def test_rules_that_do_not_go_together_are_found(bank, change, code):
    assert codes(from_body("exam", EXAM | change), bank) == [code]


def test_every_finding_speaks_both_languages(make_survey):
    for finding in check(conditioned(make_survey, "{a} <= 2 and {a} >= 4")):
        assert finding.message("en") != finding.message("zh-CN")


SHIPPED = sorted([*ROOT.glob("surveys/*.yaml"), *ROOT.glob("quizzes/**/*.yaml")])


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_definitions_have_no_errors(path):
    assert [one.render() for one in check(load_definition(path)) if one.severity == "error"] == []

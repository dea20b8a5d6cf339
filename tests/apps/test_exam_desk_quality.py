"""The tab of quality: what the answers say about an exam, driven without a browser."""

import numpy as np
import pandas as pd
import pytest
from exam_hall import EXAM, STAFF

from svclib.apps.exam_desk import ExamDesk
from svclib.apps.exam_desk.evidence import Evidence
from svclib.apps.exam_desk.findings import GROUPS, PARTS, find
from svclib.apps.exam_desk.model import ExamDeskModel
from svclib.apps.pieces.voice import Voice

N, ITEMS = 240, [f"q{number:02d}" for number in range(20)]


class Prepared(Evidence):
    """Synthetic candidates: q03 has a wrong key, q07 is harder on a phone, two agree, one hurries."""

    def __init__(self, desk, drawn=False):
        self.desk, self.exam = desk, EXAM
        rng = np.random.default_rng(5)
        able, index = rng.normal(size=N), pd.Index([f"a{number:03d}" for number in range(N)], name="attempt_id")
        phone = rng.random(N) < 0.4
        hard = np.linspace(-1.5, 1.5, 20)[None, :] + 1.6 * np.outer(phone, np.arange(20) == 7)
        right = rng.random((N, 20)) < 1 / (1 + np.exp(-1.3 * (able[:, None] - hard)))
        chosen = np.where(right, "a", rng.choice(list("bcd"), (N, 20)))
        chosen[1] = chosen[0] = np.where(rng.random(20) < 0.6, "b", "a")
        score = (chosen == np.where(np.arange(20) == 3, "c", "a")).astype(float)
        seconds = rng.lognormal(3.4, 0.4, (N, 20))
        seconds[5] = 1.0
        away = rng.random((N, 20)) < 0.5 if drawn else np.zeros((N, 20), dtype=bool)
        table = {"index": index, "columns": ITEMS}
        self.__dict__["scores"] = pd.DataFrame(np.where(away, np.nan, score), **table)
        self.__dict__["points"] = self.scores * 5
        self.__dict__["choices"] = pd.DataFrame(np.where(away, None, chosen), **table)
        self.__dict__["states"] = pd.DataFrame(np.where(away, "not_presented", "answered"), **table)
        self.__dict__["times"] = pd.DataFrame(np.where(away, np.nan, seconds), **table)
        percent = 100 * self.scores.mean(axis=1)
        layout = np.where(phone, "phone", "desktop")
        branch = np.where(np.arange(N) % 2, "b01", "b02")
        self.__dict__["results"] = pd.DataFrame(
            {"percent": percent, "layout": layout, "language": "zh-CN", "branch": branch}, index=index
        )
        self.__dict__["names"] = {"a000": "Name 0 (N-0)"}


@pytest.fixture
def model(hall):
    hall.scheduled()
    made = ExamDeskModel(hall.svc("hr1"), Voice("en"))
    made.load()
    return made


@pytest.fixture
def evidence(model):
    return Prepared(model)


def test_the_wrong_key_is_named(evidence):
    found = find("items", evidence, Voice("en"))
    cells = dict(found.rows)["q03"]
    assert "key is probably a" in cells["look"]
    assert "Reliability" in found.told[1] and found.draw(400) is not None


def test_the_item_harder_on_a_phone_is_found(evidence):
    found = find("fairness", evidence, Voice("en"))
    assert [cells["item"] for _key, cells in found.rows] == ["q07"]
    assert "on a phone" in found.rows[0][1]["look"]
    alone = find("fairness", evidence, Voice("en"), "language")
    assert "Fewer than two groups" in alone.told[0] and not alone.rows


def test_the_pass_mark_tells_what_a_point_does_and_who_is_near(evidence):
    found = find("pass_mark", evidence, Voice("en"))
    assert "candidates pass" in found.told[0] and "would pass" in " ".join(found.told)
    assert 0 < len(found.rows) < N
    assert all(0 <= cells["wrong"]["order"] <= 1 for _key, cells in found.rows)


def test_alike_answers_and_hurry_call_for_a_look_and_accuse_nobody(evidence):
    found = find("security", evidence, Voice("en"))
    keys = [key for key, _cells in found.rows]
    assert {"a000 a001", "a001 a000"} & set(keys) and "a005" in keys and len(keys) == 2
    assert "Name 0" in " ".join(cells["who"] for _key, cells in found.rows)
    assert "proves nothing" in " ".join(found.told)


def test_drawn_forms_are_judged_by_their_dependability(model):
    drawn = Prepared(model, drawn=True)
    assert not drawn.same_form
    assert "Φ" in find("items", drawn, Voice("en")).told[1]
    assert "candidates pass" in find("pass_mark", drawn, Voice("en")).told[0]


@pytest.mark.parametrize("part", PARTS)
def test_everything_is_said_in_chinese(evidence, part):
    voice = Voice("zh-CN")
    found = find(part, evidence, voice)
    texts = [*found.told, found.caption, found.empty, *(column.label for column in found.columns)]
    texts += [cells["look"] for _key, cells in found.rows]
    assert [text for text in texts if text and not any("\u4e00" <= letter <= "\u9fff" for letter in text)] == []
    assert not any(word in " ".join(texts) for word in ("phone", "candidates", "answers"))


def test_the_tab_shows_each_part_and_offers_groups_for_fairness_only(hall):
    made = hall.scheduled()
    hall.assigned(made)
    for number, login in enumerate(STAFF):
        hall.sit(login, 0.3 + 0.1 * number)
    app = ExamDesk(hall.svc("hr1"))
    app.show()
    app.tabs.go("quality")
    view = app.views["quality"]
    for part in PARTS:
        view.choice.heard({"event": "change", "values": {"part": part}}, [])
        assert "app-sentence" in view.told.value
        assert [field.name for field in view.choice.fields] == ["part", "group"][: 2 if part == "fairness" else 1]
    assert not [notice for notice in app.screen.toasts.notices if notice.get("kind") == "error"]
    assert set(GROUPS) == {"layout", "language", "branch"}


def test_an_exam_nobody_sat_says_so(hall):
    hall.scheduled()
    app = ExamDesk(hall.svc("hr1"))
    app.show()
    app.tabs.go("quality")
    assert len(app.views["quality"].widget.children) == 2

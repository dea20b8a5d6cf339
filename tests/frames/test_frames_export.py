"""Exports: nothing runs in a spreadsheet, SPSS keeps labels and kinds of missing, shares hold nothing sensitive."""

import base64
import io
import json
import zipfile

import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pyreadstat
import pytest
from exam_room import RIGHT, SYSTEM
from survey_field import FULL, read, respond

from svclib import frames
from svclib.errors import AccessDenied
from svclib.frames.files import csv_bytes, workbook
from svclib.frames.spss import FIRST_CODE, variable_names
from svclib.operations import frames as topic
from svclib.operations import people

RISKY = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"]


def packed(store, actor=SYSTEM, **given):
    file = topic.export(store, actor, **{"name": "visit", "variant": "full", **given})
    archive = zipfile.ZipFile(io.BytesIO(base64.b64decode(file.content)))
    return {name: archive.read(name) for name in archive.namelist()}


def sav(content, tmp_path, **options):
    path = tmp_path / "table.sav"
    path.write_bytes(content)
    return pyreadstat.read_sav(str(path), **options)


@pytest.mark.parametrize("text", RISKY)
def test_no_text_runs_in_a_spreadsheet(text):
    frame = pd.DataFrame({"words": [text], "number": [-1.0], text: pd.Categorical([text])})
    back = pd.read_csv(io.BytesIO(csv_bytes(frame)))
    assert back["words"].iloc[0].strip() == f"'{text}".strip()
    assert back["number"].iloc[0] == -1
    sheet = openpyxl.load_workbook(io.BytesIO(workbook({"data": frame})))["data"]
    assert sheet["A2"].data_type == "s"
    assert sheet["A2"].value.startswith("'")
    assert sheet["B2"].value == -1
    assert sheet["C1"].value.startswith("'")


def test_csv_is_utf_8_with_a_mark(field):
    respond(field, field.hash, {**FULL, "words": "排队太久"})
    files = packed(field, format="csv")
    assert sorted(files) == ["visit.csv", "visit_codebook.csv", "visit_states.csv"]
    assert files["visit.csv"].startswith(b"\xef\xbb\xbf")
    assert pd.read_csv(io.BytesIO(files["visit.csv"]))["words"].iloc[0] == "排队太久"


def test_csv_with_labels(field):
    respond(field, field.hash, FULL)
    back = pd.read_csv(io.BytesIO(packed(field, format="csv", language="zh-CN")["visit.csv"]))
    assert back["wait"].iloc[0] == "长"


def test_a_workbook_holds_data_states_and_codebook(field):
    respond(field, field.hash, FULL, {})
    book = openpyxl.load_workbook(io.BytesIO(packed(field, format="xlsx")["visit.xlsx"]))
    assert book.sheetnames == ["data", "states", "codebook"]
    heads = [cell.value for cell in book["data"][1]]
    assert book["data"].cell(2, heads.index("words") + 1).value == "'=cmd|calc"


def test_spss_keeps_values_labels_and_kinds_of_missing(field, tmp_path):
    respond(field, field.hash, FULL, {"overall": 5, "wait": "dont_know"}, {"overall": 1, "rate": {"room": 1}})
    content = packed(field, format="sav", language="en")["visit.sav"]
    data, meta = sav(content, tmp_path, user_missing=True)
    frame, why = read(field), read(field, frames.states)
    kinds = ["omitted", "not_reached", "not_presented", "not_shown", "dont_know", "broke_off"]
    code = {kind: FIRST_CODE - place for place, kind in enumerate(kinds)}
    for name in ("overall", "wait", "why__queue", "rate__desk", "order__a", "again"):
        for row in range(3):
            state = why[name].iloc[row]
            if state == "answered":
                label = meta.variable_value_labels[name].get(data[name].iloc[row])
                value = frame[name].iloc[row]
                expected = {"wait": {"long": "Long"}}.get(name, {}).get(value, label)
                assert label == expected
                assert not data[name].iloc[row] < 0
            else:
                assert data[name].iloc[row] == code[state]
    assert meta.column_names_to_labels["wait"] == "Wait"
    assert meta.variable_value_labels["wait"][code["dont_know"]] == "Don't know"
    assert meta.variable_measure["wait"] == "ordinal"
    assert meta.missing_ranges["wait"] == [{"lo": -996.0, "hi": -991.0}]


def test_spss_gives_the_same_answers_back(field, tmp_path):
    respond(field, field.hash, FULL, {"overall": 5})
    data, _meta = sav(packed(field, format="sav")["visit.sav"], tmp_path)
    frame = read(field)
    assert data["overall"].tolist() == frame["overall"].tolist()
    assert (data["wait"] - 1).tolist()[0] == frame["wait"].cat.codes.iloc[0]
    assert data["wait"].isna().tolist() == [False, True]
    assert data["words"].tolist() == ["=cmd|calc", ""]
    assert data["day"].iloc[0] == frame["day"].iloc[0]


def test_the_codebook_beside_tells_the_codes(field):
    book = pd.read_csv(io.BytesIO(packed(field, format="sav")["visit_codebook.csv"]))
    assert book[book["column"] == "wait"][["value", "code"]].to_numpy().tolist() == [
        ["short", 1],
        ["long", 2],
        ["other", 3],
    ]


def test_names_that_spss_refuses_are_mended():
    long = "q" * 70
    names = variable_names(["aml-001", "aml_001", "AML_001", "by", "1st", long, long + "x"])
    assert len({name.upper() for name in names.values()}) == 7
    assert all(len(name) <= 64 and name[0].isalpha() for name in names.values())


def test_parquet_carries_the_labels(field):
    respond(field, field.hash, FULL)
    table = pq.read_table(io.BytesIO(packed(field, format="parquet")["visit.parquet"]))
    told = table.schema.field("wait").metadata
    assert told[b"label"].decode() == "等候"
    assert json.loads(told[b"value_labels"]) == {"short": "短", "long": "长", "other": "其他"}
    back, frame = (one.dropna(axis=1, how="all") for one in (table.to_pandas(), read(field)))
    pd.testing.assert_frame_equal(back, frame, check_dtype=False)


@pytest.mark.parametrize("kind", ["csv", "xlsx", "sav", "parquet"])
def test_a_share_leaves_out_what_is_sensitive(field, kind):
    respond(field, field.hash, {**FULL, "words": "SECRET", "wait": "other", "wait-Comment": "SECRET"})
    for content in packed(field, format=kind, variant="share").values():
        plain = content
        if kind == "xlsx":
            inner = zipfile.ZipFile(io.BytesIO(content))
            plain = b"".join(inner.read(name) for name in inner.namelist())
        assert b"SECRET" not in plain
        assert b"words" not in plain


@pytest.mark.parametrize("kind", ["csv", "xlsx", "sav", "parquet"])
def test_an_empty_survey_can_be_exported(field, kind):
    assert packed(field, format=kind)


# ── exams ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("kind", ["csv", "xlsx", "sav", "parquet"])
def test_results_are_exported_with_names_in_full_and_without_in_a_share(room, kind):
    room.sit("ann", RIGHT)
    hr = room.actor("hr1")
    full = topic.export(room.store, hr, name="aml_drill", format=kind, variant="full", language="en")
    assert full.name == f"aml_drill_{kind}_full.zip"
    if kind != "csv":
        return
    shared = packed(room.store, hr, name="aml_drill", format=kind, variant="share")["aml_drill.csv"].decode("utf-8-sig")
    named = packed(room.store, hr, name="aml_drill", format=kind)["aml_drill.csv"].decode("utf-8-sig")
    assert "Nann" in named
    assert "Nann" not in shared
    assert "CANARY-author" not in named


def test_item_names_survive_in_spss(room, tmp_path):
    room.sit("ann", RIGHT)
    content = packed(room.store, room.actor("hr1"), name="aml_drill", format="sav", language="en")["aml_drill.sav"]
    data, meta = sav(content, tmp_path)
    assert data["aml_001"].tolist() == [2]
    assert data["aml_001__score"].tolist() == [1]
    assert meta.variable_value_labels["aml_001"][2] == "Two"


def test_exporting_needs_its_rights(room):
    with pytest.raises(AccessDenied):
        packed(room.store, room.actor("ann"), name="aml_drill", format="csv")
    people.create(room.store, SYSTEM, login="res", name="Res", unit="head")
    people.grant(room.store, SYSTEM, person="res", role="researcher", unit="head")
    with pytest.raises(AccessDenied):
        packed(room.store, room.actor("res"), name="aml_drill", format="csv", variant="share")


def test_a_researcher_shares_a_survey_but_never_in_full(field):
    people.create(field, SYSTEM, login="res", name="Res", unit="head")
    people.grant(field, SYSTEM, person="res", role="researcher", unit="head")
    from svclib.operations import accounts

    actor = accounts.actor_of(field, people.get(field, SYSTEM, person="res").id)
    assert packed(field, actor, format="csv", variant="share")
    with pytest.raises(AccessDenied):
        packed(field, actor, format="csv")

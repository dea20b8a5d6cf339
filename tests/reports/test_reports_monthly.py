import pandas as pd
import pytest
import synthetic_bank

from svclib import stats
from svclib.errors import AccessDenied, InvalidInput
from svclib.reports import monthly
from svclib.reports.monthly import answering, front, measures
from svclib.reports.parts import Words
from svclib.stats.estimate import Note


@pytest.fixture(scope="module")
def book(svc):
    return monthly.read(svc, language="en")


def html(section):
    """Words of a section's parts, without its charts."""
    return "".join(part._repr_html_() for part in section.parts if hasattr(part, "_repr_html_"))


def test_the_last_month_with_answers_is_the_default(book):
    assert book.month == "2026-12"
    assert len(book.months) == 12


def test_a_month_without_answers_names_those_there_are(svc):
    with pytest.raises(InvalidInput, match="2026-01 to 2026-12"):
        monthly.read(svc, month="2025-01", language="en")


def test_what_is_wrong_is_said_in_the_language_of_the_report(svc):
    with pytest.raises(InvalidInput, match="没有答卷"):
        monthly.read(svc, month="2025-01", language="zh-CN")


def test_exams_are_called_by_their_titles(book):
    assert book.exam("aml") in {"反洗钱考试", "AML exam"}
    assert book.exam("unknown") == "unknown"


def test_an_unknown_branch_names_known_ones(svc):
    with pytest.raises(InvalidInput, match="moon"):
        monthly.read(svc, branch="moon")


def test_months_follow_the_calendar_of_the_zone(svc, monkeypatch):
    frame = synthetic_bank.responses().head(1).assign(submitted_at=pd.Timestamp("2026-01-31 17:00", tz="UTC"))
    assert monthly.book.with_months(frame)["month"].tolist() == ["2026-02"]


def test_the_target_of_satisfaction_is_not_met(book):
    card = front.satisfied(book)
    assert (card.standing, card.status) == ("not_met", "not met")
    assert any("95% interval" in line for line in card.lines)


def test_the_share_certified_is_a_count_of_everybody(book):
    card = front.certified(book)
    assert card.standing == "met"
    assert "no sampling error" in card.lines[0]


def test_coverage_without_a_target_cannot_be_told(book):
    card = front.answered(book)
    assert card.status.startswith("cannot be told yet")
    assert len(card.lines) == 2


def test_the_headline_is_one_sentence_with_its_chance(book):
    told = html(monthly.headline(book))
    assert "chance" in told
    assert told.count('class="lead"') == 1


def test_a_small_branch_is_hidden_with_another_in_every_month(book):
    cells = stats.csat(book.responses, "overall", by=["branch", "month"])
    hidden = stats.suppress(cells, within="month")
    lost = hidden.loc[hidden["n"].isna()].groupby("month").size()
    assert (lost >= 2).all()


def test_a_branch_is_hidden_in_its_own_report_as_in_the_whole_table(svc):
    alone = monthly.read(svc, branch="qd", language="en")
    rows = measures.estimated(alone, measures.MEASURES[0])
    assert rows["estimate"].isna().all()
    assert set(rows["note"]) == {Note.SUPPRESSED}


def test_a_large_branch_reports_what_the_whole_table_says(svc, book):
    alone = measures.estimated(monthly.read(svc, branch="tj", language="en"), measures.MEASURES[0])
    cells = stats.csat(book.responses, "overall", by=["branch", "month"]).query("branch == 'tj'")
    shown = alone["estimate"].notna().to_numpy()
    assert alone["estimate"].to_numpy()[shown].tolist() == cells["estimate"].to_numpy()[shown].tolist()


def test_the_slow_branch_is_named_and_chance_alone_names_no_other(book):
    told = html(monthly.branches(book))
    assert "even among so many: TJ." in told


def test_a_branch_hidden_by_its_satisfaction_shows_no_other_measure(svc, monkeypatch):
    data = synthetic_bank.responses()
    few = data.loc[(data["branch"] != "qd") | (data.index.isin(data.index[data["branch"] == "qd"][-3:]))]
    frames = type(svc.frames)(**{**vars(svc.frames), "responses": lambda survey: few})
    shown = type(svc)(**{**vars(svc), "frames": frames})
    table = next(part for part in monthly.branches(monthly.read(shown, language="en")).parts if hasattr(part, "gt"))
    row = next(line for line in table._repr_html_().split("<tr>") if "QD" in line)
    assert row.count("—") == 5


def test_a_branch_with_months_shown_and_hidden_is_hidden_in_their_sum(svc, book):
    rows = book.responses.loc[book.responses["month"].isin(book.months[-3:])]
    months = stats.suppress(stats.csat(rows, "overall", by=["branch", "month"]), within="month")
    partly = months.groupby("branch", observed=True)["n"].agg(lambda n: n.isna().any() and n.notna().any())
    table = next(part for part in monthly.branches(book).parts if hasattr(part, "gt"))._repr_html_()
    for branch in partly.index[partly]:
        row = next(line for line in table.split("<tr>") if f">{branch.upper()}<" in line)
        assert row.count("—") == 5


def test_the_item_with_the_wrong_key_is_found(book):
    told = html(monthly.exams(book))
    assert "aml-007: The key is probably a" in told


def test_a_branch_report_shows_no_items(svc):
    assert "aml-001" not in html(monthly.exams(monthly.read(svc, branch="tj", language="en")))


def test_what_the_reader_may_not_see_is_left_out(svc):
    def refuse(**_):
        raise AccessDenied("no")

    frames = type(svc.frames)(**{**vars(svc.frames), "certified": refuse, "results": refuse, "coverage": refuse})
    seen = monthly.read(type(svc)(**{**vars(svc), "frames": frames}), language="en")
    assert front.certified(seen) is None
    assert front.answered(seen) is None
    assert "no results yet" in html(monthly.exams(seen))
    assert "Nobody counted" in html(monthly.coverage(seen))


def test_no_answers_at_all_is_said_plainly(svc):
    frames = type(svc.frames)(**{**vars(svc.frames), "responses": lambda survey: synthetic_bank.responses().head(0)})
    with pytest.raises(InvalidInput, match="no answers yet"):
        monthly.read(type(svc)(**{**vars(svc), "frames": frames}), language="en")


def test_rates_of_channels_are_shares_of_those_asked(book):
    rows = answering.by_channel(book)
    assert rows["estimate"].between(0, 1).all()
    assert rows.loc[rows["channel"] == "personal", "n"].unique().tolist() == [900]


def test_the_report_speaks_chinese(svc):
    seen = monthly.read(svc, language="zh-CN")
    assert "2026年12月服务质量月报" in html(monthly.opening(seen))
    assert "天津支行" in html(monthly.branches(seen))


def test_names_are_escaped(svc):
    people = type(svc.people)(units=lambda: [{"id": "tj", "name": {"en": "<b>x</b>", "zh-CN": "<b>x</b>"}}])
    seen = monthly.read(type(svc)(**{**vars(svc), "people": people}), branch="tj", language="en")
    assert "<b>" not in html(monthly.opening(seen))
    assert "<b>" not in html(monthly.branches(seen))


def test_words_are_html_already():
    assert Words("<p>x</p>")._repr_html_() == "<p>x</p>"

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.estimate import Note


def cells(*n, **more):
    return pd.DataFrame({"branch": [f"b{i}" for i in range(len(n))], "estimate": 0.5, "n": n, "note": "", **more})


def test_large_cells_stay():
    out = stats.suppress(cells(5, 40))
    assert out["n"].tolist() == [5, 40]


def test_a_small_cell_hides_and_the_next_smallest_with_it():
    out = stats.suppress(cells(40, 2, 9))
    assert out["estimate"].isna().tolist() == [False, True, True]
    assert out["note"].tolist() == ["", Note.SUPPRESSED, Note.COMPLEMENTARY]


def test_two_small_cells_that_are_large_together_need_no_third():
    assert stats.suppress(cells(40, 3, 4))["n"].isna().tolist() == [False, True, True]


def test_two_tiny_cells_need_a_third():
    assert stats.suppress(cells(40, 1, 2, 9))["n"].isna().tolist() == [False, True, True, True]


def test_cells_without_answers_hide_nothing():
    assert stats.suppress(cells(0, 40))["n"].tolist() == [0, 40]


def test_each_month_is_protected_by_itself():
    frame = cells(2, 9, 40, 30, month=["1", "1", "1", "2"])
    assert stats.suppress(frame, within="month")["n"].isna().tolist() == [True, True, False, False]


def test_a_cell_hidden_for_another_reason_takes_a_second_one_with_it():
    out = stats.suppress(cells(40, 9, 30), also=[False, True, False])
    assert out["n"].isna().tolist() == [False, True, True]
    assert out["note"].tolist()[1] == Note.COMPLEMENTARY


def test_a_frame_without_n_is_refused():
    with pytest.raises(InvalidInput, match='"n"'):
        stats.suppress(pd.DataFrame({"estimate": [1]}))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=3, max_size=12))
def test_no_hidden_cell_can_be_worked_out_from_the_total(counts):
    hidden = stats.suppress(cells(*counts))["n"].isna().to_numpy()
    lost = [n for n, gone in zip(counts, hidden, strict=True) if gone]
    shown = [n for n, gone in zip(counts, hidden, strict=True) if not gone and n]
    assert all(n >= 5 for n in shown)
    assert not lost or not shown or (len(lost) >= 2 and sum(lost) >= 5)

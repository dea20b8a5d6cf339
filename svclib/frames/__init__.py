"""The store's answers as labelled pandas frames; one module a topic, wording in the codebooks alone."""

from svclib.frames.codebooks import exam_codebook, labelled, survey_codebook
from svclib.frames.exams import choices, exam_states, results, scores
from svclib.frames.files import pack
from svclib.frames.plan import comments, design
from svclib.frames.responses import responses
from svclib.frames.states import STATES, state_counts, states
from svclib.frames.tables import exam_table, survey_table
from svclib.frames.targets import certified, coverage
from svclib.frames.times import item_times, page_times
from svclib.frames.view import View

__all__ = [
    "STATES", "View", "certified", "choices", "comments", "coverage", "design", "exam_codebook", "exam_states",
    "exam_table", "item_times", "labelled", "pack", "page_times", "responses", "results", "scores", "state_counts",
    "states", "survey_codebook", "survey_table",
]  # fmt: skip

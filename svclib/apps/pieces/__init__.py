"""Shared parts of a screen: every app is built from these, so that all look and behave alike."""

from svclib.apps.pieces.actions import Action, Actions, Tabs, beside, column, refill
from svclib.apps.pieces.address import query
from svclib.apps.pieces.chart import Chart, picture, warm_up
from svclib.apps.pieces.dialog import Dialog
from svclib.apps.pieces.feedback import Progress, Pulse, Toasts
from svclib.apps.pieces.fields import Field, Fields
from svclib.apps.pieces.files import Download, Upload
from svclib.apps.pieces.form import Form, preview_source
from svclib.apps.pieces.markup import Html, badge, banner, detail, empty_state, facts, figure, figures, h, sentence
from svclib.apps.pieces.screen import Screen
from svclib.apps.pieces.table import Column, Table, cell
from svclib.apps.pieces.voice import Voice, missing
from svclib.apps.pieces.workbook import workbook

__all__ = [
    "Action", "Actions", "Chart", "Column", "Dialog", "Download", "Field", "Fields", "Form", "Html", "Progress",
    "Pulse", "Screen", "Table", "Tabs", "Toasts", "Upload", "Voice", "badge", "banner", "beside", "cell", "column",
    "detail", "empty_state", "facts", "figure", "figures", "h", "missing", "picture", "preview_source", "query",
    "refill", "sentence", "warm_up", "workbook",
]  # fmt: skip

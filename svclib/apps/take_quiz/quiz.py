"""Take a quiz: one's own exams, the form, what came of it."""

from __future__ import annotations

from typing import Any

import svclib
from svclib.apps.pieces import (
    Action,
    Actions,
    Form,
    Html,
    Screen,
    badge,
    beside,
    column,
    empty_state,
    facts,
    h,
    query,
)  # fmt: skip
from svclib.apps.pieces.markup import Tone
from svclib.apps.take_quiz import feedback
from svclib.apps.take_quiz.model import TakeQuizModel
from svclib.i18n import _

STATES: dict[str, tuple[str, Tone]] = {
    "open": (_("Under way"), "warning"),
    "ready": (_("Ready"), "success"),
    "waiting": (_("Opens later"), "info"),
    "done": (_("Finished"), ""),
    "closed": (_("Closed"), ""),
}
HEADINGS = {"now": _("To take now"), "later": _("Later"), "done": _("Finished")}
FINISHED = ("submitted", "closed")


class TakeQuiz:
    """The app: a card for each of one's exams; opening one shows the same form as the page without a kernel.

    Answers go from the page to the server by HTTP; this app never sees them.

    Parameters
    ----------
    svc : svclib.client.Service, optional
        The platform; by default ``svclib.connect()``.
    """

    def __init__(self, svc: Any = None) -> None:
        self.model = TakeQuizModel(svc if svc is not None else svclib.connect())
        say = self.model.voice
        self.screen = Screen(say, say(_("Take a quiz")), say(_("Your exams and exercises, and what came of them.")))
        self.list = column()
        self.form = Form("", say.language)
        self.form.observe(self._status, "status")
        self.bar = Actions([], on_action=self._bar_act, label=say(_("This exam")))
        self.result = Html()
        self.sheet = column(self.bar, self.form)
        self.told = column(self.bar, self.result)

    def show(self) -> Screen:
        """Load and give the screen."""
        self.model.load()
        self.draw()
        wanted = query().get("assignment")
        if wanted and any(one.assignment == wanted and one.state == "open" for one in self.model.exams):
            self.take(wanted)
        return self.screen

    # ── the list ─────────────────────────────────────────────────────────────────────────────────────────────────────
    def draw(self) -> None:
        """Show the cards of all exams."""
        say = self.model.voice
        parts: list[Any] = []
        for name, heading in HEADINGS.items():
            cards = [self._card(one) for one in self.model.group(name)]
            parts += [Html(h("h2", say(heading))), beside(*cards, kind="app-halves")] if cards else []
        if not parts:
            told = say(_("When HR assigns you an exam or an exercise, it appears here and on your start page."))
            parts = [Html(empty_state(say(_("No exam is assigned to you.")), told))]
        self.list.children = tuple(parts)
        self.screen.fill(self.list)

    def _card(self, one: Any) -> Any:
        actions = Actions(self._offered(one), on_action=lambda name: self._act(name, one.assignment))
        actions.label = one.name
        return column(Html(self._about(one)), actions, kind="app-card")

    def _about(self, one: Any) -> Any:
        say = self.model.voice
        text, tone = STATES[one.state]
        title = h("h3", say.local(one.title), " ", badge(say(text), tone))
        pairs = [
            (say(_("Sitting")), one.name),
            (say(_("Window")), f"{say.moment(one.opens_at)} – {say.moment(one.closes_at)}"),
            (say(_("Minutes")), say.number(one.minutes)),
            (say(_("Pass mark")), say.number(one.pass_mark)),
        ]
        if one.state not in FINISHED:
            pairs.insert(3, (say(_("Attempts left")), one.attempts_left))
        if one.deadline:
            pairs.append((say(_("Hand in by")), say.moment(one.deadline)))
        if one.best is not None:
            passed = say(_("Has passed")) if one.passed else say(_("Not passed"))
            pairs.append((say(_("Best result")), f"{say.number(one.best, 1)} · {passed}"))
        elif one.state == "closed":
            pairs.append((say(_("Best result")), say(_("Not taken"))))
        return h("div", title, facts(pairs))

    def _offered(self, one: Any) -> list[Action]:
        say = self.model.voice
        tried = "?start=" in one.link
        begin = {"open": _("Continue"), "ready": _("Try again") if tried else _("Start")}.get(one.state)
        offered = [Action("take", say(begin), "primary")] if begin else []
        if begin:
            offered.append(Action("page", say(_("Open on a page of its own")), "quiet", href=one.link))
        if one.state == "done" or one.best is not None or tried:
            offered.append(Action("result", say(_("Result"))))
        return offered

    def _act(self, name: str, assignment: str) -> None:
        one = self.model.exam(assignment)
        if name == "result":
            self.tell(assignment)
        elif one.state == "ready":
            self._ask_start(one)
        else:
            self.take(assignment)

    def _ask_start(self, one: Any) -> None:
        say = self.model.voice
        text = say(
            _("You have {minutes} minutes. The clock starts now and runs on when you close the page; your answers are "
              "saved one by one. Attempts left: {left}."),
            minutes=f"{one.minutes:g}", left=one.attempts_left,
        )  # fmt: skip
        title = say(_("Start “{title}”?"), title=say.local(one.title))
        self.screen.dialog.ask(title, text, lambda _values: self.take(one.assignment), confirm=say(_("Start")))

    # ── one exam ─────────────────────────────────────────────────────────────────────────────────────────────────────
    def take(self, assignment: str) -> None:
        """Show the form of an exam."""
        self.form.status = ""
        self.form.source = self.model.take(assignment)
        self._offer_back()
        self.screen.fill(self.sheet)

    def tell(self, assignment: str) -> None:
        """Show what one may know about the last attempt."""
        one, say = self.model.exam(assignment), self.model.voice
        self.result.set(feedback.shown(say.local(one.title), self.model.feedback(assignment), say))
        self._offer_back()
        self.screen.fill(self.told)

    def back(self) -> None:
        """Go back to the list."""
        self.form.source = ""
        self.model.leave()
        self.draw()

    def _offer_back(self) -> None:
        say = self.model.voice
        offered = [Action("back", say(_("Back to my exams")))]
        if self.model.taking and self.form.status in FINISHED:
            offered.append(Action("result", say(_("Result"))))
        self.bar.offer(offered)

    def _bar_act(self, name: str) -> None:
        if name == "back":
            self.back()
        elif self.model.taking:
            taken = self.model.taking
            self.model.leave()
            self.tell(taken)

    def _status(self, _change: Any) -> None:
        if self.model.taking:
            self._offer_back()

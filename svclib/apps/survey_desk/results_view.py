"""The tab of first results: a plain sentence, the measures with intervals, the branches as a chart and a table."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd

from svclib.apps.pieces import (
    Chart,
    Column,
    Field,
    Fields,
    Html,
    Screen,
    Table,
    banner,
    cell,
    column,
    empty_state,
    figure,
    figures,
    h,
    refill,
    sentence,
)  # fmt: skip
from svclib.apps.survey_desk import results
from svclib.apps.survey_desk.model import SurveyDeskModel
from svclib.apps.survey_desk.results import Measured, Results
from svclib.apps.survey_desk.words import EXPLAINED, MEASURES, OPT_IN
from svclib.i18n import _
from svclib.reports import words
from svclib.reports.sentences.notes import note
from svclib.reports.sentences.satisfaction import level, ranking

SOURCE_NAMES = {
    results.SAMPLED: _("Sampled or all invited"),
    results.OPT_IN: _("Answered of their own accord (opt-in)"),
}


class ResultsView:
    """What the answers say so far."""

    def __init__(self, model: SurveyDeskModel, screen: Screen) -> None:
        self.model, self.screen = model, screen
        say = model.voice
        self.responses = pd.DataFrame()
        self.found: Results | None = None
        self.choice = Fields([], on_change=lambda _values: self._estimate())
        self.told, self.about, self.chart = Html(), Html(), Chart()
        self.table = Table(self._columns(), say, caption=say(_("By branch")), page_size=20)
        self.widget = column()

    def _columns(self) -> list[Column]:
        say = self.model.voice
        numbers = {"estimate": _("Value"), "interval": _("95% interval"), "n": _("Answers")}
        return [
            Column("branch", say(_("Branch"))),
            *(Column(name, say(text), "number", sort=name != "interval") for name, text in numbers.items()),
            Column("note", say(_("Note")), sort=False),
        ]

    def refresh(self) -> None:
        """Read the answers again."""
        with self.screen.progress.busy(self.model.voice(_("Reading the answers"))):
            self.responses = self.model.responses()
            self._offer()
            self._estimate()

    def _offer(self) -> None:
        say, held = self.model.voice, self.choice.values
        there = results.sources(self.responses)
        asked = [
            (f"{one.measure}/{one.name}", say(MEASURES[one.measure]))
            for one in self.model.definition.questions.values()
            if getattr(one, "measure", None) in MEASURES
        ]
        fields = [Field("shown", say(_("By branch")), "select", asked)]
        if len(there) > 1:
            named = [(name, say(SOURCE_NAMES[name])) for name in there]
            fields.insert(0, Field("source", say(_("Who answered")), "select", named))
        kept = {"source": held.get("source")} if held.get("source") in there else {"source": there[0] if there else ""}
        shown = held.get("shown") if held.get("shown") in dict(asked) else (asked[0][0] if asked else "")
        self.choice.ask(fields, {**kept, "shown": shown})

    def _estimate(self) -> None:
        source = str(self.choice.values.get("source") or results.SAMPLED)
        self.found = results.results(self.model.definition, self.responses, source)
        self._draw()

    def _draw(self) -> None:
        say, found = self.model.voice, self.found
        if found is None or not found.answers:
            text = say(_("Hand out a link or hang up the posters; the first results stand here as answers come in."))
            refill(self.widget, [Html(empty_state(say(_("No answers yet.")), text))])
            return
        if not found.measures:
            text = say(
                _("This survey asks for no satisfaction, recommendation or effort; take its answers from the export.")
            )
            refill(self.widget, [Html(empty_state(say(_("Nothing to show here.")), text))])
            return
        numbers = figures(*map(self._figure, found.measures))
        self.told.set(h("div", sentence(self._sentence(found)), self._source(found), numbers))
        self._draw_branches(self._shown(found))

    def _shown(self, found: Results) -> Measured:
        wanted = str(self.choice.values.get("shown"))
        return next((one for one in found.measures if f"{one.measure}/{one.question}" == wanted), found.measures[0])

    def _sentence(self, found: Results) -> str:
        say = self.model.voice
        told = [level(one.overall, say(MEASURES[one.measure]), one.unit, say.language) for one in found.measures]
        return ("" if say.language == "zh-CN" else " ").join(told)

    def _source(self, found: Results) -> Any:
        return banner(self.model.voice(OPT_IN), "warning") if found.source == results.OPT_IN else ""

    def _figure(self, one: Measured) -> Any:
        say = self.model.voice
        row = one.overall
        if not words.known(row["estimate"]):
            return figure(
                say(MEASURES[one.measure]), words.MISSING, note(str(row["note"] or "no answers"), say.language)
            )
        range_ = words.interval(row["low"], row["high"], one.unit, say.language)
        told = say(_("95% interval {interval}; {n} answers"), interval=range_, n=words.number(row["n"]))
        if self.found is not None and self.found.source == results.OPT_IN:
            told = say(_("{interval} ({n} answers; opt-in, no sampling error claimed)"), interval=range_,
                       n=words.number(row["n"]))  # fmt: skip
        return figure(say(MEASURES[one.measure]), words.value(row["estimate"], one.unit), told)

    def _draw_branches(self, one: Measured) -> None:
        from svclib.reports import charts

        say = self.model.voice
        named = one.branches.assign(branch=[self.model.unit_name(unit) for unit in one.branches["branch"]])
        below = [self.model.unit_name(unit) for unit in one.below]
        told = self._ranked(one, named, below)
        asked = h("p", f"{say.local(one.title)} {say(EXPLAINED[one.measure])}", class_="muted")
        self.about.set(h("div", sentence(told), asked))
        parts: list[Any] = [self.choice, self.told, self.about]
        if named["estimate"].notna().any():
            whole = float(one.overall["estimate"]) if words.known(one.overall["estimate"]) else None
            drawn = partial(
                charts.ranking, named, "branch", unit=one.unit, title=say(MEASURES[one.measure]), reference=whole,
                reference_label=say(_("all")), marked=tuple(below),
            )  # fmt: skip
            self.chart.draw(drawn(width=1100), told, narrow=drawn(width=340))
            parts.append(self.chart)
        self.table.show((str(row["branch"]), self._cells(row, one)) for row in named.to_dict("records"))
        refill(self.widget, [*parts, self.table])

    def _ranked(self, one: Measured, named: pd.DataFrame, below: list[str]) -> str:
        say = self.model.voice
        if one.branches["estimate"].notna().sum() == 0:
            return say(_("No branch has enough answers to be shown."))
        if self.found is not None and self.found.source != results.OPT_IN:
            return ranking(named, "branch", one.unit, below=below, hidden=one.hidden, language=say.language)
        shown = named.dropna(subset=["estimate"]).sort_values("estimate")
        text = _("The values run from {last_value} ({last}) to {best_value} ({best}).")
        first, last = shown.iloc[0], shown.iloc[-1]
        told = say(text, last_value=words.value(first["estimate"], one.unit), last=first["branch"],
                   best_value=words.value(last["estimate"], one.unit), best=last["branch"])  # fmt: skip
        hidden = say(_("{hidden} groups are not shown: too few answers."), hidden=one.hidden) if one.hidden else ""
        return " ".join(part for part in (told, hidden) if part)

    def _cells(self, row: dict[Any, Any], one: Measured) -> dict[str, Any]:
        language = self.model.voice.language
        return {
            "branch": row["branch"],
            "estimate": cell(words.value(row["estimate"], one.unit), order=row["estimate"]),
            "interval": words.interval(row["low"], row["high"], one.unit, language),
            "n": cell(words.number(row["n"]), order=None if pd.isna(row["n"]) else int(row["n"])),
            "note": note(str(row["note"] or ""), language),
        }

"""A dialog that asks before something that cannot be taken back, or for the little that an act needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import traitlets as t

from svclib.apps.pieces.fields import Field
from svclib.apps.pieces.piece import Piece, script
from svclib.apps.pieces.voice import Voice
from svclib.errors import InvalidInput, SvcError
from svclib.i18n import _

REASON = "reason"


class Dialog(Piece):
    """One dialog a screen; `ask` opens it.

    The handler is called with the values; it stays open with the message when the handler raises an `SvcError`.

    Examples
    --------
    >>> dialog, given = Dialog(Voice("en")), []
    >>> dialog.ask("Void the attempt?", "It no longer counts.", given.append, confirm="Propose", reason=True)
    >>> dialog.answer({"reason": "power cut"})
    >>> given, dialog.is_open
    ([{'reason': 'power cut'}], False)
    """

    _esm = script("fields", "dialog")
    is_open = t.Bool(False).tag(sync=True)
    title = t.Unicode("").tag(sync=True)
    text = t.Unicode("").tag(sync=True)
    specs: t.List[Any] = t.List().tag(sync=True)
    values = t.Dict().tag(sync=True)
    errors = t.Dict().tag(sync=True)
    problem = t.Unicode("").tag(sync=True)
    confirm = t.Unicode("").tag(sync=True)
    cancel = t.Unicode("").tag(sync=True)
    danger = t.Bool(False).tag(sync=True)

    def __init__(self, voice: Voice) -> None:
        self.voice = voice
        self._fields: tuple[Field, ...] = ()
        self._handler: Callable[[dict[str, Any]], Any] | None = None
        super().__init__(cancel=voice(_("Cancel")))

    def ask(
        self,
        title: str,
        text: str,
        handler: Callable[[dict[str, Any]], Any],
        *,
        confirm: str,
        fields: Iterable[Field] = (),
        values: Mapping[str, Any] | None = None,
        reason: bool = False,
        danger: bool = False,
    ) -> None:
        """Open: `title` and `text` say what will happen; `reason` adds a required field for why."""
        self._handler = handler
        self._fields = (*fields, *((self._reason(),) if reason else ()))
        blank = {field.name: None if field.kind == "number" else "" for field in self._fields}
        with self.hold_sync():
            self.specs = [field.spec() for field in self._fields]
            self.values = blank | dict(values or {})
            self.errors, self.problem = {}, ""
            self.title, self.text, self.confirm, self.danger = title, text, confirm, danger
            self.is_open = True

    def answer(self, values: Mapping[str, Any]) -> None:
        """Confirm with `values`, as the button does."""
        if not self.is_open or self._handler is None:
            return
        known = {field.name for field in self._fields}
        self.values = {**self.values, **{name: value for name, value in values.items() if name in known}}
        try:
            self._check()
            self._handler(dict(self.values))
        except SvcError as fault:
            self._blame(fault)
        except Exception as fault:
            self.is_open = False
            if self.failed is None:
                raise
            self.failed(fault)
        else:
            self.is_open = False

    def heard(self, message: dict[str, Any], buffers: list[Any]) -> None:
        """Take the answer."""
        if message.get("event") == "confirm" and isinstance(message.get("values"), dict):
            self.answer(message["values"])
        elif message.get("event") == "cancel":
            self.is_open = False

    def _reason(self) -> Field:
        hint = self.voice(_("It is kept on the audit trail."))
        return Field(REASON, self.voice(_("Reason")), "textarea", required=True, hint=hint)

    def _check(self) -> None:
        for field in self._fields:
            if field.required and not str(self.values.get(field.name) or "").strip():
                raise InvalidInput(_("Fill in “{label}”."), label=field.label, field=field.name)

    def _blame(self, fault: SvcError) -> None:
        message, name = self.voice.error(fault), str(fault.fields.get("field", ""))
        if any(field.name == name for field in self._fields):
            self.errors, self.problem = {name: message}, ""
        else:
            self.errors, self.problem = {}, message

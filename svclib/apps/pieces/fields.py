"""Input fields: a form with its button, or a bar of filters; labels, hints and errors belong to their fields."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import traitlets as t

from svclib.apps.pieces.piece import Piece, script
from svclib.errors import InvalidInput, SvcError

Kind = Literal["text", "search", "number", "textarea", "select", "checks", "check", "moment", "date"]


@dataclass(frozen=True)
class Field:
    """One input.

    Attributes
    ----------
    name, label : str
        Name of the value, and what stands above it (already in the user's language).
    kind : str
        ``text``, ``search``, ``number``, ``textarea``, ``select`` (one of), ``checks`` (several of), ``check`` (yes or
        no), ``moment`` (date and time), ``date``.
    options : sequence of (value, text)
        For ``select`` and ``checks``.
    hint : str
        A short help below the field.
    required : bool
        Marked, and checked by `Fields.need`.
    minimum, maximum, step : float, optional
        For numbers.
    """

    name: str
    label: str
    kind: Kind = "text"
    options: Sequence[tuple[str, str]] = ()
    hint: str = ""
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    longest: int | None = 500

    def spec(self) -> dict[str, Any]:
        """What the page is told."""
        return {**asdict(self), "options": [{"value": str(value), "text": str(text)} for value, text in self.options]}


class Fields(Piece):
    """Fields beside or below each other.

    Parameters
    ----------
    fields : iterable of Field
        What is asked.
    values : mapping, optional
        What they hold at first. Numbers are numbers or None, ``checks`` lists, ``check`` booleans, the rest strings.
    submit : str
        Label of the button; without one every change calls `on_change` at once (a bar of filters).
    on_submit, on_change : callable, optional
        Called with the values.

    Examples
    --------
    >>> form = Fields([Field("name", "Name", required=True)], submit="Save")
    >>> form.values
    {'name': ''}
    """

    _esm = script("fields", "form_piece")
    specs: t.List[Any] = t.List().tag(sync=True)
    values = t.Dict().tag(sync=True)
    errors = t.Dict().tag(sync=True)
    submit = t.Unicode("").tag(sync=True)
    bar = t.Bool(False).tag(sync=True)
    busy = t.Bool(False).tag(sync=True)
    label = t.Unicode("").tag(sync=True)

    def __init__(
        self,
        fields: Iterable[Field],
        values: Mapping[str, Any] | None = None,
        *,
        submit: str = "",
        label: str = "",
        on_submit: Callable[[dict[str, Any]], Any] | None = None,
        on_change: Callable[[dict[str, Any]], Any] | None = None,
    ) -> None:
        self.fields = tuple(fields)
        held = {field.name: _blank(field) for field in self.fields} | dict(values or {})
        self.on_submit, self.on_change = on_submit, on_change
        super().__init__(
            specs=[field.spec() for field in self.fields], values=held, submit=submit, bar=not submit, label=label
        )

    def ask(self, fields: Iterable[Field], values: Mapping[str, Any] | None = None) -> None:
        """Ask for other fields; what is held under the same names stays."""
        self.fields = tuple(fields)
        held = {field.name: self.values.get(field.name, _blank(field)) for field in self.fields}
        self.errors = {}
        self.specs = [field.spec() for field in self.fields]
        self.values = held | dict(values or {})

    def put(self, **values: Any) -> None:
        """Set some of the values."""
        self.values = {**self.values, **values}

    def blame(self, fault: SvcError, text: str) -> bool:
        """Show `text` at the field that `fault` names; False if it names none of these."""
        name = str(fault.fields.get("field", ""))
        if name not in {field.name for field in self.fields}:
            return False
        self.errors = {name: text}
        return True

    def need(self, text: str, values: Mapping[str, Any] | None = None) -> None:
        """Check that every required field holds something; `text` is the marked sentence, its place ``{label}``.

        Raises
        ------
        InvalidInput
            With ``field``, so that `blame` finds it.
        """
        held = self.values if values is None else values
        for field in self.fields:
            if field.required and held.get(field.name) in (None, "", [], False):
                raise InvalidInput(text, label=field.label, field=field.name)

    def heard(self, message: dict[str, Any], buffers: list[Any]) -> None:
        """Take the values; only of known fields."""
        given = message.get("values")
        if not isinstance(given, dict):
            return
        known = {field.name for field in self.fields}
        self.values = {**self.values, **{name: value for name, value in given.items() if name in known}}
        self.errors = {}
        self.tell(self.on_submit if message.get("event") == "submit" else self.on_change, dict(self.values))


def _blank(field: Field) -> Any:
    blanks: dict[str, Any] = {"checks": [], "check": False, "number": None}
    if field.kind == "select" and field.options:
        return str(field.options[0][0])
    return blanks.get(field.kind, "")

"""What people do, registered once.

The registration of a function gives its rights check, its audit line, its HTTP route, its OpenAPI entry and its client
call. The topic is the module's name, the verb the function's: ``operations/exams.py: assign`` is ``exams.assign``
(``list_`` is ``list``).
"""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, get_type_hints

from pydantic import ConfigDict, TypeAdapter, ValidationError, create_model
from sqlalchemy import Connection

from svclib.errors import InvalidInput, NotFound
from svclib.i18n import LANGUAGES, _, translate
from svclib.operations.actor import Actor
from svclib.store import Store

TOPICS = ("people", "tokens", "definitions", "items", "surveys", "exams", "frames", "audit", "portal", "reporting")
_registered: dict[str, Operation] = {}


@dataclass(frozen=True)
class Operation:
    """One registered function.

    Attributes
    ----------
    name : str
        ``topic.verb``.
    function : callable
        ``function(store, actor, **arguments)``.
    right : str or None
        The right that the actor must hold somewhere; the function itself narrows it to the object's unit with
        ``actor.require(right, path)``. None: every signed-in person, for what is their own.
    audit : str or None
        English sentence whose places `record` fills; None for what only reads.
    public : bool
        Served over HTTP. Operations that only the server itself may call are not.
    """

    name: str
    function: Callable[..., Any]
    right: str | None
    audit: str | None
    public: bool = True

    @cached_property
    def parameters(self) -> dict[str, inspect.Parameter]:
        """The keyword parameters after ``(store, actor)``."""
        every = inspect.signature(self.function).parameters
        return {name: parameter for name, parameter in every.items() if name not in {"store", "actor"}}

    @cached_property
    def hints(self) -> dict[str, Any]:
        """The resolved types."""
        return get_type_hints(self.function)

    @cached_property
    def model(self) -> Any:
        """Pydantic model of the arguments; unknown ones are errors."""
        fields: dict[str, Any] = {}
        for name, parameter in self.parameters.items():
            default = ... if parameter.default is inspect.Parameter.empty else parameter.default
            fields[name] = (self.hints[name], default)
        return create_model(self.name.replace(".", "_"), __config__=ConfigDict(extra="forbid"), **fields)

    @cached_property
    def result(self) -> TypeAdapter[Any] | None:
        """Adapter of the result for JSON; None where the result is a frame (it travels as Arrow)."""
        hint: Any = self.hints.get("return")
        if getattr(hint, "__name__", "") == "DataFrame":
            return None
        return TypeAdapter(hint)

    def arguments(self, given: dict[str, Any]) -> dict[str, Any]:
        """Check and convert `given`; an error names the first wrong field."""
        try:
            model = self.model.model_validate(given)
        except ValidationError as fault:
            first = fault.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            raise InvalidInput(
                _("{operation}: the field {field} is wrong: {detail}."),
                operation=self.name, field=place, detail=_told(first),
            ) from None  # fmt: skip
        return {name: getattr(model, name) for name in self.parameters}


# What pydantic found, by the beginning of its error's type, in words of ours; the longest beginning counts.
WRONG = {
    "missing": _("it is missing"),
    "extra_forbidden": _("there is no such field"),
    "string_": _("a text is wanted"),
    "int_": _("a whole number is wanted"),
    "float_": _("a number is wanted"),
    "finite_number": _("a number is wanted"),
    "bool_": _("true or false is wanted"),
    "datetime_": _("a moment is wanted, such as 2025-05-31T09:00:00+08:00"),
    "timezone_": _("a moment is wanted, such as 2025-05-31T09:00:00+08:00"),
    "date_": _("a date is wanted, such as 2025-05-31"),
    "literal_error": _("only {known} can be chosen"),
    "list_": _("a list is wanted"),
    "tuple_": _("a list is wanted"),
    "sequence_": _("a list is wanted"),
    "dict_": _("an object is wanted"),
    "mapping_": _("an object is wanted"),
    "model_": _("an object is wanted"),
    "dataclass_": _("an object is wanted"),
}
OTHERWISE = _("it has another form than the description of the API asks for")


def _told(found: Mapping[str, Any]) -> dict[str, str]:
    """Say in both languages what pydantic says in English."""
    kind = str(found["type"])
    fitting = [start for start in WRONG if kind.startswith(start)]
    sentence = WRONG[max(fitting, key=len)] if fitting else OTHERWISE
    known = re.findall(r"'([^']*)'", str(found.get("ctx", {}).get("expected", "")))
    return {language: translate(sentence, language, known=", ".join(known)) for language in LANGUAGES}


def operation(*, right: str | None, audit: str | None = None, public: bool = True) -> Callable[[Any], Any]:
    """Register a function ``(store, actor, *, …)`` as an operation."""

    def register(function: Any) -> Any:
        topic = function.__module__.rsplit(".", 1)[-1]
        name = f"{topic}.{function.__name__.rstrip('_')}"
        function.operation = _registered[name] = Operation(name, function, right, audit, public)
        return function

    return register


def operations() -> dict[str, Operation]:
    """All operations by name."""
    for topic in TOPICS:
        importlib.import_module(f"svclib.operations.{topic}")
    return dict(sorted(_registered.items()))


def call(store: Store, actor: Actor, name: str, given: dict[str, Any]) -> Any:
    """Run the operation `name` for `actor`: check the right, convert the arguments, call it.

    The function writes its audit line itself, by `record`, in the transaction of the act.

    Raises
    ------
    NotFound
        There is no such operation.
    AccessDenied
        The actor holds the right nowhere.
    InvalidInput
        An argument is missing, unknown or of another type.
    """
    found = operations().get(name)
    if found is None:
        raise NotFound(_("There is no operation {operation}."), operation=name)
    if found.right is not None:
        actor.require(found.right)
    arguments = found.arguments(given)
    return found.function(store, actor, **arguments)


def record(store: Store, tx: Connection, actor: Actor, name: str, subject: str, /, **fields: Any) -> None:
    """Write the audit line of operation `name` about `subject` into the transaction `tx` of the act itself.

    The line keeps the registered sentence and `fields` apart, so that it can be read in either language.
    """
    sentence = _registered[name].audit
    if sentence is None:
        raise LookupError(f"{name} was registered without an audit sentence")
    store.audit(tx, actor=actor.person_id, action=name, subject=subject, text=sentence, detail=fields)

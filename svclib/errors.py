"""The errors people see: an English sentence with named places, a stable code, an HTTP status.

A message is translated only where it is shown (``error.render("zh-CN")``); until then it travels as text and fields.
"""

from __future__ import annotations

from typing import Any, ClassVar

from svclib.i18n import translate


class SvcError(Exception):
    """Something was wrong, and the message says what, where and how to mend it.

    Parameters
    ----------
    text : str
        English sentence marked with ``i18n._``; ``{name}`` places are filled from `fields`.
    **fields
        What the places hold; also handed to programs (``error.fields``).

    Examples
    --------
    >>> SvcError("Row {row} has no name.", row=3).render("en")
    'Row 3 has no name.'
    """

    status: ClassVar[int] = 400
    code: ClassVar[str] = "error"

    def __init__(self, text: str, *, code: str | None = None, **fields: Any) -> None:
        super().__init__(text)
        self.text = text
        self.fields = fields
        if code:
            self.code = code  # type: ignore[misc]

    def render(self, language: str = "en") -> str:
        """Give the message in `language` with its places filled."""
        return translate(self.text, language, **self.fields)

    def __str__(self) -> str:
        return self.render("en")


class InvalidInput(SvcError):
    """What was sent cannot be taken."""

    status = 422
    code = "invalid_input"


class DefinitionError(InvalidInput):
    """A definition file is wrong; fields: file, line, column."""

    code = "invalid_definition"


class NotSignedIn(SvcError):
    """Nobody is signed in, or the session has ended."""

    status = 401
    code = "not_signed_in"


class AccessDenied(SvcError):
    """The person has no right to do this."""

    status = 403
    code = "access_denied"


class NotFound(SvcError):
    """What was asked for does not exist, or is not this person's to see."""

    status = 404
    code = "not_found"


class Conflict(SvcError):
    """The state of things does not allow it (closed, read-only, already decided, another revision)."""

    status = 409
    code = "conflict"


class TooMany(SvcError):
    """Too many requests or attempts; field: seconds."""

    status = 429
    code = "too_many"


class Unavailable(SvcError):
    """Something needed is not there just now: the store, a package, a process."""

    status = 503
    code = "unavailable"

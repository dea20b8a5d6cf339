"""Who may use a route. A handler without a rule is closed: the server refuses to start with one."""

from __future__ import annotations

from dataclasses import dataclass

from svclib.errors import NotSignedIn
from svclib.i18n import _
from svclib.operations.actor import Actor


@dataclass(frozen=True)
class Rule:
    """What a visitor must be.

    Attributes
    ----------
    name : str
        ``public`` (anybody), ``person`` (signed in), ``right`` (signed in and holding `right` somewhere).
    right : str or None
        The right, where the rule asks for one.
    """

    name: str
    right: str | None = None

    def check(self, person: Actor | None) -> None:
        """Let `person` pass or raise.

        Raises
        ------
        NotSignedIn
            Nobody is signed in and the route is not public.
        AccessDenied
            The person does not hold the right.
        """
        if self.name == "public":
            return
        if person is None:
            raise NotSignedIn(_("Sign in first."))
        if self.right is not None:
            person.require(self.right)


PUBLIC = Rule("public")
PERSON = Rule("person")


def holding(right: str) -> Rule:
    """Give the rule that asks for `right`."""
    return Rule("right", right)

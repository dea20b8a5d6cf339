"""Who acts, and what they may do: role × organisation subtree × period."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from svclib.errors import AccessDenied
from svclib.i18n import Language, _

# Right → the roles that hold it. `staff` is everybody with an account; what is one's own needs no right.
ROLES_OF_RIGHT: dict[str, frozenset[str]] = {
    right: frozenset(roles.split())
    for right, roles in {
        "people.read": "administrator security hr auditor manager",
        "people.manage": "administrator hr",
        "people.security": "administrator security",
        "people.grant": "administrator security",
        "definitions.read": "administrator hr author reviewer quality auditor researcher",
        "definitions.publish": "administrator hr quality",
        "items.read": "author reviewer hr",
        "items.write": "author",
        "items.review": "reviewer",
        "surveys.read": "quality auditor manager researcher risk",
        "surveys.publish": "quality",
        "surveys.erase": "security",
        "exams.read": "hr proctor auditor manager",
        "exams.assign": "hr",
        "exams.proctor": "hr proctor",
        "exams.decide": "hr reviewer",
        "exams.results": "hr auditor manager",
        "frames.surveys": "quality researcher auditor manager risk",
        "frames.exams": "hr researcher auditor",
        "frames.identified": "hr",
        "frames.comments": "quality",
        "export.surveys": "quality researcher",
        "export.exams": "hr",
        "reports.read": "quality hr risk auditor manager researcher viewer",
        "reports.render": "quality hr",
        "audit.read": "auditor security administrator",
    }.items()
}
ROLES = frozenset().union(*ROLES_OF_RIGHT.values(), {"staff", "viewer"})


@dataclass(frozen=True)
class Grant:
    """One role over one subtree for a period (open ends: None)."""

    role: str
    path: str
    valid_from: datetime | None = None
    valid_until: datetime | None = None

    def holds(self, moment: datetime) -> bool:
        """Whether `moment` lies in the period."""
        after = self.valid_from is None or self.valid_from <= moment
        return after and (self.valid_until is None or moment < self.valid_until)


@dataclass(frozen=True)
class Actor:
    """A signed-in person at one moment; `grants` are those in force now."""

    person_id: str
    login: str
    name: str
    unit_id: str
    unit_path: str
    grants: tuple[Grant, ...] = ()
    language: Language = "zh-CN"

    def scope(self, right: str) -> tuple[str, ...]:
        """Unit paths whose subtrees the person has `right` over."""
        roles = ROLES_OF_RIGHT[right]
        return tuple(sorted({grant.path for grant in self.grants if grant.role in roles}))

    def may(self, right: str, path: str | None = None) -> bool:
        """Whether the person has `right` over the unit at `path`, or anywhere."""
        scope = self.scope(right)
        return bool(scope) if path is None else any(path.startswith(prefix) for prefix in scope)

    def require(self, right: str, path: str | None = None) -> None:
        """Raise AccessDenied unless `may`."""
        if not self.may(right, path):
            raise AccessDenied(_("You do not have the right to do this ({right})."), right=right)

    @property
    def roles(self) -> tuple[str, ...]:
        """Names of the roles in force."""
        return tuple(sorted({grant.role for grant in self.grants}))


def system_actor(grants: Iterable[str] = ()) -> Actor:
    """The platform itself, or the owner of a store opened in process: every right, everywhere."""
    return Actor("system", "system", "svclib", "", "/", tuple(Grant(role, "/") for role in sorted(grants or ROLES)))

"""The head of the audit chain under a report: who holds the paper can check the store against it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from svclib.errors import SvcError
from svclib.i18n import _, translate
from svclib.reports.parts import Words, bullets, heading, paragraph, section


def audit_head(svc: Any, language: str = "en") -> Any:
    """Show the head of the audit trail at this moment.

    Parameters
    ----------
    svc : client
        What `svclib.connect` gives.
    language : {"zh-CN", "en"}
    """
    title = heading(translate(_("Audit trail"), language))
    try:
        head = svc.audit.head()
    except SvcError as fault:
        why = translate(_("The head of the audit trail could not be read: {why}"), language, why=fault.render(language))
        return section(title, paragraph(why, "note"))
    explain = _("This report was made at this point of the audit trail; svc verify checks a store against it.")
    return section(title, paragraph(translate(explain, language), "note"), _lines(head))


def _lines(head: Any) -> Words:
    pairs = head.items() if isinstance(head, Mapping) else vars(head).items() if hasattr(head, "__dict__") else ()
    return bullets([f"{name}: {value}" for name, value in pairs] or [str(head)], "audit")

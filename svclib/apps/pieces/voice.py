"""How an app speaks to its user: the language, the time zone, numbers and moments as people write them."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from svclib.errors import InvalidInput
from svclib.i18n import Language, _, language_of, local, translate

DASH = "–"


@dataclass(frozen=True)
class Voice:
    """Renders marked texts for one user.

    Attributes
    ----------
    language : {"zh-CN", "en"}
        The user's language.
    zone : str
        IANA name of the time zone that moments are shown in.

    Examples
    --------
    >>> say = Voice("en", "Asia/Shanghai")
    >>> say("{count} people", count=3), say.moment("2025-03-03T01:00:00Z"), say.percent(0.625, 1)
    ('3 people', '2025-03-03 09:00', '62.5%')
    """

    language: Language = "zh-CN"
    zone: str = "Asia/Shanghai"

    @classmethod
    def of(cls, me: Any, environ: Mapping[str, str] | None = None) -> Voice:
        """The voice for the person `me` (``svc.people.me()``): their language, else the page's (``SVC_LANG``)."""
        env = os.environ if environ is None else environ
        return cls(language_of(getattr(me, "language", None) or env.get("SVC_LANG")), env.get("SVC_TZ") or cls.zone)

    def __call__(self, text: str, /, **fields: Any) -> str:
        """Render a marked text with its places filled."""
        return translate(text, self.language, **fields)

    def local(self, text: Any) -> str:
        """Pick this language of ``{language: text}``."""
        return local(text, self.language) if text is not None else ""

    def error(self, fault: Any) -> str:
        """Render an `SvcError`."""
        return str(fault.render(self.language))

    # ── moments ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def now(self) -> datetime:
        """This moment in the user's zone."""
        return datetime.now(ZoneInfo(self.zone))

    def at(self, moment: Any) -> datetime | None:
        """Give a moment (a datetime or ISO text) in the user's zone; None stays None."""
        if missing(moment) or moment == "":
            return None
        found = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
        return found.astimezone(ZoneInfo(self.zone)) if found.tzinfo else found

    def moment(self, moment: Any) -> str:
        """``2025-03-03 09:00`` in the user's zone; a dash for none."""
        found = self.at(moment)
        return found.strftime("%Y-%m-%d %H:%M") if found else DASH

    def clock(self, moment: Any) -> str:
        """``09:00:12`` in the user's zone; a dash for none."""
        found = self.at(moment)
        return found.strftime("%H:%M:%S") if found else DASH

    def field(self, moment: Any) -> str:
        """The moment as a date and time field holds it: ``2025-03-03T09:00``."""
        found = self.at(moment)
        return found.strftime("%Y-%m-%dT%H:%M") if found else ""

    def parse(self, text: str | None, field: str = "moment") -> datetime | None:
        """Read what a date and time field holds; it is meant in the user's zone.

        Raises
        ------
        InvalidInput
            The text is no moment.
        """
        if not text:
            return None
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            raise InvalidInput(
                _("“{value}” is no date and time; write it like 2025-03-03 09:00."), value=text[:40], field=field
            ) from None
        return found if found.tzinfo else found.replace(tzinfo=ZoneInfo(self.zone))

    # ── numbers ──────────────────────────────────────────────────────────────────────────────────────────────────────
    def number(self, value: Any, digits: int = 0) -> str:
        """A number with `digits` decimals and thousands apart; a dash for none."""
        return DASH if missing(value) else f"{float(value):,.{digits}f}".replace("-", "−")

    def percent(self, share: Any, digits: int = 0) -> str:
        """A share (0–1) in percent; a dash for none."""
        return DASH if missing(share) else f"{float(share) * 100:.{digits}f}%"


def missing(value: Any) -> bool:
    """Whether there is no value: None, NaN or pandas' NA.

    >>> missing(None), missing(float("nan")), missing(0)
    (True, True, False)
    """
    if value is None or type(value).__name__ in {"NAType", "NaTType"}:
        return True
    return isinstance(value, float) and math.isnan(value)

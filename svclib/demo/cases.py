"""Made-up service cases for trying out the clocks: nobody complained, nothing was answered.

Until the bank keeps cases of its own, these stand in. There is something to find: grave cases take longer, the phone
is answered first, one branch in six is slow, and some customers withdraw before they are helped.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

NOW = pd.Timestamp("2026-06-30 18:00", tz="Asia/Shanghai")
"""When the cases are looked at; what had not ended by then is open."""

CHANNELS = {"phone": 0.45, "app": 0.30, "branch": 0.15, "email": 0.10}
SEVERITIES = {"low": 0.45, "medium": 0.40, "high": 0.15}
_FIRST_HOURS = {"phone": 1.5, "app": 5.0, "branch": 3.0, "email": 11.0}
_DAYS = {"low": 6.0, "medium": 10.0, "high": 19.0}
_WITHDRAWN, _ESCALATED = 0.008, {"low": 0.001, "medium": 0.004, "high": 0.012}
"""Chance a day that the customer withdraws, or turns to the regulator."""
BRANCHES, SLOW = 12, (4, 9)


def cases(n: int = 600, seed: int = 1, *, days: int = 180) -> pd.DataFrame:
    """Make synthetic cases of the `days` before `NOW`.

    Parameters
    ----------
    n : int
        How many.
    seed : int
    days : int
        Over how many days they were opened.

    Returns
    -------
    DataFrame
        ``opened_at, first_response_at, resolved_at`` (the end, in whichever way), missing where it has not happened
        yet; ``channel, severity, branch``, ``outcome`` (resolved, withdrawn or escalated; missing while open).

    Examples
    --------
    >>> made = cases(200)
    >>> bool(made["resolved_at"].isna().any()), sorted(made["outcome"].dropna().unique())
    (True, ['escalated', 'resolved', 'withdrawn'])
    """
    rng = np.random.default_rng(seed)
    channel = rng.choice(list(CHANNELS), n, p=list(CHANNELS.values()))
    severity = rng.choice(list(SEVERITIES), n, p=list(SEVERITIES.values()))
    branch = rng.integers(1, BRANCHES + 1, n)
    slow = np.where(np.isin(branch, SLOW), 1.6, 1.0)
    opened = NOW - pd.to_timedelta(np.sort(rng.uniform(0, days, n))[::-1] * 86400, unit="s")
    answered = rng.lognormal(np.log([_FIRST_HOURS[one] for one in channel]), 1.1) * slow
    days_to = {
        "resolved": rng.weibull(1.4, n) * np.array([_DAYS[one] for one in severity]) * slow + answered / 24,
        "withdrawn": rng.exponential(1 / _WITHDRAWN, n),
        "escalated": rng.exponential(1 / np.array([_ESCALATED[one] for one in severity])),
    }
    ends = np.stack(list(days_to.values()))
    outcome = np.array(list(days_to))[ends.argmin(axis=0)]
    first = np.minimum(answered, 24 * ends.min(axis=0))  # an end is an answer, too
    frame = pd.DataFrame(
        {
            "opened_at": opened,
            "first_response_at": opened + pd.to_timedelta(first, unit="h"),
            "resolved_at": opened + pd.to_timedelta(ends.min(axis=0) * 24, unit="h"),
            "channel": channel,
            "severity": pd.Categorical(severity, list(SEVERITIES), ordered=True),
            "branch": [f"b{one:02d}" for one in branch],
            "outcome": outcome,
        }
    )
    return _as_of_now(frame)


def _as_of_now(frame: pd.DataFrame) -> pd.DataFrame:
    """Leave out what happens after `NOW`."""
    for name in ("opened_at", "first_response_at", "resolved_at"):
        frame[name] = frame[name].dt.floor("min")
    is_open = frame["resolved_at"] > NOW
    frame["first_response_at"] = frame["first_response_at"].mask(frame["first_response_at"] > NOW)
    frame["resolved_at"], frame["outcome"] = frame["resolved_at"].mask(is_open), frame["outcome"].mask(is_open)
    return frame

"""What the address of an app asks for (``/apps/exam_desk?sitting=ID``)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from urllib.parse import parse_qs


def query(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Give the query of the page's address; the server lets known keys through alone, and anybody can write them.

    >>> query({"QUERY_STRING": "sitting=s1&sitting=s2"})
    {'sitting': 's1'}
    """
    env = os.environ if environ is None else environ
    return {key: values[0] for key, values in parse_qs(env.get("QUERY_STRING", "")).items()}

"""Asks before a page with unsaved work is left."""

from __future__ import annotations

import traitlets as t

from svclib.apps.pieces.piece import Piece, script


class LeaveGuard(Piece):
    """While `unsaved`, the browser asks before it closes or reloads the page.

    >>> LeaveGuard().unsaved
    False
    """

    _esm = script("leaving")
    unsaved = t.Bool(False).tag(sync=True)

"""The item author as a screen: the list of a bank, or one item in the editor beside its preview."""

from __future__ import annotations

from typing import Any

import svclib
from svclib.apps.item_author.item_view import ItemView
from svclib.apps.item_author.list_view import ListView
from svclib.apps.item_author.model import ItemAuthorModel
from svclib.apps.pieces import Html, Screen, empty_state, query
from svclib.errors import NotFound
from svclib.i18n import _


class ItemAuthor:
    """The app: write, preview, review and publish the items of a bank, as far as the user's rights go.

    Parameters
    ----------
    svc : svclib.client.Service, optional
        The platform; by default ``svclib.connect()``.

    Examples
    --------
    ``ItemAuthor().show()`` as the last line of a notebook.
    """

    def __init__(self, svc: Any = None) -> None:
        self.model = ItemAuthorModel(svc if svc is not None else svclib.connect())
        say = self.model.voice
        lead = say(_("Write exam items in both languages, see how they look, send them to review."))
        self.screen = Screen(say, say(_("Item author")), lead)
        self.list = ListView(self.model, self.screen, self.open, self.begin)
        self.item = ItemView(self.model, self.screen, self.back)

    def show(self) -> Screen:
        """Load and give the screen."""
        banks = [name for _title, name in self.model.banks()]
        asked = query()
        if not banks:
            say = self.model.voice
            text = say(_("Publish the first bank from its file with the command svc import."))
            self.screen.fill(Html(empty_state(say(_("There is no bank yet.")), text)))
            return self.screen
        self.model.choose(asked["bank"] if asked.get("bank") in banks else banks[0])
        self.back()
        if asked.get("item"):
            try:
                self.open(asked["item"])
            except NotFound as fault:
                self.screen.fail(fault)
        return self.screen

    def open(self, item: str) -> None:
        """Go to an item."""
        self.model.open(item)
        self.item.refresh()
        self.screen.fill(self.item.widget)

    def begin(self, kind: str, topic: str, item: str) -> None:
        """Go to a new item."""
        self.model.begin(kind, topic, item)
        self.item.refresh()
        self.screen.fill(self.item.widget)

    def back(self) -> None:
        """Go to the list."""
        self.model.close()
        self.list.refresh()
        self.screen.fill(self.list.widget)

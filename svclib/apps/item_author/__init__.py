"""The item author: write items in both languages, see how they look, have them reviewed, publish them."""

from svclib.apps.item_author.desk import ItemAuthor
from svclib.apps.item_author.model import ItemAuthorModel

__all__ = ["ItemAuthor", "ItemAuthorModel"]

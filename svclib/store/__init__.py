"""Where it is kept: one transactional store, SQLite by default, PostgreSQL by URL."""

from svclib.store.audit import Head
from svclib.store.ids import new_id, new_token, token_hash
from svclib.store.sheets import Appended, Sheets, fold
from svclib.store.store import Store

__all__ = ["Appended", "Head", "Sheets", "Store", "fold", "new_id", "new_token", "token_hash"]

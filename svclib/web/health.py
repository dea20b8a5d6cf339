"""Whether the platform can do its work."""

from __future__ import annotations

from sqlalchemy.exc import SQLAlchemyError

from svclib import __version__
from svclib.errors import SvcError
from svclib.store.migrate import schema_state
from svclib.web.base import Handler
from svclib.web.rules import PUBLIC


class Health(Handler):
    """``/healthz``: for balancers and watchdogs."""

    rule = PUBLIC
    anonymous = True
    speaks = "json"

    async def get(self) -> None:
        """Say 200 when the store answers and its schema is the current one, else 503."""
        store, schema = True, False
        try:
            schema = await self.site.run(schema_state, self.site.store) == "current"
        except (SvcError, SQLAlchemyError, OSError):
            store = False
        good = store and schema and not self.site.closing
        self.set_status(200 if good else 503)
        self.finish({"status": "ok" if good else "unavailable", "store": store, "schema_current": schema,
                     "version": __version__})  # fmt: skip

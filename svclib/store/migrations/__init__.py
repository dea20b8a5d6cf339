"""Alembic revisions; the package data of `svclib.store.migrate`."""

"""The first schema: surveys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from svclib.store.types import Json, UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    contacts()
    customers()
    seal_leaves()
    collectors()
    invitations()
    responses()
    responses_indexes()
    response_events()


def contacts() -> None:
    op.create_table(
        "contacts",
        sa.Column("unit_id", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("served", sa.Integer(), nullable=False),
        sa.Column("invited", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("unit_id", "channel", "month", name=op.f("pk_contacts")),
    )


def customers() -> None:
    op.create_table(
        "customers",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("unit_id", sa.String(length=64), nullable=False),
        sa.Column("segment", sa.String(length=32), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("attributes", Json, nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_customers_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers")),
    )
    op.create_index(op.f("ix_customers_unit_id"), "customers", ["unit_id"], unique=False)


def seal_leaves() -> None:
    op.create_table(
        "seal_leaves",
        sa.Column("seal", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sheet_id", sa.String(length=64), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("head", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["seal"], ["audit.seq"], name=op.f("fk_seal_leaves_seal_audit")),
        sa.PrimaryKeyConstraint("seal", "sheet_id", name=op.f("pk_seal_leaves")),
        sqlite_with_rowid=False,
    )


def collectors() -> None:
    op.create_table(
        "collectors",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("survey", sa.String(length=64), nullable=False),
        sa.Column("definition_hash", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("unit_id", sa.String(length=64), nullable=False),
        sa.Column("opens_at", UtcDateTime(), nullable=True),
        sa.Column("closes_at", UtcDateTime(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("hourly_limit", sa.Integer(), nullable=True),
        sa.Column("created_by", sa.String(length=64), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["people.id"], name=op.f("fk_collectors_created_by_people")),
        sa.ForeignKeyConstraint(
            ["definition_hash"], ["definitions.hash"], name=op.f("fk_collectors_definition_hash_definitions")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_collectors_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collectors")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_collectors_token_hash")),
    )
    op.create_index(op.f("ix_collectors_survey"), "collectors", ["survey"], unique=False)
    op.create_index(op.f("ix_collectors_unit_id"), "collectors", ["unit_id"], unique=False)


def invitations() -> None:
    op.create_table(
        "invitations",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("collector_id", sa.String(length=64), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("customer_id", sa.String(length=64), nullable=True),
        sa.Column("unit_id", sa.String(length=64), nullable=True),
        sa.Column("stratum", sa.String(length=64), nullable=True),
        sa.Column("weight", sa.Float(), nullable=True),
        sa.Column("used", sa.Boolean(), nullable=False),
        sa.Column("response_id", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["collector_id"], ["collectors.id"], name=op.f("fk_invitations_collector_id_collectors")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitations_token_hash")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_invitations_collector_id"), "invitations", ["collector_id"], unique=False)
    op.create_index(op.f("ix_invitations_customer_id"), "invitations", ["customer_id"], unique=False)


def responses() -> None:
    op.create_table(
        "responses",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("collector_id", sa.String(length=64), nullable=False),
        sa.Column("definition_hash", sa.String(length=80), nullable=False),
        sa.Column("survey", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("session_hash", sa.String(length=64), nullable=False),
        sa.Column("lease", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("layout", sa.String(length=16), nullable=False),
        sa.Column("branch", sa.String(length=64), nullable=True),
        sa.Column("counter", sa.String(length=64), nullable=True),
        sa.Column("ticket", sa.String(length=64), nullable=True),
        sa.Column("customer_id", sa.String(length=64), nullable=True),
        sa.Column("order_seed", sa.Integer(), nullable=False),
        sa.Column("weight", sa.Float(), nullable=True),
        sa.Column("stratum", sa.String(length=64), nullable=True),
        sa.Column("cluster", sa.String(length=64), nullable=True),
        sa.Column("fpc", sa.Float(), nullable=True),
        sa.Column("answers", Json, nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("started_on", sa.Date(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("submitted_on", sa.Date(), nullable=True),
        sa.Column("submitted_at", UtcDateTime(), nullable=True),
        sa.Column("chain_head", sa.String(length=80), nullable=False),
        sa.Column("events", sa.Integer(), server_default="0", nullable=False),
        sa.Column("sealed", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["collector_id"], ["collectors.id"], name=op.f("fk_responses_collector_id_collectors")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_responses")),
        sa.UniqueConstraint("session_hash", name=op.f("uq_responses_session_hash")),
        sqlite_with_rowid=False,
    )


def responses_indexes() -> None:
    op.create_index(op.f("ix_responses_branch"), "responses", ["branch"], unique=False)
    op.create_index(op.f("ix_responses_collector_id"), "responses", ["collector_id"], unique=False)
    op.create_index(op.f("ix_responses_customer_id"), "responses", ["customer_id"], unique=False)
    op.create_index(op.f("ix_responses_submitted_on"), "responses", ["submitted_on"], unique=False)
    op.create_index("ix_responses_survey_submitted_on", "responses", ["survey", "submitted_on"], unique=False)
    op.create_index(
        "ix_responses_unsealed",
        "responses",
        ["id"],
        unique=False,
        sqlite_where=sa.text("events > sealed"),
        postgresql_where=sa.text("events > sealed"),
    )


def response_events() -> None:
    op.create_table(
        "response_events",
        sa.Column("response_id", sa.String(length=64), nullable=False),
        sa.Column("client", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("content", Json, nullable=True),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("digest", sa.String(length=80), nullable=False),
        sa.Column("chain", sa.String(length=80), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["response_id"], ["responses.id"], name=op.f("fk_response_events_response_id_responses")
        ),
        sa.PrimaryKeyConstraint("response_id", "client", "seq", name=op.f("pk_response_events")),
        sqlite_with_rowid=False,
    )

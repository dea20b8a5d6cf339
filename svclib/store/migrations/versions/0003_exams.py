"""The first schema: exams."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from svclib.store.types import Json, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    sittings()
    assignments()
    proposals()
    attempts()
    attempts_indexes()
    attempt_events()
    results()


def sittings() -> None:
    op.create_table(
        "sittings",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("exam", sa.String(length=64), nullable=False),
        sa.Column("exam_hash", sa.String(length=80), nullable=False),
        sa.Column("bank_hash", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("opens_at", UtcDateTime(), nullable=False),
        sa.Column("closes_at", UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Float(), nullable=False),
        sa.Column("form_seed", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.String(length=64), nullable=True),
        sa.Column("created_by", sa.String(length=64), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["bank_hash"], ["definitions.hash"], name=op.f("fk_sittings_bank_hash_definitions")),
        sa.ForeignKeyConstraint(["created_by"], ["people.id"], name=op.f("fk_sittings_created_by_people")),
        sa.ForeignKeyConstraint(["exam_hash"], ["definitions.hash"], name=op.f("fk_sittings_exam_hash_definitions")),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_sittings_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sittings")),
    )
    op.create_index(op.f("ix_sittings_exam"), "sittings", ["exam"], unique=False)
    op.create_index(op.f("ix_sittings_unit_id"), "sittings", ["unit_id"], unique=False)


def assignments() -> None:
    op.create_table(
        "assignments",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("sitting_id", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=64), nullable=False),
        sa.Column("accommodation", sa.Float(), nullable=False),
        sa.Column("extra_attempts", sa.Integer(), nullable=False),
        sa.Column("closes_at", UtcDateTime(), nullable=True),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.Column("assigned_by", sa.String(length=64), nullable=True),
        sa.Column("assigned_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["assigned_by"], ["people.id"], name=op.f("fk_assignments_assigned_by_people")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_assignments_person_id_people")),
        sa.ForeignKeyConstraint(["sitting_id"], ["sittings.id"], name=op.f("fk_assignments_sitting_id_sittings")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignments")),
        sa.UniqueConstraint("sitting_id", "person_id", name=op.f("uq_assignments_sitting_id_person_id")),
    )
    op.create_index(op.f("ix_assignments_person_id"), "assignments", ["person_id"], unique=False)
    op.create_index(op.f("ix_assignments_sitting_id"), "assignments", ["sitting_id"], unique=False)


def proposals() -> None:
    op.create_table(
        "proposals",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("sitting_id", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("change", Json, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("preview", Json, nullable=False),
        sa.Column("proposed_by", sa.String(length=64), nullable=False),
        sa.Column("proposed_at", UtcDateTime(), nullable=False),
        sa.Column("decided_by", sa.String(length=64), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decision", sa.String(length=16), nullable=True),
        sa.CheckConstraint("decided_by IS NULL OR decided_by <> proposed_by", name=op.f("ck_proposals_four_eyes")),
        sa.ForeignKeyConstraint(["decided_by"], ["people.id"], name=op.f("fk_proposals_decided_by_people")),
        sa.ForeignKeyConstraint(["proposed_by"], ["people.id"], name=op.f("fk_proposals_proposed_by_people")),
        sa.ForeignKeyConstraint(["sitting_id"], ["sittings.id"], name=op.f("fk_proposals_sitting_id_sittings")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposals")),
    )
    op.create_index(op.f("ix_proposals_decided_by"), "proposals", ["decided_by"], unique=False)
    op.create_index(op.f("ix_proposals_proposed_by"), "proposals", ["proposed_by"], unique=False)
    op.create_index(op.f("ix_proposals_sitting_id"), "proposals", ["sitting_id"], unique=False)


def attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("assignment_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("closed_as", sa.String(length=16), nullable=True),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("form", Json, nullable=False),
        sa.Column("lease", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("layout", sa.String(length=16), nullable=False),
        sa.Column("answers", Json, nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("deadline", UtcDateTime(), nullable=False),
        sa.Column("last_saved_at", UtcDateTime(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("chain_head", sa.String(length=80), nullable=False),
        sa.Column("events", sa.Integer(), server_default="0", nullable=False),
        sa.Column("sealed", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignments.id"], name=op.f("fk_attempts_assignment_id_assignments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
        sa.UniqueConstraint("assignment_id", "number", name=op.f("uq_attempts_assignment_id_number")),
    )


def attempts_indexes() -> None:
    op.create_index(op.f("ix_attempts_assignment_id"), "attempts", ["assignment_id"], unique=False)
    op.create_index("ix_attempts_status_deadline", "attempts", ["status", "deadline"], unique=False)
    op.create_index(
        "ix_attempts_unsealed",
        "attempts",
        ["id"],
        unique=False,
        sqlite_where=sa.text("events > sealed"),
        postgresql_where=sa.text("events > sealed"),
    )
    op.create_index(
        "uq_attempts_one_open",
        "attempts",
        ["assignment_id"],
        unique=True,
        sqlite_where=sa.text("status = 'open'"),
        postgresql_where=sa.text("status = 'open'"),
    )


def attempt_events() -> None:
    op.create_table(
        "attempt_events",
        sa.Column("attempt_id", sa.String(length=64), nullable=False),
        sa.Column("client", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("content", Json, nullable=True),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("digest", sa.String(length=80), nullable=False),
        sa.Column("chain", sa.String(length=80), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempts.id"], name=op.f("fk_attempt_events_attempt_id_attempts")),
        sa.PrimaryKeyConstraint("attempt_id", "client", "seq", name=op.f("pk_attempt_events")),
        sqlite_with_rowid=False,
    )


def results() -> None:
    op.create_table(
        "results",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("attempt_id", sa.String(length=64), nullable=False),
        sa.Column("scoring", sa.Integer(), nullable=False),
        sa.Column("points", sa.Float(), nullable=False),
        sa.Column("maximum", sa.Float(), nullable=False),
        sa.Column("percent", sa.Float(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("items", Json, nullable=False),
        sa.Column("scored_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempts.id"], name=op.f("fk_results_attempt_id_attempts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_results")),
        sa.UniqueConstraint("attempt_id", "scoring", name=op.f("uq_results_attempt_id_scoring")),
    )
    op.create_index(op.f("ix_results_attempt_id"), "results", ["attempt_id"], unique=False)

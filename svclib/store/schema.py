"""All tables. People and rights, definitions, surveys, exams, the trail, jobs.

Ids are random text (22 characters, 132 bits) unless a person chose them (units, definitions). Rows that record what
somebody did are only ever added; a few columns beside them (status, lease) are the state of a machine and say so.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from svclib.store.types import Json, UtcDateTime

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id(**options: object) -> Column[str]:
    return Column("id", String(64), primary_key=True, **options)  # type: ignore[arg-type]


def _ref(name: str, target: str, *, nullable: bool = False, index: bool = True) -> Column[str]:
    return Column(name, String(64), ForeignKey(target), nullable=nullable, index=index)


# ── people and rights ────────────────────────────────────────────────────────────────────────────────────────────────
# path: "/head/east/b07/": a unit's subtree is every path that begins with its own.
units = Table(
    "units", metadata, _id(),
    _ref("parent_id", "units.id", nullable=True),
    Column("path", String(500), nullable=False, unique=True),
    Column("kind", String(16), nullable=False),  # head_office | branch | outlet
    Column("name", Json, nullable=False),  # {zh-CN, en}
    Column("active", Boolean, nullable=False, default=True),
)  # fmt: skip

people = Table(
    "people", metadata, _id(),
    Column("login", String(64), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("staff_number", String(64), unique=True),
    _ref("unit_id", "units.id"),
    Column("position", String(100)),
    Column("email", String(254)),
    Column("language", String(8)),
    Column("theme", String(8)),
    Column("password_hash", String(200)),  # none: cannot sign in by password
    Column("must_change_password", Boolean, nullable=False, default=False),
    Column("active", Boolean, nullable=False, default=True),
    Column("created_at", UtcDateTime, nullable=False),
)  # fmt: skip

grants = Table(
    "grants", metadata, _id(),
    _ref("person_id", "people.id"),
    Column("role", String(32), nullable=False),
    _ref("unit_id", "units.id"),
    Column("valid_from", UtcDateTime),
    Column("valid_until", UtcDateTime),
    _ref("granted_by", "people.id", nullable=True, index=False),
    Column("revoked_at", UtcDateTime),
)  # fmt: skip

sessions = Table(
    "sessions", metadata,
    Column("token_hash", String(64), primary_key=True),
    _ref("person_id", "people.id"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
)  # fmt: skip

api_tokens = Table(
    "api_tokens", metadata, _id(),
    Column("token_hash", String(64), nullable=False, unique=True),
    _ref("person_id", "people.id"),
    Column("label", String(100), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
)  # fmt: skip

# ── definitions ──────────────────────────────────────────────────────────────────────────────────────────────────────
# A published version never changes: body and hash are written once. Drafts are what the desks edit.
definitions = Table(
    "definitions", metadata,
    Column("hash", String(80), primary_key=True),  # "sha256:…"
    Column("kind", String(16), nullable=False),  # survey | bank | exam
    Column("name", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("title", Json, nullable=False),
    Column("body", Json, nullable=False),
    _ref("published_by", "people.id", nullable=True, index=False),
    Column("published_at", UtcDateTime, nullable=False),
    Column("retired_at", UtcDateTime),
    UniqueConstraint("kind", "name", "version"),
)  # fmt: skip

drafts = Table(
    "drafts", metadata, _id(),
    Column("kind", String(16), nullable=False),  # survey | item | exam
    Column("name", String(64), nullable=False),  # survey or exam id; bank id for items
    Column("item_id", String(64), nullable=False, default=""),
    Column("body", Json, nullable=False),
    Column("status", String(16), nullable=False),  # draft | in_review | approved | rejected | published
    Column("revision", Integer, nullable=False, default=1),
    _ref("author_id", "people.id"),
    _ref("reviewer_id", "people.id", nullable=True),
    Column("review_note", Text),
    Column("updated_at", UtcDateTime, nullable=False),
    Index("ix_drafts_kind_name_item", "kind", "name", "item_id"),
)  # fmt: skip

# ── surveys ──────────────────────────────────────────────────────────────────────────────────────────────────────────
# A collector is one published way to answer a survey: a link or QR code, personal tokens, phone, kiosk.
collectors = Table(
    "collectors", metadata, _id(),
    Column("token_hash", String(64), nullable=False, unique=True),  # of the open link; personal tokens: invitations
    Column("survey", String(64), nullable=False, index=True),
    Column("definition_hash", String(80), ForeignKey("definitions.hash"), nullable=False),
    Column("name", String(200), nullable=False),
    Column("kind", String(16), nullable=False),  # open | personal
    Column("channel", String(16), nullable=False),  # web | qr | phone | kiosk | email | sms
    Column("source", String(16), nullable=False),  # probability | census | opt-in
    _ref("unit_id", "units.id"),
    Column("opens_at", UtcDateTime),
    Column("closes_at", UtcDateTime),
    Column("closed_at", UtcDateTime),
    Column("hourly_limit", Integer),  # new responses an hour from one address
    _ref("created_by", "people.id", nullable=True, index=False),
    Column("created_at", UtcDateTime, nullable=False),
)  # fmt: skip

# Whom a personal token was made for. Of an anonymous survey `response_id` stays empty and `used` carries no time.
invitations = Table(
    "invitations", metadata, _id(),
    _ref("collector_id", "collectors.id"),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("customer_id", String(64), index=True),
    Column("unit_id", String(64)),
    Column("stratum", String(64)),
    Column("weight", Float),
    Column("used", Boolean, nullable=False, default=False),
    Column("response_id", String(64)),
    sqlite_with_rowid=False,
)  # fmt: skip

# One row a response, without rowid: the order of rows must not tell the order of people. Of an anonymous survey the
# moments stay empty and only the date is kept. `answers` is what the events add up to.
responses = Table(
    "responses", metadata, _id(),
    _ref("collector_id", "collectors.id"),
    Column("definition_hash", String(80), nullable=False),
    Column("survey", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("status", String(16), nullable=False),  # open | submitted
    Column("session_hash", String(64), nullable=False, unique=True),
    Column("lease", Integer, nullable=False, default=1),
    Column("channel", String(16), nullable=False),
    Column("source", String(16), nullable=False),
    Column("language", String(8), nullable=False),
    Column("layout", String(16), nullable=False),
    Column("branch", String(64), index=True),
    Column("counter", String(64)),
    Column("ticket", String(64)),
    Column("customer_id", String(64), index=True),
    Column("order_seed", Integer, nullable=False),
    Column("weight", Float),
    Column("stratum", String(64)),
    Column("cluster", String(64)),
    Column("fpc", Float),
    Column("answers", Json, nullable=False),
    Column("page", Integer, nullable=False, default=0),
    Column("started_on", Date, nullable=False),
    Column("started_at", UtcDateTime),
    Column("submitted_on", Date, index=True),
    Column("submitted_at", UtcDateTime),
    Column("chain_head", String(80), nullable=False, default=""),
    Column("events", Integer, nullable=False, default=0, server_default="0"),  # how many events the chain has
    Column("sealed", Integer, nullable=False, default=0, server_default="0"),  # how many of them are under a seal
    Index("ix_responses_survey_submitted_on", "survey", "submitted_on"),
    Index(
        "ix_responses_unsealed", "id",
        sqlite_where=text("events > sealed"), postgresql_where=text("events > sealed"),
    ),
    sqlite_with_rowid=False,
)  # fmt: skip

# What the page sent, as it was sent. The digest covers (salt, content): erasing both leaves the chain whole.
response_events = Table(
    "response_events", metadata,
    Column("response_id", String(64), ForeignKey("responses.id"), primary_key=True),
    Column("client", String(32), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("position", Integer, nullable=False),  # place in the chain of its response
    Column("content", Json),  # the event; none after erasure
    Column("salt", LargeBinary),
    Column("digest", String(80), nullable=False),
    Column("chain", String(80), nullable=False),
    Column("received_at", UtcDateTime),  # empty for anonymous surveys
    sqlite_with_rowid=False,
)  # fmt: skip

# How many were served and invited, by unit, channel and month: the denominators of coverage.
contacts = Table(
    "contacts", metadata,
    Column("unit_id", String(64), primary_key=True),
    Column("channel", String(16), primary_key=True),
    Column("month", String(7), primary_key=True),  # YYYY-MM
    Column("served", Integer, nullable=False),
    Column("invited", Integer, nullable=False),
)  # fmt: skip

customers = Table(
    "customers", metadata, _id(),
    _ref("unit_id", "units.id"),
    Column("segment", String(32), nullable=False),
    Column("language", String(8), nullable=False),
    Column("since", Date),
    Column("attributes", Json, nullable=False),
)  # fmt: skip

# ── exams ────────────────────────────────────────────────────────────────────────────────────────────────────────────
# A sitting is an exam given to people in a window. It freezes the versions of exam and bank.
sittings = Table(
    "sittings", metadata, _id(),
    Column("exam", String(64), nullable=False, index=True),
    Column("exam_hash", String(80), ForeignKey("definitions.hash"), nullable=False),
    Column("bank_hash", String(80), ForeignKey("definitions.hash"), nullable=False),
    Column("name", String(200), nullable=False),
    Column("opens_at", UtcDateTime, nullable=False),
    Column("closes_at", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("minutes", Float, nullable=False),
    Column("form_seed", Integer, nullable=False),  # of the fixed form
    _ref("unit_id", "units.id", nullable=True),
    _ref("created_by", "people.id", nullable=True, index=False),
    Column("created_at", UtcDateTime, nullable=False),
)  # fmt: skip

assignments = Table(
    "assignments", metadata, _id(),
    _ref("sitting_id", "sittings.id"),
    _ref("person_id", "people.id"),
    Column("accommodation", Float, nullable=False, default=1.0),  # factor on the minutes
    Column("extra_attempts", Integer, nullable=False, default=0),
    Column("closes_at", UtcDateTime),  # this person's own window end, when extended
    Column("withdrawn_at", UtcDateTime),
    _ref("assigned_by", "people.id", nullable=True, index=False),
    Column("assigned_at", UtcDateTime, nullable=False),
    UniqueConstraint("sitting_id", "person_id"),
)  # fmt: skip

attempts = Table(
    "attempts", metadata, _id(),
    _ref("assignment_id", "assignments.id"),
    Column("number", Integer, nullable=False),
    Column("status", String(16), nullable=False),  # created | open | submitted | expired | scored | void
    Column("closed_as", String(16)),  # submitted | expired, kept when scored or void
    Column("seed", Integer, nullable=False),
    Column("form", Json, nullable=False),  # forms.ExamForm: items, their order, order of options, points
    Column("lease", Integer, nullable=False, default=1),
    Column("language", String(8), nullable=False),
    Column("layout", String(16), nullable=False),
    Column("answers", Json, nullable=False),  # what the events add up to
    Column("page", Integer, nullable=False, default=0),
    Column("started_at", UtcDateTime, nullable=False),
    Column("deadline", UtcDateTime, nullable=False),
    Column("last_saved_at", UtcDateTime),
    Column("closed_at", UtcDateTime),
    Column("chain_head", String(80), nullable=False, default=""),
    Column("events", Integer, nullable=False, default=0, server_default="0"),  # how many events the chain has
    Column("sealed", Integer, nullable=False, default=0, server_default="0"),  # how many of them are under a seal
    UniqueConstraint("assignment_id", "number"),
    Index(
        "uq_attempts_one_open", "assignment_id", unique=True,
        sqlite_where=text("status = 'open'"), postgresql_where=text("status = 'open'"),
    ),
    Index("ix_attempts_status_deadline", "status", "deadline"),
    Index(
        "ix_attempts_unsealed", "id",
        sqlite_where=text("events > sealed"), postgresql_where=text("events > sealed"),
    ),
)  # fmt: skip

attempt_events = Table(
    "attempt_events", metadata,
    Column("attempt_id", String(64), ForeignKey("attempts.id"), primary_key=True),
    Column("client", String(32), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("content", Json),
    Column("salt", LargeBinary),
    Column("digest", String(80), nullable=False),
    Column("chain", String(80), nullable=False),
    Column("received_at", UtcDateTime),
    sqlite_with_rowid=False,
)  # fmt: skip

# Append-only: a mended key adds a row with the next scoring version; the highest version counts.
results = Table(
    "results", metadata, _id(),
    _ref("attempt_id", "attempts.id"),
    Column("scoring", Integer, nullable=False),
    Column("points", Float, nullable=False),
    Column("maximum", Float, nullable=False),
    Column("percent", Float, nullable=False),
    Column("passed", Boolean, nullable=False),
    Column("items", Json, nullable=False),  # {item id: {points, maximum, state}}
    Column("scored_at", UtcDateTime, nullable=False),
    UniqueConstraint("attempt_id", "scoring"),
)  # fmt: skip

# Four eyes: voiding an attempt, mending a key. `preview` says who would change, as shown to both.
proposals = Table(
    "proposals", metadata, _id(),
    Column("kind", String(16), nullable=False),  # void | rescore
    _ref("sitting_id", "sittings.id"),
    Column("subject", String(64), nullable=False),  # attempt id or item id
    Column("change", Json, nullable=False),
    Column("reason", Text, nullable=False),
    Column("preview", Json, nullable=False),
    _ref("proposed_by", "people.id"),
    Column("proposed_at", UtcDateTime, nullable=False),
    _ref("decided_by", "people.id", nullable=True),
    Column("decided_at", UtcDateTime),
    Column("decision", String(16)),  # approved | rejected
    CheckConstraint("decided_by IS NULL OR decided_by <> proposed_by", name="four_eyes"),
)  # fmt: skip

# ── the trail, what happens by itself ────────────────────────────────────────────────────────────────────────────────
audit = Table(
    "audit", metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", String(64), nullable=False),  # person id, or "system"
    Column("action", String(64), nullable=False),
    Column("subject", String(128), nullable=False),
    Column("text", String(500), nullable=False),
    Column("detail", Json, nullable=False),
    Column("previous", String(80), nullable=False),
    Column("hash", String(80), nullable=False, unique=True),
)  # fmt: skip

# What each seal (a line of the trail) covers: sheets with their length and chain head at that moment. Ordered by the
# sheet's random id; anonymous responses are sealed once a day, so that a seal tells no more than their date.
seal_leaves = Table(
    "seal_leaves", metadata,
    Column("seal", Integer, ForeignKey("audit.seq"), primary_key=True, autoincrement=False),
    Column("sheet_id", String(64), primary_key=True),
    Column("length", Integer, nullable=False),
    Column("head", String(80), nullable=False),
    sqlite_with_rowid=False,
)  # fmt: skip

jobs = Table(
    "jobs", metadata, _id(),
    Column("kind", String(32), nullable=False),
    Column("payload", Json, nullable=False),
    Column("run_after", UtcDateTime, nullable=False, index=True),
    Column("every_seconds", Integer),
    Column("lease_owner", String(64)),
    Column("lease_until", UtcDateTime),
    Column("tries", Integer, nullable=False, default=0),
    Column("status", String(16), nullable=False),  # waiting | running | done | failed
    Column("error", Text),
    Column("finished_at", UtcDateTime),
)  # fmt: skip

"""Decisions, the people who are asked, and who is told."""

from __future__ import annotations

import sqlalchemy as sa

from ground.database import UTCDateTime
from moderation.storage.tables.common import metadata

decisions = sa.Table(
    "decisions",
    metadata,
    sa.Column("item_id", sa.String(36), sa.ForeignKey("items.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("document", sa.JSON, nullable=False),
    sa.Column("decided_at", UTCDateTime, nullable=False),
    sa.Column("salt", sa.String(32)),
    sa.Index(None, "decided_at"),
)

item_loops = sa.Table(
    "item_loops",
    metadata,
    sa.Column("name", sa.String(63), primary_key=True),
    sa.Column("item_id", sa.String(36), sa.ForeignKey("items.id"), nullable=False),
    sa.Column("round", sa.Integer, nullable=False),
    sa.Column("policy", sa.String(100), nullable=False),
    sa.Column("policy_version", sa.String(64), nullable=False),
    sa.Column("queue", sa.String(100), nullable=False),
    sa.Column("flow", sa.String(63), nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("arn", sa.String(1024)),
    sa.Column("problem", sa.Text),
    sa.Column("answers", sa.JSON),
    sa.Column("purpose", sa.String(20), nullable=False, server_default="review"),
    sa.Column("sampling", sa.String(100)),
    sa.Column("is_blind", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("outcome", sa.String(20)),
    sa.Column("appeal", sa.Text),
    sa.Column("refusal", sa.Text),
    sa.Column("looks", sa.Integer, nullable=False, default=0),
    sa.Column("next_look_at", UTCDateTime),
    sa.Column("created_at", UTCDateTime, nullable=False),
    sa.Column("due_at", UTCDateTime),
    sa.Column("due_because", sa.Text),
    sa.Column("notice", sa.Text),
    sa.Column("comes_first", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.UniqueConstraint("item_id", "purpose", "round"),
    sa.Index(None, "state", "next_look_at"),
    sa.Index(None, "state", "due_at"),
    sa.Index(None, "created_at"),
)

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("id", sa.String(60), primary_key=True),
    sa.Column("item_id", sa.String(36), sa.ForeignKey("items.id"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("app", sa.String(100), nullable=False),
    sa.Column("endpoint", sa.String(300), nullable=False, server_default=""),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("payload", sa.LargeBinary, nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("last_result", sa.String(200)),
    sa.Column("next_attempt_at", UTCDateTime),
    sa.Column("created_at", UTCDateTime, nullable=False),
    sa.UniqueConstraint("item_id", "number", "endpoint"),
    sa.Index(None, "state", "next_attempt_at"),
)

delivery_attempts = sa.Table(
    "delivery_attempts",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("delivery_id", sa.String(60), sa.ForeignKey("deliveries.id"), nullable=False, index=True),
    sa.Column("attempted_at", UTCDateTime, nullable=False),
    sa.Column("status_code", sa.Integer),
    sa.Column("reason", sa.String(200), nullable=False),
)

idempotency_keys = sa.Table(
    "idempotency_keys",
    metadata,
    sa.Column("app", sa.String(100), primary_key=True),
    sa.Column("key", sa.String(255), primary_key=True),
    sa.Column("body_sha256", sa.String(64), nullable=False),
    sa.Column("response", sa.JSON),
    sa.Column("created_at", UTCDateTime, nullable=False),
    sa.Column("in_flight_until", UTCDateTime),
)

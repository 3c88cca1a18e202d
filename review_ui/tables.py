"""The tables of the portal beside those of the endpoint: people, leads' acts, exposure, known answers."""

from __future__ import annotations

import sqlalchemy as sa

from ground.database import UTCDateTime
from review_ui.a2i.tables import metadata

__all__ = ["metadata"]

users = sa.Table(
    "users",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("name", sa.String(100), nullable=False, unique=True),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("password_hash", sa.Text, nullable=False),
    sa.Column("created_at", UTCDateTime, nullable=False),
    sa.Column("disabled_at", UTCDateTime),
)

sign_ins = sa.Table(
    "sign_ins",
    metadata,
    sa.Column("token_sha256", sa.String(64), primary_key=True),
    sa.Column("user_id", sa.String(36), sa.ForeignKey("users.id"), nullable=False),
    sa.Column("csrf", sa.String(64), nullable=False),
    sa.Column("created_at", UTCDateTime, nullable=False),
    sa.Column("expires_at", UTCDateTime, nullable=False),
)

user_groups = sa.Table(
    "user_groups",
    metadata,
    sa.Column("user_id", sa.String(36), sa.ForeignKey("users.id"), primary_key=True),
    sa.Column("name", sa.String(63), primary_key=True),
)
"""The groups that somebody is in; a work team names the groups whose people get its tasks."""

identities = sa.Table(
    "identities",
    metadata,
    sa.Column("issuer", sa.String(500), primary_key=True),
    sa.Column("subject", sa.String(255), primary_key=True),
    sa.Column("user_id", sa.String(36), sa.ForeignKey("users.id"), nullable=False, unique=True),
    sa.Column("created_at", UTCDateTime, nullable=False),
)
"""Who somebody is at an OpenID Connect provider. `issuer` and `subject` never change; names and addresses may."""

failed_sign_ins = sa.Table(
    "failed_sign_ins",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("at", UTCDateTime, nullable=False),
    sa.Index(None, "name", "at"),
)

queue_controls = sa.Table(
    "queue_controls",
    metadata,
    sa.Column("flow", sa.String(63), primary_key=True),
    sa.Column("priority", sa.Integer, nullable=False, server_default="0"),
    sa.Column("paused_at", UTCDateTime),
    sa.Column("paused_by", sa.String(100)),
    sa.Column("due_minutes", sa.Integer),
)
"""What leads set for a queue: which comes first, whether any tasks are handed out, how long one may wait."""

batches = sa.Table(
    "batches",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("user_id", sa.String(36), nullable=False),
    sa.Column("flow", sa.String(63), nullable=False),
    sa.Column("outcome", sa.String(20), nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("created_at", UTCDateTime, nullable=False),
    sa.Column("settles_at", UTCDateTime, nullable=False),
    sa.Column("undone_at", UTCDateTime),
)
"""Decisions that a lead took for many tasks at once."""

task_events = sa.Table(
    "task_events",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("at", UTCDateTime, nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("task_id", sa.String(36)),
    sa.Column("flow", sa.String(63)),
    sa.Column("user_id", sa.String(36), nullable=False, index=True),
    sa.Column("detail", sa.Text, nullable=False, server_default=""),
    sa.Column("subject", sa.String(220), nullable=False, server_default="", index=True),
    sa.Column("salt", sa.String(32)),
    sa.Index(None, "task_id", "kind"),
    sa.Index(None, "kind", "at"),
)
"""Who did what to a task beside answering it, and to people, keys and policies; rows are only added. Loops may be
deleted, their events stay. `subject`: what it is about where that is no task, such as ``person:noor``."""

loop_harms = sa.Table(
    "loop_harms",
    metadata,
    sa.Column("loop_name", sa.String(63), primary_key=True),
    sa.Column("harm", sa.String(100), primary_key=True),
)
"""What a loop exposes people to: its severity, always, and the labels found that have one."""

loop_likenesses = sa.Table(
    "loop_likenesses",
    metadata,
    sa.Column("loop_name", sa.String(63), primary_key=True),
    sa.Column("likeness", sa.String(64), nullable=False),
    sa.Index(None, "likeness"),
)
"""By what loops over nearly the same content find each other; none of a loop that is to be judged alone."""

loop_authors = sa.Table(
    "loop_authors",
    metadata,
    sa.Column("loop_name", sa.String(63), primary_key=True),
    sa.Column("author_sha256", sa.String(64), nullable=False),
    sa.Index(None, "author_sha256"),
)
"""Whose item a loop is about, as a digest of app and author, where the app names one."""

user_authors = sa.Table(
    "user_authors",
    metadata,
    sa.Column("user_id", sa.String(36), sa.ForeignKey("users.id"), primary_key=True),
    sa.Column("author_sha256", sa.String(64), primary_key=True),
    sa.Column("app", sa.String(100), nullable=False),
    sa.Column("at", UTCDateTime, nullable=False),
)
"""Which authors of apps somebody is: they never get a task about what they wrote. By the digest of `loop_authors`."""

user_clearances = sa.Table(
    "user_clearances",
    metadata,
    sa.Column("user_id", sa.String(36), sa.ForeignKey("users.id"), primary_key=True),
    sa.Column("clearance", sa.String(60), primary_key=True),
    sa.Column("at", UTCDateTime, nullable=False),
)
"""What people hold (`review_ui.clearance`); each change is a record of the audit chain."""

loop_clearances = sa.Table(
    "loop_clearances",
    metadata,
    sa.Column("loop_name", sa.String(63), primary_key=True),
    sa.Column("clearance", sa.String(60), primary_key=True),
    sa.Column("at", UTCDateTime, nullable=False),
)
"""What people have to hold to see a loop; it may be said of one before that starts."""

event_clearances = sa.Table(
    "event_clearances",
    metadata,
    sa.Column("event_id", sa.Integer, sa.ForeignKey("task_events.id"), primary_key=True),
    sa.Column("clearance", sa.String(60), primary_key=True),
)
"""What people have to hold to read an entry of the log: what its loop needed. Loops may be deleted, these stay."""

looks = sa.Table(
    "looks",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("user_id", sa.String(36), nullable=False),
    sa.Column("task_id", sa.String(36), nullable=False),
    sa.Column("began_at", UTCDateTime, nullable=False),
    sa.Column("until", UTCDateTime, nullable=False),
    sa.Column("seconds", sa.Float),
    sa.Index(None, "user_id", "began_at"),
    sa.Index(None, "task_id"),
)
"""When somebody had a task before their eyes: from `began_at` for `seconds`, once that is over; till then, at most
until the lease ends, `until`. Loops may be deleted, looks stay."""

look_harms = sa.Table(
    "look_harms",
    metadata,
    sa.Column("look_id", sa.Integer, sa.ForeignKey("looks.id"), primary_key=True),
    sa.Column("harm", sa.String(100), primary_key=True),
)

preferences = sa.Table(
    "preferences",
    metadata,
    sa.Column("user_id", sa.String(36), sa.ForeignKey("users.id"), primary_key=True),
    sa.Column("takes_severe", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("blur", sa.Integer, nullable=False, server_default="3"),
    sa.Column("grey", sa.Integer, nullable=False, server_default="2"),
    sa.Column("break_until", UTCDateTime),
)
"""What somebody chose for themselves. `blur` and `grey`: how strong the veil over media is, 0 for none."""

golden_items = sa.Table(
    "golden_items",
    metadata,
    sa.Column("loop_name", sa.String(63), sa.ForeignKey("human_loops.name", ondelete="CASCADE"), primary_key=True),
    sa.Column("source", sa.String(63), nullable=False, unique=True),
    sa.Column("expected", sa.JSON, nullable=False),
    sa.Column("because", sa.Text, nullable=False, server_default=""),
    sa.Column("added_by", sa.String(100), nullable=False),
    sa.Column("added_at", UTCDateTime, nullable=False),
    sa.Column("retired_at", UTCDateTime),
)
"""Tasks with a known answer. Each is a loop of its own, which A2I's operations do not show; `source` is the loop that
it was made from."""

queue_quality = sa.Table(
    "queue_quality",
    metadata,
    sa.Column("flow", sa.String(63), primary_key=True),
    sa.Column("golden_percent", sa.Float, nullable=False),
    sa.Column("gives_feedback", sa.Boolean, nullable=False),
)
"""How many of a queue's tasks have a known answer, and whether reviewers are told of theirs."""

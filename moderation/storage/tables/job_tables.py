"""Jobs over texts and films, buckets, and messages that became no item."""

from __future__ import annotations

import sqlalchemy as sa

from ground.database import UTCDateTime
from moderation.storage.tables.common import metadata

s3_objects = sa.Table(
    "s3_objects",
    metadata,
    sa.Column("app", sa.String(100), primary_key=True),
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("sequencer", sa.String(64), nullable=False),
    sa.Column("etag", sa.String(200), nullable=False),
    sa.Column("item_id", sa.String(36), sa.ForeignKey("items.id"), nullable=False),
)
"""The newest state of each object that an event told of; its name is the digest of ``s3://bucket/key``."""

dead_letters = sa.Table(
    "dead_letters",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("app", sa.String(100), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("uri", sa.Text),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("created_at", UTCDateTime, nullable=False),
)
"""Messages of queues that could not become items."""

buckets = sa.Table(
    "buckets",
    metadata,
    sa.Column("name", sa.String(63), primary_key=True),
    sa.Column("app", sa.String(63), nullable=False),
    sa.Column("created_at", UTCDateTime, nullable=False),
    sa.Column("cors", sa.JSON(none_as_null=True)),
    sa.Column("notifications", sa.JSON(none_as_null=True)),
    sa.Index(None, "app"),
)
"""Buckets that AWS's clients made here. `app` is empty for one of the operator's."""

bucket_objects = sa.Table(
    "bucket_objects",
    metadata,
    sa.Column("bucket", sa.String(63), primary_key=True),
    sa.Column("key", sa.String(1024), primary_key=True),
    sa.Column("md5", sa.String(32), nullable=False),
    sa.Column("content_type", sa.String(200), nullable=False),
    sa.Column("facts", sa.JSON, nullable=False),
)
"""What their owners said of objects in `buckets`; of one with another digest by now it says nothing."""

redaction_jobs = sa.Table(
    "redaction_jobs",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("name", sa.String(256)),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("request", sa.JSON, nullable=False),
    sa.Column("token", sa.String(64), unique=True),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("lease_until", UTCDateTime),
    sa.Column("submitted_at", UTCDateTime, nullable=False),
    sa.Column("ended_at", UTCDateTime),
    sa.Column("app", sa.String(63)),
    sa.Index(None, "submitted_at", "id"),
    sa.Index(None, "state", "submitted_at"),
)
"""How far each is stands in its ledger, in the data folder of the process that does it. `app`: whose access key asked
for it; None for the operator's."""

film_jobs = sa.Table(
    "film_jobs",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("app", sa.String(63)),
    sa.Column("operation", sa.String(40), nullable=False),
    sa.Column("request", sa.JSON, nullable=False),
    sa.Column("tools", sa.JSON, nullable=False),
    sa.Column("unseen", sa.JSON, nullable=False),
    sa.Column("token", sa.String(64), unique=True),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("film", sa.JSON),
    sa.Column("looked_until", sa.Float, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("lease_until", UTCDateTime),
    sa.Column("is_told", sa.Boolean, nullable=False),
    sa.Column("submitted_at", UTCDateTime, nullable=False),
    sa.Column("ended_at", UTCDateTime),
    sa.Index(None, "state", "submitted_at"),
    sa.Index(None, "is_told", "ended_at"),
)
"""Looks through stored films (`moderation.films.jobs`). `app`: whose access key asked for it; None for the operator's.
`looked_until`: seconds of the film whose findings are stored. `is_told`: False while a topic is to be told the end."""

film_pictures = sa.Table(
    "film_pictures",
    metadata,
    sa.Column("job", sa.String(32), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("start", sa.Float, nullable=False),
    sa.Column("end", sa.Float, nullable=False),
    sa.Column("detections", sa.JSON, nullable=False),
    sa.Column("texts", sa.JSON, nullable=False),
)
"""What each picture of a film showed, and from when to when in seconds; none of it is a picture."""

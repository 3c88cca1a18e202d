"""Figures, and the processes that tell them."""

from __future__ import annotations

import sqlalchemy as sa

from ground.database import UTCDateTime
from moderation.storage.tables.common import metadata

roll_ups = sa.Table(
    "roll_ups",
    metadata,
    sa.Column("figure", sa.String(20), primary_key=True),
    sa.Column("span", sa.String(4), primary_key=True),
    sa.Column("start", sa.String(13), primary_key=True),
    sa.Column("app", sa.String(100), primary_key=True),
    sa.Column("name", sa.String(200), primary_key=True),
    sa.Column("detail", sa.String(200), primary_key=True),
    sa.Column("amount", sa.Integer, nullable=False),
    # A dashboard reads a stretch of one figure, which lies together.
    sqlite_with_rowid=False,
)
"""What happened by hour and day (UTC); `moderation.storage.roll_ups` says what is counted."""

roll_up_marks = sa.Table(
    "roll_up_marks",
    metadata,
    sa.Column("name", sa.String(20), primary_key=True),
    sa.Column("at", UTCDateTime, nullable=False),
    sa.Column("position", sa.String(36), nullable=False),
)
"""How far `moderation.storage.roll_up_history` has come with what was there before."""

processes = sa.Table(
    "processes",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("place", sa.String(120), nullable=False),
    sa.Column("started_at", UTCDateTime, nullable=False),
    sa.Column("seen_at", UTCDateTime, nullable=False),
)
"""The processes that moderate and serve, each with its last sign of life."""

tallies = sa.Table(
    "tallies",
    metadata,
    sa.Column("figure", sa.String(60), primary_key=True),
    sa.Column("labels", sa.String(300), primary_key=True),
    sa.Column("amount", sa.Float, nullable=False),
)
"""Counts that only grow, of all processes together; `labels` is a list in JSON."""

yearly_reports = sa.Table(
    "yearly_reports",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("year", sa.Integer, nullable=False),
    sa.Column("app", sa.String(100), nullable=False),
    sa.Column("least", sa.Integer, nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("done", sa.Integer, nullable=False),
    sa.Column("total", sa.Integer, nullable=False),
    sa.Column("rows", sa.JSON),
    sa.Column("last_decision_at", UTCDateTime),
    sa.Column("began_at", UTCDateTime, nullable=False),
    sa.Column("seen_at", UTCDateTime, nullable=False),
    sa.Index(None, "year", "app"),
)
"""Transparency reports that were made, or are wanted (`moderation.reporting.kept`); `app` is empty for all of them."""

"""Reports, notices and disputes about items, and acts that wait for a second person."""

from __future__ import annotations

import sqlalchemy as sa

from ground.database import UTCDateTime
from moderation.storage.tables.common import metadata

_IS_NEW = sa.text("is_new")

flags = sa.Table(
    "flags",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("item_id", sa.String(36), sa.ForeignKey("items.id"), nullable=False),
    sa.Column("app", sa.String(100), nullable=False),
    sa.Column("reporter", sa.String(200), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("outcome", sa.String(20)),
    sa.Column("is_new", sa.Boolean, nullable=False),
    sa.Column("created_at", UTCDateTime, nullable=False),
    sa.Column("settled_at", UTCDateTime),
    sa.UniqueConstraint("item_id", "reporter"),
    sa.Index(None, "app", "reporter"),
    sa.Index("ix_flags_new", "item_id", sqlite_where=_IS_NEW, postgresql_where=_IS_NEW),
)
"""Users' reports of items (`moderation.storage.flags`). `is_new`: the rules were not asked about it yet."""

consents = sa.Table(
    "consents",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("act", sa.String(20), nullable=False),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("by", sa.String(200), nullable=False),
    sa.Column("at", UTCDateTime, nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("answered_by", sa.String(200)),
    sa.Column("answered_at", UTCDateTime),
    sa.Column("used_at", UTCDateTime),
    sa.Index(None, "state", "act"),
)
"""Acts for which a second person is asked (`moderation.storage.consents`)."""

_IS_OPEN = sa.text("state IN ('unmatched', 'received', 'asked', 'appealed')")

_IS_TO_SWEEP = sa.text("is_to_sweep")

public_notices = sa.Table(
    "public_notices",
    metadata,
    sa.Column("number", sa.String(20), primary_key=True),
    sa.Column("secret_sha256", sa.String(64), nullable=False, unique=True),
    sa.Column("app", sa.String(100), nullable=False),
    # No foreign key: a notice outlives its item, and says then that it is gone.
    sa.Column("item_id", sa.String(36), index=True),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("place", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("mail", sa.String(320), nullable=False),
    sa.Column("signature", sa.String(200), nullable=False),
    sa.Column("notifier", sa.String(22), nullable=False, index=True),
    sa.Column("flagger", sa.String(20)),
    sa.Column("language", sa.String(20), nullable=False),
    sa.Column("via", sa.String(10), nullable=False),
    sa.Column("created_at", UTCDateTime, nullable=False),
    sa.Column("look_after", UTCDateTime, nullable=False),
    sa.Column("problem", sa.Text),
    sa.Column("settled_at", UTCDateTime),
    sa.Column("settled_by", sa.String(200)),
    sa.Column("decided_as", sa.JSON(none_as_null=True)),
    sa.Column("answer", sa.Text),
    sa.Column("appeal", sa.Text),
    sa.Column("appealed_at", UTCDateTime),
    sa.Column("is_to_sweep", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("swept", sa.JSON(none_as_null=True)),
    sa.Column("sweep_until", UTCDateTime),
    sa.Column("forgotten_at", UTCDateTime),
    sa.Index(None, "app", "created_at"),
    sa.Index("ix_public_notices_open", "state", "look_after", sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN),
    sa.Index("ix_public_notices_sweep", "settled_at", sqlite_where=_IS_TO_SWEEP, postgresql_where=_IS_TO_SWEEP),
)
"""What anybody says is wrong with an item (`moderation.storage.public_notices`). `decided_as`: the decision that
settled it, without people's notes; `answer`: what a lead wrote instead; `swept`: what an upheld one did elsewhere."""

trusted_flaggers = sa.Table(
    "trusted_flaggers",
    metadata,
    sa.Column("id", sa.String(20), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("app", sa.String(100)),
    sa.Column("secret_sha256", sa.String(64), nullable=False),
    sa.Column("by", sa.String(200), nullable=False),
    sa.Column("created_at", UTCDateTime, nullable=False),
    sa.Column("revoked_at", UTCDateTime),
)
"""Whose notices are looked at first. `app`: the only one for which they are; None for all."""

disputes = sa.Table(
    "disputes",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("item_id", sa.String(36), sa.ForeignKey("items.id"), nullable=False, index=True),
    sa.Column("app", sa.String(100), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("body", sa.String(200), nullable=False),
    sa.Column("reference", sa.String(200), nullable=False),
    sa.Column("submitted_at", UTCDateTime, nullable=False),
    sa.Column("outcome", sa.String(20)),
    sa.Column("decided_at", UTCDateTime),
    sa.Column("is_to_be_followed", sa.Boolean),
    sa.Column("followed_at", UTCDateTime),
    sa.Column("by", sa.String(200), nullable=False),
    sa.Column("at", UTCDateTime, nullable=False),
    sa.UniqueConstraint("item_id", "body", "reference"),
    sa.Index(None, "submitted_at", "id"),
)
"""Decisions before out-of-court bodies (`moderation.storage.disputes`). `number`: of the decision."""

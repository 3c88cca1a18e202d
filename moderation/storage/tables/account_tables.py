"""Apps, their keys, and secrets of the service's own."""

from __future__ import annotations

import sqlalchemy as sa

from ground.database import UTCDateTime
from moderation.storage.tables.common import metadata

apps = sa.Table(
    "apps",
    metadata,
    sa.Column("name", sa.String(100), primary_key=True),
    sa.Column("webhook_secret", sa.String(100), nullable=False),
    sa.Column("created_at", UTCDateTime, nullable=False),
    sa.Column("old_secret", sa.String(100)),
    sa.Column("old_until", UTCDateTime),
)

api_keys = sa.Table(
    "api_keys",
    metadata,
    sa.Column("id", sa.String(20), primary_key=True),
    sa.Column("app", sa.String(100), sa.ForeignKey("apps.name"), nullable=False),
    sa.Column("secret_sha256", sa.String(64), nullable=False),
    sa.Column("created_at", UTCDateTime, nullable=False),
    sa.Column("revoked_at", UTCDateTime),
    sa.Column("is_operator", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("scopes", sa.String(100)),
    sa.Column("expires_at", UTCDateTime),
)
"""`scopes`: what the key may do, separated by blanks; None for everything."""

own_secrets = sa.Table(
    "own_secrets",
    metadata,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("secret", sa.LargeBinary, nullable=False),
    sa.Column("created_at", UTCDateTime, nullable=False),
)
"""Keys that this installation has made for itself, the same in all its processes."""

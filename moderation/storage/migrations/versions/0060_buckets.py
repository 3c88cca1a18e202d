"""Buckets that AWS's clients make here, and what is said of the objects in them.

Revision ID: 0060
Revises: 0052
"""

import sqlalchemy as sa
from alembic import op

import ground.database

revision = "0060"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "buckets",
        sa.Column("name", sa.String(length=63), nullable=False),
        sa.Column("app", sa.String(length=63), nullable=False),
        sa.Column("created_at", ground.database.UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_buckets")),
    )
    op.create_index("ix_buckets_app", "buckets", ["app"])
    op.create_table(
        "bucket_objects",
        sa.Column("bucket", sa.String(length=63), nullable=False),
        sa.Column("key", sa.String(length=1024), nullable=False),
        sa.Column("md5", sa.String(length=32), nullable=False),
        sa.Column("content_type", sa.String(length=200), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("bucket", "key", name=op.f("pk_bucket_objects")),
    )


def downgrade() -> None:
    op.drop_table("bucket_objects")
    op.drop_table("buckets")

"""Users' reports of items.

Revision ID: 0075
Revises: 0074
"""

import sqlalchemy as sa
from alembic import op

import ground.database

revision = "0075"
down_revision = "0074"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "flags",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("item_id", sa.String(length=36), nullable=False),
        sa.Column("app", sa.String(length=100), nullable=False),
        sa.Column("reporter", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("is_new", sa.Boolean(), nullable=False),
        sa.Column("created_at", ground.database.UTCDateTime(timezone=True), nullable=False),
        sa.Column("settled_at", ground.database.UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_flags_item_id_items")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flags")),
        sa.UniqueConstraint("item_id", "reporter", name=op.f("uq_flags_item_id_reporter")),
    )
    op.create_index("ix_flags_app_reporter", "flags", ["app", "reporter"])
    is_new = sa.text("is_new")
    op.create_index("ix_flags_new", "flags", ["item_id"], sqlite_where=is_new, postgresql_where=is_new)


def downgrade() -> None:
    op.drop_table("flags")

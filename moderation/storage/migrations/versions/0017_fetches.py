"""Media that is named by its address is fetched after the item is stored.

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

import ground.database

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "fetches",
        sa.Column("id", sa.String(length=60), nullable=False),
        sa.Column("item_id", sa.String(length=36), nullable=False),
        sa.Column("part", sa.String(length=20), nullable=False),
        sa.Column("app", sa.String(length=100), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", ground.database.UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_fetches_item_id_items")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fetches")),
    )
    op.create_index("ix_fetches_app_id", "fetches", ["app", "id"])


def downgrade() -> None:
    op.drop_table("fetches")

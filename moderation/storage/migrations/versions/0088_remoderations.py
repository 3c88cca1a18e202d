"""Runs that judge decided items by changed policies, and what each changed.

Revision ID: 0088
Revises: 0086
"""

import sqlalchemy as sa
from alembic import op

import ground.database

revision = "0088"
down_revision = "0086"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "remoderations",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("app", sa.String(length=100), nullable=True),
        sa.Column("since", ground.database.UTCDateTime(timezone=True), nullable=True),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.Column("with_people", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("position", sa.String(length=36), nullable=False),
        sa.Column("last", sa.String(length=36), nullable=False),
        sa.Column("begun_at", ground.database.UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remoderations")),
    )
    op.create_table(
        "remoderated_items",
        sa.Column("run", sa.String(length=32), nullable=False),
        sa.Column("item_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("became", sa.String(length=20), nullable=False),
        sa.Column("was_redacted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("run", "item_id", name=op.f("pk_remoderated_items")),
    )


def downgrade() -> None:
    op.drop_table("remoderated_items")
    op.drop_table("remoderations")

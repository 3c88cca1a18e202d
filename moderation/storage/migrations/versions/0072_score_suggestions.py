"""Verdicts that moderators send on comments which are no items, for tuning.

Revision ID: 0072
Revises: 0071
"""

import sqlalchemy as sa
from alembic import op

import ground.database

revision = "0072"
down_revision = "0071"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "score_suggestions",
        sa.Column("key", sa.String(length=22), nullable=False),
        sa.Column("app", sa.String(length=63), nullable=False),
        sa.Column("confidences", sa.JSON(), nullable=False),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.Column("at", ground.database.UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_score_suggestions")),
    )
    op.create_index(op.f("ix_score_suggestions_at"), "score_suggestions", ["at"])


def downgrade() -> None:
    op.drop_table("score_suggestions")

"""Drafts of policies, what people did with them, and backtests of them.

Revision ID: 0051
Revises: 0050
"""

import sqlalchemy as sa
from alembic import op

import ground.database

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None

TIME = ground.database.UTCDateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "policy_drafts",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("based_on", sa.String(length=64), nullable=False),
        sa.Column("by", sa.String(length=100), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("began_at", TIME, nullable=False),
        sa.Column("saved_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_drafts")),
    )
    op.create_index("ix_policy_drafts_name_state", "policy_drafts", ["name", "state"])
    op.create_table(
        "policy_draft_acts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("draft_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("by", sa.String(length=100), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["draft_id"], ["policy_drafts.id"], name=op.f("fk_policy_draft_acts_draft_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_draft_acts")),
    )
    op.create_index("ix_policy_draft_acts_draft_id", "policy_draft_acts", ["draft_id"])
    op.create_table(
        "policy_backtests",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("draft_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("report", sa.JSON(), nullable=True),
        sa.Column("by", sa.String(length=100), nullable=False),
        sa.Column("began_at", TIME, nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["draft_id"], ["policy_drafts.id"], name=op.f("fk_policy_backtests_draft_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_backtests")),
    )
    op.create_index("ix_policy_backtests_draft_id", "policy_backtests", ["draft_id"])


def downgrade() -> None:
    op.drop_table("policy_backtests")
    op.drop_table("policy_draft_acts")
    op.drop_table("policy_drafts")

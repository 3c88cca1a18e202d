"""Transparency reports that are made in the background and kept.

Revision ID: 0105
Revises: 0101
"""

import sqlalchemy as sa
from alembic import op

import ground.database

revision = "0105"
down_revision = "0101"
branch_labels = None
depends_on = None

TIME = ground.database.UTCDateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "yearly_reports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("app", sa.String(length=100), nullable=False),
        sa.Column("least", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("rows", sa.JSON(), nullable=True),
        sa.Column("last_decision_at", TIME, nullable=True),
        sa.Column("began_at", TIME, nullable=False),
        sa.Column("seen_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_yearly_reports")),
    )
    op.create_index("ix_yearly_reports_year_app", "yearly_reports", ["year", "app"])


def downgrade() -> None:
    op.drop_table("yearly_reports")

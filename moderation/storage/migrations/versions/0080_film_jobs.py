"""Jobs that look through stored films, and what their pictures showed.

Revision ID: 0080
Revises: 0079
"""

import sqlalchemy as sa
from alembic import op

revision = "0080"
down_revision = "0079"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "film_jobs",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("app", sa.String(length=63), nullable=True),
        sa.Column("operation", sa.String(length=40), nullable=False),
        sa.Column("request", sa.JSON(), nullable=False),
        sa.Column("tools", sa.JSON(), nullable=False),
        sa.Column("unseen", sa.JSON(), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("film", sa.JSON(), nullable=True),
        sa.Column("looked_until", sa.Float(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_told", sa.Boolean(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_film_jobs")),
        sa.UniqueConstraint("token", name=op.f("uq_film_jobs_token")),
    )
    op.create_index("ix_film_jobs_state_submitted_at", "film_jobs", ["state", "submitted_at"])
    op.create_index("ix_film_jobs_is_told_ended_at", "film_jobs", ["is_told", "ended_at"])
    op.create_table(
        "film_pictures",
        sa.Column("job", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("start", sa.Float(), nullable=False),
        sa.Column("end", sa.Float(), nullable=False),
        sa.Column("detections", sa.JSON(), nullable=False),
        sa.Column("texts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("job", "number", name=op.f("pk_film_pictures")),
    )


def downgrade() -> None:
    op.drop_table("film_pictures")
    op.drop_table("film_jobs")

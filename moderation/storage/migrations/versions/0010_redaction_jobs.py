"""Redaction jobs that were asked for over an API."""

import sqlalchemy as sa
from alembic import op

import ground.database

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "redaction_jobs",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("request", sa.JSON(), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", ground.database.UTCDateTime(timezone=True), nullable=True),
        sa.Column("submitted_at", ground.database.UTCDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", ground.database.UTCDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_redaction_jobs")),
        sa.UniqueConstraint("token", name=op.f("uq_redaction_jobs_token")),
    )
    with op.batch_alter_table("redaction_jobs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_redaction_jobs_submitted_at_id"), ["submitted_at", "id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_redaction_jobs_state_submitted_at"), ["state", "submitted_at"], unique=False
        )


def downgrade() -> None:
    op.drop_table("redaction_jobs")

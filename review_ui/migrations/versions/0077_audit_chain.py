"""An audit chain, and salts of answers and acts; those that are there already are recorded as they stand.

Revision ID: 0077
Revises: 0075
"""

import sqlalchemy as sa
from alembic import op

import ground.database

revision = "0077"
down_revision = "0075"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "review_audit_records",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("at", ground.database.UTCDateTime(timezone=True), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("hash", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_audit_records")),
    )
    op.create_index("ix_review_audit_records_position", "review_audit_records", ["position"], unique=True)
    op.add_column("tasks", sa.Column("salt", sa.String(length=32), nullable=True))
    op.add_column("task_events", sa.Column("salt", sa.String(length=32), nullable=True))
    op.execute(
        "INSERT INTO review_audit_records (kind, subject, at, body) "
        "SELECT 'answer', loop_name || '/' || id, COALESCE(submitted_at, created_at), '{}' FROM tasks "
        "WHERE state = 'answered' ORDER BY COALESCE(submitted_at, created_at), id"
    )
    op.execute(
        "INSERT INTO review_audit_records (kind, subject, at, body) "
        "SELECT 'act', CAST(id AS VARCHAR(20)), at, '{}' FROM task_events ORDER BY id"
    )


def downgrade() -> None:
    with op.batch_alter_table("task_events") as batch_op:
        batch_op.drop_column("salt")
    with op.batch_alter_table("tasks") as batch_op:
        batch_op.drop_column("salt")
    op.drop_table("review_audit_records")

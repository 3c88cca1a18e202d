"""Workforces, and who must not get the tasks of a loop."""

import sqlalchemy as sa
from alembic import op

import ground.database

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "workforces",
        sa.Column("name", sa.String(length=63), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("created_at", ground.database.UTCDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", ground.database.UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_workforces")),
    )
    op.create_table(
        "not_for",
        sa.Column("loop_name", sa.String(length=63), nullable=False),
        sa.Column("worker_id", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("loop_name", "worker_id", name=op.f("pk_not_for")),
    )


def downgrade() -> None:
    op.drop_table("not_for")
    op.drop_table("workforces")

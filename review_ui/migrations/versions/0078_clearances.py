"""What people hold, and what they have to hold to see human loops and what was done about them.

Revision ID: 0078
Revises: 0077
"""

import sqlalchemy as sa
from alembic import op

import ground.database

revision = "0078"
down_revision = "0077"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "user_clearances",
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("clearance", sa.String(length=60), nullable=False),
        sa.Column("at", ground.database.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_user_clearances_user_id_users")),
        sa.PrimaryKeyConstraint("user_id", "clearance", name=op.f("pk_user_clearances")),
    )
    op.create_table(
        "loop_clearances",
        sa.Column("loop_name", sa.String(length=63), nullable=False),
        sa.Column("clearance", sa.String(length=60), nullable=False),
        sa.Column("at", ground.database.UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("loop_name", "clearance", name=op.f("pk_loop_clearances")),
    )
    op.create_table(
        "event_clearances",
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("clearance", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["task_events.id"], name=op.f("fk_event_clearances_event_id_task_events")
        ),
        sa.PrimaryKeyConstraint("event_id", "clearance", name=op.f("pk_event_clearances")),
    )


def downgrade() -> None:
    for table in ("event_clearances", "loop_clearances", "user_clearances"):
        op.drop_table(table)

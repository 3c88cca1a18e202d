"""Groups of people, answers that can be undone, escalation, leads' controls, batches, and who did what."""

import sqlalchemy as sa
from alembic import op

import ground.database

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TIME = ground.database.UTCDateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "user_groups",
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=63), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_user_groups_user_id_users")),
        sa.PrimaryKeyConstraint("user_id", "name", name=op.f("pk_user_groups")),
    )
    op.create_table(
        "queue_controls",
        sa.Column("flow", sa.String(length=63), nullable=False),
        sa.Column("priority", sa.Integer(), server_default="0", nullable=False),
        sa.Column("paused_at", TIME),
        sa.Column("paused_by", sa.String(length=100)),
        sa.PrimaryKeyConstraint("flow", name=op.f("pk_queue_controls")),
    )
    op.create_table(
        "batches",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("flow", sa.String(length=63), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("settles_at", TIME, nullable=False),
        sa.Column("undone_at", TIME),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
    )
    op.create_table(
        "task_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("task_id", sa.String(length=36)),
        sa.Column("flow", sa.String(length=63)),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_events")),
    )
    op.create_index(op.f("ix_task_events_task_id_kind"), "task_events", ["task_id", "kind"])
    op.create_index(op.f("ix_task_events_kind_at"), "task_events", ["kind", "at"])
    op.add_column("tasks", sa.Column("settles_at", TIME))
    op.add_column("tasks", sa.Column("level", sa.String(length=10), server_default="reviewer", nullable=False))
    op.add_column("tasks", sa.Column("priority", sa.Integer(), server_default="0", nullable=False))
    op.add_column("tasks", sa.Column("assigned_to", sa.String(length=36)))
    op.add_column("tasks", sa.Column("batch", sa.String(length=36)))
    op.create_index(op.f("ix_tasks_state_settles_at"), "tasks", ["state", "settles_at"])
    op.create_index(op.f("ix_tasks_user_id_submitted_at"), "tasks", ["user_id", "submitted_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_tasks_user_id_submitted_at"), "tasks")
    op.drop_index(op.f("ix_tasks_state_settles_at"), "tasks")
    for column in ("batch", "assigned_to", "priority", "level", "settles_at"):
        op.drop_column("tasks", column)
    for table in ("task_events", "batches", "queue_controls", "user_groups"):
        op.drop_table(table)

"""How long tasks of a queue may wait, and what an entry of the audit log is about.

Revision ID: 0050
Revises: 0040
"""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("queue_controls", sa.Column("due_minutes", sa.Integer(), nullable=True))
    op.add_column("task_events", sa.Column("subject", sa.String(length=220), nullable=False, server_default=""))
    op.create_index("ix_task_events_subject", "task_events", ["subject"])
    op.create_index("ix_task_events_user_id", "task_events", ["user_id"])


def downgrade() -> None:
    op.drop_index("ix_task_events_user_id", table_name="task_events")
    op.drop_index("ix_task_events_subject", table_name="task_events")
    with op.batch_alter_table("task_events") as batch_op:
        batch_op.drop_column("subject")
    with op.batch_alter_table("queue_controls") as batch_op:
        batch_op.drop_column("due_minutes")

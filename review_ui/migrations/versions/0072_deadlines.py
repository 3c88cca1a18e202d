"""Until when a task is to be answered, and who gave it back last.

Revision ID: 0072
Revises: 0071
"""

import sqlalchemy as sa
from alembic import op

revision = "0072"
down_revision = "0071"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tasks", sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("tasks", sa.Column("left_by", sa.String(length=36), nullable=True))
    op.create_index("ix_tasks_state_due_at", "tasks", ["state", "due_at"])


def downgrade() -> None:
    op.drop_index("ix_tasks_state_due_at", table_name="tasks")
    with op.batch_alter_table("tasks") as batch_op:
        batch_op.drop_column("left_by")
        batch_op.drop_column("due_at")

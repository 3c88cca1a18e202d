"""Until when people are to decide an item, and what says so.

Revision ID: 0073
Revises: 0072
"""

import sqlalchemy as sa
from alembic import op

revision = "0073"
down_revision = "0072"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("item_loops", sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("item_loops", sa.Column("due_because", sa.Text(), nullable=True))
    op.create_index("ix_item_loops_state_due_at", "item_loops", ["state", "due_at"])


def downgrade() -> None:
    op.drop_index("ix_item_loops_state_due_at", table_name="item_loops")
    with op.batch_alter_table("item_loops") as batch_op:
        batch_op.drop_column("due_because")
        batch_op.drop_column("due_at")

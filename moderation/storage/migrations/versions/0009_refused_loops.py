"""Why Amazon refused a human loop that was opened at the own endpoint instead."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def _loops() -> str:
    """The table's name: until 0011 it was the other one."""
    return "item_loops" if sa.inspect(op.get_bind()).has_table("item_loops") else "human_loops"


def upgrade() -> None:
    with op.batch_alter_table(_loops(), schema=None) as batch_op:
        batch_op.add_column(sa.Column("refusal", sa.Text(), nullable=True))
        batch_op.create_index(batch_op.f(f"ix_{_loops()}_created_at"), ["created_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table(_loops(), schema=None) as batch_op:
        batch_op.drop_index(batch_op.f(f"ix_{_loops()}_created_at"))
        batch_op.drop_column("refusal")

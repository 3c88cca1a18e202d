"""Why Amazon refused a human loop that was opened at the own endpoint instead."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("human_loops", schema=None) as batch_op:
        batch_op.add_column(sa.Column("refusal", sa.Text(), nullable=True))
        batch_op.create_index(batch_op.f("ix_human_loops_created_at"), ["created_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("human_loops", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_human_loops_created_at"))
        batch_op.drop_column("refusal")

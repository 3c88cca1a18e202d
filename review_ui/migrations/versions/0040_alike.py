"""By what waiting tasks over nearly the same content find each other."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "loop_likenesses",
        sa.Column("loop_name", sa.String(length=63), nullable=False),
        sa.Column("likeness", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("loop_name", name=op.f("pk_loop_likenesses")),
    )
    op.create_index(op.f("ix_loop_likenesses_likeness"), "loop_likenesses", ["likeness"])


def downgrade() -> None:
    op.drop_table("loop_likenesses")

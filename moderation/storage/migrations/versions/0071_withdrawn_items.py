"""Items that were withdrawn, and what is still to be erased of them outside of the database.

Revision ID: 0071
Revises: 0070
"""

import sqlalchemy as sa
from alembic import op

import ground.database

revision = "0071"
down_revision = "0070"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("items", sa.Column("withdrawn_at", ground.database.UTCDateTime(timezone=True), nullable=True))
    op.create_table(
        "erasures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("due_at", ground.database.UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
    )
    op.create_index("ix_erasures_due_at", "erasures", ["due_at"])
    op.create_index("ix_erasures_item_id", "erasures", ["item_id"])


def downgrade() -> None:
    op.drop_table("erasures")
    with op.batch_alter_table("items") as batch_op:
        batch_op.drop_column("withdrawn_at")

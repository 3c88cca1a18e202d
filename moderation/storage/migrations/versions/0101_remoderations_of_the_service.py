"""Runs over decided items that the service itself works off, at which pace, and who works on each.

Revision ID: 0101
Revises: 0100
"""

import sqlalchemy as sa
from alembic import op

import ground.database

revision = "0101"
down_revision = "0100"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("remoderations", sa.Column("pace", sa.Integer(), nullable=True))
    op.add_column("remoderations", sa.Column("is_served", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("remoderations", sa.Column("lease_until", ground.database.UTCDateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("remoderations") as batch_op:
        for name in ("lease_until", "is_served", "pace"):
            batch_op.drop_column(name)

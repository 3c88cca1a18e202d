"""Which new objects of a bucket become items.

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
    op.add_column("buckets", sa.Column("notifications", sa.JSON(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("buckets") as batch_op:
        batch_op.drop_column("notifications")

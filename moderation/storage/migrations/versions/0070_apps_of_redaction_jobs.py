"""Whose redaction jobs are; what there was is the operator's.

Revision ID: 0070
Revises: 0060
"""

import sqlalchemy as sa
from alembic import op

revision = "0070"
down_revision = "0060"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("redaction_jobs", sa.Column("app", sa.String(length=63), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("redaction_jobs") as batch_op:
        batch_op.drop_column("app")

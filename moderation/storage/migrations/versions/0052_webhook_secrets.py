"""The webhook secret that an app had before, while both sign.

Revision ID: 0052
Revises: 0051
"""

import sqlalchemy as sa
from alembic import op

import ground.database

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("apps", sa.Column("old_secret", sa.String(length=100), nullable=True))
    op.add_column("apps", sa.Column("old_until", ground.database.UTCDateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("apps") as batch_op:
        batch_op.drop_column("old_until")
        batch_op.drop_column("old_secret")

"""What API keys may do, and until when.

Revision ID: 0074
Revises: 0073
"""

import sqlalchemy as sa
from alembic import op

import ground.database

revision = "0074"
down_revision = "0073"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("api_keys", sa.Column("scopes", sa.String(length=100), nullable=True))
    op.add_column("api_keys", sa.Column("expires_at", ground.database.UTCDateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("api_keys") as batch_op:
        batch_op.drop_column("expires_at")
        batch_op.drop_column("scopes")

"""Lists that operators keep while the service runs, and API keys of operators.

Revision ID: 0020
Revises: 0019
"""

import sqlalchemy as sa
from alembic import op

import ground.database

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "list_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("list", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("entry", sa.String(length=500), nullable=False),
        sa.Column("expires_at", ground.database.UTCDateTime(timezone=True), nullable=True),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", ground.database.UTCDateTime(timezone=True), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list_events")),
    )
    op.create_index("ix_list_events_list_id", "list_events", ["list", "id"])
    op.add_column("api_keys", sa.Column("is_operator", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    with op.batch_alter_table("api_keys") as batch_op:
        batch_op.drop_column("is_operator")
    op.drop_table("list_events")

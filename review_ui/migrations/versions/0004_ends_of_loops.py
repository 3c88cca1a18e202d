"""When a loop ended, whether its output is written, when to tell of it again; deletion that waits for both."""

import sqlalchemy as sa
from alembic import op

import ground.database

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TIME = ground.database.UTCDateTime(timezone=True)


def upgrade() -> None:
    op.add_column("human_loops", sa.Column("ended_at", TIME))
    op.add_column("human_loops", sa.Column("tell_after", TIME))
    op.add_column("human_loops", sa.Column("is_written", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("human_loops", sa.Column("is_deleted", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("flow_definitions", sa.Column("deleting_at", TIME))


def downgrade() -> None:
    op.drop_column("flow_definitions", "deleting_at")
    for column in ("is_deleted", "is_written", "tell_after", "ended_at"):
        op.drop_column("human_loops", column)

"""Whose work teams, templates, flow definitions and loops are; what there was is the operator's."""

import sqlalchemy as sa
from alembic import op

revision = "0070"
down_revision = "0060"
branch_labels = None
depends_on = None

_TABLES = ("task_uis", "workteams", "flow_definitions", "human_loops")


def upgrade() -> None:
    for table in _TABLES:
        op.add_column(table, sa.Column("app", sa.String(length=63), nullable=True))


def downgrade() -> None:
    for table in _TABLES:
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_column("app")

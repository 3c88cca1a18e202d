"""Items that wait are found by what kind of work they are, in an index that has no others.

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

WAITING = sa.text("status = 'pending'")


def upgrade() -> None:
    op.add_column("items", sa.Column("lane", sa.String(10), nullable=False, server_default="media"))
    op.create_index("ix_items_waiting", "items", ["lane", "app", "id"], sqlite_where=WAITING, postgresql_where=WAITING)
    op.drop_index("ix_items_status_app_id", table_name="items")


def downgrade() -> None:
    op.create_index("ix_items_status_app_id", "items", ["status", "app", "id"])
    op.drop_index("ix_items_waiting", table_name="items")
    op.drop_column("items", "lane")

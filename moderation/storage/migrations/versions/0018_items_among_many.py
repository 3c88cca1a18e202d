"""Items by content id in their order, rejected ones, and those with a problem, each found without reading others.

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

HAS_PROBLEM = sa.text("problem IS NOT NULL")
IS_REJECTED = sa.text("outcome = 'reject'")


def upgrade() -> None:
    op.create_index("ix_items_app_content_id_id", "items", ["app", "content_id", "id"])
    op.drop_index("ix_items_app_content_id", table_name="items")
    op.create_index("ix_items_rejected", "items", ["app", "id"], sqlite_where=IS_REJECTED, postgresql_where=IS_REJECTED)
    op.create_index("ix_items_problem", "items", ["id"], sqlite_where=HAS_PROBLEM, postgresql_where=HAS_PROBLEM)


def downgrade() -> None:
    op.drop_index("ix_items_problem", table_name="items")
    op.drop_index("ix_items_rejected", table_name="items")
    op.create_index("ix_items_app_content_id", "items", ["app", "content_id"])
    op.drop_index("ix_items_app_content_id_id", table_name="items")

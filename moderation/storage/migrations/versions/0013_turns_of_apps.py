"""Apps take turns: their waiting items are found by an index that begins with the app.

Revision ID: 0013
Revises: 0012
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_items_status_app_id", "items", ["status", "app", "id"])


def downgrade() -> None:
    op.drop_index("ix_items_status_app_id", table_name="items")

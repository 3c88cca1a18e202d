"""Search by what was read in pictures and heard in speech: which items' words have that in them.

Those of before count as without, and are gone through in the background.

Revision ID: 0093
Revises: 0088
"""

import sqlalchemy as sa
from alembic import op

revision = "0093"
down_revision = "0088"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("item_texts", sa.Column("has_found", sa.Boolean(), server_default=sa.false(), nullable=False))
    waits = sa.text("NOT has_found")
    op.create_index("ix_item_texts_waiting", "item_texts", ["number"], sqlite_where=waits, postgresql_where=waits)


def downgrade() -> None:
    op.drop_index("ix_item_texts_waiting", table_name="item_texts")
    op.drop_column("item_texts", "has_found")

"""When the texts of an item were forgotten.

Revision ID: 0100
Revises: 0097
"""

import sqlalchemy as sa
from alembic import op

import ground.database

revision = "0100"
down_revision = "0097"
branch_labels = None
depends_on = None

_HAS_TEXTS = sa.text("status = 'decided' AND text_erased_at IS NULL")


def upgrade() -> None:
    op.add_column("items", sa.Column("text_erased_at", ground.database.UTCDateTime(timezone=True), nullable=True))
    op.create_index("ix_items_with_texts", "items", ["id"], sqlite_where=_HAS_TEXTS, postgresql_where=_HAS_TEXTS)


def downgrade() -> None:
    op.drop_index("ix_items_with_texts", table_name="items")
    with op.batch_alter_table("items") as batch_op:
        batch_op.drop_column("text_erased_at")

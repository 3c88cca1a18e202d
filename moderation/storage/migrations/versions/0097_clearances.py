"""What people have to hold to see items, and items that stand on lists at run time.

Revision ID: 0097
Revises: 0094
"""

import sqlalchemy as sa
from alembic import op

revision = "0097"
down_revision = "0094"
branch_labels = None
depends_on = None

_IS_UNTOLD = sa.text("NOT is_told")


def upgrade() -> None:
    op.create_table(
        "item_clearances",
        sa.Column("item_id", sa.String(length=36), nullable=False),
        sa.Column("clearance", sa.String(length=60), nullable=False),
        sa.Column("because", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_told", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("item_id", "clearance", name=op.f("pk_item_clearances")),
    )
    op.create_index(
        "ix_item_clearances_untold",
        "item_clearances",
        ["at"],
        sqlite_where=_IS_UNTOLD,
        postgresql_where=_IS_UNTOLD,
    )
    op.create_table(
        "list_clearances",
        sa.Column("list", sa.String(length=60), nullable=False),
        sa.Column("clearance", sa.String(length=60), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("list", "clearance", name=op.f("pk_list_clearances")),
    )


def downgrade() -> None:
    op.drop_table("list_clearances")
    op.drop_index("ix_item_clearances_untold", table_name="item_clearances")
    op.drop_table("item_clearances")

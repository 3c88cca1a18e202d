"""What items are counted by, so that rules remember: keyed hashes, and the key of this installation.

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

import ground.database

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

IS_PASSING = sa.text("of <> 'known_days'")


def upgrade() -> None:
    op.create_table(
        "counter_marks",
        sa.Column("key", sa.String(length=22), nullable=False),
        sa.Column("item_id", sa.String(length=36), nullable=False),
        sa.Column("who", sa.String(length=22), nullable=False),
        sa.Column("of", sa.String(length=200), nullable=False),
        sa.Column("bits", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("key", "item_id", "who", name=op.f("pk_counter_marks")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_counter_marks_passing", "counter_marks", ["item_id"], sqlite_where=IS_PASSING, postgresql_where=IS_PASSING
    )
    op.create_table(
        "own_secrets",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", ground.database.UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_own_secrets")),
    )


def downgrade() -> None:
    op.drop_table("own_secrets")
    op.drop_table("counter_marks")

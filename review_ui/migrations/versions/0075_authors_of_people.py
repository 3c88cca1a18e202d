"""Which authors of apps people are.

Revision ID: 0075
Revises: 0072
"""

import sqlalchemy as sa
from alembic import op

revision = "0075"
down_revision = "0072"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "user_authors",
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("author_sha256", sa.String(length=64), nullable=False),
        sa.Column("app", sa.String(length=100), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_user_authors_user_id")),
        sa.PrimaryKeyConstraint("user_id", "author_sha256", name=op.f("pk_user_authors")),
    )


def downgrade() -> None:
    op.drop_table("user_authors")

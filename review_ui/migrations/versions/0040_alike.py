"""By what waiting tasks over nearly the same content find each other, and whose item a loop is about."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "loop_likenesses",
        sa.Column("loop_name", sa.String(length=63), nullable=False),
        sa.Column("likeness", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("loop_name", name=op.f("pk_loop_likenesses")),
    )
    op.create_index(op.f("ix_loop_likenesses_likeness"), "loop_likenesses", ["likeness"])
    op.create_table(
        "loop_authors",
        sa.Column("loop_name", sa.String(length=63), nullable=False),
        sa.Column("author_sha256", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("loop_name", name=op.f("pk_loop_authors")),
    )
    op.create_index(op.f("ix_loop_authors_author_sha256"), "loop_authors", ["author_sha256"])


def downgrade() -> None:
    op.drop_table("loop_authors")
    op.drop_table("loop_likenesses")

"""Public notices, who is trusted with them, and loops that are opened because of them.

Revision ID: 0094
Revises: 0093
"""

import sqlalchemy as sa
from alembic import op

revision = "0094"
down_revision = "0093"
branch_labels = None
depends_on = None

_IS_OPEN = sa.text("state IN ('unmatched', 'received', 'asked', 'appealed')")
_IS_TO_SWEEP = sa.text("is_to_sweep")


def upgrade() -> None:
    op.create_table(
        "public_notices",
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("secret_sha256", sa.String(length=64), nullable=False),
        sa.Column("app", sa.String(length=100), nullable=False),
        sa.Column("item_id", sa.String(length=36), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("mail", sa.String(length=320), nullable=False),
        sa.Column("signature", sa.String(length=200), nullable=False),
        sa.Column("notifier", sa.String(length=22), nullable=False),
        sa.Column("flagger", sa.String(length=20), nullable=True),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("via", sa.String(length=10), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("look_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.String(length=200), nullable=True),
        sa.Column("decided_as", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("appeal", sa.Text(), nullable=True),
        sa.Column("appealed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_to_sweep", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("swept", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("sweep_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("forgotten_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_public_notices")),
        sa.UniqueConstraint("secret_sha256", name=op.f("uq_public_notices_secret_sha256")),
    )
    op.create_index("ix_public_notices_item_id", "public_notices", ["item_id"])
    op.create_index("ix_public_notices_notifier", "public_notices", ["notifier"])
    op.create_index("ix_public_notices_app_created_at", "public_notices", ["app", "created_at"])
    op.create_index(
        "ix_public_notices_open",
        "public_notices",
        ["state", "look_after"],
        sqlite_where=_IS_OPEN,
        postgresql_where=_IS_OPEN,
    )
    op.create_index(
        "ix_public_notices_sweep",
        "public_notices",
        ["settled_at"],
        sqlite_where=_IS_TO_SWEEP,
        postgresql_where=_IS_TO_SWEEP,
    )
    op.create_table(
        "trusted_flaggers",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("app", sa.String(length=100), nullable=True),
        sa.Column("secret_sha256", sa.String(length=64), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trusted_flaggers")),
    )
    op.add_column("item_loops", sa.Column("notice", sa.Text(), nullable=True))
    op.add_column("item_loops", sa.Column("comes_first", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("item_loops") as batch_op:
        batch_op.drop_column("comes_first")
        batch_op.drop_column("notice")
    op.drop_table("trusted_flaggers")
    op.drop_table("public_notices")

"""What pictures and texts are recognised by, so that reviewers learn of earlier decisions on nearly the same."""

import sqlalchemy as sa
from alembic import op

import ground.database

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "fingerprints",
        sa.Column("item_id", sa.String(length=36), nullable=False),
        sa.Column("part", sa.String(length=20), nullable=False),
        sa.Column("app", sa.String(length=100), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("bits", sa.BigInteger(), nullable=True),
        sa.Column("band0", sa.Integer(), nullable=True),
        sa.Column("band1", sa.Integer(), nullable=True),
        sa.Column("band2", sa.Integer(), nullable=True),
        sa.Column("band3", sa.Integer(), nullable=True),
        sa.Column("decided_at", ground.database.UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_fingerprints_item_id")),
        sa.PrimaryKeyConstraint("item_id", "part", name=op.f("pk_fingerprints")),
    )
    with op.batch_alter_table("fingerprints", schema=None) as batch_op:
        for column in ("digest", "band0", "band1", "band2", "band3"):
            name = batch_op.f(f"ix_fingerprints_app_kind_{column}_decided_at")
            batch_op.create_index(name, ["app", "kind", column, "decided_at"], unique=False)


def downgrade() -> None:
    op.drop_table("fingerprints")

"""An audit chain, and salts of decisions; decisions that are there already are recorded as they stand.

Revision ID: 0021
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op

import ground.database

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_records",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("at", ground.database.UTCDateTime(timezone=True), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("hash", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_records")),
    )
    op.create_index("ix_audit_records_position", "audit_records", ["position"], unique=True)
    op.add_column("decisions", sa.Column("salt", sa.String(length=32), nullable=True))
    op.execute(
        "INSERT INTO audit_records (kind, subject, at, body) "
        "SELECT 'decision', item_id || '/' || number, decided_at, '{}' FROM decisions "
        "ORDER BY decided_at, item_id, number"
    )


def downgrade() -> None:
    with op.batch_alter_table("decisions") as batch_op:
        batch_op.drop_column("salt")
    op.drop_table("audit_records")

"""The answer under an idempotency key says how long it is not final; nothing is reserved ahead of it any more.

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

import ground.database

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("idempotency_keys", schema=None) as batch_op:
        batch_op.add_column(sa.Column("in_flight_until", ground.database.UTCDateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("idempotency_keys", schema=None) as batch_op:
        batch_op.drop_column("in_flight_until")

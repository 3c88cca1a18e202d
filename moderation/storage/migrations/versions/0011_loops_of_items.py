"""Loops of items are told apart from the endpoint's human loops by their name, so that both fit in one database.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_INDEXES = {"state_next_look_at": ["state", "next_look_at"], "created_at": ["created_at"]}
_UNIQUE = ["item_id", "purpose", "round"]


def upgrade() -> None:
    _rename("human_loops", "item_loops")


def downgrade() -> None:
    _rename("item_loops", "human_loops")


def _rename(old: str, new: str) -> None:
    if sa.inspect(op.get_bind()).has_table(new):
        return  # a new database: its first migration gives the table this name
    op.rename_table(old, new)
    if op.get_bind().dialect.name == "postgresql":
        for name in ("pk_{}", "fk_{}_item_id", "uq_{}_item_id_purpose_round"):
            op.execute(f"ALTER TABLE {new} RENAME CONSTRAINT {name.format(old)} TO {name.format(new)}")
        for name in _INDEXES:
            op.execute(f"ALTER INDEX ix_{old}_{name} RENAME TO ix_{new}_{name}")
        return
    for name in _INDEXES:
        op.drop_index(f"ix_{old}_{name}", table_name=new)
    with op.batch_alter_table(new) as batch:
        batch.drop_constraint(f"uq_{old}_item_id_purpose_round", type_="unique")
        batch.create_unique_constraint(f"uq_{new}_item_id_purpose_round", _UNIQUE)
    for name, columns in _INDEXES.items():
        op.create_index(f"ix_{new}_{name}", new, columns)

"""One decision may be told to several: its callback, topics, buses and queues."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_deliveries_item_id_number"), type_="unique")
        batch_op.create_unique_constraint(
            batch_op.f("uq_deliveries_item_id_number_endpoint"), ["item_id", "number", "endpoint"]
        )


def downgrade() -> None:
    op.execute(
        "DELETE FROM delivery_attempts WHERE delivery_id IN (SELECT id FROM deliveries WHERE url NOT LIKE 'http%')"
    )
    op.execute("DELETE FROM deliveries WHERE url NOT LIKE 'http%'")
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_deliveries_item_id_number_endpoint"), type_="unique")
        batch_op.create_unique_constraint(batch_op.f("uq_deliveries_item_id_number"), ["item_id", "number"])

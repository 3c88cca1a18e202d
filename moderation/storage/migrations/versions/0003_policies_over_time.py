"""What human loops are for, which policies were in force, how often rules fired, and redacted copies."""

import sqlalchemy as sa
from alembic import op

import ground.database

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _loops() -> str:
    """The table's name: until 0011 it was the other one."""
    return "item_loops" if sa.inspect(op.get_bind()).has_table("item_loops") else "human_loops"


def upgrade() -> None:
    with op.batch_alter_table(_loops(), schema=None) as batch_op:
        batch_op.add_column(sa.Column("purpose", sa.String(length=20), server_default="review", nullable=False))
        batch_op.add_column(sa.Column("sampling", sa.String(length=100), nullable=True))
        batch_op.add_column(sa.Column("is_blind", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("outcome", sa.String(length=20), nullable=True))
        batch_op.add_column(sa.Column("appeal", sa.Text(), nullable=True))
        batch_op.drop_constraint(batch_op.f(f"uq_{_loops()}_item_id_round"), type_="unique")
        batch_op.create_unique_constraint(
            batch_op.f(f"uq_{_loops()}_item_id_purpose_round"), ["item_id", "purpose", "round"]
        )
    with op.batch_alter_table("items", schema=None) as batch_op:
        batch_op.add_column(sa.Column("redacted", sa.JSON(), nullable=True))
    op.create_table(
        "policy_activations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("file_version", sa.String(length=64), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("how", sa.String(length=20), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("at", ground.database.UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_activations")),
    )
    with op.batch_alter_table("policy_activations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_policy_activations_name"), ["name"], unique=False)
    op.create_table(
        "rule_days",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("policy", sa.String(length=100), nullable=False),
        sa.Column("rule", sa.String(length=100), nullable=False),
        sa.Column("fired", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "policy", "rule", name=op.f("pk_rule_days")),
    )


def downgrade() -> None:
    op.drop_table("rule_days")
    op.drop_table("policy_activations")
    with op.batch_alter_table("items", schema=None) as batch_op:
        batch_op.drop_column("redacted")
    with op.batch_alter_table(_loops(), schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f(f"uq_{_loops()}_item_id_purpose_round"), type_="unique")
        batch_op.create_unique_constraint(batch_op.f(f"uq_{_loops()}_item_id_round"), ["item_id", "round"])
        for name in ("appeal", "outcome", "is_blind", "sampling", "purpose"):
            batch_op.drop_column(name)

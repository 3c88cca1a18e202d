"""What tasks expose people to and for how long, what they choose for themselves, and tasks with known answers."""

import sqlalchemy as sa
from alembic import op

import ground.database

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TIME = ground.database.UTCDateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "loop_harms",
        sa.Column("loop_name", sa.String(length=63), nullable=False),
        sa.Column("harm", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("loop_name", "harm", name=op.f("pk_loop_harms")),
    )
    op.create_table(
        "looks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("task_id", sa.String(length=36), nullable=False),
        sa.Column("began_at", TIME, nullable=False),
        sa.Column("until", TIME, nullable=False),
        sa.Column("seconds", sa.Float()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_looks")),
    )
    op.create_index(op.f("ix_looks_user_id_began_at"), "looks", ["user_id", "began_at"])
    op.create_index(op.f("ix_looks_task_id"), "looks", ["task_id"])
    op.create_table(
        "look_harms",
        sa.Column("look_id", sa.Integer(), nullable=False),
        sa.Column("harm", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(["look_id"], ["looks.id"], name=op.f("fk_look_harms_look_id")),
        sa.PrimaryKeyConstraint("look_id", "harm", name=op.f("pk_look_harms")),
    )
    op.create_table(
        "preferences",
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("takes_severe", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("blur", sa.Integer(), server_default="3", nullable=False),
        sa.Column("grey", sa.Integer(), server_default="2", nullable=False),
        sa.Column("break_until", TIME),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_preferences_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_preferences")),
    )
    op.create_table(
        "golden_items",
        sa.Column("loop_name", sa.String(length=63), nullable=False),
        sa.Column("source", sa.String(length=63), nullable=False),
        sa.Column("expected", sa.JSON(), nullable=False),
        sa.Column("because", sa.Text(), server_default="", nullable=False),
        sa.Column("added_by", sa.String(length=100), nullable=False),
        sa.Column("added_at", TIME, nullable=False),
        sa.Column("retired_at", TIME),
        sa.ForeignKeyConstraint(
            ["loop_name"], ["human_loops.name"], name=op.f("fk_golden_items_loop_name"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("loop_name", name=op.f("pk_golden_items")),
        sa.UniqueConstraint("source", name=op.f("uq_golden_items_source")),
    )
    op.create_table(
        "queue_quality",
        sa.Column("flow", sa.String(length=63), nullable=False),
        sa.Column("golden_percent", sa.Float(), nullable=False),
        sa.Column("gives_feedback", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("flow", name=op.f("pk_queue_quality")),
    )


def downgrade() -> None:
    for table in ("queue_quality", "golden_items", "preferences", "look_harms", "looks", "loop_harms"):
        op.drop_table(table)

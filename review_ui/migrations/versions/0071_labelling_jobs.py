"""Labelling jobs and the objects of their manifests."""

import sqlalchemy as sa
from alembic import op

import ground.database

revision = "0071"
down_revision = "0070"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("human_loops", sa.Column("data_object", sa.Integer(), nullable=True))
    op.create_table(
        "labelling_jobs",
        sa.Column("name", sa.String(length=63), nullable=False),
        sa.Column("app", sa.String(length=63), nullable=True),
        sa.Column("reference", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("failure_reason", sa.String(length=1024), nullable=True),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=True),
        sa.Column("created_at", ground.database.UTCDateTime(timezone=True), nullable=False),
        sa.Column("modified_at", ground.database.UTCDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", ground.database.UTCDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_labelling_jobs")),
    )
    op.create_index("ix_labelling_jobs_status", "labelling_jobs", ["status"])
    op.create_table(
        "labelling_objects",
        sa.Column("job", sa.String(length=63), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("line", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(
            ["job"], ["labelling_jobs.name"], name=op.f("fk_labelling_objects_job"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("job", "number", name=op.f("pk_labelling_objects")),
    )
    op.create_index("ix_labelling_objects_job_state_number", "labelling_objects", ["job", "state", "number"])


def downgrade() -> None:
    op.drop_table("labelling_objects")
    op.drop_table("labelling_jobs")
    with op.batch_alter_table("human_loops") as batch_op:
        batch_op.drop_column("data_object")

"""Figures by hour and day, how far what was there before is counted, and what items are searched by.

Revision ID: 0050
Revises: 0021
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

import ground.database

revision = "0050"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "roll_ups",
        sa.Column("figure", sa.String(length=20), nullable=False),
        sa.Column("span", sa.String(length=4), nullable=False),
        sa.Column("start", sa.String(length=13), nullable=False),
        sa.Column("app", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("detail", sa.String(length=200), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("figure", "span", "start", "app", "name", "detail", name=op.f("pk_roll_ups")),
        sqlite_with_rowid=False,
    )
    marks = op.create_table(
        "roll_up_marks",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("at", ground.database.UTCDateTime(timezone=True), nullable=False),
        sa.Column("position", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_roll_up_marks")),
    )
    # From now on everything is counted as it happens; what happened before is counted afterwards, a little at a time.
    began = datetime.fromtimestamp(0, UTC)
    op.bulk_insert(
        marks,
        [
            {"name": "history", "at": datetime.now(UTC), "position": ""},
            {"name": "posted", "at": began, "position": ""},
            {"name": "words", "at": began, "position": ""},
        ],
    )
    op.create_table(
        "item_facets",
        sa.Column("facet", sa.String(length=210), nullable=False),
        sa.Column("item_id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("facet", "item_id", name=op.f("pk_item_facets")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "item_texts",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_item_texts_item_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_item_texts")),
        sa.UniqueConstraint("item_id", name=op.f("uq_item_texts_item_id")),
    )
    op.create_table(
        "saved_views",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("owner", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("created_at", ground.database.UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
    )
    op.create_index("ix_saved_views_owner", "saved_views", ["owner"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE TABLE item_words (number INTEGER PRIMARY KEY, words TSVECTOR NOT NULL)")
        op.execute("CREATE INDEX ix_item_words_words ON item_words USING GIN (words)")
    else:
        op.execute("CREATE VIRTUAL TABLE item_words USING fts5(words, detail=none)")


def downgrade() -> None:
    op.execute("DROP TABLE item_words")
    op.drop_table("saved_views")
    op.drop_table("item_texts")
    op.drop_table("item_facets")
    op.drop_table("roll_up_marks")
    op.drop_table("roll_ups")

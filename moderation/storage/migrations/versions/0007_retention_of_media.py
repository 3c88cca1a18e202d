"""How long the media of items is kept, and which objects items have."""

import json

import sqlalchemy as sa
from alembic import op

import ground.database

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

PAGE = 1000


def upgrade() -> None:
    with op.batch_alter_table("items", schema=None) as batch_op:
        batch_op.add_column(sa.Column("media_until", ground.database.UTCDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("media_deleted_at", ground.database.UTCDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("media_tagged", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.create_index(batch_op.f("ix_items_media_until"), ["media_until"], unique=False)
    op.create_table(
        "item_media",
        sa.Column("uri", sa.String(length=1200), nullable=False),
        sa.Column("item_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_item_media_item_id_items")),
        sa.PrimaryKeyConstraint("item_id", "uri", name=op.f("pk_item_media")),
    )
    with op.batch_alter_table("item_media", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_item_media_uri"), ["uri"], unique=False)
    _fill()


def _fill() -> None:
    """Rows for the items that are there: without them their media would look as if nobody needed it."""
    c = op.get_bind()
    items = sa.table(
        "items", sa.column("id", sa.String), sa.column("document", sa.JSON), sa.column("findings", sa.JSON)
    )
    item_media = sa.table("item_media", sa.column("uri"), sa.column("item_id"))
    last = ""
    while page := c.execute(sa.select(items).where(items.c.id > last).order_by(items.c.id).limit(PAGE)).all():
        last = page[-1].id
        rows = {(row.id, uri) for row in page for uri in _uris(row.document) | _uris(row.findings)}
        if rows:
            c.execute(sa.insert(item_media), [{"item_id": item_id, "uri": uri} for item_id, uri in sorted(rows)])


def _uris(document: object) -> set[str]:
    found = json.loads(document) if isinstance(document, str) else document
    parts = found.get("parts", ()) if isinstance(found, dict) else ()
    return {part["media"]["uri"] for part in parts if part.get("media")}


def downgrade() -> None:
    op.drop_table("item_media")
    with op.batch_alter_table("items", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_items_media_until"))
        for name in ("media_tagged", "media_deleted_at", "media_until"):
            batch_op.drop_column(name)

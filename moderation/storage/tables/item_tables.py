"""Items, what was found in them, and what is done beside them."""

from __future__ import annotations

import sqlalchemy as sa

from ground.database import UTCDateTime
from ground.leases import Lease
from moderation.storage.tables.common import metadata

_IS_WAITING = sa.text("status = 'pending'")
"""Few items wait, however many there are: an index of them alone stays small."""

_HAS_PROBLEM = sa.text("problem IS NOT NULL")

_HAS_TEXTS = sa.text("status = 'decided' AND text_erased_at IS NULL")
"""Where texts are forgotten in time, few of all there ever were."""

_IS_REJECTED = sa.text("outcome = 'reject'")
"""One of twenty or fewer."""

items = sa.Table(
    "items",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("app", sa.String(100), nullable=False),
    sa.Column("content_id", sa.String(200)),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("lane", sa.String(10), nullable=False, server_default="media"),
    sa.Column("outcome", sa.String(20)),
    sa.Column("created_at", UTCDateTime, nullable=False),
    sa.Column("document", sa.JSON, nullable=False),
    sa.Column("findings", sa.JSON),
    sa.Column("basis", sa.String(32)),
    sa.Column("verdict", sa.JSON),
    sa.Column("redacted", sa.JSON),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("problem", sa.Text),
    sa.Column("lease_until", UTCDateTime),
    sa.Column("media_until", UTCDateTime, index=True),
    sa.Column("media_deleted_at", UTCDateTime),
    sa.Column("media_tagged", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("withdrawn_at", UTCDateTime),
    sa.Column("events", sa.Integer, nullable=False, server_default="0"),
    sa.Column("text_erased_at", UTCDateTime),
    sa.Index(None, "status", "id"),
    sa.Index("ix_items_with_texts", "id", sqlite_where=_HAS_TEXTS, postgresql_where=_HAS_TEXTS),
    sa.Index("ix_items_waiting", "lane", "app", "id", sqlite_where=_IS_WAITING, postgresql_where=_IS_WAITING),
    sa.Index(None, "app", "id"),
    sa.Index(None, "app", "content_id", "id"),
    sa.Index("ix_items_rejected", "app", "id", sqlite_where=_IS_REJECTED, postgresql_where=_IS_REJECTED),
    sa.Index("ix_items_problem", "id", sqlite_where=_HAS_PROBLEM, postgresql_where=_HAS_PROBLEM),
)

ITEM_LEASE = Lease(items.c.id, items.c.lease_until)

IS_WAITING = items.c.status == sa.literal_column("'pending'")
"""As the index of those that wait has it: a parameter in its place would keep databases from using it."""

IS_REJECTED = items.c.outcome == sa.literal_column("'reject'")

HAS_TEXTS = (items.c.status == sa.literal_column("'decided'")) & items.c.text_erased_at.is_(None)
"""Of decided items: their texts are still kept."""

IS_UNDECIDED = items.c.status.in_(("pending", "in_review"))

bases = sa.Table(
    "bases",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("document", sa.JSON, nullable=False),
)
"""What rulings were worked out from and items share (`moderation.storage.bases`), by its digest; only added to."""

item_labels = sa.Table(
    "item_labels",
    metadata,
    sa.Column("label", sa.String(200), primary_key=True),
    sa.Column("item_id", sa.String(36), sa.ForeignKey("items.id"), primary_key=True),
)

_IS_UNTOLD = sa.text("NOT is_told")

item_clearances = sa.Table(
    "item_clearances",
    metadata,
    # No foreign key: what is said of an item that was withdrawn stays as long as its row, and goes with it.
    sa.Column("item_id", sa.String(36), primary_key=True),
    sa.Column("clearance", sa.String(60), primary_key=True),
    sa.Column("because", sa.String(200), nullable=False),
    sa.Column("at", UTCDateTime, nullable=False),
    sa.Column("is_told", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index("ix_item_clearances_untold", "at", sqlite_where=_IS_UNTOLD, postgresql_where=_IS_UNTOLD),
)
"""What people have to hold to see an item (`moderation.storage.clearances`); only added to. `is_told` once the portal's
database knows it of the item's human loops."""

list_clearances = sa.Table(
    "list_clearances",
    metadata,
    sa.Column("list", sa.String(60), primary_key=True),
    sa.Column("clearance", sa.String(60), primary_key=True),
    sa.Column("by", sa.String(200), nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("at", UTCDateTime, nullable=False),
)
"""What people have to hold to see items that stand on a list at run time; only added to."""

item_facets = sa.Table(
    "item_facets",
    metadata,
    sa.Column("facet", sa.String(210), primary_key=True),
    # No foreign key: there is no index by item, and SQLite would read the table for each item that goes.
    sa.Column("item_id", sa.String(36), primary_key=True),
    sqlite_with_rowid=False,
)
"""What an item is found by beside its labels (`moderation.storage.facets`)."""

item_texts = sa.Table(
    "item_texts",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("item_id", sa.String(36), sa.ForeignKey("items.id"), nullable=False, unique=True),
    sa.Column("has_found", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index(
        "ix_item_texts_waiting",
        "number",
        sqlite_where=sa.text("NOT has_found"),
        postgresql_where=sa.text("NOT has_found"),
    ),
)
"""Items whose words can be searched: in ``item_words``, under this number (`moderation.storage.words`).

``has_found`` once what was read and heard in them is among these words, which is when they were judged."""

saved_views = sa.Table(
    "saved_views",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("owner", sa.String(100), nullable=False, index=True),
    sa.Column("name", sa.String(60), nullable=False),
    sa.Column("query", sa.Text, nullable=False),
    sa.Column("is_shared", sa.Boolean, nullable=False),
    sa.Column("created_at", UTCDateTime, nullable=False),
)
"""Searches over items that people keep: `query` is the part of an address after the question mark."""

item_media = sa.Table(
    "item_media",
    metadata,
    sa.Column("item_id", sa.String(36), sa.ForeignKey("items.id"), primary_key=True),
    sa.Column("uri", sa.String(1200), primary_key=True, index=True),
)
"""Which objects an item has: given, extracted, and redacted copies."""

erasures = sa.Table(
    "erasures",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("item_id", sa.String(36), nullable=False, index=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("place", sa.Text),
    sa.Column("due_at", UTCDateTime, nullable=False, index=True),
)
"""What is still to be erased of withdrawn items outside of this database (`moderation.storage.withdrawing`)."""

derivatives = sa.Table(
    "derivatives",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("item_id", sa.String(36), sa.ForeignKey("items.id"), nullable=False, index=True),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("app", sa.String(100), nullable=False),
    sa.Column("part", sa.String(20), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("content_type", sa.String(100), nullable=False),
    sa.Column("place", sa.Text, nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("last_result", sa.String(200)),
    sa.Column("next_attempt_at", UTCDateTime, nullable=False),
    sa.Column("created_at", UTCDateTime, nullable=False),
    sa.Index(None, "state", "next_attempt_at"),
)
"""What decisions want done with pictures and films (`moderation.storage.derivatives`)."""

fetches = sa.Table(
    "fetches",
    metadata,
    sa.Column("id", sa.String(60), primary_key=True),
    sa.Column("item_id", sa.String(36), sa.ForeignKey("items.id"), nullable=False),
    sa.Column("part", sa.String(20), nullable=False),
    sa.Column("app", sa.String(100), nullable=False),
    sa.Column("host", sa.String(255), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("lease_until", UTCDateTime),
    sa.Index(None, "app", "id"),
)
"""Parts that are still to be fetched, until they are."""

fingerprints = sa.Table(
    "fingerprints",
    metadata,
    sa.Column("item_id", sa.String(36), sa.ForeignKey("items.id"), primary_key=True),
    sa.Column("part", sa.String(20), primary_key=True),
    sa.Column("app", sa.String(100), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("bits", sa.BigInteger),
    sa.Column("band0", sa.Integer),
    sa.Column("band1", sa.Integer),
    sa.Column("band2", sa.Integer),
    sa.Column("band3", sa.Integer),
    sa.Column("decided_at", UTCDateTime),
    sa.Index(None, "app", "kind", "digest", "decided_at"),
    *(sa.Index(None, "app", "kind", f"band{number}", "decided_at") for number in range(4)),
)
"""What given parts are recognised by; `moderation.core.fingerprints` says how, `near_duplicates` finds."""

holds = sa.Table(
    "holds",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("app", sa.String(100), nullable=False),
    sa.Column("value", sa.String(210), nullable=False),
    sa.Column("case", sa.String(100), nullable=False, index=True),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("by", sa.String(200), nullable=False),
    sa.Column("at", UTCDateTime, nullable=False),
    sa.Column("until", UTCDateTime),
    sa.Column("released_at", UTCDateTime),
    sa.Column("released_by", sa.String(200)),
    sa.Column("released_because", sa.Text),
    sa.Index(None, "kind", "value"),
)
"""Legal holds (`moderation.storage.holds`); added and released, never changed otherwise."""

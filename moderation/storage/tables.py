"""The tables of the service. Facts are appended; kinds are strings; times are aware UTC; documents are core JSON."""

from __future__ import annotations

import sqlalchemy as sa

from ground.audit_chain import audit_table
from ground.database import UTCDateTime
from ground.leases import Lease

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_IS_WAITING = sa.text("status = 'pending'")
"""Few items wait, however many there are: an index of them alone stays small."""

_HAS_PROBLEM = sa.text("problem IS NOT NULL")
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
    sa.Index(None, "status", "id"),
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
IS_UNDECIDED = items.c.status.in_(("pending", "in_review"))

item_labels = sa.Table(
    "item_labels",
    metadata,
    sa.Column("label", sa.String(200), primary_key=True),
    sa.Column("item_id", sa.String(36), sa.ForeignKey("items.id"), primary_key=True),
)

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

_IS_NEW = sa.text("is_new")

flags = sa.Table(
    "flags",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("item_id", sa.String(36), sa.ForeignKey("items.id"), nullable=False),
    sa.Column("app", sa.String(100), nullable=False),
    sa.Column("reporter", sa.String(200), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("outcome", sa.String(20)),
    sa.Column("is_new", sa.Boolean, nullable=False),
    sa.Column("created_at", UTCDateTime, nullable=False),
    sa.Column("settled_at", UTCDateTime),
    sa.UniqueConstraint("item_id", "reporter"),
    sa.Index(None, "app", "reporter"),
    sa.Index("ix_flags_new", "item_id", sqlite_where=_IS_NEW, postgresql_where=_IS_NEW),
)
"""Users' reports of items (`moderation.storage.flags`). `is_new`: the rules were not asked about it yet."""

consents = sa.Table(
    "consents",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("act", sa.String(20), nullable=False),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("by", sa.String(200), nullable=False),
    sa.Column("at", UTCDateTime, nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("answered_by", sa.String(200)),
    sa.Column("answered_at", UTCDateTime),
    sa.Column("used_at", UTCDateTime),
    sa.Index(None, "state", "act"),
)
"""Acts for which a second person is asked (`moderation.storage.consents`)."""

_IS_OPEN = sa.text("state IN ('unmatched', 'received', 'asked', 'appealed')")
_IS_TO_SWEEP = sa.text("is_to_sweep")

public_notices = sa.Table(
    "public_notices",
    metadata,
    sa.Column("number", sa.String(20), primary_key=True),
    sa.Column("secret_sha256", sa.String(64), nullable=False, unique=True),
    sa.Column("app", sa.String(100), nullable=False),
    # No foreign key: a notice outlives its item, and says then that it is gone.
    sa.Column("item_id", sa.String(36), index=True),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("place", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("mail", sa.String(320), nullable=False),
    sa.Column("signature", sa.String(200), nullable=False),
    sa.Column("notifier", sa.String(22), nullable=False, index=True),
    sa.Column("flagger", sa.String(20)),
    sa.Column("language", sa.String(20), nullable=False),
    sa.Column("via", sa.String(10), nullable=False),
    sa.Column("created_at", UTCDateTime, nullable=False),
    sa.Column("look_after", UTCDateTime, nullable=False),
    sa.Column("problem", sa.Text),
    sa.Column("settled_at", UTCDateTime),
    sa.Column("settled_by", sa.String(200)),
    sa.Column("decided_as", sa.JSON(none_as_null=True)),
    sa.Column("answer", sa.Text),
    sa.Column("appeal", sa.Text),
    sa.Column("appealed_at", UTCDateTime),
    sa.Column("is_to_sweep", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("swept", sa.JSON(none_as_null=True)),
    sa.Column("sweep_until", UTCDateTime),
    sa.Column("forgotten_at", UTCDateTime),
    sa.Index(None, "app", "created_at"),
    sa.Index("ix_public_notices_open", "state", "look_after", sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN),
    sa.Index("ix_public_notices_sweep", "settled_at", sqlite_where=_IS_TO_SWEEP, postgresql_where=_IS_TO_SWEEP),
)
"""What anybody says is wrong with an item (`moderation.storage.public_notices`). `decided_as`: the decision that
settled it, without people's notes; `answer`: what a lead wrote instead; `swept`: what an upheld one did elsewhere."""

trusted_flaggers = sa.Table(
    "trusted_flaggers",
    metadata,
    sa.Column("id", sa.String(20), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("app", sa.String(100)),
    sa.Column("secret_sha256", sa.String(64), nullable=False),
    sa.Column("by", sa.String(200), nullable=False),
    sa.Column("created_at", UTCDateTime, nullable=False),
    sa.Column("revoked_at", UTCDateTime),
)
"""Whose notices are looked at first. `app`: the only one for which they are; None for all."""

disputes = sa.Table(
    "disputes",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("item_id", sa.String(36), sa.ForeignKey("items.id"), nullable=False, index=True),
    sa.Column("app", sa.String(100), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("body", sa.String(200), nullable=False),
    sa.Column("reference", sa.String(200), nullable=False),
    sa.Column("submitted_at", UTCDateTime, nullable=False),
    sa.Column("outcome", sa.String(20)),
    sa.Column("decided_at", UTCDateTime),
    sa.Column("is_to_be_followed", sa.Boolean),
    sa.Column("followed_at", UTCDateTime),
    sa.Column("by", sa.String(200), nullable=False),
    sa.Column("at", UTCDateTime, nullable=False),
    sa.UniqueConstraint("item_id", "body", "reference"),
    sa.Index(None, "submitted_at", "id"),
)
"""Decisions before out-of-court bodies (`moderation.storage.disputes`). `number`: of the decision."""

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

decisions = sa.Table(
    "decisions",
    metadata,
    sa.Column("item_id", sa.String(36), sa.ForeignKey("items.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("document", sa.JSON, nullable=False),
    sa.Column("decided_at", UTCDateTime, nullable=False),
    sa.Column("salt", sa.String(32)),
    sa.Index(None, "decided_at"),
)

item_loops = sa.Table(
    "item_loops",
    metadata,
    sa.Column("name", sa.String(63), primary_key=True),
    sa.Column("item_id", sa.String(36), sa.ForeignKey("items.id"), nullable=False),
    sa.Column("round", sa.Integer, nullable=False),
    sa.Column("policy", sa.String(100), nullable=False),
    sa.Column("policy_version", sa.String(64), nullable=False),
    sa.Column("queue", sa.String(100), nullable=False),
    sa.Column("flow", sa.String(63), nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("arn", sa.String(1024)),
    sa.Column("problem", sa.Text),
    sa.Column("answers", sa.JSON),
    sa.Column("purpose", sa.String(20), nullable=False, server_default="review"),
    sa.Column("sampling", sa.String(100)),
    sa.Column("is_blind", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("outcome", sa.String(20)),
    sa.Column("appeal", sa.Text),
    sa.Column("refusal", sa.Text),
    sa.Column("looks", sa.Integer, nullable=False, default=0),
    sa.Column("next_look_at", UTCDateTime),
    sa.Column("created_at", UTCDateTime, nullable=False),
    sa.Column("due_at", UTCDateTime),
    sa.Column("due_because", sa.Text),
    sa.Column("notice", sa.Text),
    sa.Column("comes_first", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.UniqueConstraint("item_id", "purpose", "round"),
    sa.Index(None, "state", "next_look_at"),
    sa.Index(None, "state", "due_at"),
    sa.Index(None, "created_at"),
)

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("id", sa.String(60), primary_key=True),
    sa.Column("item_id", sa.String(36), sa.ForeignKey("items.id"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("app", sa.String(100), nullable=False),
    sa.Column("endpoint", sa.String(300), nullable=False, server_default=""),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("payload", sa.LargeBinary, nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("last_result", sa.String(200)),
    sa.Column("next_attempt_at", UTCDateTime),
    sa.Column("created_at", UTCDateTime, nullable=False),
    sa.UniqueConstraint("item_id", "number", "endpoint"),
    sa.Index(None, "state", "next_attempt_at"),
)

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

delivery_attempts = sa.Table(
    "delivery_attempts",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("delivery_id", sa.String(60), sa.ForeignKey("deliveries.id"), nullable=False, index=True),
    sa.Column("attempted_at", UTCDateTime, nullable=False),
    sa.Column("status_code", sa.Integer),
    sa.Column("reason", sa.String(200), nullable=False),
)

idempotency_keys = sa.Table(
    "idempotency_keys",
    metadata,
    sa.Column("app", sa.String(100), primary_key=True),
    sa.Column("key", sa.String(255), primary_key=True),
    sa.Column("body_sha256", sa.String(64), nullable=False),
    sa.Column("response", sa.JSON),
    sa.Column("created_at", UTCDateTime, nullable=False),
    sa.Column("in_flight_until", UTCDateTime),
)

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

apps = sa.Table(
    "apps",
    metadata,
    sa.Column("name", sa.String(100), primary_key=True),
    sa.Column("webhook_secret", sa.String(100), nullable=False),
    sa.Column("created_at", UTCDateTime, nullable=False),
    sa.Column("old_secret", sa.String(100)),
    sa.Column("old_until", UTCDateTime),
)

api_keys = sa.Table(
    "api_keys",
    metadata,
    sa.Column("id", sa.String(20), primary_key=True),
    sa.Column("app", sa.String(100), sa.ForeignKey("apps.name"), nullable=False),
    sa.Column("secret_sha256", sa.String(64), nullable=False),
    sa.Column("created_at", UTCDateTime, nullable=False),
    sa.Column("revoked_at", UTCDateTime),
    sa.Column("is_operator", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("scopes", sa.String(100)),
    sa.Column("expires_at", UTCDateTime),
)
"""`scopes`: what the key may do, separated by blanks; None for everything."""

s3_objects = sa.Table(
    "s3_objects",
    metadata,
    sa.Column("app", sa.String(100), primary_key=True),
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("sequencer", sa.String(64), nullable=False),
    sa.Column("etag", sa.String(200), nullable=False),
    sa.Column("item_id", sa.String(36), sa.ForeignKey("items.id"), nullable=False),
)
"""The newest state of each object that an event told of; its name is the digest of ``s3://bucket/key``."""

dead_letters = sa.Table(
    "dead_letters",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("app", sa.String(100), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("uri", sa.Text),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("created_at", UTCDateTime, nullable=False),
)
"""Messages of queues that could not become items."""

policy_texts = sa.Table(
    "policy_texts",
    metadata,
    sa.Column("version", sa.String(64), primary_key=True),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("first_seen_at", UTCDateTime, nullable=False),
)

policy_activations = sa.Table(
    "policy_activations",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(100), nullable=False, index=True),
    sa.Column("version", sa.String(64), nullable=False),
    sa.Column("file_version", sa.String(64), nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("how", sa.String(20), nullable=False),
    sa.Column("by", sa.String(200), nullable=False),
    sa.Column("at", UTCDateTime, nullable=False),
)

policy_drafts = sa.Table(
    "policy_drafts",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("version", sa.String(64), nullable=False),
    sa.Column("based_on", sa.String(64), nullable=False),
    sa.Column("by", sa.String(100), nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("began_at", UTCDateTime, nullable=False),
    sa.Column("saved_at", UTCDateTime, nullable=False),
    sa.Index(None, "name", "state"),
)
"""Texts of policies that people write in the portal, until they are in force (`moderation.policies.drafts`)."""

policy_draft_acts = sa.Table(
    "policy_draft_acts",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("draft_id", sa.String(36), sa.ForeignKey("policy_drafts.id"), nullable=False, index=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("version", sa.String(64), nullable=False),
    sa.Column("by", sa.String(100), nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("at", UTCDateTime, nullable=False),
)
"""What people did with a draft, each of the text that it then had; appended, never changed."""

policy_backtests = sa.Table(
    "policy_backtests",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("draft_id", sa.String(36), sa.ForeignKey("policy_drafts.id"), nullable=False, index=True),
    sa.Column("version", sa.String(64), nullable=False),
    sa.Column("days", sa.Integer, nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("done", sa.Integer, nullable=False),
    sa.Column("total", sa.Integer, nullable=False),
    sa.Column("report", sa.JSON),
    sa.Column("by", sa.String(100), nullable=False),
    sa.Column("began_at", UTCDateTime, nullable=False),
    sa.Column("seen_at", UTCDateTime, nullable=False),
)
"""Backtests of drafts over stored items, with how far they are and what came of them."""

remoderations = sa.Table(
    "remoderations",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("by", sa.String(200), nullable=False),
    sa.Column("app", sa.String(100)),
    sa.Column("since", UTCDateTime),
    sa.Column("most", sa.Integer, nullable=False),
    sa.Column("with_people", sa.Boolean, nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("position", sa.String(36), nullable=False),
    sa.Column("last", sa.String(36), nullable=False),
    sa.Column("begun_at", UTCDateTime, nullable=False),
)
"""Runs over decided items after a change of policies (`moderation.storage.remoderations`)."""

remoderated_items = sa.Table(
    "remoderated_items",
    metadata,
    sa.Column("run", sa.String(32), primary_key=True),
    sa.Column("item_id", sa.String(36), primary_key=True),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("became", sa.String(20), nullable=False),
    sa.Column("was_redacted", sa.Boolean, nullable=False),
)
"""What runs changed, or were about to. `number`: of the decision that the item had before."""

rule_days = sa.Table(
    "rule_days",
    metadata,
    sa.Column("day", sa.String(10), primary_key=True),
    sa.Column("policy", sa.String(100), primary_key=True),
    sa.Column("rule", sa.String(100), primary_key=True),
    sa.Column("fired", sa.Integer, nullable=False),
    sa.Column("rejected", sa.Integer, nullable=False),
)
"""How often each rule was true, and rejected, on a day (UTC); a rule without a name counts the policy's items."""

roll_ups = sa.Table(
    "roll_ups",
    metadata,
    sa.Column("figure", sa.String(20), primary_key=True),
    sa.Column("span", sa.String(4), primary_key=True),
    sa.Column("start", sa.String(13), primary_key=True),
    sa.Column("app", sa.String(100), primary_key=True),
    sa.Column("name", sa.String(200), primary_key=True),
    sa.Column("detail", sa.String(200), primary_key=True),
    sa.Column("amount", sa.Integer, nullable=False),
    # A dashboard reads a stretch of one figure, which lies together.
    sqlite_with_rowid=False,
)
"""What happened by hour and day (UTC); `moderation.storage.roll_ups` says what is counted."""

roll_up_marks = sa.Table(
    "roll_up_marks",
    metadata,
    sa.Column("name", sa.String(20), primary_key=True),
    sa.Column("at", UTCDateTime, nullable=False),
    sa.Column("position", sa.String(36), nullable=False),
)
"""How far `moderation.storage.roll_up_history` has come with what was there before."""

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

_IS_PASSING = sa.text("of <> 'known_days'")
"""Marks that are kept as long as counters look back; the first of everybody, and few, is kept for good."""

counter_marks = sa.Table(
    "counter_marks",
    metadata,
    sa.Column("key", sa.String(22), primary_key=True),
    sa.Column("item_id", sa.String(36), primary_key=True),
    sa.Column("who", sa.String(22), primary_key=True),
    sa.Column("of", sa.String(200), nullable=False),
    sa.Column("bits", sa.BigInteger),
    sa.Index("ix_counter_marks_passing", "item_id", sqlite_where=_IS_PASSING, postgresql_where=_IS_PASSING),
    # What is counted for one item lies together, in the order of time.
    sqlite_with_rowid=False,
)
"""What items are counted by (`moderation.core.counting`): keyed hashes. They outlive the items, for a time."""
IS_PASSING = counter_marks.c.of != sa.literal_column("'known_days'")

list_events = sa.Table(
    "list_events",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("list", sa.String(60), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("action", sa.String(20), nullable=False),
    sa.Column("entry", sa.String(500), nullable=False),
    sa.Column("expires_at", UTCDateTime),
    sa.Column("by", sa.String(200), nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("at", UTCDateTime, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Index(None, "list", "id"),
)
"""What operators put on lists and took off them (`moderation.storage.lists`); appended, never changed."""

buckets = sa.Table(
    "buckets",
    metadata,
    sa.Column("name", sa.String(63), primary_key=True),
    sa.Column("app", sa.String(63), nullable=False),
    sa.Column("created_at", UTCDateTime, nullable=False),
    sa.Column("cors", sa.JSON(none_as_null=True)),
    sa.Column("notifications", sa.JSON(none_as_null=True)),
    sa.Index(None, "app"),
)
"""Buckets that AWS's clients made here. `app` is empty for one of the operator's."""

bucket_objects = sa.Table(
    "bucket_objects",
    metadata,
    sa.Column("bucket", sa.String(63), primary_key=True),
    sa.Column("key", sa.String(1024), primary_key=True),
    sa.Column("md5", sa.String(32), nullable=False),
    sa.Column("content_type", sa.String(200), nullable=False),
    sa.Column("facts", sa.JSON, nullable=False),
)
"""What their owners said of objects in `buckets`; of one with another digest by now it says nothing."""

score_suggestions = sa.Table(
    "score_suggestions",
    metadata,
    sa.Column("key", sa.String(22), primary_key=True),
    sa.Column("app", sa.String(63), nullable=False),
    sa.Column("confidences", sa.JSON, nullable=False),
    sa.Column("said", sa.JSON, nullable=False),
    sa.Column("at", UTCDateTime, nullable=False),
    sa.Index(None, "at"),
)
"""Verdicts on comments that are no items (`moderation.storage.suggestions`): no content, and keys that are hashes."""

own_secrets = sa.Table(
    "own_secrets",
    metadata,
    sa.Column("name", sa.String(40), primary_key=True),
    sa.Column("secret", sa.LargeBinary, nullable=False),
    sa.Column("created_at", UTCDateTime, nullable=False),
)
"""Keys that this installation has made for itself, the same in all its processes."""

redaction_jobs = sa.Table(
    "redaction_jobs",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("name", sa.String(256)),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("request", sa.JSON, nullable=False),
    sa.Column("token", sa.String(64), unique=True),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("lease_until", UTCDateTime),
    sa.Column("submitted_at", UTCDateTime, nullable=False),
    sa.Column("ended_at", UTCDateTime),
    sa.Column("app", sa.String(63)),
    sa.Index(None, "submitted_at", "id"),
    sa.Index(None, "state", "submitted_at"),
)
"""How far each is stands in its ledger, in the data folder of the process that does it. `app`: whose access key asked
for it; None for the operator's."""

film_jobs = sa.Table(
    "film_jobs",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("app", sa.String(63)),
    sa.Column("operation", sa.String(40), nullable=False),
    sa.Column("request", sa.JSON, nullable=False),
    sa.Column("tools", sa.JSON, nullable=False),
    sa.Column("unseen", sa.JSON, nullable=False),
    sa.Column("token", sa.String(64), unique=True),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("film", sa.JSON),
    sa.Column("looked_until", sa.Float, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("lease_until", UTCDateTime),
    sa.Column("is_told", sa.Boolean, nullable=False),
    sa.Column("submitted_at", UTCDateTime, nullable=False),
    sa.Column("ended_at", UTCDateTime),
    sa.Index(None, "state", "submitted_at"),
    sa.Index(None, "is_told", "ended_at"),
)
"""Looks through stored films (`moderation.films.jobs`). `app`: whose access key asked for it; None for the operator's.
`looked_until`: seconds of the film whose findings are stored. `is_told`: False while a topic is to be told the end."""

film_pictures = sa.Table(
    "film_pictures",
    metadata,
    sa.Column("job", sa.String(32), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("start", sa.Float, nullable=False),
    sa.Column("end", sa.Float, nullable=False),
    sa.Column("detections", sa.JSON, nullable=False),
    sa.Column("texts", sa.JSON, nullable=False),
)
"""What each picture of a film showed, and from when to when in seconds; none of it is a picture."""

processes = sa.Table(
    "processes",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("place", sa.String(120), nullable=False),
    sa.Column("started_at", UTCDateTime, nullable=False),
    sa.Column("seen_at", UTCDateTime, nullable=False),
)
"""The processes that moderate and serve, each with its last sign of life."""

tallies = sa.Table(
    "tallies",
    metadata,
    sa.Column("figure", sa.String(60), primary_key=True),
    sa.Column("labels", sa.String(300), primary_key=True),
    sa.Column("amount", sa.Float, nullable=False),
)
"""Counts that only grow, of all processes together; `labels` is a list in JSON."""

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

audit_records = audit_table(metadata)
"""What was decided and changed, each sealed with the one before; see `ground.audit_chain`."""

"""Policies, what they counted and listed, and items that were judged by them again."""

from __future__ import annotations

import sqlalchemy as sa

from ground.database import UTCDateTime
from moderation.storage.tables.common import metadata

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
    sa.Column("pace", sa.Integer),
    sa.Column("is_served", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("lease_until", UTCDateTime),
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

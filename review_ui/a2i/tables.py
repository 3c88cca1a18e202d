"""The tables of the A2I endpoint. They know flows, loops and tasks; of items and policies, nothing."""

from __future__ import annotations

import sqlalchemy as sa

from ground.audit_chain import audit_table
from ground.database import UTCDateTime

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

access_keys = sa.Table(
    "access_keys",
    metadata,
    sa.Column("id", sa.String(20), primary_key=True),
    sa.Column("secret", sa.String(64), nullable=False),
    sa.Column("is_internal", sa.Boolean, nullable=False, default=False),
    sa.Column("created_at", UTCDateTime, nullable=False),
    sa.Column("revoked_at", UTCDateTime),
    sa.Column("app", sa.String(63)),
)
"""`app`: whose key it is at the door for AWS's clients; None for the operator's, which may read everything."""

tags = sa.Table(
    "tags",
    metadata,
    sa.Column("arn", sa.String(256), primary_key=True),
    sa.Column("key", sa.String(128), primary_key=True),
    sa.Column("value", sa.String(256), nullable=False),
)

task_uis = sa.Table(
    "task_uis",
    metadata,
    sa.Column("name", sa.String(63), primary_key=True),
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("created_at", UTCDateTime, nullable=False),
    sa.Column("app", sa.String(63)),
)
"""`app`, here and below: whose key made it; None for the operator's (`review_ui.a2i.owners`)."""

workteams = sa.Table(
    "workteams",
    metadata,
    sa.Column("name", sa.String(63), primary_key=True),
    sa.Column("document", sa.JSON, nullable=False),
    sa.Column("created_at", UTCDateTime, nullable=False),
    sa.Column("app", sa.String(63)),
)

workforces = sa.Table(
    "workforces",
    metadata,
    sa.Column("name", sa.String(63), primary_key=True),
    sa.Column("document", sa.JSON, nullable=False),
    sa.Column("created_at", UTCDateTime, nullable=False),
    sa.Column("updated_at", UTCDateTime, nullable=False),
)

flow_definitions = sa.Table(
    "flow_definitions",
    metadata,
    sa.Column("name", sa.String(63), primary_key=True),
    sa.Column("document", sa.JSON, nullable=False),
    sa.Column("created_at", UTCDateTime, nullable=False),
    sa.Column("deleting_at", UTCDateTime),
    sa.Column("app", sa.String(63)),
)

human_loops = sa.Table(
    "human_loops",
    metadata,
    sa.Column("name", sa.String(63), primary_key=True),
    sa.Column("flow", sa.String(63), sa.ForeignKey("flow_definitions.name"), nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("failure_code", sa.String(30)),
    sa.Column("failure_reason", sa.String(1024)),
    sa.Column("input_content", sa.Text, nullable=False),
    sa.Column("input_sha256", sa.String(64), nullable=False),
    sa.Column("output_uri", sa.Text, nullable=False),
    sa.Column("created_at", UTCDateTime, nullable=False),
    sa.Column("expires_at", UTCDateTime, nullable=False),
    sa.Column("event_pending", sa.Boolean, nullable=False, default=False),
    sa.Column("ended_at", UTCDateTime),
    sa.Column("tell_after", UTCDateTime),
    sa.Column("is_written", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("is_deleted", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("app", sa.String(63)),
    sa.Column("data_object", sa.Integer),
    sa.Index(None, "flow", "created_at"),
    sa.Index(None, "status", "expires_at"),
    sa.Index(None, "event_pending"),
)
"""`data_object`: the number of a labelling job's object; None for a loop of A2I's."""

labelling_jobs = sa.Table(
    "labelling_jobs",
    metadata,
    sa.Column("name", sa.String(63), primary_key=True),
    sa.Column("app", sa.String(63)),
    sa.Column("reference", sa.String(32), nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("failure_reason", sa.String(1024)),
    sa.Column("document", sa.JSON, nullable=False),
    sa.Column("labels", sa.JSON),
    sa.Column("created_at", UTCDateTime, nullable=False),
    sa.Column("modified_at", UTCDateTime, nullable=False),
    sa.Column("ended_at", UTCDateTime),
    sa.Index(None, "status"),
)
"""`document`: as it was asked for. `labels`: their names in order, once they are read. A job's work is done in loops of
a flow definition that has its name and that A2I's operations do not show."""

labelling_objects = sa.Table(
    "labelling_objects",
    metadata,
    sa.Column("job", sa.String(63), sa.ForeignKey("labelling_jobs.name", ondelete="CASCADE"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("line", sa.JSON, nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("reason", sa.String(200)),
    sa.Index(None, "job", "state", "number"),
)
"""A line of a job's manifest. `state`: ``waiting``, ``open`` with people, ``labelled`` or ``failed``, for a reason."""

tasks = sa.Table(
    "tasks",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("loop_name", sa.String(63), sa.ForeignKey("human_loops.name", ondelete="CASCADE"), nullable=False),
    sa.Column("flow", sa.String(63), nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("user_id", sa.String(36), sa.ForeignKey("users.id")),
    sa.Column("created_at", UTCDateTime, nullable=False),
    sa.Column("accepted_at", UTCDateTime),
    sa.Column("lease_until", UTCDateTime),
    sa.Column("submitted_at", UTCDateTime),
    sa.Column("seconds", sa.Float),
    sa.Column("answer", sa.JSON),
    sa.Column("settles_at", UTCDateTime),
    sa.Column("level", sa.String(10), nullable=False, server_default="reviewer"),
    sa.Column("priority", sa.Integer, nullable=False, server_default="0"),
    sa.Column("assigned_to", sa.String(36)),
    sa.Column("batch", sa.String(36)),
    sa.Column("due_at", UTCDateTime),
    sa.Column("left_by", sa.String(36)),
    sa.Column("salt", sa.String(32)),
    sa.UniqueConstraint("loop_name", "user_id"),
    sa.Index(None, "state", "flow", "created_at"),
    sa.Index(None, "state", "settles_at"),
    sa.Index(None, "state", "due_at"),
    sa.Index(None, "user_id", "submitted_at"),
)
"""A reviewer's share of a loop. `state`: ``waiting``, ``claimed``, ``given`` (answered, may still be undone until
`settles_at`), ``answered`` or ``withdrawn``. `level`: ``lead`` once it was escalated. `due_at`: the ``decide_by`` of
the loop's input. `left_by`: who gave it back last, unanswered. `salt`: of the answer's digest in the audit chain."""

audit_records = audit_table(metadata, "review_audit_records")
"""The audit chain (`review_ui.a2i.chain`). It may share a database with that of the service."""

not_for = sa.Table(
    "not_for",
    metadata,
    sa.Column("loop_name", sa.String(63), primary_key=True),
    sa.Column("worker_id", sa.String(16), primary_key=True),
)
"""Who must not get a task of a loop, because they have seen its content before: an appeal wants fresh reviewers."""

"""The audit chain."""

from __future__ import annotations

from ground.audit_chain import audit_table
from moderation.storage.tables.common import metadata

audit_records = audit_table(metadata)
"""What was decided and changed, each sealed with the one before; see `ground.audit_chain`."""

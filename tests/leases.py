"""Ends leases, as their time does."""

from __future__ import annotations

import sqlalchemy as sa

from moderation.service import Service
from moderation.storage.tables import items


def end_leases(service: Service, *item_ids: str) -> None:
    """Let items be claimed again now, whoever has them."""
    ended = sa.update(items).where(items.c.id.in_(item_ids)).values(lease_until=None)
    service.database.write(lambda c: c.execute(ended), step="test.write")

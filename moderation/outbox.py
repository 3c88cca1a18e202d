"""The outbox: deliveries that wait, were made, or were given up. Written with the decision, sent afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from moderation.database import Database
from moderation.tables import deliveries

_LEASE_SECONDS = 120


@dataclass(frozen=True)
class Delivery:
    """One event for one callback.

    Attributes:
        id: the ``webhook-id``, the same on every attempt.
        payload: the exact bytes that are sent and signed.
        attempts: how many were made before.
    """

    id: str
    item_id: str
    app: str
    url: str
    payload: bytes
    attempts: int


class Outbox:
    """Deliveries in `database`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def take_due(self, now: datetime, limit: int) -> Sequence[Delivery]:
        """Deliveries to attempt now, held for two minutes so that nobody else sends them meanwhile."""
        due = (deliveries.c.state == "due") & (deliveries.c.next_attempt_at <= now)
        chosen = sa.select(deliveries.c.id).where(due).order_by(deliveries.c.next_attempt_at).limit(limit)
        if not self._db.read(lambda c: c.execute(chosen.limit(1)).first()):
            return []
        update = (
            sa.update(deliveries)
            .where(deliveries.c.id.in_(chosen.with_for_update(skip_locked=True)))
            .values(next_attempt_at=now + timedelta(seconds=_LEASE_SECONDS))
            .returning(deliveries)
        )
        rows = self._db.write(lambda c: list(c.execute(update)))
        return [Delivery(r.id, r.item_id, r.app, r.url, r.payload, r.attempts) for r in rows]

    def note(self, delivery_id: str, *, state: str, result: str, next_attempt_at: datetime | None) -> None:
        """What came of an attempt: ``delivered``, ``due`` again, or ``given_up``."""
        values = {"state": state, "last_result": result[:200], "next_attempt_at": next_attempt_at}
        where = deliveries.c.id == delivery_id
        update = sa.update(deliveries).where(where).values({**values, "attempts": deliveries.c.attempts + 1})
        self._db.write(lambda c: c.execute(update))

    def replay(self, item_id: str, now: datetime) -> int:
        """Send an item's events again; says how many there are."""
        update = sa.update(deliveries).where(deliveries.c.item_id == item_id)
        return self._db.write(lambda c: c.execute(update.values(state="due", attempts=0, next_attempt_at=now)).rowcount)

    def counts(self) -> dict[str, int]:
        """How many deliveries there are by state."""
        query = sa.select(deliveries.c.state, sa.func.count()).group_by(deliveries.c.state)
        return self._db.read(lambda c: {row[0]: row[1] for row in c.execute(query)})

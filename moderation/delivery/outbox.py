"""The outbox: deliveries that wait, were made, or were given up. Written with the decision, sent afterwards."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import Database
from ground.holding import LEASE_SECONDS
from ground.leases import Lease
from moderation.storage.tables import deliveries, delivery_attempts

_LEASE = Lease(deliveries.c.id, deliveries.c.next_attempt_at)
"""A delivery is held by putting off its next attempt; when nobody notes what came of one, it is due again."""


@dataclass(frozen=True)
class Waiting:
    """A delivery that is due, before it is taken.

    Attributes:
        endpoint: scheme, host and port of its callback.
    """

    id: str
    app: str
    endpoint: str


@dataclass(frozen=True)
class Delivery:
    """One event for one callback.

    Attributes:
        id: the ``webhook-id``, the same on every attempt.
        payload: the exact bytes that are sent and signed.
        attempts: how many were made before, since the last replay.
        held_until: the end of the lease under which it was taken.
    """

    id: str
    item_id: str
    app: str
    endpoint: str
    url: str
    payload: bytes
    attempts: int
    held_until: datetime


@dataclass(frozen=True)
class Attempt:
    """What came of one attempt.

    Attributes:
        status_code: of the answer; None when there was none.
        reason: in a few words, without content.
    """

    delivery_id: str
    attempted_at: datetime
    status_code: int | None
    reason: str


@dataclass(frozen=True)
class Delivered:
    """A delivery as its app sees it.

    Attributes:
        item: id of the item that it tells of.
        number: of the event among those of its item.
        attempts: how many were made since it was last asked for.
        made: all attempts, oldest first; empty where many deliveries are listed.
    """

    id: str
    item: str
    number: int
    url: str
    state: str
    attempts: int
    last_result: str | None
    next_attempt_at: datetime | None
    created_at: datetime
    made: tuple[Attempt, ...] = ()


class Outbox:
    """Deliveries in `database`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def waiting(
        self, now: datetime, limit: int, *, not_to: Collection[str] = (), not_of: Collection[str] = ()
    ) -> Sequence[Waiting]:
        """Deliveries that are due, longest waiting first.

        Args:
            not_to: endpoints that are busy.
            not_of: apps that are busy.
        """
        due = (deliveries.c.state == "due") & (deliveries.c.next_attempt_at <= now)
        query = sa.select(deliveries.c.id, deliveries.c.app, deliveries.c.endpoint).where(due)
        query = query.where(deliveries.c.endpoint.not_in(not_to)) if not_to else query
        query = query.where(deliveries.c.app.not_in(not_of)) if not_of else query
        query = query.order_by(deliveries.c.next_attempt_at).limit(limit)
        return self._db.read(lambda c: [Waiting(row.id, row.app, row.endpoint) for row in c.execute(query)])

    def take(self, ids: Collection[str], now: datetime) -> Sequence[Delivery]:
        """Those of `ids` that are still due, held for `LEASE_SECONDS` so that nobody else sends them meanwhile."""
        chosen = sa.select(deliveries.c.id).where(deliveries.c.id.in_(ids), deliveries.c.state == "due")
        until = now + timedelta(seconds=LEASE_SECONDS)
        rows = self._db.write(lambda c: _LEASE.claim(c, chosen, now, until), step="deliveries.take")
        return [Delivery(r.id, r.item_id, r.app, r.endpoint, r.url, r.payload, r.attempts, until) for r in rows]

    def move_leases(self, ids: Collection[str], held_until: datetime, until: datetime) -> None:
        """Hold deliveries that are held until one time until another; those that others took meanwhile stay theirs."""
        self._db.write(lambda c: _LEASE.move(c, ids, held_until, until), step="deliveries.move_leases")

    def take_due(self, now: datetime, limit: int) -> Sequence[Delivery]:
        """The deliveries that have been due longest, taken."""
        return self.take([one.id for one in self.waiting(now, limit)], now)

    def note(self, attempt: Attempt, *, state: str, next_attempt_at: datetime | None) -> None:
        """Keep what came of an attempt; the delivery is ``delivered``, ``due`` again, or ``given_up``."""
        values = {
            "state": state,
            "last_result": attempt.reason[:200],
            "next_attempt_at": next_attempt_at,
            "attempts": deliveries.c.attempts + 1,
        }
        update = sa.update(deliveries).where(deliveries.c.id == attempt.delivery_id).values(values)

        def work(c: Connection) -> None:
            if not c.execute(update).rowcount:
                return  # its item was withdrawn meanwhile
            row = {
                "delivery_id": attempt.delivery_id,
                "attempted_at": attempt.attempted_at,
                "status_code": attempt.status_code,
                "reason": attempt.reason[:200],
            }
            c.execute(sa.insert(delivery_attempts).values(row))

        self._db.write(work, step="deliveries.note")

    def attempts(self, item_id: str) -> Sequence[Attempt]:
        """All attempts to tell of an item, oldest first."""
        query = (
            sa.select(delivery_attempts)
            .join(deliveries, deliveries.c.id == delivery_attempts.c.delivery_id)
            .where(deliveries.c.item_id == item_id)
            .order_by(delivery_attempts.c.id)
        )
        return self._db.read(
            lambda c: [Attempt(r.delivery_id, r.attempted_at, r.status_code, r.reason) for r in c.execute(query)]
        )

    def of_item(self, item_id: str) -> Sequence[Delivered]:
        """What was sent of an item to its app's callback, oldest first, each with its attempts."""
        made: dict[str, list[Attempt]] = {}
        for attempt in self.attempts(item_id):
            made.setdefault(attempt.delivery_id, []).append(attempt)
        query = sa.select(deliveries).where(deliveries.c.item_id == item_id, _TO_APPS).order_by(deliveries.c.number)
        return self._db.read(lambda c: [_delivered(row, made.get(row.id, ())) for row in c.execute(query)])

    def of_app(self, app: str, state: str | None, before: str | None, limit: int) -> Sequence[Delivered]:
        """What was sent to an app's callbacks, newest items first.

        Args:
            before: the id that the last page ended with.
        """
        # Ids of deliveries begin with their item's, which begin with the time.
        query = sa.select(deliveries).where(deliveries.c.app == app, _TO_APPS)
        query = query.where(deliveries.c.state == state) if state is not None else query
        query = query.where(deliveries.c.id < before) if before is not None else query
        query = query.order_by(deliveries.c.id.desc()).limit(limit)
        return self._db.read(lambda c: [_delivered(row) for row in c.execute(query)])

    def resend(self, item_id: str, delivery_id: str, now: datetime) -> bool:
        """Send one event to an app's callback again, with the same id and bytes; False when there is no such one."""
        mine = (deliveries.c.item_id == item_id) & (deliveries.c.id == delivery_id) & _TO_APPS
        update = sa.update(deliveries).where(mine).values(state="due", attempts=0, next_attempt_at=now)
        return self._db.write(lambda c: bool(c.execute(update).rowcount), step="deliveries.resend")

    def replay(self, item_id: str, now: datetime) -> int:
        """Send an item's events again, with the same ids and bytes; says how many there are."""
        update = sa.update(deliveries).where(deliveries.c.item_id == item_id)
        return self._db.write(
            lambda c: c.execute(update.values(state="due", attempts=0, next_attempt_at=now)).rowcount,
            step="deliveries.replay",
        )

    def counts(self) -> dict[str, int]:
        """How many deliveries there are by state."""
        query = sa.select(deliveries.c.state, sa.func.count()).group_by(deliveries.c.state)
        return self._db.read(lambda c: {row[0]: row[1] for row in c.execute(query)})


_TO_APPS = deliveries.c.url.startswith("http")
"""Callbacks; the others go to the operator's topics, buses and queues."""


def _delivered(row: sa.Row[Any], made: Sequence[Attempt] = ()) -> Delivered:
    return Delivered(
        id=row.id,
        item=row.item_id,
        number=row.number,
        url=row.url,
        state=row.state,
        attempts=row.attempts,
        last_result=row.last_result,
        next_attempt_at=row.next_attempt_at if row.state == "due" else None,
        created_at=row.created_at,
        made=tuple(made),
    )

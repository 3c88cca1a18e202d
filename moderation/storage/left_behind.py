"""Left behind: what a process that died still holds, given back to those that live before its leases are over."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import Database
from moderation.storage.tables import IS_WAITING, deliveries, fetches, film_jobs, idempotency_keys, items


def free_left_behind(database: Database, now: datetime) -> None:
    """Give back every item, fetch, delivery, waiting post and job over a film that anybody holds.

    Only for whoever knows that none of the holders lives. What was put off is tried at once, too. Of deliveries those
    that were never answered: the others may be put off because the app asked for it.
    """
    keys, due = idempotency_keys.c, (deliveries.c.state == "due") & (deliveries.c.attempts == 0)

    def work(c: Connection) -> None:
        c.execute(sa.update(items).where(IS_WAITING, items.c.lease_until > now).values(lease_until=None))
        c.execute(sa.update(fetches).where(fetches.c.lease_until > now).values(lease_until=None))
        c.execute(sa.update(film_jobs).where(film_jobs.c.lease_until > now).values(lease_until=None))
        c.execute(sa.update(deliveries).where(due, deliveries.c.next_attempt_at > now).values(next_attempt_at=now))
        c.execute(sa.update(idempotency_keys).where(keys.in_flight_until > now).values(in_flight_until=now))

    database.write(work, step="items.free_left_behind")

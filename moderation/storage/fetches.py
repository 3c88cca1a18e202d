"""Fetches: what is still to be fetched of items that are stored already, a row for each part.

A row is there from the commit of its item until the commit of what came of it, so a kill loses nothing. Whoever takes
one holds it under a lease; apps and hosts on which enough is under way are passed over.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import Database
from ground.leases import Lease
from moderation.core.items import Item, Lane, Part
from moderation.storage.rows import save_media
from moderation.storage.tables import IS_WAITING, fetches, items
from moderation.storage.turns import apps_in_turn

_LEASE = Lease(fetches.c.id, fetches.c.lease_until)


@dataclass(frozen=True)
class Fetch:
    """A part that was taken to be fetched.

    Attributes:
        host: whom it is fetched from.
        attempts: how often it was taken, this time included.
        held_until: the end of the lease.
    """

    id: str
    item_id: str
    part: Part
    app: str
    host: str
    attempts: int
    held_until: datetime


class Fetches:
    """The rows, in `database`."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._last = ""

    def claim(
        self, limit: int, now: datetime, lease_seconds: float, apps: Collection[str], hosts: Collection[str]
    ) -> list[Fetch]:
        """Take up to `limit` fetches that nobody holds, apps in turn: of an app, and of a host, one at most.

        Not for several threads at once.

        Args:
            apps: passed over, because enough is under way for them.
            hosts: passed over likewise.
        """
        chosen = self._db.read(lambda c: self._choose(c, limit, now, apps, hosts))
        if not chosen:
            return []
        until = now + timedelta(seconds=lease_seconds)

        def work(c: Connection) -> list[Fetch]:
            these = sa.select(fetches.c.id).where(fetches.c.id.in_(chosen))
            rows = _LEASE.claim(c, these, now, until, attempts=fetches.c.attempts + 1)
            return [
                Fetch(row.id, row.item_id, part, row.app, row.host, row.attempts, until)
                for row in rows
                for part in _item(c, row.item_id).parts
                if part.id == row.part
            ]

        claimed = self._db.write(work, step="fetches.claim")
        self._last = list(chosen.values())[-1]
        return claimed

    def move_leases(self, ids: Collection[str], held_until: datetime, until: datetime) -> None:
        """Hold fetches until another time; those that others took meanwhile stay with them."""
        self._db.write(lambda c: _LEASE.move(c, ids, held_until, until), step="fetches.move_leases")

    def put_off(self, fetch: Fetch, held_until: datetime, until: datetime, attempts: int) -> None:
        """Leave a fetch alone until a time.

        Args:
            held_until: the end of the lease, as it stands now.
            attempts: how many count until then.
        """
        self._db.write(
            lambda c: _LEASE.extend(c, fetch.id, held_until, until, attempts=attempts), step="fetches.put_off"
        )

    def finish(self, fetch: Fetch, held_until: datetime, part: Part) -> Lane | None:
        """Store what came of a fetch with its item; once nothing more of that is to be fetched, it can be moderated.

        Args:
            held_until: the end of the lease, as it stands now.
            part: with its media, or with the problem that kept it from being fetched.

        Returns:
            Where the item waits now; None when something of it is still to be fetched, or another had the fetch.
        """

        def work(c: Connection) -> Lane | None:
            mine = (fetches.c.id == fetch.id) & (fetches.c.lease_until == held_until)
            if not c.execute(sa.delete(fetches).where(mine)).rowcount:
                return None
            before = _item(c, fetch.item_id, is_locked=True)
            parts = tuple(part if each.id == part.id else each for each in before.parts)
            item = before.model_copy(update={"parts": parts})
            c.execute(sa.update(items).where(items.c.id == item.id).values(document=item, lane=item.lane))
            save_media(c, item.id, [part])
            return None if item.lane == "fetches" else item.lane

        return self._db.write(work, step="fetches.finish")

    def free_forgotten(self) -> int:
        """Let items be moderated of which nothing is to be fetched any more, though they wait for it; says how many.

        There is none such, unless somebody changed the database.
        """
        known = sa.select(fetches.c.id).where(fetches.c.item_id == items.c.id)
        forgotten = IS_WAITING & (items.c.lane == "fetches") & ~known.exists()
        if not self._db.read(lambda c: c.execute(sa.select(items.c.id).where(forgotten).limit(1)).first()):
            return 0
        update = sa.update(items).where(forgotten).values(lane="media")
        return self._db.write(lambda c: c.execute(update).rowcount, step="fetches.free_forgotten")

    def _choose(
        self, c: Connection, limit: int, now: datetime, apps: Collection[str], hosts: Collection[str]
    ) -> dict[str, str]:
        """Ids of an app's oldest free fetch and the app, from the app after the one that was last.

        Costs a look-up in an index for each app that is asked, however many fetches there are.
        """
        chosen: dict[str, str] = {}
        passed_over = set(hosts)

        def next_app(after: str) -> str | None:
            return c.execute(sa.select(sa.func.min(fetches.c.app)).where(fetches.c.app > after)).scalar()

        for app in apps_in_turn(next_app, self._last):
            if len(chosen) == limit:
                break
            if app in apps:
                continue
            free = (fetches.c.app == app) & _LEASE.is_free(now) & fetches.c.host.not_in(passed_over)
            query = sa.select(fetches.c.id, fetches.c.host).where(free).order_by(fetches.c.id).limit(1)
            if row := c.execute(query).first():
                chosen[row.id] = app
                passed_over.add(row.host)
        return chosen


def fetch_rows(item: Item) -> list[dict[str, object]]:
    """What is to be fetched of a new item, as rows of the table."""
    return [
        {
            "id": f"{item.id}.{part.id}",
            "item_id": item.id,
            "part": part.id,
            "app": item.app,
            "host": (urlsplit(part.source.url).hostname or "").lower()[:255],
            "attempts": 0,
        }
        for part in item.parts
        if part.source is not None
    ]


def _item(c: Connection, item_id: str, *, is_locked: bool = False) -> Item:
    query = sa.select(sa.cast(items.c.document, sa.Text)).where(items.c.id == item_id)
    # Two parts of an item may be finished at once: each is to see what the other wrote.
    return Item.model_validate_json(c.execute(query.with_for_update() if is_locked else query).scalar_one())

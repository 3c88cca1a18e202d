"""Turns: which waiting items are next. Apps take turns, so that one that posts thousands delays no other."""

from __future__ import annotations

import threading
from datetime import datetime
from itertools import chain, zip_longest

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from moderation.core.items import Lane
from moderation.storage.tables import IS_WAITING, ITEM_LEASE, items


class Turns:
    """Goes round the apps that have items waiting, from where it was last. For several threads."""

    def __init__(self) -> None:
        self._last: dict[Lane, str] = {}
        self._lock = threading.Lock()

    def next_ids(self, c: Connection, lane: Lane, limit: int, now: datetime) -> list[str]:
        """Up to `limit` items of a lane that nobody holds: one of each app in turn, each app's oldest first.

        Costs a look-up in an index for each app that is asked, however many items and apps there are.
        """
        with self._lock:
            begin = self._last.get(lane, "")
        lines: list[list[str]] = []
        after, has_turned = begin, False
        while len(lines) < limit:
            app = _next_app(c, lane, after)
            if app is None and not has_turned and begin:
                after, has_turned = "", True
                continue
            if app is None or (has_turned and app > begin):
                break
            after = app
            if line := _line(c, lane, app, limit, now):
                lines.append(line)
                with self._lock:
                    self._last[lane] = app
        dealt = chain.from_iterable(zip_longest(*lines))
        return [item_id for item_id in dealt if item_id is not None][:limit]


def _next_app(c: Connection, lane: Lane, after: str) -> str | None:
    """The next app by name with an item that waits or is worked on."""
    query = sa.select(sa.func.min(items.c.app)).where(IS_WAITING, items.c.lane == lane, items.c.app > after)
    return c.execute(query).scalar()


def _line(c: Connection, lane: Lane, app: str, limit: int, now: datetime) -> list[str]:
    """An app's oldest items that nobody holds."""
    free = IS_WAITING & (items.c.lane == lane) & (items.c.app == app) & ITEM_LEASE.is_free(now)
    query = sa.select(items.c.id).where(free).order_by(items.c.id).limit(limit)
    # Those that another process is just taking are passed over, or all would come for the same ones.
    return list(c.execute(query.with_for_update(skip_locked=True)).scalars())

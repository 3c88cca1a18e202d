"""Turns: which waiting items are next. Apps take turns, so that one that posts thousands delays no other."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, zip_longest

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from moderation.core.items import Lane
from moderation.storage.tables import IS_WAITING, ITEM_LEASE, items


@dataclass(frozen=True)
class _Free:
    """An item that nobody holds.

    Attributes:
        attempts: how often it was claimed before.
    """

    id: str
    app: str
    attempts: int


class Turns:
    """Goes round the apps that have items waiting, from where it was last. For several threads."""

    def __init__(self) -> None:
        self._last: dict[Lane, str] = {}
        self._lock = threading.Lock()

    def next_ids(self, c: Connection, lane: Lane, limit: int, now: datetime) -> list[str]:
        """Up to `limit` items of a lane that nobody holds: one of each app in turn, each app's oldest first.

        Fewer where one of them was claimed before: its worker may have died of it, and would take whatever is claimed
        with it along, again and again.

        Costs a look-up in an index for each app that is asked, however many items and apps there are.
        """
        with self._lock:
            begin = self._last.get(lane, "")
        lines: list[list[_Free]] = []
        for app in apps_in_turn(lambda after: next_app(c, lane, after), begin):
            if line := _line(c, lane, app, limit, now):
                lines.append(line)
            if len(lines) == limit:
                break
        if not lines:
            return []
        dealt = [each for each in chain.from_iterable(zip_longest(*lines)) if each is not None]
        taken = dealt[: _company(dealt, limit)]
        with self._lock:
            self._last[lane] = (taken if len(taken) < len(lines) else dealt[: len(lines)])[-1].app
        return [each.id for each in taken]


def apps_in_turn(next_app: Callable[[str], str | None], begin: str) -> Iterator[str]:
    """Each app once, by name: from the one after `begin` to the last, then from the first to `begin`.

    Args:
        next_app: the next one by name after a name, of those that have something waiting; None after the last.
    """
    after = begin
    while (app := next_app(after)) is not None:
        yield app
        after = app
    after = ""
    while begin and (app := next_app(after)) is not None and app <= begin:
        yield app
        after = app


def next_app(c: Connection, lane: Lane, after: str) -> str | None:
    """The next app by name with an item that waits or is worked on."""
    query = sa.select(sa.func.min(items.c.app)).where(IS_WAITING, items.c.lane == lane, items.c.app > after)
    return c.execute(query).scalar()


def _line(c: Connection, lane: Lane, app: str, limit: int, now: datetime) -> list[_Free]:
    """An app's oldest items that nobody holds."""
    free = IS_WAITING & (items.c.lane == lane) & (items.c.app == app) & ITEM_LEASE.is_free(now)
    query = sa.select(items.c.id, items.c.attempts).where(free).order_by(items.c.id).limit(limit)
    # Those that another process is just taking are passed over, or all would come for the same ones.
    rows = c.execute(query.with_for_update(skip_locked=True))
    return [_Free(row.id, app, row.attempts) for row in rows]


def _company(dealt: Sequence[_Free], limit: int) -> int:
    """How many of these, from the first on, are claimed together: a quarter of `limit` with each attempt of any.

    Of 200 that leaves one alone at its fifth attempt, which is the last (`Settings.max_attempts`), and what waits after
    a few kills that no item was to blame for is still done in a moment.
    """
    most = limit
    for number, each in enumerate(dealt):
        most = min(most, max(1, limit // 4**each.attempts))
        if number >= most:
            return number
    return len(dealt)

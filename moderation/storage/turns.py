"""Turns: which waiting items are next. Apps take turns, so that one that posts thousands delays no other."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, zip_longest

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from moderation.core.items import Lane
from moderation.storage.tables import IS_WAITING, ITEM_LEASE, items

TOGETHER = 200
"""Items that are claimed together at most while nothing speaks against any of them."""
TOGETHER_BESIDE = 50
"""The same while other apps post, too: each write of those waits for the one that is under way."""
MANY = 5
"""Items of one app in a claim, of more than which it has many waiting."""
REMEMBERED = timedelta(seconds=5)
"""How long it is known which apps had items waiting, and which had many."""
ANY_ATTEMPTS = 2**31 - 1
"""More than an item is ever claimed."""
SUSPECT_ATTEMPTS = 2
"""An item that was claimed so often and is not done: it was in the hands of two workers that died, maybe of it."""


@dataclass(frozen=True)
class _Free:
    """An item that nobody holds.

    Attributes:
        attempts: how often it was claimed before.
    """

    id: str
    app: str
    attempts: int

    @property
    def is_suspect(self) -> bool:
        """Whether it may be what its workers died of."""
        return self.attempts >= SUSPECT_ATTEMPTS


class Turns:
    """Goes round the apps that have items waiting, from where it was last. For several threads.

    Some of these may keep to apps that do not have many items waiting, of which an app that floods is one: then who
    posts one item does not wait for a thread that is busy with fifty others.
    """

    def __init__(self) -> None:
        self._last: dict[Lane, str] = {}
        self._seen: dict[tuple[Lane, str], datetime] = {}
        self._had_many: dict[tuple[Lane, str], datetime] = {}
        self._is_turn_of_others: dict[Lane, bool] = {}
        self._lock = threading.Lock()

    def next_ids(self, c: Connection, lane: Lane, limit: int, now: datetime, *, of_few: bool = False) -> list[str]:
        """Up to `limit` items of a lane that nobody holds: one of each app in turn, each app's oldest first.

        Fewer where one of them was claimed before: its worker may have died of it, and would take whatever is claimed
        with it along, again and again. Suspects are claimed apart from the others, in turn with them, so that few are
        claimed with a suspect, and not few at a time as long as there are some.

        Costs a look-up in an index for each app that is asked, however many items and apps there are; two of them, and
        a look at each suspect, where there are some.

        Args:
            of_few: pass over apps that had many items waiting lately, as far as this process knows.
        """
        with self._lock:
            begin = self._last.get(lane, "")
            besides = _lately(self._had_many, lane, now) if of_few else set()
            if len(_lately(self._seen, lane, now)) > 1:
                limit = min(limit, TOGETHER_BESIDE)
        lines = _lines(c, lane, begin, limit, now, ANY_ATTEMPTS, besides)
        if any(each.is_suspect for line in lines for each in line):
            lines = self._of_one_kind(c, lane, begin, limit, now, lines, besides)
        if not lines:
            return []
        dealt = [each for each in chain.from_iterable(zip_longest(*lines)) if each is not None]
        taken = dealt[: _company(dealt, limit)]
        with self._lock:
            for app, count in Counter(each.app for each in taken).items():
                self._seen[lane, app] = now
                if count > MANY:
                    self._had_many[lane, app] = now
            self._last[lane] = (taken if len(taken) < len(lines) else dealt[: len(lines)])[-1].app
        return [each.id for each in taken]

    def _of_one_kind(
        self,
        c: Connection,
        lane: Lane,
        begin: str,
        limit: int,
        now: datetime,
        lines: list[list[_Free]],
        besides: Container[str],
    ) -> list[list[_Free]]:
        """The suspects of these lines, or lines of others where there are some and it is their turn."""
        suspects = [kept for line in lines if (kept := [each for each in line if each.is_suspect])]
        with self._lock:
            is_turn_of_others = self._is_turn_of_others.get(lane, False)
            self._is_turn_of_others[lane] = not is_turn_of_others
        others = _lines(c, lane, begin, limit, now, SUSPECT_ATTEMPTS, besides)
        return others if others and is_turn_of_others else suspects


def _lately(when: dict[tuple[Lane, str], datetime], lane: Lane, now: datetime) -> set[str]:
    """The apps of a lane of which that is not long ago; the others are forgotten."""
    for key in [key for key, at in when.items() if at < now - REMEMBERED]:
        del when[key]
    return {app for of, app in when if of == lane}


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
    while after < begin and (app := next_app(after)) is not None and app <= begin:
        yield app
        after = app


def next_app(c: Connection, lane: Lane, after: str) -> str | None:
    """The next app by name with an item that waits or is worked on."""
    return c.execute(_NEXT_APP, {"lane": lane, "after": after}).scalar()


# Built once: to build a statement takes longer than to run one of these.
_NEXT_APP = sa.select(sa.func.min(items.c.app)).where(
    IS_WAITING, items.c.lane == sa.bindparam("lane"), items.c.app > sa.bindparam("after")
)
_LINE = (
    sa.select(items.c.id, items.c.attempts)
    .where(IS_WAITING, items.c.lane == sa.bindparam("lane"), items.c.app == sa.bindparam("app"))
    .where(items.c.attempts < sa.bindparam("under"), ITEM_LEASE.is_free(sa.bindparam("now")))
    .order_by(items.c.id)
    .limit(sa.bindparam("limit"))
    # Those that another process is just taking are passed over, or all would come for the same ones.
    .with_for_update(skip_locked=True)
)


def _lines(
    c: Connection,
    lane: Lane,
    begin: str,
    limit: int,
    now: datetime,
    under: int,
    besides: Container[str] = (),
) -> list[list[_Free]]:
    """Of each app in turn, until there are enough of them, its oldest items that nobody holds.

    Args:
        under: only of those that were claimed less often.
    """
    lines: list[list[_Free]] = []
    for app in apps_in_turn(lambda after: next_app(c, lane, after), begin):
        if app in besides:
            continue
        if line := _line(c, lane, app, limit, now, under):
            lines.append(line)
        if len(lines) == limit:
            break
    return lines


def _line(c: Connection, lane: Lane, app: str, limit: int, now: datetime, under: int) -> list[_Free]:
    rows = c.execute(_LINE, {"lane": lane, "app": app, "limit": limit, "now": now, "under": under})
    return [_Free(row.id, app, row.attempts) for row in rows]


def _company(dealt: Sequence[_Free], limit: int) -> int:
    """How many of these, from the first on, are claimed together: a quarter of `TOGETHER` with each attempt of any.

    That leaves one alone at its fifth attempt, which is the last (`Settings.max_attempts`), and what waits after a few
    kills that no item was to blame for is still done in a moment.
    """
    most = limit
    for number, each in enumerate(dealt):
        most = min(most, max(1, TOGETHER // 4**each.attempts))
        if number >= most:
            return number
    return len(dealt)

"""Remoderations: runs over decided items after a change of policies, how far each is, and what it changed.

A run goes through items by their ids and notes each before it touches it, so that one that was killed goes on where it
was, and what it has done can be taken back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import Database, insert_or_nothing
from ground.ids import new_hex_id
from moderation.core.errors import NotFound, RemoderationRefused
from moderation.storage.audit import note_change
from moderation.storage.holds import is_held
from moderation.storage.tables import items, remoderated_items, remoderations

LEASE = timedelta(minutes=2)
"""So long who works on a run holds it without a sign of life."""
BEGUN, SAME = "begun", "same"
CHANGED = ("decided", "asked")
MAY_BE_CANCELLED, MAY_BE_UNDONE = ("running",), ("done", "cancelled")
"""States of a run."""


@dataclass(frozen=True)
class Remoderation:
    """A run.

    Attributes:
        why: the reason, for the audit chain.
        since: items that were posted before are left alone; None for all.
        most: items that it may change.
        with_people: whether items that people have decided are looked at, too.
        state: ``running``, ``done`` (all were looked at, or so many changed as may), ``cancelled``, ``undoing`` or
            ``undone``.
        position: the item that was looked at last.
        last: the newest item when it began; those that came later were judged by the changed policies anyway.
        pace: items that it may change a minute; None for as many as can be.
        is_served: whether the service works it off; False for a run of the command, which does so itself.
    """

    id: str
    why: str
    by: str
    app: str | None
    since: datetime | None
    most: int
    with_people: bool
    state: str
    position: str
    last: str
    begun_at: datetime
    pace: int | None = None
    is_served: bool = False

    @property
    def in_words(self) -> str:
        """What a second person agrees to: the same for the same run."""
        since = f" since {self.since:%Y-%m-%d}" if self.since is not None else ""
        people = ", people's decisions too" if self.with_people else ""
        pace = f", {self.pace} a minute" if self.pace else ""
        whose = f"items of app {self.app}" if self.app is not None else "all items"
        return f"judge {whose}{since} anew, change at most {self.most}{pace}{people}: {self.why}"


@dataclass(frozen=True)
class Changed:
    """An item that a run changed, or was about to (`BEGUN`).

    Attributes:
        number: of the decision that it had before.
        was_redacted: whether copies without what rules wanted out of it were delivered with that.
    """

    item_id: str
    number: int
    became: str
    was_redacted: bool


class Remoderations:
    """The runs in `database`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def planned(
        self,
        *,
        by: str,
        app: str | None,
        since: datetime | None,
        most: int,
        with_people: bool,
        why: str,
        now: datetime,
        pace: int | None = None,
        is_served: bool = False,
    ) -> Remoderation:
        """A run that is not begun: what it would be about."""
        last = self._db.read(lambda c: c.execute(sa.select(sa.func.max(items.c.id))).scalar()) or ""
        asked = (why, by, app, since, most, with_people)
        return Remoderation(new_hex_id(), *asked, "planned", "", last, now, pace, is_served)

    def begin(self, plan: Remoderation) -> Remoderation:
        """Begin a run, with a record in the audit chain."""
        run = replace(plan, state="running")

        def work(c: Connection) -> None:
            c.execute(sa.insert(remoderations).values(vars(run)))
            body = {"why": run.why, "by": run.by, "app": run.app, "most": run.most}
            note_change(c, "remoderation begun", run.id, run.begun_at, **body)

        self._db.write(work, step="remoderations.begin")
        return run

    def get(self, run_id: str) -> Remoderation:
        """A run. Raises `NotFound`."""
        query = sa.select(remoderations).where(remoderations.c.id == run_id)
        row = self._db.read(lambda c: c.execute(query).first())
        if row is None:
            raise NotFound(f"no remoderation {run_id[:60]}")
        return _run(row)

    def all(self) -> Sequence[Remoderation]:
        """All runs, newest first."""
        query = sa.select(remoderations).order_by(remoderations.c.begun_at.desc(), remoderations.c.id)
        return self._db.read(lambda c: [_run(row) for row in c.execute(query)])

    def claim(self, now: datetime) -> Remoderation | None:
        """Hold the oldest run of the service that nobody works on; None where there is none."""
        free = remoderations.c.lease_until.is_(None) | (remoderations.c.lease_until <= now)
        waiting = remoderations.c.is_served & remoderations.c.state.in_(("running", "undoing")) & free
        query = sa.select(remoderations).where(waiting).order_by(remoderations.c.begun_at, remoderations.c.id)

        def work(c: Connection) -> Remoderation | None:
            row = c.execute(query.limit(1).with_for_update(skip_locked=True)).first()
            if row is None:
                return None
            held = sa.update(remoderations).where(remoderations.c.id == row.id)
            c.execute(held.values(lease_until=now + LEASE))
            return _run(row)

        return self._db.write(work, step="remoderations.claim")

    def hold(self, run: Remoderation, now: datetime) -> bool:
        """Go on holding a run; False when it is not in the state that it was in: somebody has cancelled it."""
        mine = (remoderations.c.id == run.id) & (remoderations.c.state == run.state)
        update = sa.update(remoderations).where(mine).values(lease_until=now + LEASE)
        return bool(self._db.write(lambda c: c.execute(update).rowcount, step="remoderations.hold"))

    def let_go(self, run: Remoderation) -> None:
        """Let others go on with a run at once."""
        update = sa.update(remoderations).where(remoderations.c.id == run.id).values(lease_until=None)
        self._db.write(lambda c: c.execute(update), step="remoderations.let_go")

    def state_of(self, run_id: str) -> str | None:
        """The state that a run is in; None where there is none."""
        query = sa.select(remoderations.c.state).where(remoderations.c.id == run_id)
        return self._db.read(lambda c: c.execute(query).scalar())

    def turn(self, run_id: str, *, to: str, of: Sequence[str], by: str, now: datetime) -> Remoderation:
        """Cancel a run, or have it taken back; with a record in the audit chain. Done already, it changes nothing.

        Args:
            of: states that a run can be in for that.

        Raises:
            NotFound: there is no such run.
            RemoderationRefused: it is in another state.
        """
        mine = sa.select(remoderations).where(remoderations.c.id == run_id).with_for_update()

        def work(c: Connection) -> Remoderation:
            row = c.execute(mine).first()
            if row is None:
                raise NotFound(f"no remoderation {run_id[:60]}")
            run = _run(row)
            if run.state == to:
                return run
            if run.state not in of:
                raise RemoderationRefused(f"the run is {run.state}; it has to be {' or '.join(of)}")
            c.execute(sa.update(remoderations).where(remoderations.c.id == run_id).values(state=to, is_served=True))
            note_change(c, f"remoderation {to}", run_id, now, by=by)
            return replace(run, state=to, is_served=True)

        return self._db.write(work, step="remoderations.turn")

    def after(self, run: Remoderation, position: str, limit: int, now: datetime) -> list[tuple[str, bool]]:
        """Decided items that the run is about after a position, by id; and whether a legal hold is on each."""
        wanted = (items.c.id > position) & (items.c.id <= run.last) & (items.c.status == "decided")
        if run.app is not None:
            wanted &= items.c.app == run.app
        if run.since is not None:
            wanted &= items.c.created_at >= run.since
        held = sa.case((is_held(now), 1), else_=0)
        query = sa.select(items.c.id, held).where(wanted).order_by(items.c.id).limit(limit)
        return self._db.read(lambda c: [(row[0], bool(row[1])) for row in c.execute(query)])

    def intend(self, run: Remoderation, item_id: str, number: int, *, was_redacted: bool) -> int:
        """Note that an item is about to be judged, whose newest decision has this number.

        Returns:
            The number that was noted first: another one where a run that was killed got as far as the decision.
        """
        row = {"run": run.id, "item_id": item_id, "number": number, "became": BEGUN, "was_redacted": was_redacted}
        mine = (remoderated_items.c.run == run.id) & (remoderated_items.c.item_id == item_id)

        def work(c: Connection) -> int:
            c.execute(insert_or_nothing(c, remoderated_items).values(row))
            return int(c.execute(sa.select(remoderated_items.c.number).where(mine)).scalar_one())

        return self._db.write(work, step="remoderations.intend")

    def note(self, run: Remoderation, item_id: str, became: str) -> None:
        """Note what came of an item, and that the run is past it; what stayed as it was needs no note."""
        mine = (remoderated_items.c.run == run.id) & (remoderated_items.c.item_id == item_id)

        def work(c: Connection) -> None:
            if became in CHANGED:
                c.execute(sa.update(remoderated_items).where(mine).values(became=became))
            else:
                c.execute(sa.delete(remoderated_items).where(mine))
            moved = sa.update(remoderations).where(remoderations.c.id == run.id)
            c.execute(moved.values(position=item_id))

        self._db.write(work, step="remoderations.note")

    def end(self, run: Remoderation, state: str, now: datetime, **body: Any) -> None:
        """The run is over, or taken back; with a record in the audit chain."""

        def work(c: Connection) -> None:
            c.execute(sa.update(remoderations).where(remoderations.c.id == run.id).values(state=state))
            note_change(c, f"remoderation {state}", run.id, now, **body)

        self._db.write(work, step="remoderations.end")

    def changed(self, run_id: str) -> list[Changed]:
        """What a run changed, or was about to, by item."""
        mine = sa.select(remoderated_items).where(remoderated_items.c.run == run_id)
        rows = self._db.read(lambda c: c.execute(mine.order_by(remoderated_items.c.item_id)).all())
        return [Changed(row.item_id, row.number, row.became, row.was_redacted) for row in rows]

    def counts(self, run_id: str) -> Counter[str]:
        """How many items became what."""
        became = remoderated_items.c.became
        query = sa.select(became, sa.func.count()).where(remoderated_items.c.run == run_id).group_by(became)
        return Counter({row[0]: row[1] for row in self._db.read(lambda c: c.execute(query).all())})


def _run(row: Any) -> Remoderation:
    return Remoderation(**{name: getattr(row, name) for name in Remoderation.__dataclass_fields__})

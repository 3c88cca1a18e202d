"""Remoderations: runs over decided items after a change of policies, how far each is, and what it changed.

A run goes through items by their ids and notes each before it touches it, so that one that was killed goes on where it
was, and what it has done can be taken back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import Database, insert_or_nothing
from ground.ids import new_hex_id
from moderation.core.errors import NotFound
from moderation.storage.audit import note_change
from moderation.storage.holds import is_held
from moderation.storage.tables import items, remoderated_items, remoderations

BEGUN, SAME = "begun", "same"
CHANGED = ("decided", "asked")


@dataclass(frozen=True)
class Remoderation:
    """A run.

    Attributes:
        why: the reason, for the audit chain.
        since: items that were posted before are left alone; None for all.
        most: items that it may change.
        with_people: whether items that people have decided are looked at, too.
        state: ``running``, ``done`` (all were looked at, or so many changed as may) or ``undone``.
        position: the item that was looked at last.
        last: the newest item when it began; those that came later were judged by the changed policies anyway.
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
        self, *, by: str, app: str | None, since: datetime | None, most: int, with_people: bool, why: str, now: datetime
    ) -> Remoderation:
        """A run that is not begun: what it would be about."""
        last = self._db.read(lambda c: c.execute(sa.select(sa.func.max(items.c.id))).scalar()) or ""
        return Remoderation(new_hex_id(), why, by, app, since, most, with_people, "planned", "", last, now)

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
            raise NotFound(f"no run {run_id[:60]} of `moderation again`")
        return _run(row)

    def all(self) -> Sequence[Remoderation]:
        """All runs, newest first."""
        query = sa.select(remoderations).order_by(remoderations.c.begun_at.desc(), remoderations.c.id)
        return self._db.read(lambda c: [_run(row) for row in c.execute(query)])

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
        return Counter(each.became for each in self.changed(run_id))


def _run(row: Any) -> Remoderation:
    return Remoderation(**{name: getattr(row, name) for name in Remoderation.__dataclass_fields__})

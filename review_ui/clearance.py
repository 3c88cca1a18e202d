"""Clearance: what somebody has to hold to see a human loop, and to be given a task of it.

A loop's input names what it needs under ``clearance``; the service that started it may say it later, too. Who does not
hold all of it sees of the loop what they would see of another team's: nothing. Pages take what a loop is about from
`shown_loops`, and tasks by `is_cleared`; nothing else outside of the endpoint reads an input
(`tests/review_ui/test_clearance.py` looks).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import Database, insert_or_nothing
from ground.errors import InputError, NotFound
from ground.prepared import among
from review_ui.a2i.chain import note_change
from review_ui.a2i.service import NewLoop
from review_ui.a2i.settling import HANDS, WAITING
from review_ui.a2i.tables import human_loops, tasks
from review_ui.acts import add_act
from review_ui.tables import (
    batches,
    event_clearances,
    golden_items,
    loop_clearances,
    task_events,
    user_clearances,
    users,
)

LONGEST = 60
MOST = 20
"""Clearances that one input may name."""
NAME = re.compile(r"[a-z0-9]([a-z0-9_-]*[a-z0-9])?")
KEPT = timedelta(days=1)
"""So long a loop that is not there (yet) keeps its clearances: it may be about to start."""


# Who may see what


def is_cleared(user_id: str) -> sa.ColumnElement[bool]:
    """True of tasks whose loop needs nothing that this person does not hold. Correlates with `tasks`."""
    return ~_lacks(user_id, tasks.c.loop_name).correlate(tasks)


def shown_loops(user_id: str) -> sa.Subquery:
    """The human loops that this person may see, with all columns."""
    return sa.select(human_loops).where(~_lacks(user_id, human_loops.c.name).correlate(human_loops)).subquery("shown")


def is_event_shown(user_id: str) -> sa.ColumnElement[bool]:
    """True of entries of the log that this person may read. Correlates with `task_events`."""
    needed = event_clearances.c.clearance.not_in(_held(user_id))
    return ~sa.exists().where(event_clearances.c.event_id == task_events.c.id, needed).correlate(task_events)


def is_batch_shown(user_id: str) -> sa.ColumnElement[bool]:
    """True of batches whose words this person may read: those of the entry that tells of it. Correlates with them."""
    same = (task_events.c.user_id == batches.c.user_id) & (task_events.c.at == batches.c.created_at)
    hidden = (task_events.c.kind == "batch") & same & ~is_event_shown(user_id)
    return ~sa.exists().where(hidden).select_from(task_events).correlate(batches)


def held_by(c: Connection, user_id: str) -> tuple[str, ...]:
    """What somebody holds, by name."""
    return tuple(c.execute(_held(user_id).order_by(user_clearances.c.clearance)).scalars())


def needed_for(c: Connection, task_id: str, user_id: str) -> tuple[str, ...]:
    """What somebody lacks for a task, by name."""
    query = sa.select(loop_clearances.c.clearance).join(tasks, tasks.c.loop_name == loop_clearances.c.loop_name)
    query = query.where(tasks.c.id == task_id, loop_clearances.c.clearance.not_in(_held(user_id)))
    return tuple(c.execute(query.order_by(loop_clearances.c.clearance)).scalars())


def _held(user_id: str) -> sa.Select[Any]:
    return sa.select(user_clearances.c.clearance).where(user_clearances.c.user_id == user_id)


def _lacks(user_id: str, loop_name: sa.ColumnElement[Any]) -> sa.Exists:
    needed = loop_clearances.c.loop_name == loop_name
    return sa.exists().where(needed, loop_clearances.c.clearance.not_in(_held(user_id)))


# What loops need


def note_clearance(c: Connection, loop: NewLoop, now: datetime) -> None:
    """Keep what a new loop's input asks for; and, of an item of an operator's, put it on its earlier loops as well.

    What is no name is kept as it is, cut: nobody can hold that, and the loop waits until somebody looks.
    """
    wanted = _named(loop.content.get("clearance"))
    if not wanted:
        return
    names = [loop.name]
    item = loop.content.get("item")
    item_id = item.get("id") if loop.app is None and isinstance(item, Mapping) else None
    if isinstance(item_id, str) and item_id:
        same = human_loops.c.name.startswith(f"{item_id}-", autoescape=True) & human_loops.c.app.is_(None)
        names += c.execute(sa.select(human_loops.c.name).where(same)).scalars()
    put_on(c, names, wanted, now)


def _named(said: object) -> list[str]:
    given = said if isinstance(said, list) else [said]
    return sorted({str(each)[:LONGEST] for each in given[:MOST] if each not in (None, "")})


def put_on(c: Connection, loop_names: Collection[str], clearances: Collection[str], now: datetime) -> None:
    """Have loops need clearances, with golden items made of them and with the log's entries about them; for good.

    Tasks of theirs that are in the hands of, or assigned to, somebody without go back to the others.
    """
    if not loop_names or not clearances:
        return
    made = c.execute(sa.select(golden_items.c.loop_name).where(among(c, golden_items.c.source, list(loop_names))))
    names = sorted({*loop_names, *made.scalars()})
    for name in names:
        for clearance in sorted(clearances):
            row = {"loop_name": name, "clearance": clearance, "at": now}
            c.execute(insert_or_nothing(c, loop_clearances).values(row))
    of_loops = among(c, tasks.c.loop_name, names)
    events = _events_about(of_loops)
    for clearance in sorted(clearances):
        missing = sa.select(events.c.id, sa.literal(clearance)).where(
            ~sa.exists().where(event_clearances.c.event_id == events.c.id, event_clearances.c.clearance == clearance)
        )
        c.execute(sa.insert(event_clearances).from_select(["event_id", "clearance"], missing))
    _take_from_uncleared(c, of_loops)


def copy_clearances(c: Connection, source: str, loop_name: str, now: datetime) -> None:
    """Have a loop that is made of another one need what that needs."""
    needed = sa.select(loop_clearances.c.clearance).where(loop_clearances.c.loop_name == source)
    put_on(c, [loop_name], list(c.execute(needed).scalars()), now)


def put_on_items_loops(
    database: Database, needed: Mapping[str, tuple[Collection[str], Sequence[str]]], now: datetime
) -> None:
    """Have the loops of items need clearances, in one transaction.

    Args:
        needed: by item, its clearances and the names of its loops, those too that are not started yet.
    """

    def work(c: Connection) -> None:
        for clearances, names in needed.values():
            put_on(c, names, clearances, now)

    database.write(work, step="clearances.put_on_loops")


def forget_clearances(c: Connection, now: datetime) -> None:
    """Drop what loops needed that are not there any more."""
    gone = loop_clearances.c.loop_name.not_in(sa.select(human_loops.c.name))
    c.execute(sa.delete(loop_clearances).where(gone, loop_clearances.c.at < now - KEPT))


def _events_about(of_loops: sa.ColumnElement[bool]) -> sa.Subquery:
    """The log's entries about tasks of loops, and about batches that such a task was in."""
    about = sa.select(task_events.c.id).join(tasks, tasks.c.id == task_events.c.task_id).where(of_loops)
    together = (
        sa.select(task_events.c.id)
        .join(batches, (batches.c.user_id == task_events.c.user_id) & (batches.c.created_at == task_events.c.at))
        .join(tasks, tasks.c.batch == batches.c.id)
        .where(of_loops, task_events.c.kind == "batch")
    )
    return sa.union(about, together).subquery()


def _take_from_uncleared(c: Connection, those: sa.ColumnElement[bool]) -> None:
    """Give back what people have in hand, or have been assigned, and may not see."""
    held = sa.select(tasks.c.id, tasks.c.user_id).where(those, tasks.c.state == "claimed")
    for row in c.execute(held).all():
        if needed_for(c, row.id, row.user_id):
            HANDS.release(c, [row.id], **WAITING)
    assigned = sa.select(tasks.c.id, tasks.c.assigned_to).where(
        those, tasks.c.state == "waiting", tasks.c.assigned_to.is_not(None)
    )
    for row in c.execute(assigned).all():
        if needed_for(c, row.id, row.assigned_to):
            c.execute(sa.update(tasks).where(tasks.c.id == row.id).values(assigned_to=None))


# What people hold


def grant(database: Database, name: str, clearance: str, by: str | None, now: datetime) -> None:
    """Let somebody see what needs a clearance; nothing happens when they hold it.

    Args:
        by: id of who grants it, for the log; None for a command.

    Raises:
        NotFound: nobody is called so.
        InputError: it is no name of a clearance.
    """
    if len(clearance) > LONGEST or not NAME.fullmatch(clearance):
        raise InputError(f"clearance {clearance[:80]!r}: small letters a-z, digits, '-' and '_', {LONGEST} at most")

    def work(c: Connection) -> None:
        row = {"user_id": _user(c, name), "clearance": clearance, "at": now}
        if c.execute(insert_or_nothing(c, user_clearances).values(row)).rowcount:
            _note(c, "clearance granted", by, name, clearance, now)

    database.write(work, step="people.grant_clearance")


def revoke(database: Database, name: str, clearance: str, by: str | None, now: datetime) -> None:
    """Let somebody see it no more, at once: what they have in hand of it goes back to the others. Raises `NotFound`."""

    def work(c: Connection) -> None:
        user_id = _user(c, name)
        mine = (user_clearances.c.user_id == user_id) & (user_clearances.c.clearance == clearance)
        if not c.execute(sa.delete(user_clearances).where(mine)).rowcount:
            raise NotFound(f"'{name}' does not hold clearance '{clearance[:LONGEST]}'")
        _take_from_uncleared(c, sa.or_(tasks.c.user_id == user_id, tasks.c.assigned_to == user_id))
        _note(c, "clearance revoked", by, name, clearance, now)

    database.write(work, step="people.revoke_clearance")


def holders(database: Database) -> dict[str, tuple[str, ...]]:
    """What people hold, by their ids."""
    query = sa.select(user_clearances).order_by(user_clearances.c.user_id, user_clearances.c.clearance)
    found: dict[str, tuple[str, ...]] = {}
    for row in database.read(lambda c: c.execute(query).all()):
        found[row.user_id] = (*found.get(row.user_id, ()), row.clearance)
    return found


def _user(c: Connection, name: str) -> str:
    found: str | None = c.execute(sa.select(users.c.id).where(users.c.name == name).with_for_update()).scalar()
    if found is None:
        raise NotFound(f"no user '{name}'")
    return found


def _note(c: Connection, kind: str, by: str | None, name: str, clearance: str, now: datetime) -> None:
    """Write it into the log, and into the audit chain: who was let see what, by whom."""
    if by is not None:
        add_act(c, now, kind, by, detail=clearance, subject=f"person:{name}")
    note_change(c, kind, f"person:{name}", now, detail=clearance, by=by or "command")

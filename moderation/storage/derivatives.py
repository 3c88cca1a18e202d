"""Derivatives that are still to be made, and those that were: written with the decision, worked off afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import Database
from ground.leases import Lease
from ground.prepared import among, insert_many
from moderation.core.derivatives import Derivative, DerivativeKind
from moderation.storage.holds import is_held
from moderation.storage.tables import decisions, derivatives, item_clearances, item_loops, item_media, items

_LEASE = Lease(derivatives.c.id, derivatives.c.next_attempt_at)
WRITTEN: tuple[DerivativeKind, ...] = ("redacted", "thumbnail")
"""Kinds that write something."""
HELD = timedelta(minutes=10)
"""How long one that was taken is left to whoever took it."""


@dataclass(frozen=True)
class Task:
    """A derivative that was taken for work.

    Attributes:
        number: of the decision.
        attempts: how often it was tried before.
    """

    id: int
    item_id: str
    app: str
    kind: DerivativeKind
    source: str
    sha256: str
    content_type: str
    place: str
    number: int
    attempts: int


def add_derivatives(
    c: Connection, item_id: str, app: str, number: int, wanted: Sequence[Derivative], at: datetime
) -> None:
    """Note what a decision wants done, in its transaction; what those before it wanted is called off or taken back.

    Of an item that needs a clearance no copies are written: where they would lie, nobody asks who may see them.

    Args:
        number: of the decision.
    """
    mine = derivatives.c.item_id == item_id
    if any(each.kind in WRITTEN for each in wanted):
        needed = sa.select(item_clearances.c.item_id).where(item_clearances.c.item_id == item_id).limit(1)
        if c.execute(needed).first() is not None:
            wanted = [each for each in wanted if each.kind not in WRITTEN]
    earlier = c.execute(sa.select(derivatives).where(mine)).all() if number > 1 else []
    rows = [
        {
            "part": each.part,
            "kind": each.kind,
            "source": each.source,
            "sha256": each.sha256,
            "content_type": each.content_type,
            "place": each.place,
            "next_attempt_at": each.due_at,
        }
        for each in wanted
    ]
    kept = {each.place for each in wanted if each.kind in WRITTEN}
    for row in earlier:
        if row.kind in WRITTEN and row.place not in kept:
            kept.add(row.place)
            same = {name: getattr(row, name) for name in ("part", "source", "sha256", "content_type", "place")}
            # One that is not done may be under way just now: whoever writes it holds it for so long at most.
            rows.append({**same, "kind": "take_back", "next_attempt_at": at if row.state == "done" else at + HELD})
    if earlier:
        c.execute(sa.delete(derivatives).where(mine, derivatives.c.kind != "take_back"))
        back_again = derivatives.c.place.in_([each.place for each in wanted])
        c.execute(sa.delete(derivatives).where(mine, derivatives.c.kind == "take_back", back_again))
    same_for_all = {"item_id": item_id, "app": app, "number": number, "state": "due", "attempts": 0, "created_at": at}
    insert_many(c, derivatives, [same_for_all | row for row in rows])


def take_back_all(c: Connection, item_ids: Sequence[str], now: datetime) -> None:
    """Have the copies of withdrawn items go, and forget what else was wanted of them."""
    mine = among(c, derivatives.c.item_id, item_ids)
    c.execute(sa.delete(derivatives).where(mine, derivatives.c.kind == "delete"))
    take_back_copies(c, item_ids, now)


def take_back_copies(c: Connection, item_ids: Sequence[str], now: datetime) -> None:
    """Have the copies of items go."""
    mine = among(c, derivatives.c.item_id, item_ids)
    when = sa.case((derivatives.c.state == "done", now), else_=now + HELD)
    values = {"kind": "take_back", "state": "due", "attempts": 0, "next_attempt_at": when}
    c.execute(sa.update(derivatives).where(mine, derivatives.c.kind.in_(WRITTEN)).values(values))


class Derivatives:
    """What is to be done, in `database`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def take(self, now: datetime, limit: int) -> list[Task]:
        """What is due, longest waiting first, held for `HELD`."""
        due = (derivatives.c.state == "due") & (derivatives.c.next_attempt_at <= now)
        chosen = sa.select(derivatives.c.id).where(due).order_by(derivatives.c.next_attempt_at).limit(limit)

        def work(c: Connection) -> list[Task]:
            rows = sorted(_LEASE.claim(c, chosen, now, now + HELD), key=lambda row: row.id)
            return [Task(**{name: getattr(row, name) for name in Task.__dataclass_fields__}) for row in rows]

        return self._db.write(work, step="derivatives.take")

    def must_wait(self, task: Task, now: datetime) -> str:
        """Why an original may not be deleted now; empty when it may. Asked right before."""
        return self._db.read(lambda c: _must_wait(c, task, now))

    def is_wanted(self, place: str) -> bool:
        """True of a place where some item's copy is to be."""
        query = sa.select(derivatives.c.id).where(derivatives.c.place == place, derivatives.c.kind.in_(WRITTEN))
        return self._db.read(lambda c: c.execute(query.limit(1)).first()) is not None

    def done(self, task: Task, result: str) -> bool:
        """Note that it is done, and what came of it; False when it is not wanted any more, and was taken back.

        A copy that was taken back is forgotten.
        """
        mine = (derivatives.c.id == task.id) & (derivatives.c.kind == task.kind)
        if task.kind == "take_back":
            change: sa.Update | sa.Delete = sa.delete(derivatives).where(mine)
        else:
            values = {"state": "done", "last_result": result[:200], "attempts": derivatives.c.attempts + 1}
            change = sa.update(derivatives).where(mine).values(values)
        return self._db.write(lambda c: bool(c.execute(change).rowcount), step="derivatives.done")

    def put_off(self, task: Task, until: datetime, why: str, *, is_failure: bool) -> None:
        """Try again later.

        Args:
            is_failure: False where it only has to wait.
        """
        values = {
            "next_attempt_at": until,
            "last_result": why[:200],
            "attempts": derivatives.c.attempts + (1 if is_failure else 0),
        }
        update = sa.update(derivatives).where(derivatives.c.id == task.id, derivatives.c.state == "due")
        self._db.write(lambda c: c.execute(update.values(values)), step="derivatives.put_off")

    def counts(self) -> dict[str, int]:
        """How many are due, how many of those have failed so far (``failing``), and how many are done."""
        state = sa.case(
            ((derivatives.c.state == "due") & (derivatives.c.attempts > 0), "failing"), else_=derivatives.c.state
        )
        query = sa.select(state, sa.func.count()).group_by(state)
        return self._db.read(lambda c: {row[0]: row[1] for row in c.execute(query)})

    def problems(self, limit: int = 20) -> list[str]:
        """Why those that fail do, each once."""
        failing = (derivatives.c.state == "due") & (derivatives.c.attempts > 0)
        query = sa.select(derivatives.c.last_result).where(failing).distinct().limit(limit)
        return self._db.read(lambda c: sorted(each for each in c.execute(query).scalars() if each))


def _must_wait(c: Connection, row: Task, now: datetime) -> str:
    """Why an original may not be deleted now: for as long as anybody needs it, or may yet need it."""
    state = c.execute(
        sa.select(items.c.status, items.c.outcome, is_held(now).label("held")).where(items.c.id == row.item_id)
    ).one()
    if state.held:
        return "its item is under a legal hold"
    looked_at = sa.select(item_loops.c.name).where(item_loops.c.item_id == row.item_id, item_loops.c.state != "ended")
    if state.status != "decided" or c.execute(looked_at.limit(1)).first() is not None:
        return "people look at its item"
    newest = sa.select(sa.func.max(decisions.c.number)).where(decisions.c.item_id == row.item_id)
    if state.outcome != "reject" or c.execute(newest).scalar() != row.number:
        return "its item was decided anew"
    others = (
        sa.select(items.c.id)
        .join(item_media, item_media.c.item_id == items.c.id)
        .where(item_media.c.uri == row.source, items.c.id != row.item_id, items.c.status != "withdrawn")
        .where(sa.or_(items.c.status != "decided", items.c.outcome != "reject", is_held(now)))
    )
    return "another item has it too" if c.execute(others.limit(1)).first() is not None else ""

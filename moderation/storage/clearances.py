"""Clearances of items in the database: what people have to hold to see an item, put on it and never taken off.

They come with a match on a list that has one, and with each queue that has one and that an item is sent to; in the
transaction that stores the match or the queue's human loop, so that no item is ever there without. Whoever shows items
to people asks with `is_shown`, or goes through `moderation.console.seen`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import Database, insert_or_nothing
from ground.prepared import among
from moderation.core.clearance import clearances_found, is_clearance
from moderation.core.errors import FieldError, InputError, InvalidSubmission, NotFound
from moderation.core.policy.policies import Policy
from moderation.storage.audit import note_change
from moderation.storage.derivatives import take_back_copies
from moderation.storage.findings import Findings
from moderation.storage.records import LoopRecord
from moderation.storage.tables import item_clearances, item_loops, items, list_clearances, list_events

TOLD_AT_ONCE = 500


def is_shown(held: Collection[str]) -> sa.ColumnElement[bool]:
    """True of items that who holds these clearances may see. Correlates with `items`."""
    needed = item_clearances.c.item_id == items.c.id
    return ~sa.exists().where(needed, item_clearances.c.clearance.not_in(sorted(held))).correlate(items)


def put_on(c: Connection, item_id: str, wanted: Mapping[str, str], at: datetime) -> None:
    """Put clearances on an item, in the transaction that found out; those there stay. Copies elsewhere are taken back.

    Args:
        wanted: by name, why: a list or a queue, without content.
    """
    for name, because in sorted(wanted.items()):
        row = {"item_id": item_id, "clearance": name, "because": because[:200], "at": at}
        if c.execute(insert_or_nothing(c, item_clearances).values(row)).rowcount:
            note_change(c, "clearance", item_id, at, clearance=name, because=because[:200])
            take_back_copies(c, [item_id], at)


@dataclass(frozen=True)
class Wanted:
    """What an item's findings, and the queues that it is sent to, ask for.

    Attributes:
        names: clearances, each with why.
        lists: at run time, that the item stands on; they may ask for more.
    """

    names: Mapping[str, str]
    lists: frozenset[str]

    @classmethod
    def by(cls, findings: Findings | None, loops: Iterable[LoopRecord]) -> Wanted:
        """Work it out.

        Args:
            findings: None where nothing new was found.
        """
        names: dict[str, str] = {}
        lists: frozenset[str] = frozenset()
        if findings is not None:
            if findings.detections:
                names = clearances_found(findings.detections)
            if listed := findings.basis.get("listed"):
                # What a list at run time is called among an item's facts begins with its name, which has no blank.
                known = (name.partition(" ")[0] for name, said in listed.items() if said is not None and said[0])
                lists = frozenset(known)
        for loop in loops:
            if loop.clearance is not None:
                names.setdefault(loop.clearance, f"queue {loop.policy}/{loop.queue}")
        return cls(names, lists)

    @property
    def anything(self) -> bool:
        """False where nothing is asked for, which is nearly always."""
        return bool(self.names or self.lists)


def put_on_wanted(c: Connection, item_id: str, wanted: Wanted, at: datetime) -> None:
    """Put on an item what is asked for, with what lists ask for now."""
    names = dict(wanted.names)
    if wanted.lists:
        query = sa.select(list_clearances).where(list_clearances.c.list.in_(sorted(wanted.lists)))
        for row in c.execute(query):
            names.setdefault(row.clearance, f"list {row.list}")
    put_on(c, item_id, names, at)


def put_on_judged(
    c: Connection, item_id: str, findings: Findings | None, loops: Iterable[LoopRecord], at: datetime
) -> None:
    """Put on an item what its findings and the queues that it is sent to ask for.

    Args:
        findings: None where nothing new was found.
    """
    put_on_wanted(c, item_id, Wanted.by(findings, loops), at)


def clearances_of(c: Connection, item_ids: Collection[str]) -> dict[str, frozenset[str]]:
    """What items need, by id; those that need nothing are left out."""
    needed: dict[str, set[str]] = {}
    for row in c.execute(sa.select(item_clearances).where(among(c, item_clearances.c.item_id, list(item_ids)))):
        needed.setdefault(row.item_id, set()).add(row.clearance)
    return {item_id: frozenset(names) for item_id, names in needed.items()}


class Clearances:
    """What items and lists need, in `database`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def of_items(self, item_ids: Collection[str]) -> dict[str, frozenset[str]]:
        """See `clearances_of`."""
        return self._db.read(lambda c: clearances_of(c, item_ids)) if item_ids else {}

    def hidden(self, item_ids: Collection[str], held: Collection[str]) -> frozenset[str]:
        """Those of the items that who holds these clearances may not see."""
        return frozenset(each for each, needed in self.of_items(item_ids).items() if not needed <= set(held))

    def put_on_queues(self, policies: Iterable[Policy], at: datetime) -> None:
        """Put on items that are in queues just now what these ask for: they may have got there before it was said."""
        queues = [
            (policy.name, queue.name, queue.clearance)
            for policy in policies
            for queue in policy.file.queues
            if queue.clearance is not None
        ]

        def missing(c: Connection, policy: str, queue: str, clearance: str) -> list[str]:
            there = sa.exists().where(
                item_clearances.c.item_id == item_loops.c.item_id, item_clearances.c.clearance == clearance
            )
            of_queue = (item_loops.c.policy == policy) & (item_loops.c.queue == queue) & (item_loops.c.state != "ended")
            return list(c.execute(sa.select(item_loops.c.item_id).where(of_queue, ~there).distinct()).scalars())

        for policy, queue, clearance in queues:
            found = self._db.read(lambda c, p=policy, q=queue, n=clearance: missing(c, p, q, n))  # type: ignore[misc]

            if found:
                self._put_on_all(found, {clearance: f"queue {policy}/{queue}"}, at)

    def _put_on_all(self, item_ids: Sequence[str], wanted: Mapping[str, str], at: datetime) -> None:
        def work(c: Connection) -> None:
            for item_id in item_ids:
                put_on(c, item_id, wanted, at)

        self._db.write(work, step="clearances.put_on_queue")

    def passed_on(self, what: str, held: Collection[str], *, by: str, now: datetime) -> None:
        """Record that somebody had items passed on that need these clearances; nothing where there is none."""
        if held:
            said = ", ".join(sorted(held))
            self._db.write(
                lambda c: note_change(c, "passed on", what, now, by=by, clearances=said), step="clearances.passed_on"
            )

    # Lists at run time

    def of_lists(self) -> dict[str, tuple[str, ...]]:
        """What lists at run time ask for, by name."""
        query = sa.select(list_clearances).order_by(list_clearances.c.list, list_clearances.c.clearance)
        found: dict[str, tuple[str, ...]] = {}
        for row in self._db.read(lambda c: c.execute(query).all()):
            found[row.list] = (*found.get(row.list, ()), row.clearance)
        return found

    def put_on_list(self, name: str, clearance: str, *, by: str, why: str, now: datetime) -> None:
        """Have a list ask for a clearance, from the next item on and for good.

        Raises:
            NotFound: there is no such list.
            InvalidSubmission: with each field that is wrong.
        """
        errors = []
        if not is_clearance(clearance):
            errors.append(FieldError("clearance", "a clearance has small letters a-z, digits, - and _, at most 60"))
        if not 0 < len(why.strip()) <= 1000:
            errors.append(FieldError("why", "say why, in 1 to 1,000 characters"))
        if errors:
            raise InvalidSubmission(errors)
        row = {"list": name, "clearance": clearance, "by": by[:200], "why": why.strip(), "at": now}

        def work(c: Connection) -> None:
            if c.execute(sa.select(list_events.c.id).where(list_events.c.list == name).limit(1)).first() is None:
                raise NotFound(f"there is no list '{name}'")
            if c.execute(insert_or_nothing(c, list_clearances).values(row)).rowcount:
                note_change(c, "list clearance", name, now, by=by[:200], clearance=clearance)

        self._db.write(work, step="clearances.put_on_list")

    # Telling whoever has the human loops

    def untold(self) -> dict[str, tuple[frozenset[str], tuple[str, ...]]]:
        """Items whose human loops are still to be told of: what each needs, and the names of its loops."""

        def work(c: Connection) -> dict[str, tuple[frozenset[str], tuple[str, ...]]]:
            # The index of these alone, which is empty nearly always, is all that most requests read.
            fresh = sa.select(item_clearances.c.item_id).where(sa.text("NOT is_told")).limit(TOLD_AT_ONCE)
            ids = sorted(set(c.execute(fresh).scalars()))
            if not ids:
                return {}
            loops: dict[str, list[str]] = {}
            for row in c.execute(
                sa.select(item_loops.c.item_id, item_loops.c.name).where(among(c, item_loops.c.item_id, ids))
            ):
                loops.setdefault(row.item_id, []).append(row.name)
            return {each: (names, tuple(loops.get(each, ()))) for each, names in clearances_of(c, ids).items()}

        return self._db.read(work)

    def told(self, needed: Mapping[str, Collection[str]]) -> None:
        """Note that the portal's database knows what these items need."""

        def work(c: Connection) -> None:
            for item_id, names in needed.items():
                mine = (item_clearances.c.item_id == item_id) & item_clearances.c.clearance.in_(sorted(names))
                c.execute(sa.update(item_clearances).where(mine).values(is_told=True))

        self._db.write(work, step="clearances.told")


def need_held(clearances: Clearances, item_ids: Collection[str], held: Collection[str]) -> None:
    """Refuse what a command would pass on of items whose clearances it was not told to. Raises `InputError`."""
    needed = frozenset().union(*clearances.of_items(item_ids).values()) - set(held)
    if needed:
        count = len(clearances.hidden(item_ids, held))
        options = " ".join(f"--clearance {each}" for each in sorted(needed))
        raise InputError(f"{count:,} of these items need a clearance; say {options} to pass them on")

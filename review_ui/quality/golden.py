"""Golden items: tasks whose answer is known, mixed in among the others, to see how well people and policy fit.

A golden item is a human loop of its own in the state `GOLDEN`, with a copy of a decided loop's input. A2I's operations
do not show it, it ends never, and answering it gives no output. Each reviewer gets each one at most once, and never one
made from a loop that they answered.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.errors import InputError, NotFound
from ground.statistics import Interval, wilson
from review_ui.a2i.answer_content import OUTCOMES, outcome_of
from review_ui.a2i.chain import note_erased
from review_ui.a2i.settling import settle
from review_ui.a2i.tables import human_loops, not_for, tasks
from review_ui.a2i.worker_ids import worker_id
from review_ui.care.exposure import allowance, note_harms
from review_ui.clearance import copy_clearances, is_cleared, shown_loops
from review_ui.service import ReviewService
from review_ui.tables import golden_items, loop_harms, queue_quality, users

GOLDEN = "Golden"
"""Status of a golden item's loop; A2I has no such status."""
LONGEST_BECAUSE = 1000
MOST_PERCENT = 50.0


@dataclass(frozen=True)
class GoldenItem:
    """A task with a known answer.

    Attributes:
        source: the loop that it was made from.
        answered, right: how often it was answered, and with the known answer.
    """

    loop_name: str
    flow: str
    source: str
    outcome: str
    because: str
    added_by: str
    added_at: datetime
    retired_at: datetime | None
    answered: int
    right: int


@dataclass(frozen=True)
class GoldenScore:
    """How often one person gave the known answer.

    Attributes:
        interval: of the share of right ones; None before the first answer.
    """

    name: str
    answered: int
    right: int
    interval: Interval | None


@dataclass(frozen=True)
class Feedback:
    """What somebody is told of a golden item they answered."""

    expected: str
    given: str
    because: str

    @property
    def is_right(self) -> bool:
        """True when they gave the known answer."""
        return self.expected == self.given


@dataclass(frozen=True)
class QueueQuality:
    """How many of a queue's tasks are golden, in percent, and whether reviewers are told of theirs."""

    golden_percent: float
    gives_feedback: bool


def add_golden(
    review: ReviewService, source: str, outcome: str, because: str, by: str, user_id: str | None = None
) -> str:
    """Make a golden item from a decided loop; its name.

    Args:
        source: the name of the loop.
        outcome: the known answer, ``approve`` or ``reject``.
        because: why, for the feedback; may be empty.
        by: who says so.
        user_id: of a person, who has to be cleared for it; None for a command.

    Raises:
        NotFound: there is no such loop, for this person.
        InputError: it is not decided yet, does not ask to approve or reject, or is golden already.
    """
    if outcome not in OUTCOMES:
        raise InputError(f"the known answer is approve or reject, not '{outcome}'")
    if len(because) > LONGEST_BECAUSE:
        raise InputError(f"the reason has {len(because):,} characters; {LONGEST_BECAUSE:,} fit")
    now, name = review.clock(), f"{uuid.uuid4()}-1"

    def work(c: Connection) -> None:
        there = human_loops if user_id is None else shown_loops(user_id)
        loop = c.execute(sa.select(there).where(there.c.name == source)).first()
        if loop is None or loop.status == GOLDEN or loop.is_deleted:
            raise NotFound(f"no human loop '{source}'")
        done = c.execute(sa.select(tasks).where(tasks.c.loop_name == source, tasks.c.state == "answered")).all()
        if loop.status != "Completed" or not done:
            raise InputError(f"human loop '{source}' is {loop.status}; a golden item is made from a decided one")
        if any(outcome_of(task.answer) == "" for task in done):
            raise InputError(f"human loop '{source}' does not ask to approve or reject")
        if c.execute(sa.select(golden_items).where(golden_items.c.source == source)).first() is not None:
            raise InputError(f"there is a golden item from '{source}' already")
        kept = {
            column: getattr(loop, column) for column in ("flow", "input_content", "input_sha256", "output_uri", "app")
        }
        times = {"created_at": now, "expires_at": now, "event_pending": False}
        c.execute(sa.insert(human_loops).values(name=name, status=GOLDEN, **kept, **times))
        note_harms(c, review.care, name, json.loads(loop.input_content))
        row = {"loop_name": name, "source": source, "expected": {"decision": outcome}, "because": because}
        c.execute(sa.insert(golden_items).values(**row, added_by=by, added_at=now))
        copy_clearances(c, source, name, now)
        knowing = {worker_id(task.user_id) for task in done}
        for worker in sorted(knowing):
            c.execute(sa.insert(not_for).values(loop_name=name, worker_id=worker))

    review.database.write(work, step="golden.add")
    return name


def retire_golden(review: ReviewService, loop_name: str) -> None:
    """Give a golden item to nobody any more; what was answered stays. Raises `NotFound`."""
    there = (golden_items.c.loop_name == loop_name) & golden_items.c.retired_at.is_(None)
    update = sa.update(golden_items).where(there).values(retired_at=review.clock())
    if not review.database.write(lambda c: c.execute(update).rowcount, step="golden.retire"):
        raise NotFound(f"no golden item '{loop_name}' in use")


def list_golden(review: ReviewService, flow: str | None = None, user_id: str | None = None) -> Sequence[GoldenItem]:
    """All golden items, or those of one queue, newest first.

    Args:
        user_id: only those that this person is cleared for; None for a command.
    """

    def work(c: Connection) -> list[GoldenItem]:
        there = human_loops if user_id is None else shown_loops(user_id)
        query = sa.select(golden_items, there.c.flow).join(there, there.c.name == golden_items.c.loop_name)
        query = query.where(there.c.flow == flow) if flow is not None else query
        given: dict[str, list[str]] = {}
        for row in c.execute(_answers()):
            given.setdefault(row.loop_name, []).append(outcome_of(row.answer))
        found = []
        for row in c.execute(query.order_by(golden_items.c.added_at.desc(), golden_items.c.loop_name)):
            outcome, answers = row.expected["decision"], given.get(row.loop_name, [])
            about = (row.because, row.added_by, row.added_at, row.retired_at)
            right = answers.count(outcome)
            found.append(GoldenItem(row.loop_name, row.flow, row.source, outcome, *about, len(answers), right))
        return found

    return review.database.read(work)


def quality_of(c: Connection, review: ReviewService, flow: str) -> QueueQuality:
    """What leads set for a queue, else what the settings say."""
    row = c.execute(sa.select(queue_quality).where(queue_quality.c.flow == flow)).first()
    if row is None:
        return QueueQuality(review.golden_percent, gives_feedback=False)
    return QueueQuality(row.golden_percent, row.gives_feedback)


def set_quality(review: ReviewService, flow: str, quality: QueueQuality) -> None:
    """Set a queue's share of golden items, and whether it gives feedback. Raises `InputError`."""
    if not 0 <= quality.golden_percent <= MOST_PERCENT:
        raise InputError(f"golden items are 0 to {MOST_PERCENT:g} percent of a queue's tasks")
    values = {"golden_percent": quality.golden_percent, "gives_feedback": quality.gives_feedback}

    def work(c: Connection) -> None:
        if not c.execute(sa.update(queue_quality).where(queue_quality.c.flow == flow).values(values)).rowcount:
            c.execute(sa.insert(queue_quality).values(flow=flow, **values))

    review.database.write(work, step="quality.set")


def mix_in(c: Connection, review: ReviewService, user_id: str, flow: str, due_at: datetime | None = None) -> str | None:
    """Now and then, a golden task of this queue for this person instead of the one that waits; its id, to be claimed.

    Part of the transaction that claims.

    Args:
        due_at: of the one that waits, so that a golden one looks the same.
    """
    if review.chance() * 100 >= quality_of(c, review, flow).golden_percent:
        return None
    now = review.clock()
    kept_away = {limit.harm for limit in allowance(c, review.care, user_id, now).limits}
    harmful = sa.select(loop_harms.c.loop_name).where(loop_harms.c.harm.in_(sorted(kept_away)))
    had = sa.select(tasks.c.loop_name).where(tasks.c.user_id == user_id)
    knowing = sa.select(not_for.c.loop_name).where(not_for.c.worker_id == worker_id(user_id))
    shown = shown_loops(user_id)
    query = (
        sa.select(golden_items.c.loop_name)
        .join(shown, shown.c.name == golden_items.c.loop_name)
        .where(shown.c.flow == flow, golden_items.c.retired_at.is_(None))
        .where(*(golden_items.c.loop_name.not_in(each) for each in (harmful, had, knowing)))
        .order_by(golden_items.c.loop_name)
    )
    names = list(c.execute(query).scalars())
    if not names:
        return None
    name = names[int(review.chance() * len(names))]
    row = {"id": str(uuid.uuid4()), "loop_name": name, "flow": flow, "state": "waiting", "created_at": now}
    c.execute(sa.insert(tasks).values({**row, "due_at": due_at}))
    return str(row["id"])


def drop_unclaimed(c: Connection) -> None:
    """Take golden tasks that were given back out of the queue; they are made anew for whoever is next."""
    golden = sa.select(golden_items.c.loop_name)
    c.execute(sa.delete(tasks).where(tasks.c.state == "waiting", tasks.c.loop_name.in_(golden)))


def drop_orphans(c: Connection) -> None:
    """Delete golden items whose source was deleted: what somebody wants gone is gone with its copies."""
    gone = sa.select(golden_items.c.loop_name).where(golden_items.c.source.not_in(sa.select(human_loops.c.name)))
    names = list(c.execute(gone).scalars())
    note_erased(c, names, "what it was made from was deleted")
    for table in (golden_items, tasks, not_for):
        c.execute(sa.delete(table).where(table.c.loop_name.in_(names)))
    c.execute(sa.delete(human_loops).where(human_loops.c.name.in_(names)))


def feedback(review: ReviewService, task_id: str, user_id: str) -> Feedback | None:
    """What to tell somebody of the answer they just gave; None unless it was to a golden item of a queue that tells.

    The answer then counts at once: whoever was told cannot take it back.
    """
    query = sa.select(tasks, golden_items.c.expected, golden_items.c.because).join(
        golden_items, golden_items.c.loop_name == tasks.c.loop_name
    )
    mine = (tasks.c.id == task_id) & (tasks.c.user_id == user_id) & tasks.c.state.in_(("given", "answered"))
    mine &= is_cleared(user_id)
    # Hardly any task is golden, and a commit for nothing would make everybody wait for the disk.
    if review.database.read(lambda c: c.execute(query.where(mine)).first()) is None:
        return None

    def work(c: Connection) -> Feedback | None:
        row = c.execute(query.where(mine)).first()
        if row is None or not quality_of(c, review, row.flow).gives_feedback:
            return None
        settle(c, [task_id], review.clock())
        return Feedback(row.expected["decision"], outcome_of(row.answer), row.because)

    return review.database.write(work, step="golden.show_feedback")


def accuracy(review: ReviewService, flows: Sequence[str], days: int) -> Sequence[GoldenScore]:
    """How often people gave the known answer in these queues during the last days, by name."""
    since = review.clock() - timedelta(days=days)
    query = _answers().add_columns(users.c.name, golden_items.c.expected).join(users, users.c.id == tasks.c.user_id)
    query = query.where(tasks.c.flow.in_(flows), tasks.c.submitted_at > since)

    def work(c: Connection) -> list[GoldenScore]:
        counted: dict[str, list[bool]] = {}
        for row in c.execute(query):
            counted.setdefault(row.name, []).append(outcome_of(row.answer) == row.expected["decision"])
        return [
            GoldenScore(name, len(all_of), sum(all_of), wilson(sum(all_of), len(all_of)))
            for name, all_of in sorted(counted.items())
        ]

    return review.database.read(work)


def _answers() -> sa.Select[Any]:
    """Settled answers to golden items."""
    query = sa.select(tasks.c.loop_name, tasks.c.answer)
    query = query.join(golden_items, golden_items.c.loop_name == tasks.c.loop_name)
    return query.where(tasks.c.state == "answered")

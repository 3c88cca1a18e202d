"""What leads see and do: queues with age and load, who works, and the moving of tasks."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.errors import InputError, NotFound
from review_ui.a2i.settling import WAITING
from review_ui.a2i.tables import flow_definitions, tasks
from review_ui.care.exposure import end_look
from review_ui.clearance import is_cleared, needed_for, shown_loops
from review_ui.desk.audit import note
from review_ui.desk.deadlines import ON_TIME, Lateness, due_of, earliest_first, look_ahead, open_clocks
from review_ui.desk.history import contains
from review_ui.desk.preferences import takes
from review_ui.desk.routing import flows_of, kept_from
from review_ui.desk.tasks import title_of
from review_ui.people.authorship import is_own
from review_ui.service import ReviewService
from review_ui.tables import queue_controls, users

PACE_WINDOW = timedelta(hours=1)
PRIORITIES = range(-9, 10)
LONGEST_DUE_MINUTES = 60 * 24 * 30
LISTED = 200


@dataclass(frozen=True)
class QueueState:
    """A queue as leads see it.

    Attributes:
        waiting, claimed, escalated: tasks; escalated ones are among the waiting.
        answered: in the last hour.
        due_minutes: how long a task that comes without a deadline may wait; None where nobody has said.
        hidden: tasks among them that this lead is not cleared for, and therefore does not see.
        lateness: how tasks stand with their deadlines, those in hand among them.
        empty_in: how long until nothing waits at the pace of the last hour; None when nobody answered in it.
    """

    flow: str
    title: str
    waiting: int
    claimed: int
    escalated: int
    answered: int
    oldest_at: datetime | None
    priority: int
    paused_at: datetime | None
    paused_by: str | None
    due_minutes: int | None = None
    hidden: int = 0
    lateness: Lateness = ON_TIME

    @property
    def empty_in(self) -> timedelta | None:
        """The forecast."""
        if not self.waiting + self.claimed:
            return timedelta()
        return PACE_WINDOW * ((self.waiting + self.claimed) / self.answered) if self.answered else None


@dataclass(frozen=True)
class Worker:
    """Somebody who has a task in hand or answered one in the last hour."""

    name: str
    holding: int
    answered: int
    last_at: datetime | None


@dataclass(frozen=True)
class ListedTask:
    """A task that waits or is in hand.

    Attributes:
        holder: name of who has it, or of whom it is assigned to.
    """

    id: str
    state: str
    level: str
    priority: int
    created_at: datetime
    lease_until: datetime | None
    holder: str
    content: Mapping[str, Any]
    due_at: datetime | None = None

    def due_in(self, now: datetime) -> int | None:
        """Whole minutes until it is late, fewer than none once it is; None where it is never due."""
        return None if self.due_at is None else math.floor((self.due_at - now).total_seconds() / 60)


def queue_states(review: ReviewService, user_id: str) -> Sequence[QueueState]:
    """The queues of this lead's work teams, by name."""
    now = review.clock()

    def work(c: Connection) -> list[QueueState]:
        t = tasks.c
        counts = {
            row.flow: row
            for row in c.execute(
                sa.select(
                    t.flow,
                    _count(t.state == "waiting").label("waiting"),
                    _count(t.state == "claimed").label("claimed"),
                    _count((t.state == "waiting") & (t.level == "lead")).label("escalated"),
                    _count(t.state.in_(("waiting", "claimed")) & ~is_cleared(user_id)).label("hidden"),
                    _count(t.submitted_at > now - PACE_WINDOW).label("answered"),
                    sa.func.min(sa.case((t.state == "waiting", t.created_at))).label("oldest_at"),
                )
                .where(sa.or_(t.state.in_(("waiting", "claimed")), t.submitted_at > now - PACE_WINDOW))
                .group_by(t.flow)
            )
        }
        controls = {row.flow: row for row in c.execute(sa.select(queue_controls))}
        flows = flows_of(c, user_id)
        mine, clocks = flow_definitions.c.name.in_(flows), open_clocks(c, flows)
        found = []
        for flow in c.execute(sa.select(flow_definitions).where(mine).order_by(flow_definitions.c.name)):
            count, control = counts.get(flow.name), controls.get(flow.name)
            found.append(
                QueueState(
                    flow=flow.name,
                    title=title_of(flow.document),
                    waiting=count.waiting if count else 0,
                    claimed=count.claimed if count else 0,
                    escalated=count.escalated if count else 0,
                    answered=count.answered if count else 0,
                    oldest_at=count.oldest_at if count else None,
                    priority=control.priority if control else 0,
                    paused_at=control.paused_at if control else None,
                    paused_by=control.paused_by if control else None,
                    due_minutes=control.due_minutes if control else None,
                    hidden=count.hidden if count else 0,
                    lateness=look_ahead(clocks.get(flow.name, ()), count.answered if count else 0, now),
                )
            )
        return found

    return review.database.read(work)


def need_queue(review: ReviewService, user_id: str, flow: str) -> None:
    """Raises `NotFound` for a queue that is none of this lead's work teams'."""
    if flow not in review.database.read(lambda c: flows_of(c, user_id)):
        raise NotFound(f"no queue '{flow}'")


def workers(review: ReviewService) -> Sequence[Worker]:
    """Who works now, by name."""
    since = review.clock() - PACE_WINDOW
    active = sa.or_(tasks.c.state == "claimed", tasks.c.submitted_at > since)
    query = (
        sa.select(
            users.c.name,
            _count(tasks.c.state == "claimed").label("holding"),
            _count(tasks.c.submitted_at > since).label("answered"),
            sa.func.max(tasks.c.submitted_at).label("last_at"),
        )
        .join(users, users.c.id == tasks.c.user_id)
        .where(active)
        .group_by(users.c.name)
        .order_by(users.c.name)
    )
    return review.database.read(lambda c: [Worker(r.name, r.holding, r.answered, r.last_at) for r in c.execute(query)])


def open_tasks(review: ReviewService, user_id: str, flow: str, words: str = "") -> Sequence[ListedTask]:
    """At most `LISTED` tasks of a queue that wait or are in hand, in the order in which they are handed out.

    Only those that this lead is cleared for.

    Args:
        words: that stand in the content, any case.
    """
    holder, shown = users.alias("holder"), shown_loops(user_id)
    query = (
        sa.select(tasks, shown.c.input_content, holder.c.name.label("holder"), queue_controls.c.due_minutes)
        .join(shown, shown.c.name == tasks.c.loop_name)
        .join(holder, holder.c.id == sa.func.coalesce(tasks.c.user_id, tasks.c.assigned_to), isouter=True)
        .join(queue_controls, queue_controls.c.flow == tasks.c.flow, isouter=True)
        .where(tasks.c.flow == flow, tasks.c.state.in_(("waiting", "claimed")))
        .order_by(tasks.c.priority.desc(), *earliest_first())
        .limit(LISTED)
    )
    if words:
        query = query.where(contains(shown.c.input_content, words))
    return review.database.read(lambda c: [_listed(row) for row in c.execute(query)])


def content_of(review: ReviewService, task_id: str, user_id: str) -> Mapping[str, Any]:
    """What a task shows, for a lead of its queue. Raises `NotFound`."""
    shown = shown_loops(user_id)
    query = sa.select(tasks.c.flow, shown.c.input_content).where(tasks.c.id == task_id)

    def work(c: Connection) -> Mapping[str, Any]:
        row = c.execute(query.join(shown, shown.c.name == tasks.c.loop_name)).first()
        own = sa.select(tasks.c.id).where(tasks.c.id == task_id, is_own(user_id))
        if row is None or row.flow not in flows_of(c, user_id) or c.execute(own).first() is not None:
            raise NotFound("no such task")
        content: Mapping[str, Any] = json.loads(row.input_content)
        return content

    return review.database.read(work)


def pause_queue(review: ReviewService, flow: str, user_id: str, user_name: str, *, is_paused: bool) -> None:
    """Hand out no tasks of a queue from now on, or hand them out again. What is in hand stays there."""
    now = review.clock()
    values = {"paused_at": now if is_paused else None, "paused_by": user_name if is_paused else None}

    def work(c: Connection) -> None:
        _control(c, flow, values)
        note(c, now, "paused" if is_paused else "resumed", user_id, flow=flow)

    review.database.write(work, step="queues.pause")


def prioritise_queue(review: ReviewService, flow: str, user_id: str, priority: int) -> None:
    """Set which queue comes first: the highest priority. Raises `InputError` outside of `PRIORITIES`."""
    _need_priority(priority)
    now = review.clock()

    def work(c: Connection) -> None:
        _control(c, flow, {"priority": priority})
        note(c, now, "prioritised", user_id, flow=flow, detail=str(priority))

    review.database.write(work, step="queues.prioritise")


def set_due(review: ReviewService, flow: str, user_id: str, minutes: int | None) -> None:
    """Set how long a task of a queue may wait; None for any time. Raises `InputError` for a time that is none."""
    if minutes is not None and not 1 <= minutes <= LONGEST_DUE_MINUTES:
        raise InputError(f"a task is due within 1 to {LONGEST_DUE_MINUTES} minutes; leave it empty for any time")
    now = review.clock()

    def work(c: Connection) -> None:
        _control(c, flow, {"due_minutes": minutes})
        note(c, now, "due", user_id, flow=flow, detail=f"{minutes} min" if minutes is not None else "")

    review.database.write(work, step="queues.set_due")


def prioritise_task(review: ReviewService, task_id: str, user_id: str, priority: int) -> None:
    """Set which task of a queue comes first. Raises `InputError`, or `NotFound` for a task that is not open."""
    _need_priority(priority)
    _change(review, task_id, user_id, "prioritised", {"priority": priority}, str(priority))


def take_back(review: ReviewService, task_id: str, user_id: str) -> None:
    """Take a task out of somebody's hands, and give it to whoever is next. Raises `NotFound`."""
    _change(review, task_id, user_id, "released", {**WAITING, "lease_until": None, "assigned_to": None}, "")


def assign(review: ReviewService, task_id: str, user_id: str, name: str) -> None:
    """Give a task to somebody: it is their next one, and nobody else's. Raises `NotFound`, or `InputError`."""
    query = sa.select(users.c.id, users.c.role).where(users.c.name == name, users.c.disabled_at.is_(None))
    person = review.database.read(lambda c: c.execute(query).first())
    if person is None or person.role == "policy_owner":
        raise InputError(f"nobody who reviews is called '{name}'")
    if not takes(review, person.id, task_id):
        raise InputError(f"'{name}' has not opted in to severe tasks, and this is one")
    why = review.database.read(lambda c: kept_from(c, person.id, task_id))
    if why is not None:
        raise InputError(f"'{name}' {why}; somebody else has to do it")
    _change(review, task_id, user_id, "assigned", {**WAITING, "lease_until": None, "assigned_to": person.id}, name)


def _change(
    review: ReviewService, task_id: str, user_id: str, kind: str, values: Mapping[str, Any], detail: str
) -> None:
    now = review.clock()

    def work(c: Connection) -> None:
        is_open = tasks.c.state.in_(("waiting", "claimed"))
        row = c.execute(sa.select(tasks).where(tasks.c.id == task_id, is_open).with_for_update()).first()
        if row is None or row.flow not in flows_of(c, user_id) or needed_for(c, task_id, user_id):
            raise NotFound("no such open task")
        if c.execute(sa.select(tasks.c.id).where(tasks.c.id == task_id, is_own(user_id))).first() is not None:
            raise InputError("this is about what you wrote; another lead has to do it")
        c.execute(sa.update(tasks).where(tasks.c.id == task_id).values(dict(values)))
        if values.get("state") == "waiting":
            end_look(c, task_id, now)
        note(c, now, kind, user_id, task=row, detail=detail)

    review.database.write(work, step="tasks.change")


def _control(c: Connection, flow: str, values: Mapping[str, Any]) -> None:
    if c.execute(sa.select(flow_definitions.c.name).where(flow_definitions.c.name == flow)).first() is None:
        raise NotFound(f"no queue '{flow}'")
    if not c.execute(sa.update(queue_controls).where(queue_controls.c.flow == flow).values(dict(values))).rowcount:
        c.execute(sa.insert(queue_controls).values(flow=flow, **values))


def _need_priority(priority: int) -> None:
    if priority not in PRIORITIES:
        raise InputError(f"a priority is a whole number from {PRIORITIES[0]} to {PRIORITIES[-1]}")


def _count(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)


def _listed(row: Any) -> ListedTask:
    return ListedTask(
        id=row.id,
        state=row.state,
        level=row.level,
        priority=row.priority,
        created_at=row.created_at,
        lease_until=row.lease_until,
        holder=row.holder or "",
        content=json.loads(row.input_content),
        due_at=due_of(row.due_at, row.created_at, row.due_minutes),
    )

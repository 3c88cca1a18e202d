"""Tasks: one reviewer's share of a loop; claimed under the flow's time limit, given back or handed on when left."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.blobs import split_uri
from ground.database import insert_or_nothing
from ground.errors import ModerationError, NotFound
from review_ui.a2i.loops import DEFAULT_TASK_SECONDS
from review_ui.a2i.settling import HANDS, WAITING
from review_ui.a2i.tables import flow_definitions, human_loops, not_for, tasks
from review_ui.a2i.worker_ids import worker_id
from review_ui.care.exposure import Allowance, allowance, begin_look, claim_alone, end_look, extend_look
from review_ui.clearance import is_cleared, shown_loops
from review_ui.desk.audit import note
from review_ui.desk.deadlines import due_of
from review_ui.desk.routing import flows_of, is_free_for, order_for
from review_ui.people.authorship import is_own
from review_ui.quality.golden import mix_in
from review_ui.service import ReviewService
from review_ui.tables import queue_controls, task_events, users


class TaskGone(ModerationError):
    """The task is not this reviewer's any more: answered, expired, withdrawn or taken by somebody else."""


@dataclass(frozen=True)
class Task:
    """A task in a reviewer's hands.

    Attributes:
        content: the loop's InputContent.
        title: the flow's TaskTitle.
        lease_until: when it goes back to the pool.
        limit: how long it stays in somebody's hands who does nothing.
        escalation: who escalated it and why; empty when nobody did.
        draft: the answer that was taken back; None when there was none.
        due_at: until when it is to be answered; None for any time.
    """

    id: str
    loop_name: str
    flow: str
    title: str
    content: Mapping[str, Any]
    accepted_at: datetime
    lease_until: datetime
    limit: timedelta
    escalation: str = ""
    draft: Mapping[str, Any] | None = None
    due_at: datetime | None = None


@dataclass(frozen=True)
class QueueCount:
    """How much waits in one flow, as one reviewer sees it.

    Attributes:
        is_paused: a lead stopped it; nothing of it is handed out.
        due_at: the earliest deadline of what waits; None where nothing that waits has one.
    """

    flow: str
    title: str
    waiting: int
    mine: int
    oldest_at: datetime | None
    is_paused: bool = False
    due_at: datetime | None = None


@dataclass(frozen=True)
class Outlook:
    """What a reviewer who has a task in hand may look forward to.

    Attributes:
        left: loops that wait for them.
        upcoming: id and InputContent of the task that `next_task` would claim, so that its media can be loaded ahead;
            it is not claimed, and another reviewer may be faster. None when nothing waits.
        may: what they may be given now.
    """

    left: int
    upcoming: tuple[str, Mapping[str, Any]] | None
    may: Allowance


def waiting(review: ReviewService, user_id: str) -> Sequence[QueueCount]:
    """The flows that this reviewer works for, with what waits for them, by name."""
    held = (tasks.c.state == "claimed") & (tasks.c.user_id == user_id)

    def work(c: Connection) -> list[QueueCount]:
        per_loop = sa.select(
            tasks.c.flow,
            sa.func.count(tasks.c.loop_name.distinct()).label("loops"),
            sa.func.min(tasks.c.created_at).label("oldest_at"),
            sa.func.min(tasks.c.due_at).label("due_at"),
        )
        per_loop = per_loop.where(_free(c, review, user_id)).group_by(tasks.c.flow)
        counted = {row.flow: row for row in c.execute(per_loop)}
        per_flow = sa.select(tasks.c.flow, sa.func.count()).where(held).group_by(tasks.c.flow)
        held_in: dict[str, int] = {row[0]: row[1] for row in c.execute(per_flow)}
        controls = {row.flow: row for row in c.execute(sa.select(queue_controls))}
        mine = flow_definitions.c.name.in_(flows_of(c, user_id))
        rows = c.execute(sa.select(flow_definitions).where(mine).order_by(flow_definitions.c.name))
        found = []
        for row in rows:
            count, control = counted.get(row.name), controls.get(row.name)
            oldest_at, due_at = (count.oldest_at, count.due_at) if count else (None, None)
            if oldest_at is not None and control is not None:
                due_at = due_of(due_at, oldest_at, control.due_minutes)
            found.append(
                QueueCount(
                    flow=row.name,
                    title=title_of(row.document),
                    waiting=count.loops if count else 0,
                    mine=held_in.get(row.name, 0),
                    oldest_at=oldest_at,
                    is_paused=control is not None and control.paused_at is not None,
                    due_at=due_at,
                )
            )
        return found

    return review.database.read(work)


def next_task(review: ReviewService, user_id: str, flow: str | None = None) -> Task | None:
    """The reviewer's next task: one already in hand first, else the first that waits. None when there is none.

    Args:
        flow: of this flow only.
    """
    now = review.clock()

    def work(c: Connection) -> str | None:
        in_flow = sa.true() if flow is None else tasks.c.flow == flow
        held = (tasks.c.state == "claimed") & (tasks.c.user_id == user_id) & (tasks.c.lease_until > now)
        row = c.execute(sa.select(tasks.c.id).where(held, in_flow).order_by(tasks.c.accepted_at).limit(1)).first()
        if row is not None:
            return str(row.id)
        claim_alone(c, user_id)
        query = _first_free(c, review, user_id, flow)
        row = c.execute(query.with_for_update(skip_locked=True, of=tasks)).first()
        if row is None:
            return None
        task_id: str = mix_in(c, review, user_id, row.flow, row.due_at) or row.id
        config = c.execute(
            sa.select(flow_definitions.c.document).where(flow_definitions.c.name == row.flow)
        ).scalar_one()
        until = now + time_limit(config)
        chosen = sa.select(tasks.c.id).where(tasks.c.id == task_id, tasks.c.state == "waiting")
        HANDS.claim(c, chosen, now, until, state="claimed", user_id=user_id, accepted_at=now)
        begin_look(c, task_id, user_id, now, until)
        return task_id

    task_id = review.database.write(work, step="tasks.claim")
    return get_task(review, task_id, user_id) if task_id is not None else None


def outlook(review: ReviewService, user_id: str, flow: str | None = None) -> Outlook:
    """What comes after the task in hand; asked for with every task page, so in one look at who may be given what."""
    in_flow = sa.true() if flow is None else tasks.c.flow == flow

    def work(c: Connection) -> tuple[int, Any, Allowance]:
        may = allowance(c, review.care, user_id, review.clock())
        free = is_free_for(c, user_id) & may.admits() & in_flow
        left = c.execute(sa.select(sa.func.count(tasks.c.loop_name.distinct())).where(free)).scalar_one()
        if not left:
            return left, None, may
        shown = shown_loops(user_id)
        query = sa.select(tasks.c.id, shown.c.input_content)
        query = query.join(shown, shown.c.name == tasks.c.loop_name).where(free)
        return left, c.execute(query.order_by(*order_for(user_id)).limit(1)).first(), may

    left, row, may = review.database.read(work)
    return Outlook(left, (row.id, json.loads(row.input_content)) if row is not None else None, may)


def may_see(review: ReviewService, task_id: str, user_id: str) -> bool:
    """True while the task is in this reviewer's hands or nobody's, and once they answered it.

    Not of what they wrote themselves, nor of what they are not cleared for.
    """
    columns = (tasks.c.state, tasks.c.user_id, tasks.c.lease_until, is_own(user_id).label("is_own"))
    query = sa.select(*columns).where(tasks.c.id == task_id, is_cleared(user_id))
    row = review.database.read(lambda c: c.execute(query).first())
    if row is None or row.is_own:
        return False
    if row.state == "waiting":
        return True
    is_held = row.state == "claimed" and row.lease_until > review.clock()
    return bool(row.user_id == user_id and (is_held or row.state in ("given", "answered")))


def content_of(review: ReviewService, task_id: str, user_id: str) -> Mapping[str, Any]:
    """The InputContent of a task's loop; empty when there is no such task for this reviewer."""
    shown = shown_loops(user_id)
    query = sa.select(shown.c.input_content).join(tasks, tasks.c.loop_name == shown.c.name)
    text = review.database.read(lambda c: c.execute(query.where(tasks.c.id == task_id)).scalar())
    return json.loads(text) if text is not None else {}


def app_of(review: ReviewService, task_id: str) -> str | None:
    """Whose key started a task's loop; None for an operator's."""
    query = sa.select(human_loops.c.app).join(tasks, tasks.c.loop_name == human_loops.c.name)
    app: str | None = review.database.read(lambda c: c.execute(query.where(tasks.c.id == task_id)).scalar())
    return app


def need_shown(review: ReviewService, task_id: str, uri: str) -> None:
    """Refuse an object that the app whose loop it is may not read itself. Raises `NotFound`."""
    bucket, key = split_uri(uri)
    if not review.objects.may_read(app_of(review, task_id), bucket, key):
        raise NotFound("the app whose task this is may not read this object")


def get_task(review: ReviewService, task_id: str, user_id: str) -> Task:
    """A task that this reviewer holds. Raises `TaskGone`."""
    shown = shown_loops(user_id)
    query = (
        sa.select(tasks, shown.c.input_content, flow_definitions.c.document, queue_controls.c.due_minutes)
        .join(shown, shown.c.name == tasks.c.loop_name)
        .join(flow_definitions, flow_definitions.c.name == tasks.c.flow)
        .join(queue_controls, queue_controls.c.flow == tasks.c.flow, isouter=True)
        .where(tasks.c.id == task_id, tasks.c.user_id == user_id, tasks.c.state == "claimed")
    )

    def work(c: Connection) -> tuple[Any, str]:
        row = c.execute(query).first()
        return row, _escalation(c, task_id) if row is not None and row.level == "lead" else ""

    row, escalation = review.database.read(work)
    if row is None or row.lease_until <= review.clock():
        raise TaskGone("this task is not yours any more")
    return Task(
        id=row.id,
        loop_name=row.loop_name,
        flow=row.flow,
        title=title_of(row.document),
        content=json.loads(row.input_content),
        accepted_at=row.accepted_at,
        lease_until=row.lease_until,
        limit=time_limit(row.document),
        escalation=escalation,
        draft=row.answer,
        due_at=due_of(row.due_at, row.created_at, row.due_minutes),
    )


def renew_task(review: ReviewService, task_id: str, user_id: str) -> datetime:
    """Begin the time limit of a task in hand anew, because somebody works on it; until when they have it now.

    Raises:
        TaskGone: it is not this reviewer's any more.
    """
    now = review.clock()
    held = (tasks.c.id == task_id) & (tasks.c.user_id == user_id) & (tasks.c.state == "claimed")
    query = sa.select(tasks.c.lease_until, flow_definitions.c.document)
    query = query.join(flow_definitions, flow_definitions.c.name == tasks.c.flow)

    def work(c: Connection) -> datetime:
        row = c.execute(query.where(held, tasks.c.lease_until > now)).first()
        if row is None:
            raise TaskGone("this task is not yours any more")
        until: datetime = max(now + time_limit(row.document), row.lease_until)
        if not HANDS.extend(c, task_id, row.lease_until, until):
            raise TaskGone("this task was just taken from you")
        extend_look(c, task_id, until)
        return until

    return review.database.write(work, step="tasks.renew")


def release_task(review: ReviewService, task_id: str, user_id: str, reason: str = "") -> None:
    """Give a task back unanswered; nothing happens when it is not in hand.

    Args:
        reason: why it was skipped, in words; empty for a reviewer who just stops working.
    """
    _give_back(review, task_id, user_id, "skipped" if reason else "", reason)


def escalate_task(review: ReviewService, task_id: str, user_id: str, reason: str) -> None:
    """Hand a task on to the leads; nothing happens when it is not in hand. It does not come back to this reviewer."""
    _give_back(review, task_id, user_id, "escalated", reason)


def _give_back(review: ReviewService, task_id: str, user_id: str, kind: str, reason: str) -> None:
    now = review.clock()
    held = (tasks.c.id == task_id) & (tasks.c.user_id == user_id) & (tasks.c.state == "claimed")
    # It goes to the end of its line, and to this reviewer after all else, or they would get it back at once.
    values: dict[str, Any] = {"created_at": now, "assigned_to": None, "left_by": user_id, **WAITING}
    if kind == "escalated":
        values |= {"level": "lead", "priority": tasks.c.priority + 1}

    def work(c: Connection) -> None:
        row = c.execute(sa.select(tasks).where(held).with_for_update()).first()
        if row is None:
            return
        HANDS.release(c, [task_id], **values)
        end_look(c, task_id, now)
        if kind:
            note(c, now, kind, user_id, task=row, detail=reason)
        if kind == "escalated":
            c.execute(insert_or_nothing(c, not_for).values(loop_name=row.loop_name, worker_id=worker_id(user_id)))

    review.database.write(work, step="tasks.give_back")


def kept_away(review: ReviewService, user_id: str, flow: str | None = None) -> tuple[Allowance, int]:
    """What this reviewer may be given now, and how many tasks wait that are therefore not given to them."""
    in_flow = sa.true() if flow is None else tasks.c.flow == flow

    def work(c: Connection) -> tuple[Allowance, int]:
        may = allowance(c, review.care, user_id, review.clock())
        if not may.limits:
            return may, 0
        query = sa.select(sa.func.count(tasks.c.loop_name.distinct()))
        query = query.where(is_free_for(c, user_id), ~may.admits(), in_flow)
        return may, c.execute(query).scalar_one()

    return review.database.read(work)


def _free(c: Connection, review: ReviewService, user_id: str) -> sa.ColumnElement[bool]:
    """True of the waiting tasks that this reviewer may be given, by routing and for their own good."""
    return is_free_for(c, user_id) & allowance(c, review.care, user_id, review.clock()).admits()


def _first_free(c: Connection, review: ReviewService, user_id: str, flow: str | None) -> sa.Select[Any]:
    """The waiting task that comes first for this reviewer."""
    in_flow = sa.true() if flow is None else tasks.c.flow == flow
    query = sa.select(tasks.c.id, tasks.c.flow, tasks.c.due_at).where(_free(c, review, user_id), in_flow)
    return query.order_by(*order_for(user_id)).limit(1)


def _escalation(c: Connection, task_id: str) -> str:
    """Who escalated a task and why; empty when nobody did."""
    query = sa.select(task_events.c.detail, users.c.name).join(users, users.c.id == task_events.c.user_id)
    query = query.where(task_events.c.task_id == task_id, task_events.c.kind == "escalated")
    row = c.execute(query.order_by(task_events.c.id.desc()).limit(1)).first()
    return f"{row.name}: {row.detail}" if row is not None else ""


def time_limit(flow: Mapping[str, Any]) -> timedelta:
    """How long a flow definition's document leaves a task in somebody's hands."""
    return timedelta(seconds=flow["HumanLoopConfig"].get("TaskTimeLimitInSeconds", DEFAULT_TASK_SECONDS))


def title_of(flow: Mapping[str, Any]) -> str:
    """The title that a flow definition's document gives its tasks."""
    title: str = flow["HumanLoopConfig"]["TaskTitle"]
    return title

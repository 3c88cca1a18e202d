"""The leads' pages on quality: agreement, golden items and accuracy, and how often people overturn the rules."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import sqlalchemy as sa
from flask import Blueprint, current_app, g, redirect, render_template, request, url_for

from ground.errors import InputError, NotFound
from review_ui.a2i.answer_content import outcome_of
from review_ui.a2i.tables import human_loops, tasks
from review_ui.clearance import shown_loops
from review_ui.desk.batches import recent_batches
from review_ui.desk.disagreements import disagreements
from review_ui.desk.history import contains
from review_ui.desk.leading import QueueState, assign, queue_states
from review_ui.portal.access import leading
from review_ui.portal.languages import _
from review_ui.portal.problems import Page
from review_ui.portal.summaries import Summary, summary
from review_ui.quality.agreement import queue_agreement
from review_ui.quality.golden import (
    LONGEST_BECAUSE,
    MOST_PERCENT,
    QueueQuality,
    accuracy,
    add_golden,
    list_golden,
    quality_of,
    retire_golden,
    set_quality,
)
from review_ui.service import ReviewService
from review_ui.tables import golden_items

DAYS = 28
WORK = ("disagreements", "golden", "batches")
"""What leads decide, each a list of its own."""
LISTED = 30
LONGEST_SEARCH = 200


class OverturnRate(Protocol):
    """How often people overturned one outcome of one policy's rules. Shares 0-1; `low` to `high` is their interval."""

    @property
    def policy(self) -> str: ...  # noqa: D102 - shown as they are
    @property
    def sampling(self) -> str: ...  # noqa: D102
    @property
    def outcome(self) -> str: ...  # noqa: D102
    @property
    def looked_at(self) -> int: ...  # noqa: D102
    @property
    def overturned(self) -> int: ...  # noqa: D102
    @property
    def share(self) -> float: ...  # noqa: D102
    @property
    def low(self) -> float: ...  # noqa: D102
    @property
    def high(self) -> float: ...  # noqa: D102
    @property
    def alarm(self) -> bool: ...  # noqa: D102


Overturns = Callable[[], Sequence[OverturnRate]]


@dataclass(frozen=True)
class Decided:
    """A decided loop that a golden item can be made from.

    Attributes:
        votes: how many chose each outcome.
    """

    name: str
    at: datetime
    votes: Mapping[str, int]
    summary: Summary


def add_quality_pages(portal: Blueprint, review: ReviewService, overturns: Overturns | None) -> None:
    """Everything under ``/lead/quality``.

    Args:
        overturns: the overturn rates of the service's rules; None where the endpoint runs without the service.
    """

    @portal.get("/lead/quality")
    @leading
    def quality() -> Page:
        """The figures, or one of the lists of what leads decide: `WORK`."""
        show = request.args.get("show", "figures")
        if show in WORK:
            return work_page(show)
        user_id = g.session.user.id
        queues = queue_states(review, user_id)
        given: dict[str, Any] = {
            "queues": [
                (queue, queue_agreement(review, queue.flow, DAYS, with_labels=False).decision) for queue in queues
            ],
            "accuracy": accuracy(review, [queue.flow for queue in queues], DAYS),
            "golden": [
                item for queue in queues for item in list_golden(review, queue.flow, user_id) if not item.retired_at
            ],
            "overturns": overturns() if overturns is not None else None,
            "days": DAYS,
        }
        return render_template("portal/quality.html", **given)

    def work_page(show: str) -> Page:
        user_id = g.session.user.id
        given: dict[str, Any] = {"show": show, "days": DAYS, "now": review.clock(), "longest": LONGEST_BECAUSE}
        given["has_items"] = "portal.console.items" in current_app.view_functions
        if show == "disagreements":
            found = disagreements(review, user_id, DAYS)
            given["disagreements"] = [(each, summary(each.content)) for each in found]
        elif show == "golden":
            given["queues"] = queue_states(review, user_id)
            own = {queue.flow for queue in given["queues"]}
            given["golden"] = [item for item in list_golden(review, None, user_id) if item.flow in own]
        else:
            given["batches"] = recent_batches(review, user_id)
        return render_template("portal/quality_work.html", **given)

    @portal.post("/lead/quality/tasks/<uuid:task_id>")
    @leading
    def open_disagreement(task_id: UUID) -> Page:
        """Give somebody the task by which they settle a disagreement; it is their next one."""
        user, waiting = g.session.user, disagreements(review, g.session.user.id, DAYS)
        task = next((each.task for each in waiting if each.task is not None and each.task.id == str(task_id)), None)
        if task is None:
            raise NotFound("this task does not wait for you any more")
        assign(review, task.id, user.id, user.name)
        return redirect(url_for("portal.next_one", flow=task.flow), 303)

    def queue_page(flow: str, text: str = "", status: int = 200) -> Page:
        queue = _need_own(review, flow)
        words = request.args.get("q", "")[:LONGEST_SEARCH].strip()
        given: dict[str, Any] = {
            "queue": queue,
            "agreement": queue_agreement(review, flow, DAYS),
            "quality": review.database.read(lambda c: quality_of(c, review, flow)),
            "golden": list_golden(review, flow, g.session.user.id),
            "decided": _decided(review, g.session.user.id, flow, words),
            "words": words,
            "days": DAYS,
            "most": MOST_PERCENT,
            "longest": LONGEST_BECAUSE,
            "problem": text,
        }
        return render_template("portal/quality_queue.html", **given), status

    @portal.get("/lead/quality/<flow>")
    @leading
    def quality_queue(flow: str) -> Page:
        return queue_page(flow)

    @portal.post("/lead/quality/<flow>")
    @leading
    def change_quality(flow: str) -> Page:
        """Set the share and the feedback, add a golden item, or retire one."""
        form, user = request.form, g.session.user
        _need_own(review, flow)
        try:
            if "retire" in form:
                _need_here(flow, form["retire"], [item.loop_name for item in list_golden(review, flow, user.id)])
                retire_golden(review, form["retire"])
            elif "source" in form:
                loop_name = form["source"]
                _need_here(flow, loop_name, [loop_name] if _flow_of(review, loop_name) == flow else [])
                add_golden(
                    review, loop_name, form.get("outcome", ""), form.get("because", "").strip(), user.name, user.id
                )
            else:
                percent = _number(form.get("golden_percent", ""))
                set_quality(review, flow, QueueQuality(percent, gives_feedback="feedback" in form))
        except InputError as error:
            return queue_page(flow, _("Nothing was changed: %(why)s.", why=error), 422)
        if form.get("back") in WORK:
            return redirect(url_for("portal.quality", show=form["back"]), 303)
        return redirect(url_for("portal.quality_queue", flow=flow), 303)


def _decided(review: ReviewService, user_id: str, flow: str, words: str) -> list[Decided]:
    """The newest decided loops of a queue that no golden item was made from yet."""
    made = sa.select(golden_items.c.source)
    newest = sa.func.max(tasks.c.submitted_at).label("at")
    shown = shown_loops(user_id)
    query = (
        sa.select(tasks.c.loop_name, newest)
        .join(shown, shown.c.name == tasks.c.loop_name)
        .where(tasks.c.flow == flow, tasks.c.state == "answered", shown.c.status == "Completed")
        .where(tasks.c.loop_name.not_in(made))
        .group_by(tasks.c.loop_name)
        .order_by(newest.desc(), tasks.c.loop_name)
        .limit(LISTED)
    )
    if words:
        query = query.where(contains(shown.c.input_content, words))

    def work(c: sa.Connection) -> list[Decided]:
        names = [row.loop_name for row in c.execute(query)]
        answers = sa.select(tasks.c.loop_name, tasks.c.answer, tasks.c.submitted_at, shown.c.input_content)
        answers = answers.join(shown, shown.c.name == tasks.c.loop_name)
        by_loop: dict[str, list[Any]] = {name: [] for name in names}
        for row in c.execute(answers.where(tasks.c.loop_name.in_(names), tasks.c.state == "answered")):
            by_loop[row.loop_name].append(row)
        return [read for name, rows in by_loop.items() if (read := _read(name, rows)) is not None]

    return review.database.read(work)


def _read(name: str, rows: Sequence[Any]) -> Decided | None:
    """A loop with its votes; None when its template asks something else than to approve or reject."""
    outcomes = [outcome_of(row.answer) for row in rows]
    if "" in outcomes:
        return None
    votes = {outcome: outcomes.count(outcome) for outcome in sorted(set(outcomes))}
    return Decided(name, max(row.submitted_at for row in rows), votes, summary(json.loads(rows[0].input_content)))


def _need_own(review: ReviewService, flow: str) -> QueueState:
    found = next((queue for queue in queue_states(review, g.session.user.id) if queue.flow == flow), None)
    if found is None:
        raise NotFound("no such queue")
    return found


def _need_here(flow: str, name: str, names: Sequence[str]) -> None:
    if name not in names:
        raise NotFound(f"nothing called '{name[:63]}' in queue '{flow}'")


def _flow_of(review: ReviewService, loop_name: str) -> str | None:
    query = sa.select(human_loops.c.flow).where(human_loops.c.name == loop_name)
    return review.database.read(lambda c: c.execute(query).scalar())


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise InputError("the share of golden items is a number, in percent") from error

"""The leads' pages: queues with age and load, who works, tasks to move, decisions by the batch, the log of it all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from flask import Blueprint, current_app, g, redirect, render_template, request, url_for

from ground.blobs import Blobs
from ground.errors import InputError, NotFound
from review_ui.desk import batches
from review_ui.desk.leading import (
    LISTED,
    PRIORITIES,
    assign,
    content_of,
    need_queue,
    open_tasks,
    pause_queue,
    prioritise_queue,
    prioritise_task,
    queue_states,
    set_due,
    take_back,
    workers,
)
from review_ui.desk.load import DAYS, loads
from review_ui.desk.staffing import unstaffed
from review_ui.desk.tasks import need_shown
from review_ui.people.people import People
from review_ui.portal.access import leading
from review_ui.portal.languages import _
from review_ui.portal.media import veiled_response
from review_ui.portal.problems import Page
from review_ui.portal.summaries import summary
from review_ui.portal.together import together
from review_ui.service import ReviewService

LONGEST_SEARCH = 200


class StuckItem(Protocol):
    """An undecided item that does not get on by itself, and why."""

    @property
    def item_id(self) -> str: ...  # noqa: D102 - shown as they are
    @property
    def app(self) -> str: ...  # noqa: D102
    @property
    def since(self) -> datetime: ...  # noqa: D102
    @property
    def reason(self) -> str: ...  # noqa: D102


StuckItems = Callable[[], Sequence[StuckItem]]


def add_lead_pages(
    portal: Blueprint, review: ReviewService, blobs: Blobs, people: People, stuck_items: StuckItems | None
) -> None:
    """Everything under ``/lead``.

    Args:
        blobs: where the media of tasks lie.
        stuck_items: items of the service that somebody has to look after; None where the endpoint runs without it.
    """

    @portal.get("/lead")
    @leading
    def lead() -> Page:
        given: dict[str, Any] = {
            "queues": queue_states(review, g.session.user.id),
            "workers": workers(review),
            "stuck": stuck_items() if stuck_items is not None else (),
            "unstaffed": unstaffed(review),
            "now": review.clock(),
            "priorities": PRIORITIES,
            "has_items": "portal.console.items" in current_app.view_functions,
        }
        only = "portal/lead_figures.html" if request.headers.get("HX-Request") else "portal/lead.html"
        return render_template(only, **given)

    @portal.get("/lead/people")
    @leading
    def load_of_people() -> Page:
        return render_template("portal/lead_people.html", loads=loads(review, g.session.user.id), days=DAYS)

    def queue_page(flow: str, text: str = "", status: int = 200) -> Page:
        state = next((q for q in queue_states(review, g.session.user.id) if q.flow == flow), None)
        if state is None:
            raise NotFound("no such queue")
        words = request.values.get("q", "")[:LONGEST_SEARCH].strip()
        given: dict[str, Any] = {
            "queue": state,
            "tasks": [(task, summary(task.content)) for task in open_tasks(review, g.session.user.id, flow, words)],
            "listed": LISTED,
            "words": words,
            "now": review.clock(),
            "people": [user for user in people.list() if user.may_review and user.disabled_at is None],
            "priorities": PRIORITIES,
            "problem": text,
        }
        return render_template("portal/lead_queue.html", **given), status

    @portal.get("/lead/queues/<flow>")
    @leading
    def lead_queue(flow: str) -> Page:
        return queue_page(flow)

    @portal.post("/lead/queues/<flow>")
    @leading
    def change_queue(flow: str) -> Page:
        user = g.session.user
        need_queue(review, user.id, flow)
        if "pause" in request.form:
            pause_queue(review, flow, user.id, user.name, is_paused=request.form["pause"] == "1")
        elif "priority" in request.form:
            prioritise_queue(review, flow, user.id, _whole(request.form["priority"]))
        elif "due" in request.form:
            set_due(review, flow, user.id, _minutes(request.form["due"].strip()))
        there = url_for("portal.lead_queue", flow=flow) if "back" in request.form else url_for("portal.lead")
        return redirect(there, 303)

    @portal.post("/lead/tasks/<uuid:task_id>")
    @leading
    def change_task(task_id: UUID) -> Page:
        form, user_id, flow = request.form, g.session.user.id, request.form.get("flow", "")
        if form.get("assign"):
            assign(review, str(task_id), user_id, form["assign"])
        elif "priority" in form:
            prioritise_task(review, str(task_id), user_id, _whole(form["priority"]))
        elif "take" in form:
            take_back(review, str(task_id), user_id)
        return redirect(url_for("portal.lead_queue", flow=flow), 303)

    @portal.get("/lead/tasks/<uuid:task_id>/veiled")
    @leading
    def veiled_task(task_id: UUID) -> Page:
        uri = summary(content_of(review, str(task_id), g.session.user.id)).picture
        if not uri:
            raise NotFound("there is no picture")
        need_shown(review, str(task_id), uri)
        return veiled_response(blobs, uri)

    @portal.post("/lead/queues/<flow>/batch")
    @leading
    def batch(flow: str) -> Page:
        form, user_id = request.form, g.session.user.id
        need_queue(review, user_id, flow)
        ticked, words = form.getlist("task")[: batches.MOST_TASKS + 1], form.get("note", "").strip()[:1000]
        if not ticked:
            return queue_page(flow, _("Tick the tasks that are to be decided together."), 422)
        chosen = batches.look_at(review, user_id, flow, list(dict.fromkeys(ticked)))
        offered, text = together(each.content for each in chosen if each.is_free), ""
        if form.get("confirmed"):
            labels, reasons = offered.labels_of(form.getlist("found")), offered.reasons_of(form.getlist("because"))
            try:
                batches.decide_batch(review, user_id, flow, ticked, form.get("outcome", ""), words, labels, reasons)
                return redirect(url_for("portal.quality", show="batches"), 303)
            except InputError as error:
                text = _("Nothing was decided: %(why)s.", why=error)
        shown = [(each, summary(each.content)) for each in chosen]
        page = render_template(
            "portal/lead_batch.html",
            flow=flow,
            ready=[each for each in shown if each[0].is_free],
            left=[each for each in shown if not each[0].is_free],
            offered=offered,
            given=form,
            words=form.get("q", "")[:LONGEST_SEARCH],
            problem=text,
            undo_minutes=batches.UNDO_TIME.seconds // 60,
        )
        return page, 422 if text else 200

    @portal.post("/lead/batches/<uuid:batch_id>/undo")
    @leading
    def undo_batch(batch_id: UUID) -> Page:
        batches.undo_batch(review, str(batch_id), g.session.user.id)
        return redirect(url_for("portal.quality", show="batches"), 303)


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise InputError("a priority is a whole number") from error


def _minutes(text: str) -> int | None:
    try:
        return int(text) if text else None
    except ValueError as error:
        raise InputError("the time that a task may wait is a whole number of minutes") from error

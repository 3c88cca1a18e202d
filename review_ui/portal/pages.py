"""The reviewers' pages: what waits, a task, all done."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for

from moderation.blobs import Blobs
from moderation.core.errors import NotFound
from moderation.settings import Settings
from review_ui.a2i.service import ReviewService
from review_ui.a2i.tasks import (
    Task,
    get_task,
    may_see,
    next_task,
    release_task,
    submit_answer,
    upcoming_task,
    waiting,
)
from review_ui.people import People
from review_ui.portal.access import add_access, reviewing, signed_in
from review_ui.portal.media import MediaAddresses, load_secret, media_response
from review_ui.portal.people_pages import add_people_pages
from review_ui.portal.problems import Page, add_problems
from review_ui.portal.reading import as_words
from review_ui.portal.showing import is_ours, media_of, show
from review_ui.portal.templating import read_answer, template_of, template_page

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
LONGEST_NOTE = 4000
LOADED_AHEAD = 4
"""Pictures of the next task that are loaded while the reviewer reads this one."""
_FLOW = re.compile(r"[A-Za-z0-9](-*[A-Za-z0-9]){0,62}")


def blueprint(review: ReviewService, blobs: Blobs, settings: Settings) -> Blueprint:
    """The portal; mount it at ``/review``.

    Args:
        blobs: where the media of tasks lie.
        settings: the data folder, for the secret that signs addresses, and the length of a session.
    """
    portal = Blueprint("portal", __name__, template_folder="templates", static_folder="static")
    people, secret = People(review.database, review.clock), load_secret(settings.data)
    addresses = MediaAddresses(secret, review.clock)
    add_access(portal, people, settings, secret)

    @portal.after_request
    def be_strict(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", CSP)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "no-referrer")
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    @portal.context_processor
    def offer() -> dict[str, Any]:
        return {"session": g.get("session")}

    portal.add_app_template_filter(lambda title: str(title).removeprefix("Moderation: "), "queue_title")
    portal.add_app_template_filter(_age, "age")

    def address(uri: str, task_id: str) -> str:
        return url_for("portal.media", token=addresses.token(uri, task_id, g.session.user.id))

    def task_page(task: Task, flow: str | None, text: str = "", status: int = 200) -> Page:
        left = sum(q.waiting for q in waiting(review, g.session.user.id) if flow in (None, q.flow))
        upcoming = upcoming_task(review, g.session.user.id, flow)
        ahead = [address(uri, upcoming[0]) for uri in media_of(upcoming[1], "image")] if upcoming else []
        given: dict[str, Any] = {
            "task": task,
            "flow": flow,
            "left": left,
            "ahead": ahead[:LOADED_AHEAD],
            "problem": text,
            "given": request.form,
            "longest_note": LONGEST_NOTE,
            "address": lambda uri: address(uri, task.id),
        }
        if is_ours(task.content):
            return render_template("portal/task.html", shown=show(task.content), **given), status
        if "<crowd-form" in (template_of(review, task) or ""):
            response = make_response(render_template("portal/template_task.html", **given), status)
            response.headers["Content-Security-Policy"] = f"{CSP}; frame-src 'self'"
            return response
        pretty = as_words(task.content, indent=2)
        return render_template("portal/other_task.html", pretty=pretty, **given), status

    def go_on(flow: str | None, left: str = "") -> Page:
        """To the next task; not to the one that was just left, though it may be the only one."""
        task = next_task(review, g.session.user.id, flow)
        if task is None:
            return redirect(url_for("portal.done", flow=flow), 303)
        if task.id == left:
            release_task(review, task.id, g.session.user.id)
            return redirect(url_for("portal.done", flow=flow, left=1), 303)
        return redirect(url_for("portal.task", task_id=task.id, flow=flow), 303)

    @portal.get("/")
    @signed_in
    def queues() -> Page:
        counts = waiting(review, g.session.user.id) if g.session.user.may_review else ()
        return render_template("portal/queues.html", queues=counts, now=review.clock())

    @portal.get("/next")
    @reviewing
    def next_one() -> Page:
        return go_on(_flow())

    @portal.get("/done")
    @reviewing
    def done() -> Page:
        flow = _flow()
        others = [q for q in waiting(review, g.session.user.id) if q.flow != flow and (q.waiting or q.mine)]
        return render_template(
            "portal/done.html", flow=flow, left="left" in request.args, others=others if flow is not None else []
        )

    @portal.get("/tasks/<uuid:task_id>")
    @reviewing
    def task(task_id: UUID) -> Page:
        return task_page(get_task(review, str(task_id), g.session.user.id), _flow())

    @portal.post("/tasks/<uuid:task_id>")
    @reviewing
    def answer(task_id: UUID) -> Page:
        held, flow = get_task(review, str(task_id), g.session.user.id), _flow()
        if "answer" in request.form and not is_ours(held.content):
            given = read_answer(request.form["answer"])
            if isinstance(given, str):
                return task_page(held, flow, given, 422)
            submit_answer(
                review, held.id, g.session.user.id, given, (review.clock() - held.accepted_at).total_seconds()
            )
            return go_on(flow)
        decision = request.form.get("decision")
        # Browsers send line ends as CR LF, which the text area's own limit does not count twice.
        note = request.form.get("note", "").replace("\r\n", "\n").replace("\x00", "").strip()
        if decision not in ("approve", "reject"):
            return task_page(held, flow, "Choose approve or reject.", 422)
        if len(note) > LONGEST_NOTE:
            return task_page(held, flow, f"The note has {len(note):,} characters; {LONGEST_NOTE:,} fit.", 422)
        offered = show(held.content).labels if is_ours(held.content) else ()
        chosen = set(request.form.getlist("label"))
        content: dict[str, Any] = {
            "decision": {name: name == decision for name in ("approve", "reject")},
            "labels": {label: str(number) in chosen for number, label in enumerate(offered)},
        }
        if note:
            content["note"] = note
        spent = (review.clock() - held.accepted_at).total_seconds()
        submit_answer(review, held.id, g.session.user.id, content, spent)
        return go_on(flow)

    @portal.get("/tasks/<uuid:task_id>/template")
    @reviewing
    def template(task_id: UUID) -> Page:
        held = get_task(review, str(task_id), g.session.user.id)
        text = template_of(review, held)
        if text is None or is_ours(held.content):
            raise NotFound("this task has no template of its own")
        review.base_url = review.base_url or f"{request.host_url}a2i"
        static = url_for("portal.static", filename="crowd/")
        return template_page(review, held, text, request.host_url.rstrip("/"), static)

    @portal.post("/tasks/<uuid:task_id>/release")
    @reviewing
    def release(task_id: UUID) -> Page:
        release_task(review, str(task_id), g.session.user.id)
        if request.form.get("then") == "queues":
            return redirect(url_for("portal.queues"), 303)
        return go_on(_flow(), left=str(task_id))

    @portal.get("/media/<token>")
    @reviewing
    def media(token: str) -> Page:
        uri, task_id = addresses.read(token, g.session.user.id)
        if not may_see(review, task_id, g.session.user.id):
            raise NotFound("the task of this media is not in your hands")
        return media_response(blobs, uri)

    add_people_pages(portal, people)
    add_problems(portal)
    return portal


def _flow() -> str | None:
    """The queue that the reviewer works through; None for all of them. Raises `NotFound` for what is no name."""
    flow = request.args.get("flow") or None
    if flow is not None and not _FLOW.fullmatch(flow):
        raise NotFound("no such queue")
    return flow


def _age(age: timedelta) -> str:
    """How long something waits, for people."""
    minutes = int(age.total_seconds() // 60)
    if minutes < 1:
        return "under a minute"
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min" if minutes < 48 * 60 else f"{minutes // 1440} days"

"""The portal's pages and forms."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from moderation.blobs import Blobs
from moderation.core.errors import InputError, NotFound
from moderation.settings import Settings
from review_ui.a2i.service import ReviewService
from review_ui.a2i.tasks import Task, TaskGone, get_task, next_task, release_task, submit_answer, waiting
from review_ui.people import ROLES, People, TooManyFailures
from review_ui.portal.media import MediaAddresses, load_secret, media_response
from review_ui.portal.showing import is_ours, show

COOKIE = "review_session"
Page = str | BaseResponse | tuple[str, int]
View = Callable[..., Page]


def blueprint(review: ReviewService, blobs: Blobs, settings: Settings) -> Blueprint:
    """The portal; mount it at ``/review``."""
    portal = Blueprint("portal", __name__, template_folder="templates", static_folder="static")
    people = People(review.database, review.clock)
    addresses = MediaAddresses(load_secret(settings.data))

    @portal.before_request
    def know_user() -> None:
        g.session = people.session(request.cookies.get(COOKIE, ""))

    @portal.context_processor
    def offer() -> dict[str, Any]:
        return {"session": g.get("session"), "media_address": _media_address}

    def _media_address(uri: str) -> str:
        return url_for("portal.media", token=addresses.token(uri, g.session.user.id))

    # Sign in and out

    @portal.get("/sign-in")
    def sign_in() -> Page:
        return redirect(url_for("portal.queues")) if g.session else render_template("portal/sign_in.html")

    @portal.post("/sign-in")
    def do_sign_in() -> Page:
        # There is no session yet to keep a token in; a browser says where a form came from.
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            return _problem("This form came from another site.", 403)
        try:
            token = people.sign_in(
                request.form.get("username", ""), request.form.get("password", ""), settings.session_hours
            )
        except TooManyFailures as error:
            return render_template("portal/sign_in.html", problem=str(error)), 429
        if token is None:
            return render_template("portal/sign_in.html", problem="Name or password is wrong."), 401
        response = redirect(url_for("portal.queues"), 303)
        response.set_cookie(
            COOKIE, token, max_age=int(settings.session_hours * 3600), httponly=True, samesite="Strict",
            secure=request.is_secure, path=url_for("portal.queues"),
        )  # fmt: skip
        return response

    @portal.post("/sign-out")
    @_signed_in
    def sign_out() -> Page:
        people.sign_out(request.cookies.get(COOKIE, ""))
        response = redirect(url_for("portal.sign_in"), 303)
        response.delete_cookie(COOKIE, path=url_for("portal.queues"))
        return response

    # Tasks

    @portal.get("/")
    @_signed_in
    def queues() -> Page:
        counts = waiting(review, g.session.user.id) if g.session.user.may_review else ()
        return render_template("portal/queues.html", queues=counts, now=review.clock())

    @portal.get("/next")
    @_reviewing
    def next_one() -> Page:
        flow = request.args.get("flow") or None
        task = next_task(review, g.session.user.id, flow)
        if task is None:
            return render_template("portal/done.html", flow=flow)
        return redirect(url_for("portal.task", task_id=task.id, flow=flow), 303)

    @portal.get("/tasks/<task_id>")
    @_reviewing
    def task(task_id: str) -> Page:
        held = get_task(review, task_id, g.session.user.id)
        flow = request.args.get("flow") or None
        left = sum(q.waiting for q in waiting(review, g.session.user.id) if flow in (None, q.flow))
        return _task_page(held, flow, left)

    @portal.post("/tasks/<task_id>")
    @_reviewing
    def answer(task_id: str) -> Page:
        held = get_task(review, task_id, g.session.user.id)
        flow = request.args.get("flow") or None
        decision = request.form.get("decision")
        if decision not in ("approve", "reject"):
            return _task_page(held, flow, 0, "Choose approve or reject."), 422
        offered = [str(label) for label in held.content.get("labels", ())] if is_ours(held.content) else []
        chosen = set(request.form.getlist("label"))
        content = {
            "decision": {name: name == decision for name in ("approve", "reject")},
            "labels": {label: label in chosen for label in offered},
        }
        note = request.form.get("note", "").replace("\x00", "").strip()[:4000]
        spent = (review.clock() - held.accepted_at).total_seconds()
        submit_answer(review, task_id, g.session.user.id, content | ({"note": note} if note else {}), spent)
        return redirect(url_for("portal.next_one", flow=flow), 303)

    @portal.post("/tasks/<task_id>/release")
    @_reviewing
    def release(task_id: str) -> Page:
        release_task(review, task_id, g.session.user.id)
        if request.form.get("then") == "queues":
            return redirect(url_for("portal.queues"), 303)
        return redirect(url_for("portal.next_one", flow=request.args.get("flow") or None), 303)

    @portal.get("/media/<token>")
    @_reviewing
    def media(token: str) -> Page:
        return media_response(blobs, addresses.uri(token, g.session.user.id))

    # People

    @portal.get("/people")
    @_admins
    def everybody() -> Page:
        return render_template("portal/people.html", people=people.list(), roles=ROLES)

    @portal.post("/people")
    @_admins
    def add_person() -> Page:
        form = request.form
        try:
            people.add(form.get("name", ""), form.get("role", ""), form.get("password", ""))
        except InputError as error:
            return render_template("portal/people.html", people=people.list(), roles=ROLES, problem=str(error)), 422
        return redirect(url_for("portal.everybody"), 303)

    @portal.post("/people/<name>/disable")
    @_admins
    def disable_person(name: str) -> Page:
        if name == g.session.user.name:
            return _problem("You cannot shut yourself out.", 422)
        people.disable(name)
        return redirect(url_for("portal.everybody"), 303)

    @portal.errorhandler(TaskGone)
    def gone(_: TaskGone) -> Page:
        text = "This task is not yours any more: it was answered, its time ran out, or it was withdrawn."
        return _problem(text, 409)

    @portal.errorhandler(NotFound)
    def not_found(_: NotFound) -> Page:
        return _problem("There is nothing here.", 404)

    return portal


def _task_page(held: Task, flow: str | None, left: int, problem: str = "") -> str:
    if is_ours(held.content):
        shown = show(held.content)
        return render_template("portal/task.html", task=held, shown=shown, flow=flow, left=left, problem=problem)
    pretty = json.dumps(held.content, indent=2, ensure_ascii=False)
    return render_template("portal/other_task.html", task=held, pretty=pretty, flow=flow, left=left, problem=problem)


def _problem(text: str, status: int) -> tuple[str, int]:
    return render_template("portal/problem.html", text=text), status


def _signed_in(view: View) -> View:
    """Only with a session; forms only with its token."""

    @wraps(view)
    def checked(*args: Any, **kwargs: Any) -> Page:
        if g.session is None:
            if request.method == "GET":
                return redirect(url_for("portal.sign_in"), 303)
            return _problem("Please sign in first.", 403)
        if request.method == "POST" and not hmac.compare_digest(request.form.get("csrf", ""), g.session.csrf):
            return _problem(
                "This form is too old or came from elsewhere. Go back, load the page again, and retry.", 403
            )
        return view(*args, **kwargs)

    return checked


def _reviewing(view: View) -> View:
    """Only for roles that review."""

    @_signed_in
    @wraps(view)
    def checked(*args: Any, **kwargs: Any) -> Page:
        if not g.session.user.may_review:
            return _problem("Your role does not review items.", 403)
        return view(*args, **kwargs)

    return checked


def _admins(view: View) -> View:
    """Only for admins."""

    @_signed_in
    @wraps(view)
    def checked(*args: Any, **kwargs: Any) -> Page:
        if g.session.user.role != "admin":
            return _problem("Only admins may do this.", 403)
        return view(*args, **kwargs)

    return checked

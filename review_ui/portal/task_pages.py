"""A task's pages: look at it, answer, undo, skip, escalate, unmask; and its media."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from flask import Blueprint, g, jsonify, make_response, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from ground.blobs import Blobs
from ground.errors import NotFound
from ground.web.hygiene import OWN_PAGE
from review_ui.a2i.template_needs import has_form
from review_ui.desk.alike import alike
from review_ui.desk.answers import submit_answer, undo, undoable
from review_ui.desk.audit import is_unmasked, unmask
from review_ui.desk.authors import author_history
from review_ui.desk.history import answered_task
from review_ui.desk.preferences import preferences_of
from review_ui.desk.tasks import (
    Task,
    TaskGone,
    content_of,
    escalate_task,
    get_task,
    may_see,
    need_shown,
    next_task,
    outlook,
    release_task,
    renew_task,
)
from review_ui.portal.access import reviewing
from review_ui.portal.drawing import Frame
from review_ui.portal.fetched import is_fetched, on_to
from review_ui.portal.languages import N_, _
from review_ui.portal.masking import covers_of, masked
from review_ui.portal.media import MediaAddresses, media_response
from review_ui.portal.problems import Page, problem
from review_ui.portal.summaries import summary
from review_ui.portal.task_view import ShownTask, is_ours, media_of, show
from review_ui.portal.templating import read_answer, template_of, template_page, veil_of
from review_ui.portal.untrusted import as_words
from review_ui.quality.golden import feedback
from review_ui.service import ReviewService

LONGEST_NOTE = 4000
LOADED_AHEAD = 4
"""Pictures of the next task that are loaded while the reviewer reads this one."""
REASONS: Mapping[str, str] = {
    "unsure": N_("I am not sure what is right"),
    "policy": N_("The policy does not cover this"),
    "language": N_("I do not read this language"),
    "hard": N_("This is too hard on me"),
    "broken": N_("Something does not load or play"),
    "near": N_("I know somebody in it"),
}
"""Why a task is left to others, as it is kept and as the page has it."""
_FLOW = re.compile(r"[A-Za-z0-9](-*[A-Za-z0-9]){0,62}")


def add_task_pages(portal: Blueprint, review: ReviewService, blobs: Blobs, addresses: MediaAddresses) -> None:
    """All that a reviewer does with tasks."""

    def address(uri: str, task_id: str, *, open_to_view: bool = False) -> str:
        return url_for("portal.media", token=addresses.token(uri, task_id, g.session.user.id, open_to_view))

    def task_page(task: Task, flow: str | None, text: str = "", status: int = 200) -> Page:
        user_id = g.session.user.id
        then = outlook(review, user_id, flow)
        ahead = [address(uri, then.upcoming[0]) for uri in media_of(then.upcoming[1], "image")] if then.upcoming else []
        is_open = is_unmasked(review, task.id, user_id)
        given: dict[str, Any] = {
            "task": task,
            "flow": flow,
            "left": then.left,
            "ahead": ahead[:LOADED_AHEAD],
            "problem": text,
            "longest_note": LONGEST_NOTE,
            "reasons": REASONS,
            "is_open": is_open,
            "undo": undoable(review, user_id),
            "now": review.clock(),
            "may": then.may,
            "author": author_history(review, task, user_id),
            "summary": summary,
            "alike": [(other, summary(content)) for other, content in alike(review, task.id, user_id)],
            "address": lambda uri: address(uri, task.id, open_to_view=is_open),
        }
        if is_ours(task.content):
            shown = show(task.content)
            given["given"] = request.form if request.method == "POST" else _as_form(task.draft, shown)
            return render_template("portal/task.html", shown=shown if is_open else masked(shown), **given), status
        given["given"] = request.form if request.method == "POST" else _as_form(task.draft)
        template = template_of(review, task)
        if template is not None and has_form(template.content):
            response = make_response(render_template("portal/template_task.html", **given), status)
            response.headers["Content-Security-Policy"] = f"{OWN_PAGE}; frame-src 'self'"  # the template's frame
            return response
        pretty = as_words(task.content, indent=2)
        return render_template("portal/other_task.html", pretty=pretty, **given), status

    def go_on(flow: str | None, left: str = "") -> Page:
        """To the next task; not to the one that was just left, though it may be the only one."""
        task = next_task(review, g.session.user.id, flow)
        if task is None:
            return on_to(url_for("portal.done", flow=flow))
        if task.id == left:
            release_task(review, task.id, g.session.user.id)
            return on_to(url_for("portal.done", flow=flow, left=1))
        return on_to(url_for("portal.task", task_id=task.id, flow=flow))

    @portal.get("/next")
    @reviewing
    def next_one() -> Page:
        return go_on(chosen_flow())

    @portal.get("/tasks/<uuid:task_id>")
    @reviewing
    def task(task_id: UUID) -> Page:
        return task_page(get_task(review, str(task_id), g.session.user.id), chosen_flow())

    @portal.post("/tasks/<uuid:task_id>")
    @reviewing
    def answer(task_id: UUID) -> Page:
        flow = chosen_flow()
        try:
            held = get_task(review, str(task_id), g.session.user.id)
        except TaskGone:
            # A browser that did not hear that its answer was taken sends it again.
            if was_given(str(task_id)):
                return go_on(flow)
            raise
        content = _read_answer(held.content)
        if isinstance(content, str):
            return problem(content, 422) if is_fetched() else task_page(held, flow, content, 422)
        spent = (review.clock() - held.accepted_at).total_seconds()
        submit_answer(review, held.id, g.session.user.id, content, spent, with_alike="alike" in request.form)
        if feedback(review, held.id, g.session.user.id) is not None:
            return on_to(url_for("portal.feedback_page", task_id=held.id, flow=flow))
        return go_on(flow)

    def was_given(task_id: str) -> bool:
        """True when the form is the answer that this reviewer gave to this task before."""
        try:
            past = answered_task(review, g.session.user.id, task_id)
        except NotFound:
            return False
        return _read_answer(past.content) == past.answer

    @portal.get("/tasks/<uuid:task_id>/feedback")
    @reviewing
    def feedback_page(task_id: UUID) -> Page:
        told = feedback(review, str(task_id), g.session.user.id)
        if told is None:
            raise NotFound("there is nothing to tell of this task")
        return render_template("portal/feedback.html", told=told, flow=chosen_flow())

    @portal.post("/tasks/<uuid:task_id>/renew")
    @reviewing
    def renew(task_id: UUID) -> Page:
        until = renew_task(review, str(task_id), g.session.user.id)
        return jsonify(seconds=(until - review.clock()).total_seconds())

    @portal.get("/tasks/<uuid:task_id>/template", endpoint="template")
    @reviewing
    def template_frame(task_id: UUID) -> Page:
        held = get_task(review, str(task_id), g.session.user.id)
        template = template_of(review, held)
        if template is None or is_ours(held.content):
            raise NotFound("this task has no template of its own")
        static = url_for("portal.static", filename="crowd/")
        own = preferences_of(review, g.session.user.id)
        return template_page(review, held, template, request.host_url.rstrip("/"), static, veil_of(own.blur, own.grey))

    @portal.post("/tasks/<uuid:task_id>/release")
    @reviewing
    def release(task_id: UUID) -> Page:
        form, user_id = request.form, g.session.user.id
        reason = ". ".join(filter(None, (REASONS.get(form.get("reason", "")), form.get("words", "").strip()[:500])))
        if form.get("to") == "lead":
            held = get_task(review, str(task_id), user_id)
            if not reason:
                why = _("Say why a lead should look at it.")
                return problem(why, 422) if is_fetched() else task_page(held, chosen_flow(), why, 422)
            escalate_task(review, held.id, user_id, reason)
        else:
            release_task(review, str(task_id), user_id, reason)
        if form.get("then") == "queues":
            return on_to(url_for("portal.queues"))
        return go_on(chosen_flow(), left=str(task_id))

    @portal.post("/tasks/<uuid:task_id>/undo")
    @reviewing
    def undo_answer(task_id: UUID) -> Page:
        undo(review, str(task_id), g.session.user.id)
        return on_to(url_for("portal.task", task_id=task_id, flow=chosen_flow()))

    @portal.post("/tasks/<uuid:task_id>/unmask")
    @reviewing
    def unmask_task(task_id: UUID) -> Page:
        # The answer's form comes along, so that nothing typed so far is lost.
        held = get_task(review, str(task_id), g.session.user.id)
        unmask(review, held.id, g.session.user.id)
        return task_page(held, chosen_flow())

    @portal.get("/media/<token>")
    @reviewing
    def media(token: str) -> Page:
        uri, task_id, open_to_view = addresses.read(token, g.session.user.id)
        if not may_see(review, task_id, g.session.user.id):
            raise NotFound("the task of this media is not in your hands")
        need_shown(review, task_id, uri)

        def covers() -> Sequence[Frame]:
            return () if open_to_view else covers_of(content_of(review, task_id, g.session.user.id), uri)

        return media_response(blobs, uri, covers)


def chosen_flow() -> str | None:
    """The queue that the reviewer works through; None for all of them. Raises `NotFound` for what is no name."""
    flow = request.args.get("flow") or None
    if flow is not None and not _FLOW.fullmatch(flow):
        raise NotFound("no such queue")
    return flow


def _read_answer(shown: Mapping[str, Any]) -> Mapping[str, Any] | str:
    """The ``answerContent`` that a form gives to a task of this input; a sentence when there is something wrong."""
    if "answer" in request.form and not is_ours(shown):
        return read_answer(request.form["answer"])
    decision = request.form.get("decision")
    # Browsers send line ends as CR LF, which the text area's own limit does not count twice.
    note = request.form.get("note", "").replace("\r\n", "\n").replace("\x00", "").strip()
    if decision not in ("approve", "reject"):
        return _("Choose approve or reject.")
    if len(note) > LONGEST_NOTE:
        return _("The note has %(count)s characters; %(most)s fit.", count=f"{len(note):,}", most=f"{LONGEST_NOTE:,}")
    content: dict[str, Any] = {"decision": {name: name == decision for name in ("approve", "reject")}}
    for field, key, offered in _offered(show(shown) if is_ours(shown) else None):
        chosen = set(request.form.getlist(field))
        content[key] = {name: str(number) in chosen for number, name in enumerate(offered)}
    return content | ({"note": note} if note else {})


def _offered(shown: ShownTask | None) -> Iterator[tuple[str, str, Sequence[str]]]:
    """What may be ticked: the form's field, the answer's key, the names in order. Reasons where a policy has some."""
    yield "label", "labels", shown.labels if shown is not None else ()
    if shown is not None and shown.reasons:
        yield "because", "reasons", [name for name, _ in shown.reasons]


def _as_form(draft: Mapping[str, Any] | None, shown: ShownTask | None = None) -> MultiDict[str, str]:
    """An answer that was taken back, as the form had it."""
    form = MultiDict[str, str]()
    if draft is None or not isinstance(draft.get("decision"), Mapping):
        return form
    for name, is_on in draft["decision"].items():
        if is_on is True:
            form["decision"] = name
    for field, key, offered in _offered(shown):
        ticked = draft.get(key)
        for number, name in enumerate(offered):
            if isinstance(ticked, Mapping) and ticked.get(name) is True:
                form.add(field, str(number))
    form["note"] = str(draft.get("note", ""))
    return form

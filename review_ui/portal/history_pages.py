"""A reviewer's own history: what they answered, to search and to look at again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, g, redirect, render_template, request, url_for

from review_ui.desk.audit import is_unmasked, unmask
from review_ui.desk.history import PAGE, answered, answered_task
from review_ui.desk.tasks import waiting
from review_ui.portal.access import reviewing
from review_ui.portal.masking import masked
from review_ui.portal.media import MediaAddresses
from review_ui.portal.problems import Page
from review_ui.portal.summaries import summary
from review_ui.portal.task_pages import chosen_flow
from review_ui.portal.task_view import is_ours, show
from review_ui.portal.untrusted import as_words
from review_ui.service import ReviewService

LONGEST_SEARCH = 200
LAST_PAGE = 1000


def add_history_pages(portal: Blueprint, review: ReviewService, addresses: MediaAddresses) -> None:
    """The list, and one answer with what it was about."""

    @portal.get("/history")
    @reviewing
    def history() -> Page:
        words, outcome = request.args.get("q", "")[:LONGEST_SEARCH].strip(), request.args.get("outcome", "")
        number = min(max(request.args.get("page", 1, type=int), 1), LAST_PAGE)
        found = answered(
            review, g.session.user.id, words=words, outcome=outcome, flow=chosen_flow(), skip=(number - 1) * PAGE
        )
        given: dict[str, Any] = {
            "answers": [(each, summary(each.content)) for each in found[:PAGE]],
            "has_more": len(found) > PAGE,
            "number": number,
            "words": words,
            "outcome": outcome,
            "flow": chosen_flow(),
            "queues": waiting(review, g.session.user.id),
        }
        only = "portal/history_rows.html" if request.headers.get("HX-Request") else "portal/history.html"
        return render_template(only, **given)

    @portal.get("/history/<uuid:task_id>")
    @reviewing
    def past_task(task_id: UUID) -> Page:
        user_id = g.session.user.id
        past, is_open = answered_task(review, user_id, str(task_id)), is_unmasked(review, str(task_id), user_id)

        def address(uri: str) -> str:
            return url_for("portal.media", token=addresses.token(uri, past.task_id, user_id, is_open))

        if not is_ours(past.content):
            pretty = as_words(past.content, indent=2)
            return render_template("portal/past_task.html", past=past, shown=None, pretty=pretty, is_open=is_open)
        shown = show(past.content)
        shown = shown if is_open else masked(shown)
        return render_template("portal/past_task.html", past=past, shown=shown, address=address, is_open=is_open)

    @portal.post("/history/<uuid:task_id>/unmask")
    @reviewing
    def unmask_past(task_id: UUID) -> Page:
        past = answered_task(review, g.session.user.id, str(task_id))
        unmask(review, past.task_id, g.session.user.id)
        return redirect(url_for("portal.past_task", task_id=task_id), 303)

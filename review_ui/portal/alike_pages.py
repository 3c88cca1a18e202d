"""A task that waits and is nearly the same as the one in hand: to look at before both are answered together."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, g, render_template, url_for

from ground.errors import NotFound
from review_ui.desk.alike import alike
from review_ui.desk.tasks import get_task
from review_ui.portal.access import reviewing
from review_ui.portal.masking import masked
from review_ui.portal.media import MediaAddresses
from review_ui.portal.problems import Page
from review_ui.portal.task_pages import chosen_flow
from review_ui.portal.task_view import show
from review_ui.service import ReviewService


def add_alike_pages(portal: Blueprint, review: ReviewService, addresses: MediaAddresses) -> None:
    """``/tasks/ID/alike/OTHER``, for whoever holds the first."""

    @portal.get("/tasks/<uuid:task_id>/alike/<uuid:other_id>")
    @reviewing
    def alike_task(task_id: UUID, other_id: UUID) -> Page:
        user_id = g.session.user.id
        task = get_task(review, str(task_id), user_id)
        content = dict(alike(review, task.id, user_id)).get(str(other_id))
        if content is None:
            raise NotFound("no such task waits that is like this one")

        def address(uri: str) -> str:
            return url_for("portal.media", token=addresses.token(uri, str(other_id), user_id, False))

        return render_template(
            "portal/alike_task.html", task=task, shown=masked(show(content)), address=address, flow=chosen_flow()
        )

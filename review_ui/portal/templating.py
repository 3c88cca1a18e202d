"""Tasks with a template of their own: the template's page, sandboxed, and what it answers.

The page of a template runs in a frame without our origin: its scripts see no cookie, no other page and no network but
media that the template was granted. All it can do is hand its parent an answer, which the parent takes only while the
reviewer is pressing something.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

import sqlalchemy as sa
from flask import Response

from review_ui.a2i.owners import Granting
from review_ui.a2i.service import LINK_SECONDS
from review_ui.a2i.tables import flow_definitions, task_uis
from review_ui.a2i.templates import render
from review_ui.desk.tasks import Task, app_of
from review_ui.service import ReviewService

LONGEST_ANSWER = 1_000_000
"""Characters of an answer as JSON."""


def template_of(review: ReviewService, task: Task) -> str | None:
    """The task's template; None when its flow has none any more."""

    def work(c: sa.Connection) -> str | None:
        flow = c.execute(sa.select(flow_definitions.c.document).where(flow_definitions.c.name == task.flow)).scalar()
        if flow is None:
            return None
        name = str(flow["HumanLoopConfig"].get("HumanTaskUiArn", "")).rpartition("/")[2]
        return c.execute(sa.select(task_uis.c.content).where(task_uis.c.name == name)).scalar()

    return review.database.read(work)


def template_page(review: ReviewService, task: Task, template: str, host: str, static: str) -> Response:
    """The page that stands in the frame.

    Args:
        host: scheme, host and port that this request came to; a sandboxed page has no origin of its own to compare.
        static: path of the folder with the elements.
    """
    # As long as the task is in hand: a film that is paused plays on.
    seconds = max(int((task.lease_until - review.clock()).total_seconds()), LINK_SECONDS)
    read_link = partial(review.links(f"{host}/a2i").read_link, seconds=seconds)
    granting = Granting(review.objects, app_of(review, task.id), read_link)
    done = render(template, task.content, granting)
    errors = (*done.errors, *(f"its app may not read {uri}" for uri in granting.refused))
    body = done.html if not errors else _fault_page(errors)
    head = f'<link rel="stylesheet" href="{static}elements.css"><script src="{static}elements.js" defer></script>'
    policy = (
        "sandbox allow-scripts allow-forms; default-src 'none'; "
        f"script-src {host}{static} 'unsafe-inline'; style-src {host}{static} 'unsafe-inline'; "
        f"img-src {host} https: data: blob:; media-src {host} https: blob:; font-src data:; "
        "form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
    )
    response = Response(f'<!doctype html><meta charset="utf-8">{head}\n{body}', content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = policy
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    # Its requests carry no cookie of ours, whatever a browser thinks of a page without an origin.
    response.headers["Cross-Origin-Opener-Policy"] = "unsafe-none"
    return response


def _fault_page(errors: tuple[str, ...]) -> str:
    from markupsafe import escape

    listed = "".join(f"<li>{escape(error)}</li>" for error in errors)
    return f"<p>The template of this task cannot be shown. Skip the task and tell its author:</p><ul>{listed}</ul>"


def read_answer(text: str) -> Mapping[str, Any] | str:
    """The ``answerContent`` that a template's page gave; a sentence when it is none."""
    if len(text) > LONGEST_ANSWER:
        return f"The answer is longer than {LONGEST_ANSWER:,} characters."
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        return "The template gave no answer that can be read."
    if not isinstance(answer, dict):
        return "The template gave no answer that can be read."
    return answer

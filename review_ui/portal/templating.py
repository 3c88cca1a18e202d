"""Tasks with a template of their own: the template's page, sandboxed, and what it answers.

The page of a template runs in a frame without our origin: its scripts see no cookie, no other page and no network but
media that the template was granted, unless its owner allows hosts of scripts and frames. All it can do is hand its
parent an answer, which the parent takes only while the reviewer is pressing something.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import sqlalchemy as sa
from flask import Response
from markupsafe import escape

from review_ui.a2i.owners import Granting
from review_ui.a2i.resources import allowed_hosts, refused_hosts
from review_ui.a2i.service import LINK_SECONDS
from review_ui.a2i.tables import flow_definitions, task_uis
from review_ui.a2i.templates import Fault, render
from review_ui.desk.tasks import Task, app_of
from review_ui.service import ReviewService

LONGEST_ANSWER = 4_000_000
"""Characters of an answer as JSON; what somebody painted over a large picture is in it."""
SCRIPTS = (
    "base",
    "surface",
    "fields",
    "classifiers",
    "shapes",
    "segmentation",
    "entities",
    "documents",
    "furniture",
    "form",
)
"""The elements' scripts in ``static/crowd``, in the order in which they build on each other."""
BLUR_PIXELS = (0, 6, 14, 24, 48)
"""As ``style/task.css`` blurs media, by the strength that somebody chose."""


@dataclass(frozen=True)
class Template:
    """The task template of a flow, as it is now."""

    name: str
    content: str


def template_of(review: ReviewService, task: Task) -> Template | None:
    """The task's template; None when its flow has none any more."""

    def work(c: sa.Connection) -> Template | None:
        flow = c.execute(sa.select(flow_definitions.c.document).where(flow_definitions.c.name == task.flow)).scalar()
        if flow is None:
            return None
        name = str(flow["HumanLoopConfig"].get("HumanTaskUiArn", "")).rpartition("/")[2]
        content = c.execute(sa.select(task_uis.c.content).where(task_uis.c.name == name)).scalar()
        return Template(name, content) if content is not None else None

    return review.database.read(work)


def template_page(review: ReviewService, task: Task, template: Template, host: str, static: str, veil: str) -> Response:
    """The page that stands in the frame; in its place what is wrong, when nobody could answer it as it is.

    Args:
        host: scheme, host and port that this request came to; a sandboxed page has no origin of its own to compare.
        static: path of the folder with the elements.
        veil: over media until the reviewer lifts it, as CSS has filters.
    """
    # As long as the task is in hand: a film that is paused plays on.
    seconds = max(int((task.lease_until - review.clock()).total_seconds()), LINK_SECONDS)
    links = review.links(f"{host}/a2i")
    granting = Granting(review.objects, app_of(review, task.id), partial(links.read_link, seconds=seconds))
    done = render(template.content, task.content, granting)
    hosts = allowed_hosts(review, template.name)
    refused = (Fault("TemplateError", f"its app may not read {uri}") for uri in granting.refused)
    faults = [*done.faults, *refused, *refused_hosts(done.html, hosts, links)]
    body = done.html if not faults else _fault_page(faults)
    frames = " ".join(sorted(hosts.frames))
    head = (
        f'<link rel="stylesheet" href="{static}elements.css">'
        f'<meta name="crowd-frames" content="{escape(frames)}">'
        f'<meta name="crowd-own" content="{escape(links.endpoint)}/">'
        + "".join(f'<script src="{static}{name}.js"></script>' for name in SCRIPTS)
    )
    scripts, shown = (" ".join(f"https://{each}" for each in sorted(of)) for of in (hosts.scripts, hosts.frames))
    shown = shown or "'none'"
    policy = (
        "sandbox allow-scripts allow-forms allow-modals; default-src 'none'; "
        f"script-src {host}{static} 'unsafe-inline' {scripts}; style-src {host}{static} 'unsafe-inline' {scripts}; "
        f"img-src {host} https: data: blob:; media-src {host} https: blob:; font-src data: {scripts}; "
        f"frame-src {shown}; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
    )
    response = Response(
        f'<!doctype html><html style="--veil: {veil}"><meta charset="utf-8">{head}\n{body}',
        content_type="text/html; charset=utf-8",
    )
    response.headers["Content-Security-Policy"] = policy
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    # Its requests carry no cookie of ours, whatever a browser thinks of a page without an origin.
    response.headers["Cross-Origin-Opener-Policy"] = "unsafe-none"
    return response


def veil_of(blur: int, grey: int) -> str:
    """The filter for strengths that somebody chose, by number."""
    parts = [f"blur({BLUR_PIXELS[blur]}px)"] * bool(blur) + [f"grayscale({grey / 2})"] * bool(grey)
    return " ".join(parts) or "none"


def _fault_page(faults: Sequence[Fault]) -> str:
    listed = "".join(f"<li>{escape(each.message)}</li>" for each in faults)
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

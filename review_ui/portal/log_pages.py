"""Who did what: the log of leads, admins and policy owners, searched, with links to what each entry is about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from flask import Blueprint, current_app, g, render_template, request, url_for

from ground.errors import InputError
from review_ui.desk.audit import TaskEvent
from review_ui.desk.audit_search import PAGE, EventsAsked, find_events, known_kinds
from review_ui.portal.access import leading
from review_ui.portal.problems import Page
from review_ui.service import ReviewService

LONGEST = 220
FIELDS = ("q", "kind", "who", "subject", "since", "until")


def add_log_pages(portal: Blueprint, review: ReviewService) -> None:
    """``/lead/log``."""

    @portal.get("/lead/log")
    @leading
    def lead_log() -> Page:
        given = {name: value for name in FIELDS if (value := request.args.get(name, "").strip()[:LONGEST])}
        problem, status = "", 200
        try:
            asked = _asked(given)
        except InputError as error:
            asked, problem, status = EventsAsked(), str(error), 422
        before = request.args.get("before", "")
        events = find_events(review, asked, g.session.user.id, int(before) if before.isdigit() else None)
        page = render_template(
            "portal/lead_log.html",
            events=events,
            given=given,
            kinds=known_kinds(review),
            link=_link,
            more=events[-1].id if len(events) == PAGE else None,
            problem=problem,
        )
        return page, status


def _asked(given: Mapping[str, str]) -> EventsAsked:
    since, until = (_day(given.get(name, "")) for name in ("since", "until"))
    return EventsAsked(
        kind=given.get("kind", ""),
        who=given.get("who", ""),
        subject=given.get("subject", ""),
        words=given.get("q", ""),
        since=since,
        until=until + timedelta(days=1) if until is not None else None,
    )


def _day(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text[:10]).replace(tzinfo=UTC) if text else None
    except ValueError as error:
        raise InputError("a day is written 2027-01-31") from error


def _link(event: TaskEvent) -> str:
    """Where what an entry is about can be seen by this reader; empty where it cannot."""
    kind, _, name = event.subject.partition(":")
    role = g.session.user.role
    there = current_app.view_functions
    if kind == "item" and "portal.console.items" in there:
        return url_for("portal.console.items", open=name) + "#item"
    if kind == "policy" and role == "admin" and "portal.console.policy" in there:
        return url_for("portal.console.policy", name=name)
    if kind == "person" and role == "admin":
        return url_for("portal.everybody")
    if kind in ("key", "app") and role == "admin" and "portal.console.keys" in there:
        return url_for("portal.console.keys")
    return url_for("portal.lead_queue", flow=event.flow) if event.flow else ""

"""Decided items judged by changed policies, for admins: what would change is seen first, then done and followed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for

from ground.errors import InputError
from moderation.pipeline.remoderating import LOOK, preview
from moderation.service import Service
from moderation.storage.consents import Consents
from moderation.storage.remoderations import MAY_BE_CANCELLED, MAY_BE_UNDONE, Remoderation
from review_ui.portal.access import only_for
from review_ui.portal.languages import N_, _
from review_ui.portal.problems import Page
from review_ui.service import ReviewService

LOOKED_AT = 20_000
"""Items that a look goes through while somebody waits for the page; `moderation again` goes through all."""
SHOWN = 50
_STATES = (N_("running"), N_("done"), N_("cancelled"), N_("undoing"), N_("undone"))
_MOST, _FASTEST = 1_000_000, 100_000


def add_remoderation_pages(console: Blueprint, service: Service, review: ReviewService) -> None:
    """Everything under ``/remoderations``."""
    runs, work = service.remoderating.runs, service.remoderating
    consents = Consents(service.database, service.settings.two_persons_for())

    def page(problem: str = "", status: int = 200, **seen: Any) -> Page:
        shown = render_template(
            "console/remoderations.html",
            runs=[(run, runs.counts(run.id)) for run in runs.all()[:SHOWN]],
            apps=service.accounts.list_apps(review.clock()),
            may_be_cancelled=MAY_BE_CANCELLED,
            may_be_undone=MAY_BE_UNDONE,
            problem=problem,
            given=request.form,
            look=LOOK,
            **{"found": None, **seen},
        )
        return shown, status

    @console.get("/remoderations")
    @only_for("admin")
    def remoderations() -> Page:
        return page()

    @console.post("/remoderations")
    @only_for("admin")
    def begin_remoderation() -> Page:
        try:
            plan = _plan(service, g.session.user.name, review.clock())
            if request.form.get("act") != "begin":
                return page(found=preview(runs, service.pipeline.ports, plan, LOOKED_AT))
            if not plan.why:
                raise InputError(_("say why"))
            consents.need("remoderations", plan.in_words, plan.by, review.clock())
        except InputError as error:
            return page(_("Nothing was begun: %(why)s.", why=error), 422)
        runs.begin(plan)
        work.rounds.ring()
        return redirect(url_for("portal.console.remoderations"), 303)

    @console.post("/remoderations/<run_id>/<any(cancel,undo):act>")
    @only_for("admin")
    def turn_remoderation(run_id: str, act: str) -> Page:
        to, of = ("cancelled", MAY_BE_CANCELLED) if act == "cancel" else ("undoing", MAY_BE_UNDONE)
        try:
            runs.turn(run_id, to=to, of=of, by=g.session.user.name, now=review.clock())
        except InputError as error:
            return page(_("Nothing was changed: %(why)s.", why=error), 422)
        work.rounds.ring()
        return redirect(url_for("portal.console.remoderations"), 303)


def _plan(service: Service, by: str, now: datetime) -> Remoderation:
    """What the form asks for. Raises `InputError` for a field that is wrong."""
    form = request.form
    since = form.get("since", "").strip()
    try:
        day = datetime.fromisoformat(since).replace(tzinfo=UTC) if since else None
    except ValueError as error:
        raise InputError(_("a day is written as 2027-01-31")) from error
    pace = form.get("pace", "").strip()
    return service.remoderating.runs.planned(
        by=by,
        app=form.get("app", "").strip()[:100] or None,
        since=day,
        most=_number(form.get("most", "1000"), _MOST),
        pace=_number(pace, _FASTEST) if pace else None,
        with_people=bool(form.get("with_people")),
        why=form.get("why", "").strip()[:1000],
        now=now,
        is_served=True,
    )


def _number(given: str, most: int) -> int:
    if not given.strip().isascii() or not given.strip().isdigit() or not 1 <= int(given.strip()[:12]) <= most:
        raise InputError(_("a number from 1 to %(most)s is wanted", most=f"{most:,}"))
    return int(given)

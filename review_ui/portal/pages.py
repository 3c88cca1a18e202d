"""The reviewers' pages: what waits, all done; and the wiring of all the others."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, g, redirect, render_template, request, url_for

from ground.blobs import Blobs
from ground.web.hygiene import OWN_PAGE
from review_ui.desk.answers import undoable
from review_ui.desk.tasks import kept_away, waiting
from review_ui.people.oidc import read_settings
from review_ui.people.people import People
from review_ui.portal.access import add_access, reviewing, signed_in
from review_ui.portal.alike_pages import add_alike_pages
from review_ui.portal.history_pages import add_history_pages
from review_ui.portal.hold_pages import HoldKeeper, add_hold_pages
from review_ui.portal.invisible import add_invisible
from review_ui.portal.languages import _, add_languages
from review_ui.portal.lead_pages import StuckItems, add_lead_pages
from review_ui.portal.list_pages import Keeper, add_list_pages
from review_ui.portal.log_pages import add_log_pages
from review_ui.portal.media import MediaAddresses, load_secret
from review_ui.portal.moments import add_moments
from review_ui.portal.navigation import add_navigation, entries_for
from review_ui.portal.oidc_pages import add_oidc_pages
from review_ui.portal.palette_page import add_palette_page
from review_ui.portal.people_pages import add_people_pages
from review_ui.portal.problems import Page, add_problems
from review_ui.portal.quality_pages import Overturns, add_quality_pages
from review_ui.portal.style_page import add_style_page
from review_ui.portal.task_pages import add_task_pages, chosen_flow
from review_ui.portal.wellbeing_pages import add_wellbeing_pages
from review_ui.service import ReviewService
from review_ui.settings import ReviewSettings


def blueprint(
    review: ReviewService,
    blobs: Blobs,
    settings: ReviewSettings,
    overturns: Overturns | None = None,
    stuck_items: StuckItems | None = None,
    lists: Keeper | None = None,
    holds: HoldKeeper | None = None,
) -> Blueprint:
    """The portal; mount it at ``/review``.

    Args:
        blobs: where the media of tasks lie.
        settings: the data folder, for the secret that signs addresses, the length of a session, and who vouches for
            people.
        overturns: how often people overturn the rules, for leads; None where there are no rules.
        stuck_items: undecided items that do not get on, for leads; None where there are no items.
        lists: what rules go by at run time, for leads to keep; None where there are no rules.
        holds: legal holds, for leads to keep; None where there are no items.

    Raises:
        SettingsError: the settings of sign-in are wrong or do not fit together.
    """
    # The address changes with any of the files, so browsers keep them for good and ask for none of them again.
    static_path = f"/static/{_digest(Path(__file__).parent / 'static')}"
    portal = Blueprint(
        "portal", __name__, template_folder="templates", static_folder="static", static_url_path=static_path
    )
    people, secret = People(review.database, review.clock), load_secret(settings.data)
    addresses = MediaAddresses(secret, review.clock)
    add_languages(portal)
    add_navigation(portal)
    add_moments(portal)
    add_invisible(portal)
    add_access(portal, people, settings, secret, lambda: review.before_page())
    if (oidc := read_settings(settings)) is not None:
        add_oidc_pages(portal, review, settings, oidc, secret)

    @portal.after_request
    def be_strict(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", OWN_PAGE)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "no-referrer")
        if request.endpoint == "portal.static" and response.status_code < 400:
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    @portal.context_processor
    def offer() -> dict[str, Any]:
        has_passwords = not settings.oidc_only
        return {"session": g.get("session"), "has_lists": lists is not None, "has_passwords": has_passwords}

    portal.add_app_template_filter(lambda title: str(title).removeprefix("Moderation: "), "queue_title")
    portal.add_app_template_filter(_age, "age")

    @portal.get("/")
    @signed_in
    def queues() -> Page:
        if not g.session.user.may_review and (own := entries_for(g.session.user.role)):
            return redirect(url_for(f"portal.{own[0].endpoint}"), 303)
        counts = waiting(review, g.session.user.id) if g.session.user.may_review else ()
        may, kept = kept_away(review, g.session.user.id) if g.session.user.may_review else (None, 0)
        return render_template("portal/queues.html", queues=counts, may=may, kept=kept, now=review.clock())

    @portal.get("/done")
    @reviewing
    def done() -> Page:
        flow = chosen_flow()
        others = [q for q in waiting(review, g.session.user.id) if q.flow != flow and (q.waiting or q.mine)]
        may, kept = kept_away(review, g.session.user.id, flow)
        return render_template(
            "portal/done.html",
            may=may,
            kept=kept,
            flow=flow,
            left="left" in request.args,
            others=others if flow is not None else [],
            undo=undoable(review, g.session.user.id),
            now=review.clock(),
        )

    add_task_pages(portal, review, blobs, addresses)
    add_alike_pages(portal, review, addresses)
    add_wellbeing_pages(portal, review)
    add_history_pages(portal, review, addresses)
    add_lead_pages(portal, review, blobs, people, stuck_items)
    if lists is not None:
        add_list_pages(portal, review, lists)
    if holds is not None:
        add_hold_pages(portal, review, holds)
    add_quality_pages(portal, review, overturns)
    add_log_pages(portal, review)
    add_people_pages(portal, review, people, has_passwords=not settings.oidc_only)
    add_palette_page(portal, review)
    add_style_page(portal, review)
    add_problems(portal)
    return portal


def _digest(folder: Path) -> str:
    """Twelve letters that follow from the names and contents of all files in a folder."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def _age(age: timedelta) -> str:
    """How long something waits, for people."""
    minutes = int(age.total_seconds() // 60)
    if minutes < 1:
        return _("under a minute")
    if minutes < 60:
        return _("%(minutes)s min", minutes=minutes)
    if minutes < 48 * 60:
        return _("%(hours)s h %(minutes)s min", hours=minutes // 60, minutes=minutes % 60)
    return _("%(days)s days", days=minutes // 1440)

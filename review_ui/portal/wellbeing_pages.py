"""A reviewer's own page: what they looked at and for how long, what they choose, breaks."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, g, redirect, render_template, request, url_for

from ground.errors import InputError
from review_ui.care.exposure import history_of
from review_ui.care.severity import LEVELS
from review_ui.desk.preferences import BLURS, GREYS, choose_severe, end_break, preferences_of, set_veil, take_break
from review_ui.desk.tasks import kept_away
from review_ui.portal.access import reviewing
from review_ui.portal.languages import _
from review_ui.portal.problems import Page
from review_ui.service import ReviewService

DAYS = 14


def add_wellbeing_pages(portal: Blueprint, review: ReviewService) -> None:
    """Everything under ``/wellbeing``."""

    @portal.context_processor
    def offer() -> dict[str, Any]:
        return {"own": preferences_of(review, g.session.user.id) if g.get("session") else None, "care": review.care}

    def page(text: str = "", status: int = 200) -> Page:
        user_id, now = g.session.user.id, review.clock()
        days = review.database.read(lambda c: history_of(c, user_id, now, DAYS))
        may, kept = kept_away(review, user_id)
        given: dict[str, Any] = {
            "levels": LEVELS,
            "today": days[0][1],
            "days": [(day, seen) for day, seen in days if seen],
            "may": may,
            "kept": kept,
            "blurs": BLURS,
            "greys": GREYS,
            "now": now,
            "problem": text,
        }
        return render_template("portal/wellbeing.html", **given), status

    @portal.get("/wellbeing")
    @reviewing
    def wellbeing() -> Page:
        return page()

    @portal.post("/wellbeing/severe")
    @reviewing
    def choose() -> Page:
        choose_severe(review, g.session.user.id, takes_severe=request.form.get("severe") == "1")
        return redirect(url_for("portal.wellbeing"), 303)

    @portal.post("/wellbeing/veil")
    @reviewing
    def veil() -> Page:
        """From the form, or from the task page, which stays where it is."""
        try:
            set_veil(review, g.session.user.id, int(request.form.get("blur", "")), int(request.form.get("grey", "")))
        except (ValueError, InputError):
            return page(_("Choose how strong the veil is from the lists."), 422)
        if "quiet" in request.form:
            return Response("", 204)
        return redirect(url_for("portal.wellbeing"), 303)

    @portal.post("/wellbeing/break")
    @reviewing
    def rest() -> Page:
        if request.form.get("end"):
            end_break(review, g.session.user.id)
            return redirect(url_for("portal.queues"), 303)
        take_break(review, g.session.user.id)
        return redirect(url_for("portal.done"), 303)

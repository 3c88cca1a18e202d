"""What waits for a second person, for admins and policy owners to agree to or refuse."""

from __future__ import annotations

from flask import Blueprint, g, redirect, render_template, request, url_for

from ground.errors import InputError
from moderation.service import Service
from moderation.storage.consents import Consents
from review_ui.portal.access import only_for
from review_ui.portal.languages import N_, _
from review_ui.portal.problems import Page
from review_ui.service import ReviewService

_STATES = (N_("given"), N_("refused"), N_("used"))
MAY_ANSWER = {
    "policies": ("policy_owner", "admin"),
    "erasure": ("admin",),
    "keys": ("admin",),
    "remoderations": ("policy_owner", "admin"),
}
"""Who is a second person for what."""


def add_consent_pages(console: Blueprint, service: Service, review: ReviewService) -> None:
    """``/consents``."""
    consents = Consents(service.database, service.settings.two_persons_for())

    @console.get("/consents")
    @only_for("policy_owner", "admin")
    def consents_page() -> Page:
        return _page()

    @console.post("/consents/<int:consent_id>")
    @only_for("policy_owner", "admin")
    def answer_consent(consent_id: int) -> Page:
        user = g.session.user
        known = next((each for each in consents.list() if each.id == consent_id), None)
        if known is None or user.role not in MAY_ANSWER[known.act]:
            return _page(_("This does not wait for you."), 422)
        try:
            is_given = request.form.get("act") == "give"
            consents.answer(consent_id, user.name, review.clock(), is_given=is_given)
        except InputError as error:
            return _page(_("Nothing was changed: %(why)s.", why=error), 422)
        return redirect(url_for("portal.console.consents_page"), 303)

    def _page(problem: str = "", status: int = 200) -> Page:
        user = g.session.user
        shown = render_template(
            "console/consents.html",
            waiting=consents.list(),
            answered=[each for each in consents.list(is_open=False) if each.state != "asked"],
            may=lambda each: user.role in MAY_ANSWER[each.act] and each.by != user.name,
            wanted=sorted(service.settings.two_persons_for()),
            problem=problem,
        )
        return shown, status

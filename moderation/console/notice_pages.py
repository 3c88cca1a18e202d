"""Public notices, for leads: what waits for an answer, and those of which nobody knows the item or can ask people."""

from __future__ import annotations

from flask import Blueprint, g, redirect, render_template, request, url_for

from ground.errors import InputError, NotFound
from moderation.console.seen import Seen
from moderation.core.public_notices import OPEN
from moderation.notices.wording import KIND_WORDS
from moderation.service import Service
from review_ui.portal.access import leading
from review_ui.portal.languages import N_, _
from review_ui.portal.problems import Page
from review_ui.service import ReviewService

STATE_WORDS = {
    "unmatched": N_("of no known item"),
    "received": N_("received"),
    "asked": N_("people look"),
    "upheld": N_("upheld"),
    "dismissed": N_("dismissed"),
    "appealed": N_("appealed"),
    "reversed": N_("reversed"),
    "gone": N_("gone"),
}


def add_notice_pages(console: Blueprint, service: Service, review: ReviewService) -> None:
    """Everything under ``/notices``."""
    notices, seen = service.notices, Seen(service)

    def page(problem: str = "", status: int = 200) -> Page:
        is_all = "all" in request.args
        found = seen.notices(states=() if is_all else OPEN)
        names = {each.id: each.name for each in service.flaggers.list()}
        shown = {"notices": found, "is_all": is_all, "names": names, "given": request.form, "problem": problem}
        words = {"kinds": KIND_WORDS, "states": STATE_WORDS}
        return render_template("console/notices.html", now=review.clock(), **shown, **words), status

    @console.get("/notices")
    @leading
    def notice_list() -> Page:
        return page()

    @console.post("/notices/<number>")
    @leading
    def settle_notice(number: str) -> Page:
        form, by, now = request.form, g.session.user.name, review.clock()
        try:
            seen.notice(number)
            if "item" in form:
                if seen.hidden([form["item"].strip()]):
                    raise NotFound(_("its app has no such item"))
                notices.match(number, form["item"].strip(), by=by, now=now)
                service.noticing.rounds.ring()
            else:
                notices.answer(number, form.get("answer", ""), by=by, now=now)
        except (InputError, NotFound) as error:
            return page(_("Nothing was changed: %(why)s.", why=error), 422)
        return redirect(url_for("portal.console.notice_list"), 303)

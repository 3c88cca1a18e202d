"""What the command palette (Ctrl K) offers: pages, queues, and what has the words that were typed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from flask import Blueprint, current_app, g, jsonify, request, url_for

from review_ui.desk.history import answered
from review_ui.desk.routing import LEADS
from review_ui.desk.tasks import waiting
from review_ui.portal.access import signed_in
from review_ui.portal.languages import _
from review_ui.portal.navigation import entries_for
from review_ui.portal.problems import Page
from review_ui.portal.summaries import summary
from review_ui.service import ReviewService

LONGEST_SEARCH, MOST_ANSWERS = 200, 6


@dataclass(frozen=True)
class Offer:
    """One line of the palette.

    Attributes:
        group: its head, in the reader's language.
        title: what it is.
        note: what helps to tell it from others.
        href: where it leads.
    """

    group: str
    title: str
    note: str
    href: str


def add_palette_page(portal: Blueprint, review: ReviewService) -> None:
    """``/palette``: JSON for the palette's script, for everybody who is signed in."""

    @portal.get("/palette")
    @signed_in
    def palette() -> Page:
        words = request.args.get("q", "")[:LONGEST_SEARCH].strip()
        offers = _with_words(review, words) if words else (*_pages(), *_queues(review))
        return jsonify([asdict(offer) for offer in offers])


def _pages() -> Iterator[Offer]:
    for entry in entries_for(g.session.user.role):
        yield Offer(_("Pages"), _(entry.title), _(entry.group), url_for(f"portal.{entry.endpoint}"))


def _queues(review: ReviewService) -> Iterator[Offer]:
    user = g.session.user
    if not user.may_review:
        return
    for queue in waiting(review, user.id):
        title = queue.title.removeprefix("Moderation: ")
        if count := queue.waiting + queue.mine:
            note = _("%(count)s waiting", count=count)
            yield Offer(_("Review"), title, note, url_for("portal.next_one", flow=queue.flow))
        if user.role in LEADS:
            yield Offer(_("Queues"), title, queue.flow, url_for("portal.lead_queue", flow=queue.flow))


def _with_words(review: ReviewService, words: str) -> Iterator[Offer]:
    user = g.session.user
    if user.role in LEADS and "portal.console.items" in current_app.view_functions:
        title = _("All items with “%(words)s”", words=words)
        yield Offer(_("Items"), title, "", url_for("portal.console.items", q=words))
    if not user.may_review:
        return
    yield Offer(_("Items"), _("Your answers with “%(words)s”", words=words), "", url_for("portal.history", q=words))
    for past in answered(review, user.id, words=words)[:MOST_ANSWERS]:
        there = url_for("portal.past_task", task_id=past.task_id)
        yield Offer(_("Your history"), summary(past.content).what, past.title.removeprefix("Moderation: "), there)

"""The portal's navigation: one line an entry, shown to the roles that may open it, once its page is there.

To add a page: its entry in `ENTRIES`. An entry whose endpoint this installation does not have (rules run elsewhere,
say) is left out by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, current_app, g, request, url_for
from markupsafe import Markup

from review_ui.desk.routing import LEADS
from review_ui.people.people import MAY_REVIEW
from review_ui.portal.languages import N_, _

ADMINS, OWNERS, OVERSEE = ("admin",), ("policy_owner", "admin"), (*LEADS, "policy_owner")
_OF_POLICIES = tuple(
    f"console.{name}"
    for name in ("policy", "policy_version", "draft", "change_draft", "try_draft", "start_backtest", "roll_back")
)
_OF_QUEUES = ("lead_queue", "batch", "change_queue", "change_task", "load_of_people")
_OF_QUALITY = ("quality_queue", "change_quality", "open_disagreement", "undo_batch")
_OF_REMODERATIONS = ("console.begin_remoderation", "console.turn_remoderation")
GROUPS = (N_("Review"), N_("Oversee"), N_("Run"))
"""Heads over the entries, in order."""


@dataclass(frozen=True)
class Entry:
    """A page that the navigation leads to.

    Attributes:
        endpoint: of the portal's blueprint, without its name.
        title: in English; marked with `N_`.
        icon: a symbol of ``static/icons.svg``.
        group: one of `GROUPS`.
        roles: who may open it.
        also: endpoints of the pages beneath it, on which it is the current one.
    """

    endpoint: str
    title: str
    icon: str
    group: str
    roles: tuple[str, ...]
    also: tuple[str, ...] = field(default=())


ENTRIES: tuple[Entry, ...] = (
    Entry("queues", N_("Review"), "inbox", "Review", MAY_REVIEW, ("done", "feedback_page")),
    Entry("history", N_("History"), "clock", "Review", MAY_REVIEW, ("past_task",)),
    Entry("wellbeing", N_("Wellbeing"), "heart", "Review", MAY_REVIEW, ("choose", "veil", "rest")),
    Entry("lead", N_("Queues"), "list", "Oversee", LEADS, _OF_QUEUES),
    Entry("console.policies", N_("Policies"), "book", "Run", OWNERS, _OF_POLICIES),
    Entry("console.items", N_("Items"), "search", "Oversee", OVERSEE, ("console.decide_items", "console.save_view")),
    Entry("quality", N_("Quality"), "target", "Oversee", LEADS, _OF_QUALITY),
    Entry("lead_lists", N_("Lists"), "filter", "Oversee", LEADS, ("lead_list", "add_to_list")),
    Entry("lead_holds", N_("Legal holds"), "lock", "Oversee", LEADS, ("add_hold", "release_hold")),
    Entry("console.notice_list", N_("Notices"), "bell", "Oversee", LEADS, ("console.settle_notice",)),
    Entry("lead_log", N_("Who did what"), "shield", "Oversee", LEADS),
    Entry("console.dashboard", N_("Dashboard"), "chart", "Run", OVERSEE, ("console.equipment", "console.transparency")),
    Entry("console.consents_page", N_("Second person"), "shield", "Run", OWNERS, ("console.answer_consent",)),
    Entry(
        "console.remoderations",
        N_("Judge again"),
        "undo",
        "Run",
        ADMINS,
        ("console.begin_remoderation", "console.turn_remoderation"),
    ),
    Entry("everybody", N_("People"), "people", "Run", ADMINS, ("add_person", "change_person", "change_author")),
    Entry(
        "console.keys",
        N_("API keys"),
        "key",
        "Run",
        ADMINS,
        ("console.add_key", "console.rotate_key", "console.rotate_secret"),
    ),
)
"""All entries, in the order in which they stand."""


def add_navigation(portal: Blueprint) -> None:
    """Let templates draw the navigation (`navigation()`) and icons (`icon(name)`)."""

    @portal.context_processor
    def offer() -> dict[str, Any]:
        return {"navigation": _navigation}

    portal.add_app_template_global(icon, "icon")


def entries_for(role: str) -> Sequence[Entry]:
    """What somebody with this role may open here, in order; the first is where they land."""
    there = current_app.view_functions
    return [entry for entry in ENTRIES if role in entry.roles and f"portal.{entry.endpoint}" in there]


def icon(name: str) -> Markup:
    """A symbol of the sprite; it says nothing by itself, so words or a name stand beside it."""
    sprite = url_for("portal.static", filename="icons.svg")
    return Markup('<svg class="i" aria-hidden="true"><use href="{}#{}"/></svg>').format(sprite, name)


def _navigation() -> Iterator[tuple[str, list[tuple[Entry, str, bool]]]]:
    """Heads with their entries: the entry, its title in the reader's language, and whether it is the current one."""
    here = (request.endpoint or "").removeprefix("portal.")
    role = g.session.user.role if g.get("session") is not None else ""
    entries = entries_for(role)
    for group in GROUPS:
        inside = [(each, _(each.title), here == each.endpoint or here in each.also) for each in entries]
        if shown := [one for one in inside if one[0].group == group]:
            yield _(group), shown

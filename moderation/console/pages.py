"""The console's pages, wired: mounted into the portal, whose sign-in, roles and frame they have."""

from __future__ import annotations

from flask import Blueprint

from moderation.console.backtests import Backtests
from moderation.console.consent_pages import add_consent_pages
from moderation.console.dashboard_pages import add_dashboard_pages
from moderation.console.item_pages import add_item_pages
from moderation.console.key_pages import add_key_pages
from moderation.console.notice_pages import add_notice_pages
from moderation.console.policy_pages import add_policy_pages
from moderation.console.remoderation_pages import add_remoderation_pages
from moderation.console.transparency_pages import add_transparency_pages
from moderation.service import Service
from review_ui.service import ReviewService


def blueprint(service: Service, review: ReviewService) -> Blueprint:
    """The pages; register them on the portal's blueprint, before that is mounted."""
    console = Blueprint("console", __name__, template_folder="templates")
    add_dashboard_pages(console, service, review)
    add_transparency_pages(console, service)
    add_consent_pages(console, service, review)
    add_item_pages(console, service, review)
    plugins, clock = service.judge.plugins, service.pipeline.now
    backtests = Backtests(service.database, plugins, lambda: service.policies, clock)
    add_policy_pages(console, service, review, backtests)
    add_key_pages(console, service, review)
    add_notice_pages(console, service, review)
    add_remoderation_pages(console, service, review)
    return console

"""Times on pages: in UTC as the server writes them, in the reader's zone once the page's script has seen them."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint
from markupsafe import Markup

_FORMS = {
    "minute": "%Y-%m-%d %H:%M",
    "second": "%Y-%m-%d %H:%M:%S",
    "day": "%Y-%m-%d",
    "clock": "%H:%M",
}


def add_moments(portal: Blueprint) -> None:
    """Let templates say `{{ at | moment }}` and `{{ at | moment("clock") }}`."""
    portal.add_app_template_filter(moment, "moment")


def moment(at: datetime, form: str = "minute") -> Markup:
    """An aware time as an element that ``times.js`` rewrites in the reader's zone.

    Args:
        form: ``minute`` (day and minute), ``second``, ``day`` or ``clock``.
    """
    utc = at.astimezone(UTC)
    zone = "" if form == "day" else " UTC"
    return Markup('<time datetime="{}" data-form="{}">{}{}</time>').format(
        utc.strftime("%Y-%m-%dT%H:%M:%SZ"), form, utc.strftime(_FORMS[form]), zone
    )

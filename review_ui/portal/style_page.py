"""The style page: every part that pages are made of, in light and in dark, side by side."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from flask import Blueprint, render_template

from review_ui.portal.access import signed_in
from review_ui.portal.problems import Page
from review_ui.service import ReviewService


def add_style_page(portal: Blueprint, review: ReviewService) -> None:
    """``/style``, for everybody who is signed in."""
    sprite = (Path(__file__).parent / "static" / "icons.svg").read_text()
    icons = re.findall(r'<symbol id="([a-z]+)"', sprite)

    @portal.get("/style")
    @signed_in
    def style() -> Page:
        now = review.clock()
        return render_template("portal/style.html", now=now, earlier=now - timedelta(minutes=24), icons=icons)

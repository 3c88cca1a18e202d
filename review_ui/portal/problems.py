"""Pages for what did not work: what happened, in words, and where to go on."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable

from flask import Blueprint, g, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from moderation.core.errors import InputError, NotFound, StoreUnavailable
from review_ui.a2i.tasks import TaskGone

logger = logging.getLogger(__name__)

Page = str | BaseResponse | tuple[str, int] | tuple[str, int, dict[str, str]]
View = Callable[..., Page]

_HEADINGS = {
    400: "This form cannot be used",
    403: "This is not open to you",
    404: "There is nothing here",
    409: "This task is out of your hands",
    413: "That is too much at once",
    503: "The database does not answer",
}


def problem(text: str, status: int) -> Page:
    """A page that says what did not work."""
    heading = _HEADINGS.get(status, "That did not work")
    return render_template("portal/problem.html", heading=heading, text=text), status


def add_problems(portal: Blueprint) -> None:
    """Answer every error inside the portal with a page; outside of it, the API has a form of its own."""

    @portal.errorhandler(TaskGone)
    def gone(_: TaskGone) -> Page:
        return problem("It was answered already, its time ran out, or it was withdrawn. Nothing is lost: go on.", 409)

    @portal.errorhandler(NotFound)
    def not_found(_: NotFound) -> Page:
        return problem("The address is wrong, or what was there is gone.", 404)

    @portal.errorhandler(InputError)
    def wrong(error: InputError) -> Page:
        return problem(f"{str(error)[:1].upper()}{str(error)[1:]}.", 422)

    @portal.errorhandler(StoreUnavailable)
    def unavailable(_: StoreUnavailable) -> Page:
        return problem("Nothing was stored. Wait a moment, then load the page again.", 503)

    @portal.errorhandler(HTTPException)
    def refused(error: HTTPException) -> Page:
        if error.code is None or error.code < 400:
            return error.get_response()
        return problem(error.name, error.code)

    @portal.errorhandler(Exception)
    def failed(error: Exception) -> Page:
        # Messages of foreign exceptions may quote the content; where it happened says enough.
        trace = "".join(traceback.format_tb(error.__traceback__))
        request_id = g.get("request_id", "")
        logger.error("request=%s route=%s raised %s\n%s", request_id, request.url_rule, type(error).__name__, trace)
        return problem(f"The fault is the service's, not yours. Its log has it as request {request_id}.", 500)

    @portal.route("/<path:_>", methods=["GET", "POST"])
    def nowhere(_: str) -> Page:
        return problem("The address is wrong, or what was there is gone.", 404)

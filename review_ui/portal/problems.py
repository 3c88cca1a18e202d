"""Pages for what did not work: what happened, in words, and where to go on."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable

from flask import Blueprint, g, jsonify, make_response, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from ground.errors import InputError, NotFound, StoreUnavailable
from review_ui.desk.tasks import TaskGone
from review_ui.portal.fetched import is_fetched
from review_ui.portal.languages import N_, _

logger = logging.getLogger(__name__)

WRITTEN = ("note", "words")
"""Fields of forms that somebody writes whole sentences into."""
Page = str | BaseResponse | tuple[str, int] | tuple[str, int, dict[str, str]]
View = Callable[..., Page]

_HEADINGS = {
    400: N_("This form cannot be used"),
    403: N_("This is not open to you"),
    404: N_("There is nothing here"),
    409: N_("This task is out of your hands"),
    413: N_("That is too much at once"),
    503: N_("The database does not answer"),
}


def problem(text: str, status: int, **more: str) -> Page:
    """A page that says what did not work, and still has what somebody wrote; for a script of ours the same in JSON.

    Args:
        more: what the script needs beside the words.
    """
    if is_fetched():
        return make_response(jsonify(problem=text, **more), status)
    heading = _HEADINGS.get(status, N_("That did not work"))
    written = [words for name in WRITTEN if (words := request.form.get(name, "").strip())]
    return render_template("portal/problem.html", heading=heading, text=text, written="\n".join(written)), status


def add_problems(portal: Blueprint) -> None:
    """Answer every error inside the portal with a page; outside of it, the API has a form of its own."""

    @portal.errorhandler(TaskGone)
    def gone(error: TaskGone) -> Page:
        return problem(
            _(
                "It was answered already, its time ran out, it was withdrawn, or a lead took it back. What you wrote "
                "is not sent."
            ),
            409,
        )

    @portal.errorhandler(NotFound)
    def not_found(error: NotFound) -> Page:
        return problem(_("The address is wrong, or what was there is gone."), 404)

    @portal.errorhandler(InputError)
    def wrong(error: InputError) -> Page:
        return problem(f"{str(error)[:1].upper()}{str(error)[1:]}.", 422)

    @portal.errorhandler(StoreUnavailable)
    def unavailable(error: StoreUnavailable) -> Page:
        return problem(_("Nothing was stored. Wait a moment, then load the page again."), 503)

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
        return problem(
            _("The fault is the service's, not yours. Its log has it as request %(id)s.", id=request_id), 500
        )

    @portal.route("/<path:path>", methods=["GET", "POST"])
    def nowhere(path: str) -> Page:
        return problem(_("The address is wrong, or what was there is gone."), 404)

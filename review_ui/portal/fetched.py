"""Forms that a page's script sends: answered with a few words in JSON instead of a page, so that the page stays.

The script asks by ``Accept: application/json``. It is told where to go on (``next``), or what did not work
(``problem``). Without a script the same forms are answered with redirects and pages.
"""

from __future__ import annotations

from flask import jsonify, redirect, request
from werkzeug.wrappers import Response as BaseResponse


def is_fetched() -> bool:
    """True when a script of ours sent the form."""
    return request.headers.get("Accept") == "application/json"


def on_to(address: str) -> BaseResponse:
    """The form was taken; the browser goes on to this page."""
    return jsonify(next=address) if is_fetched() else redirect(address, 303)

"""The pages at `/notices`: a form for each app that has one, and a receipt where its giver reads what becomes of it.

No account, no cookie, no script. A page may stand in frames of the origins that the settings name for its app alone.
"""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from ground.errors import InputError, NotFound
from moderation.core.errors import AppealRefused, InvalidSubmission
from moderation.core.public_notices import GivenNotice
from moderation.notices.entrance import TRAP, Entrance, Passed, address_of, forms_of
from moderation.notices.taking import take
from moderation.notices.wording import FAULT_WORDS, KIND_WORDS, reasons_of, state_of
from moderation.service import Service
from moderation.storage.counters import keyed_hash
from moderation.storage.public_notices import PublicNotice
from review_ui.portal.languages import _, add_languages

PATH = "/notices"
MOST_BODY_BYTES = 100_000
FIELDS = ("place", "kind", "reason", "name", "mail", "signature", "flagger_key")
POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors "


def blueprint(service: Service) -> Blueprint:
    """The pages over `service`; mount them at `PATH`."""
    notices = Blueprint("notice_pages", __name__, template_folder="templates")
    add_languages(notices)
    desk = _Desk(service)

    @notices.before_request
    def know_app() -> BaseResponse | None:
        request.max_content_length = MOST_BODY_BYTES
        g.notice_app = (request.view_args or {}).get("app", "")
        if g.notice_app not in desk.forms:
            return _page("notices/problem.html", 404, text=_("There is no form for notices here."))
        return None

    @notices.after_request
    def let_frames(response: Response) -> Response:
        origins = desk.forms.get(g.get("notice_app", ""), ())
        response.headers["Content-Security-Policy"] = POLICY + (" ".join(origins) or "'none'")
        if origins:
            # Of an older time than frame-ancestors, which browsers that know both go by; DENY would outlaw them all.
            response.headers["X-Frame-Options"] = f"ALLOW-FROM {origins[0]}"
        return response

    @notices.get("/<app>")
    def form(app: str) -> BaseResponse:
        given = {name: request.args.get(name, "")[:2000] for name in ("place", "kind")}
        return desk.form(app, given)

    @notices.post("/<app>")
    def send(app: str) -> BaseResponse:
        written = {name: request.form.get(name, "") for name in (*FIELDS, TRAP, "pass", "good_faith")}
        now = datetime.now(UTC)
        passed = desk.entrance.check(app, written, now)
        if passed != "passed":
            return desk.form(app, written, 400, problem=_not_passed(passed))
        pause = desk.entrance.pause(app, desk.address())
        if pause:
            text = _("There were many notices from your connection or to this site. Please try again later.")
            answer = desk.form(app, written, 429, problem=text)
            answer.headers["Retry-After"] = str(math.ceil(pause))
            return answer
        try:
            given = _given(written)
            _made, secret = take(service, app, given, via="form", flagger_key=written["flagger_key"], now=now)
        except InvalidSubmission as error:
            wrong = {each.field: _(FAULT_WORDS[each.field]) for each in error.errors}
            return desk.form(app, written, 422, problem=_("Nothing was sent yet: see below."), wrong=wrong)
        return redirect(url_for("notice_pages.receipt", app=app, secret=secret), 303)

    @notices.get("/<app>/receipts/<secret>")
    def receipt(app: str, secret: str) -> BaseResponse:
        return desk.receipt(app, secret)

    @notices.post("/<app>/receipts/<secret>")
    def appeal(app: str, secret: str) -> BaseResponse:
        words = request.form.get("appeal", "")
        try:
            service.noticing.appeal(service.notices.by_secret(app, secret).number, words)
        except AppealRefused:
            return desk.receipt(app, secret, 409, problem=_("It cannot be looked at again."))
        except NotFound:
            return desk.receipt(app, secret)
        except InputError:
            text = _("Say why it is to be looked at again, in at most 5,000 characters.")
            return desk.receipt(app, secret, 422, problem=text, words=words)
        return redirect(url_for("notice_pages.receipt", app=app, secret=secret), 303)

    @notices.errorhandler(413)
    def too_much(_error: Exception) -> BaseResponse:
        return _page("notices/problem.html", 413, text=_("That is too much at once."))

    return notices


class _Desk:
    """What the pages share."""

    def __init__(self, service: Service) -> None:
        self._service, settings = service, service.settings
        self.forms = forms_of(settings.notice_forms)
        self._proxies = [ipaddress.ip_network(each) for each in settings.notice_proxies.split()]

    @cached_property
    def entrance(self) -> Entrance:
        """Made with the first form: its key lies in the database."""
        settings = self._service.settings
        keyed = keyed_hash(self._service.database, datetime.now(UTC))
        return Entrance(settings.notices_per_hour, settings.app_notices_per_hour, keyed)

    def address(self) -> str:
        """Where the request at hand comes from."""
        return address_of(request.remote_addr or "", request.headers.get("X-Forwarded-For", ""), self._proxies)

    def form(
        self, app: str, given: Mapping[str, str], status: int = 200, problem: str = "", wrong: Mapping[str, str] = {}
    ) -> BaseResponse:
        """The form, with what was written and what is wrong with it."""
        sealed = self.entrance.pass_for(app, datetime.now(UTC))
        kinds = {name: _(words) for name, words in KIND_WORDS.items()}
        shown = {"given": given, "problem": problem, "wrong": wrong, "kinds": kinds, "sealed": sealed, "trap": TRAP}
        return _page("notices/form.html", status, app=app, **shown)

    def receipt(self, app: str, secret: str, status: int = 200, problem: str = "", words: str = "") -> BaseResponse:
        """How a notice stands."""
        try:
            notice = self._service.notices.by_secret(app, secret)
        except NotFound:
            return _page("notices/problem.html", 404, text=_("There is no such receipt."))
        versions, taxonomy = self._service.versions, self._service.taxonomy
        reasons = reasons_of(notice, lambda version: versions.find(version, taxonomy))
        given = {"state": state_of(notice), "reasons": reasons, "kind": _(KIND_WORDS.get(notice.kind, notice.kind))}
        given |= {"slow": self._slow(notice), "problem": problem, "words": words}
        return _page("notices/receipt.html", status, app=app, notice=notice, secret=secret, **given)

    def _slow(self, notice: PublicNotice) -> str:
        if not notice.is_slowed or notice.state not in ("unmatched", "received"):
            return ""
        record = self._service.notices.record_of(notice.notifier)
        numbers = {"wrong": record.wrong, "all": record.wrong + record.right}
        return _(
            "Of your %(all)s decided notices %(wrong)s were unfounded, so people look at this one later:", **numbers
        )


def _given(written: Mapping[str, str]) -> GivenNotice:
    kept = {name: written[name].replace("\x00", "").replace("\r\n", "\n") for name in FIELDS if name != "flagger_key"}
    return GivenNotice(**kept, is_in_good_faith=bool(written["good_faith"]), language=g.language)


def _not_passed(passed: Passed) -> str:
    if passed == "trapped":
        return _("A field was filled in that people do not see. Leave it empty, and send the form again.")
    if passed == "hasty":
        return _("That was faster than anybody reads. Please send it again.")
    return _("The form was open for too long. What you wrote is still here: please send it again.")


def _page(template: str, status: int, **given: Any) -> BaseResponse:
    return make_response(render_template(template, **given), status)

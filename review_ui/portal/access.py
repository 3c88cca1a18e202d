"""Who may do what in the portal: sessions, tokens in forms, roles, signing in and out."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Blueprint, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from review_ui.desk.routing import LEADS
from review_ui.people.people import People, TooManyFailures
from review_ui.portal.fetched import is_fetched
from review_ui.portal.languages import _
from review_ui.portal.problems import Page, View, problem
from review_ui.settings import ReviewSettings

SESSION_COOKIE = "review_session"
FORM_COOKIE = "review_form"


def add_access(
    portal: Blueprint, people: People, settings: ReviewSettings, secret: str, before_page: Callable[[], None]
) -> None:
    """Look up the session before each request, and add the pages to sign in and out.

    Args:
        before_page: done before each page; what it raises, the page is not shown for.
    """

    @portal.before_request
    def know_user() -> Page | None:
        if request.endpoint != "portal.static":
            before_page()
        g.session = people.session(request.cookies.get(SESSION_COOKIE, ""))
        if request.method == "POST" and request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site"):
            return problem(_("This form came from another site."), 403)
        return None

    def form(text: str = "", status: int = 200) -> Page:
        return _form(secret, settings, text, status)

    @portal.get("/sign-in")
    def sign_in() -> Page:
        return redirect(wanted_page()) if g.session else form()

    @portal.post("/sign-in")
    def do_sign_in() -> Page:
        if settings.oidc_only:
            return form("No passwords are taken here.", 403)
        # Without this, another site could sign a reviewer in as somebody else and have the work done in that name.
        expected = _form_token(secret, request.cookies.get(FORM_COOKIE, ""))
        if not hmac.compare_digest(request.form.get("csrf", "").encode(), expected.encode()):
            return form(_("Please try again. If this stays, let your browser keep cookies of this site."), 400)
        name, password = request.form.get("username", ""), request.form.get("password", "")
        try:
            token = people.sign_in(name, password, settings.session_hours)
        except TooManyFailures:
            return form(_("Too many wrong passwords for this name; wait ten minutes."), 429)
        if token is None:
            return form(_("Name or password is wrong."), 401)
        response = redirect(wanted_page(), 303)
        response.delete_cookie(FORM_COOKIE, path=url_for("portal.queues"))
        keep_session(response, token, settings)
        return response

    @portal.post("/sign-out")
    @signed_in
    def sign_out() -> Page:
        people.sign_out(request.cookies.get(SESSION_COOKIE, ""))
        response = redirect(url_for("portal.sign_in"), 303)
        response.delete_cookie(SESSION_COOKIE, path=url_for("portal.queues"))
        return response


def wanted_page() -> str:
    """Where somebody wanted to go before they had to sign in; the first page when that is none of ours."""
    home: str = url_for("portal.queues")
    wanted = request.values.get("next", "")
    # What begins with the portal's own path is on this site: neither "//host" nor "https:" does.
    return wanted if wanted.startswith(home) and wanted.isprintable() and "\\" not in wanted else home


def sign_in_address() -> str:
    """The page to sign in, from where one comes back to the page that was asked for, or to the task of a form."""
    if request.method in ("GET", "HEAD"):
        back = f"{request.script_root}{request.full_path}".removesuffix("?")
    elif "task_id" in (request.view_args or {}):
        back = url_for("portal.task", task_id=(request.view_args or {})["task_id"], flow=request.args.get("flow"))
    else:
        back = url_for("portal.queues")
    return url_for("portal.sign_in", next=back if back != url_for("portal.queues") else None)


def keep_session(response: BaseResponse, token: str, settings: ReviewSettings) -> None:
    """Have the browser keep a session's token, for as long as the session lasts."""
    response.set_cookie(
        SESSION_COOKIE, token, max_age=int(settings.session_hours * 3600), httponly=True, samesite="Strict",
        secure=request.is_secure, path=url_for("portal.queues"),
    )  # fmt: skip


def signed_in(view: View) -> View:
    """Only with a session; forms only with its token."""

    @wraps(view)
    def checked(*args: Any, **kwargs: Any) -> Page:
        if g.session is None:
            back = sign_in_address()
            if request.method in ("GET", "HEAD"):
                return redirect(back, 303)
            if is_fetched():
                return problem(_("Your session is over."), 403, sign_in=back)
            return problem(_("Please sign in first."), 403)
        given = request.form.get("csrf", "") if request.method == "POST" else g.session.csrf
        if not hmac.compare_digest(given.encode(), g.session.csrf.encode()):
            return problem(
                _("This form is too old, or came from elsewhere. Go back, load the page again, and retry."), 403
            )
        return view(*args, **kwargs)

    return checked


def reviewing(view: View) -> View:
    """Only for roles that review."""

    @signed_in
    @wraps(view)
    def checked(*args: Any, **kwargs: Any) -> Page:
        if not g.session.user.may_review:
            return problem(_("Your role does not review items."), 403)
        return view(*args, **kwargs)

    return checked


def leading(view: View) -> View:
    """Only for leads and admins."""

    @signed_in
    @wraps(view)
    def checked(*args: Any, **kwargs: Any) -> Page:
        if g.session.user.role not in LEADS:
            return problem(_("Only leads may do this."), 403)
        return view(*args, **kwargs)

    return checked


def only_for(*roles: str) -> Callable[[View], View]:
    """Only for people of these roles."""

    def guard(view: View) -> View:
        @signed_in
        @wraps(view)
        def checked(*args: Any, **kwargs: Any) -> Page:
            if g.session.user.role not in roles:
                return problem(_("Your role does not open this page."), 403)
            return view(*args, **kwargs)

        return checked

    return guard


def admins(view: View) -> View:
    """Only for admins."""

    @signed_in
    @wraps(view)
    def checked(*args: Any, **kwargs: Any) -> Page:
        if g.session.user.role != "admin":
            return problem(_("Only admins may do this."), 403)
        return view(*args, **kwargs)

    return checked


def _form(secret: str, settings: ReviewSettings, text: str, status: int) -> Page:
    """The page to sign in. There is no session yet to keep its token in, so a cookie of its own stands for one."""
    cookie = request.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(24)
    page = render_template(
        "portal/sign_in.html",
        problem=text,
        csrf=_form_token(secret, cookie),
        provider=settings.oidc_issuer is not None,
        passwords=not settings.oidc_only,
        back=wanted_page(),
    )
    response = make_response(page, status)
    if status == 429:
        response.headers["Retry-After"] = "600"
    response.set_cookie(
        FORM_COOKIE, cookie, httponly=True, samesite="Strict", secure=request.is_secure, path=url_for("portal.queues")
    )
    return response


def _form_token(secret: str, cookie: str) -> str:
    return hmac.new(secret.encode(), b"sign-in " + cookie.encode(), hashlib.sha256).hexdigest() if cookie else "none"

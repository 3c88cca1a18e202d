"""Signing in through an OpenID Connect provider: the way there, and the way back."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Mapping
from dataclasses import astuple
from typing import Any

from flask import Blueprint, g, make_response, redirect, render_template, request, url_for
from itsdangerous import BadData, URLSafeSerializer

from review_ui.people.id_tokens import SignInRefused
from review_ui.people.identities import Identities, Identity, ShutOut, fit_name
from review_ui.people.oidc import OidcSettings, Provider, ProviderFailed, SignInAttempt
from review_ui.people.people import is_group
from review_ui.portal.access import keep_session, wanted_page
from review_ui.portal.languages import N_, _
from review_ui.portal.problems import Page
from review_ui.service import ReviewService
from review_ui.settings import ReviewSettings

ATTEMPT_COOKIE = "review_oidc"
ATTEMPT_SECONDS = 600
"""How long somebody may take at the provider."""
MOST_GROUPS = 1000
LONGEST_CODE = 4096
logger = logging.getLogger(__name__)


def add_oidc_pages(
    portal: Blueprint, review: ReviewService, settings: ReviewSettings, oidc: OidcSettings, secret: str
) -> None:
    """The two addresses; `oidc` is as `read_settings` gave it."""
    provider = Provider(oidc, lambda: review.clock(), talks=max(1, settings.threads // 4))
    people = Identities(review.database, lambda: review.clock())
    serializer = URLSafeSerializer(secret, salt="review-oidc")

    @portal.get("/oidc/start")
    def oidc_start() -> Page:
        # A link, not a form: the portal's policy lets forms go nowhere but to the portal itself.
        if g.session:
            return redirect(wanted_page())
        back = url_for("portal.oidc_callback", _external=settings.public_url is None)
        attempt = SignInAttempt.begin(f"{(settings.public_url or '').rstrip('/')}{back}", review.clock())
        try:
            url = provider.sign_in_url(attempt)
        except ProviderFailed as error:
            return _no_provider(error)
        response = redirect(url, 303)
        # Lax: the way back begins at the provider, another site, which a Strict cookie would not survive.
        response.set_cookie(
            ATTEMPT_COOKIE, str(serializer.dumps([astuple(attempt), wanted_page()])), max_age=ATTEMPT_SECONDS,
            httponly=True, samesite="Lax", secure=request.is_secure, path=_cookie_path(),
        )  # fmt: skip
        return response

    @portal.get("/oidc/callback")
    def oidc_callback() -> Page:
        attempt, wanted = _read_attempt(serializer, request.cookies.get(ATTEMPT_COOKIE, ""))
        if attempt is None and g.session:
            return redirect(url_for("portal.queues"))  # the page of a finished sign-in, loaded again
        state = request.args.get("state", "")
        if attempt is None or not hmac.compare_digest(state.encode("utf-8", "replace"), attempt.state.encode()):
            return _refused(_("This sign-in was not begun in this browser, or another one was begun since."), 400)
        response = make_response(come_back(attempt, wanted))
        response.delete_cookie(ATTEMPT_COOKIE, path=_cookie_path())
        return response

    def come_back(attempt: SignInAttempt, wanted: str) -> Page:
        if not 0 <= review.clock().timestamp() - attempt.began <= ATTEMPT_SECONDS:
            return _refused(_("This sign-in took too long."), 400)
        if request.args.get("iss", oidc.issuer) != oidc.issuer:  # RFC 9207
            return _refused(_("This answer is of another sign-in provider."), 400)
        if "error" in request.args:
            logger.info("sign-in ended at the provider")
            return _refused(_("The sign-in provider did not let you in, or you turned back there."), 403)
        code = request.args.get("code", "")
        if not 1 <= len(code) <= LONGEST_CODE:
            return _refused(_("The sign-in provider sent no code along."), 400)
        try:
            claims = provider.redeem(code, attempt)
        except ProviderFailed as error:
            return _no_provider(error)
        except SignInRefused as error:
            logger.warning("sign-in refused: %s", error)
            return _refused(_("What the sign-in provider said about you cannot be trusted, or was used before."), 403)
        return let_in(claims, wanted)

    def let_in(claims: Mapping[str, Any], wanted: str) -> Page:
        identity = Identity(oidc.issuer, claims["sub"], _name_in(claims))
        groups = _groups_in(claims, oidc.groups_claim)
        if len(groups) > MOST_GROUPS:
            logger.warning("sign-in refused: the id token lists %d groups", len(groups))
            return _refused(
                _("The sign-in provider lists more than %(most)s groups of yours.", most=f"{MOST_GROUPS:,}"), 403
            )
        role = oidc.role_of(groups)
        if role is None:
            people.end_sessions(identity)
            logger.warning("sign-in refused: none of %d groups has a role here", len(groups))
            return _refused(
                _("You are in no group that may use this portal. Ask whoever runs it to add you to one."), 403
            )
        try:
            token = people.sign_in(identity, role, groups, settings.session_hours)
        except ShutOut:
            return _refused(_("An admin shut you out of this portal."), 403)
        # Not a redirect: the browser would count it as coming from the provider's site still, and keep the session
        # cookie, which is Strict, to itself. A page of ours that goes on by itself begins anew.
        response = make_response(render_template("portal/signed_in.html", back=wanted))
        keep_session(response, token, settings)
        return response


def _cookie_path() -> str:
    return url_for("portal.oidc_callback")


def _read_attempt(serializer: URLSafeSerializer, cookie: str) -> tuple[SignInAttempt | None, str]:
    """What this browser began, and the page it wanted; None when it began nothing, or the cookie is not of ours."""
    try:
        fields, wanted = serializer.loads(cookie)
        return SignInAttempt(*fields), str(wanted)
    except (BadData, TypeError, ValueError):  # the last two: of an earlier version, with other fields
        return None, ""


def _name_in(claims: Mapping[str, Any]) -> str:
    """What to call the person. A name is not proof of anything: `Identity` goes by issuer and subject."""
    email = claims.get("email") if claims.get("email_verified") is not False else None
    names = (claims.get("preferred_username"), email)
    return next((name for name in names if isinstance(name, str) and fit_name(name)), "")


def _groups_in(claims: Mapping[str, Any], claim: str) -> list[str]:
    """The groups that an id token lists, but for those that no work team could name."""
    given = claims.get(claim)
    listed = [given] if isinstance(given, str) else given if isinstance(given, list) else []
    return sorted({group for group in listed if isinstance(group, str) and is_group(group)})


def _no_provider(error: ProviderFailed) -> Page:
    logger.warning("request=%s sign-in provider: %s", g.get("request_id", ""), error)
    return _refused(_("The sign-in provider does not answer, or answers what cannot be used. The log says more."), 502)


def _refused(text: str, status: int) -> Page:
    page = render_template("portal/problem.html", heading=N_("You are not signed in"), text=text)
    return page, status
